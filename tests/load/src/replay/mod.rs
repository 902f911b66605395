//! Replay viewers: HTTP connections that fetch playlists and segments as a player does, and nginx to compare with.

mod nginx;
mod playlist;
mod viewer;

pub(crate) use nginx::Nginx;
pub(crate) use playlist::Tape;
pub(crate) use viewer::{Fetched, Viewer};
