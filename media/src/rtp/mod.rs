//! RTP (RFC 3550): reading what a publisher sent, and writing headers for receivers.
//!
//! A decrypted datagram is parsed once into an immutable [`Packet`] that is shared by reference from then on; per
//! receiver only a header is written. Payload formats stay opaque except for one question: does a keyframe start here.

mod drop;
mod extension;
mod header;
pub mod keyframe;
mod packet;
pub mod red;
mod sequence;
mod write;

pub use drop::DropReason;
pub use extension::{AbsSendTime, AudioLevel, ExtensionIds, Extensions, Tag};
pub use header::Header;
pub use packet::{LayerIndex, MAX_LAYERS, Packet};
pub use sequence::{Extended, SequenceExtender, TimestampExtender};
pub use write::{HeaderTemplate, HeaderValues, MAX_HEADER_BYTES, pad_to};
