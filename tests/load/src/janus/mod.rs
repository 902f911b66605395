//! Debian's Janus with its streaming plugin, under the same load and the same receivers.
//!
//! Janus offers no loopback candidates, so all of it runs in a network namespace of this process with an address of
//! its own; nothing has to be cleaned up afterwards.

mod answer;
mod api;
mod feeder;
mod gateway;
mod namespace;

pub(crate) use answer::answer;
pub(crate) use api::Watcher;
pub(crate) use feeder::Feeder;
pub(crate) use gateway::{Gateway, is_installed};
pub(crate) use namespace::{ADDRESS, enter};
