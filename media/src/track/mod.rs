//! Tracks: what a publisher sends (up) and what a receiver is sent (down), with repair on both sides.
//!
//! A packet enters through [`Demux`] and [`UpTrack`], which numbers it, drops duplicates, asks for what is missing and
//! keeps it in the rings of its [`Source`]. A worker that serves receivers of a track holds a replica of that source
//! (packets are shared by reference; [`SourceChange`]s keep it current), and each [`DownTrack`] turns source packets
//! into [`Outgoing`] plans: numbers for a header, no bytes. Nothing here reads a clock, touches a socket or seals.

mod allowance;
mod clock;
mod demux;
mod down;
mod keyframes;
mod layer;
mod loss;
mod reception;
mod resend;
mod ring;
mod run;
pub(crate) mod source;
mod stills;
mod up;
mod window;

pub use clock::{PublisherClock, SenderClock};
pub use demux::{Demux, DemuxEntry, Route};
pub use down::{DownConfig, DownStats, DownTrack, Format, Outgoing};
pub use keyframes::KEYFRAME_REQUEST_SPACING;
pub use layer::LayerChoice;
pub use ring::{Ring, RingLimits};
pub use source::{LayerSource, Source, SourceChange};
pub(crate) use stills::Stills;
pub use up::{LayerStats, UpConfig, UpStats, UpTrack};
