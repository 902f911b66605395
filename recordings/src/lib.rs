//! Packets to CMAF segments, and what test pictures and tools need of the same codecs.
//!
//! A track's packets come in as [`Input`] items, are put in order ([`jitter`]), become access units ([`depacket`]), get
//! their media time ([`clock`]) and are appended as durable fragments of HLS segments while the lesson runs. The picture
//! is never re-encoded; sound is decoded, summed ([`mix`]) and coded as AAC. [`recover`] closes what a crash left open.
//! Everything that touches FFmpeg is in [`libav`]; everything that touches the disk is in [`disk`] and [`recover`].
#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests take one instant as the origin of their clock"))]

pub mod boxes;
pub mod card;
pub mod clip;
pub mod clock;
pub mod depacket;
pub mod disk;
pub mod h264;
pub mod index;
pub mod input;
pub mod jitter;
#[expect(unsafe_code, reason = "the one module that calls FFmpeg; each block says why it holds")]
pub mod libav;
pub mod mix;
pub mod playlist;
pub mod poster;
pub mod recorder;
pub mod recover;
mod session;
mod timeline;
pub mod track;
pub mod voice;

pub use index::{Gap, GapReason, Picture, Summary, TrackSummary};
pub use input::{Input, RtpPacket};
pub use libav::picture::Yuv;
pub use libav::{LibavError, decode, demux, encode, film, write};
pub use recorder::{
    Recorder, RecorderConfig, RecorderError, RecorderEvent, RecorderHandle, Rhythm, TrackInput, TrackRole,
};
pub use recover::recover;
pub use timeline::Detail;
