//! The client's side of a media session without its sockets: offer, answer, connectivity check, DTLS handshake.
//!
//! Written for thousands of sessions in one process: one certificate for all of them, no task, no channel and no
//! timer of its own per session.

mod answer;
mod check;
mod handshake;
mod identity;
mod offer;

pub(crate) use answer::Answer;
pub(crate) use check::{binding_request, is_success_response, repeated_check};
pub(crate) use handshake::Handshake;
pub(crate) use identity::Identity;
pub(crate) use offer::{
    AUDIO_LEVEL_ID, Credentials, H264_PT, OPUS_PT, PublishedSsrcs, TWCC_ID, publish_offer, receive_offer,
};
