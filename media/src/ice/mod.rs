//! ICE-lite (RFC 8445 section 2.5) for one peer: answers connectivity checks, never sends any.
//!
//! A datagram is classified by its first byte ([`classify`]), a STUN request finds its peer by the first half of
//! its USERNAME ([`username_local_ufrag`]), and [`IceLite::handle`] checks it and writes the reply. An address
//! proves itself only by a check that carries the right password; everything else is dropped without a word.
//! This module keeps no sockets and expects no answers: consent (RFC 7675) is seen from the peer's own checks.

mod agent;
mod classify;
mod credentials;
mod message;

pub use agent::{CONSENT_TIMEOUT, DropReason, IceLite, IceOutcome};
pub use classify::{DatagramKind, classify};
pub use credentials::Credentials;
pub use message::username_local_ufrag;

#[cfg(test)]
mod tests;
