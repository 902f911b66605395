//! DTLS 1.2 as server for one peer, ending in SRTP keys.
//!
//! [`DtlsServer`] wraps `rtc-dtls`: datagrams go in, datagrams and a [`DtlsEvent`] come out, time is told. What the
//! crate leaves open is closed here: the peer's certificate must have the fingerprint of its offer, records are
//! looked through and budgeted before the crate sees them ([`DropReason`]), lost flights are sent again, and AES-GCM
//! is preferred whatever order the peer lists its SRTP profiles in. The caller feeds only datagrams from addresses
//! that ICE has proved. Data channels are not spoken.

mod certificate;
mod config;
mod error;
mod filter;
mod flight;
mod server;

pub use certificate::Certificate;
pub use error::DtlsError;
pub use filter::DropReason;
pub use server::{DtlsEvent, DtlsServer, HANDSHAKE_TIMEOUT};

#[cfg(test)]
mod tests;
