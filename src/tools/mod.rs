//! WebRTC clients in the words of WHIP and WHEP: the publisher, the viewer and the signaling client.
//!
//! They are what `airclass publish`, `airclass watch`, the demo studio and the tests are made of, and they enter through
//! the same doors as every other encoder and player: HTTP, then one UDP flow. Nothing here knows the inside of the
//! server. The transport is the `webrtc` crate; its DTLS client can hang for good when one flight is lost, so a join is
//! always tried again as a whole (see [`JoinOptions::attempts`]).

pub mod access_unit;
mod connection;
pub mod demo;
pub mod door;
mod error;
mod feedback;
pub mod lesson_view;
pub mod media;
pub mod program;
pub mod publish;
mod reorder;
mod repair;
pub mod signaling;
pub mod watch;
pub mod whep;
pub mod whip;

pub use connection::{JoinOptions, RewriteAnswer};
pub use error::ToolError;
pub use feedback::{Feedback, SenderReport};
