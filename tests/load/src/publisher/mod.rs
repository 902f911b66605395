//! A studio that costs little: real session, made-up frames, each packet carrying the time it was sent.

mod frames;
mod studio;

pub(crate) use frames::{Frames, Pattern, sent_at, stamp};
pub(crate) use studio::Studio;
