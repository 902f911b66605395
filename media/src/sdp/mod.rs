//! SDP offers, the answers to them, and trickle ICE fragments.
//!
//! [`Offer::parse`] reads what an encoder, a player or a browser sends (WHIP, RFC 9725, and WHEP);
//! [`answer_publish`] and [`answer_receive`] decide what is taken and write the answer. Everything here is pure
//! text in, text and plans out; nothing knows sockets, keys or lessons. Every string that came from a peer is
//! checked against a narrow alphabet before it is kept or echoed.

mod answer;
mod attributes;
mod error;
mod extension;
mod formats;
mod fragment;
mod lines;
mod offer;
mod parse;
mod publish;
mod receive;

pub use crate::codec::{Codec, MediaKind};
pub use crate::slot::Slot;
pub use answer::{Candidate, LocalDescription};
pub use error::SdpError;
pub use extension::{Extension, ExtensionIds};
pub use fragment::{Fragment, build_restart};
pub use offer::{Direction, Fingerprint, IceCredentials, Offer, OfferedCodec, OfferedMedia, Rid, RidDirection, Setup};
pub use publish::{PublishPlan, PublishPolicy, PublishedMedia, answer_publish};
pub use receive::{ReceivePlan, ReceivePolicy, SlotCodec, SlotMedia, answer_receive};

/// Longest SDP text that is looked at, in bytes.
pub const MAX_SDP_BYTES: usize = 64 * 1024;
/// Most m-lines an offer may have.
pub const MAX_MEDIA: usize = 32;

#[cfg(test)]
mod tests;
