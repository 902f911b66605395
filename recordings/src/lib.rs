//! Packets to CMAF segments, and what test pictures and tools need of the same codecs.
//!
//! A track's packets come in as [`Input`] items, are put in order, become access units and are appended as durable
//! fragments of HLS segments while the lesson runs. The picture is never re-encoded; sound is decoded, mixed and coded as
//! AAC. Everything that touches FFmpeg is in [`libav`]; everything else is plain Rust over bytes and numbers.
#![deny(unsafe_code)]

pub mod card;
pub mod h264;
#[expect(unsafe_code, reason = "the one module that calls FFmpeg; each block says why it holds")]
pub mod libav;
pub mod voice;

pub use libav::picture::Yuv;
pub use libav::{LibavError, decode, demux, encode, write};
