//! What callers of the engine can be refused with.

use crate::sdp::SdpError;

/// Why a call of the engine failed. [`EngineError::code`] is stable; the display text is safe to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The offer or the trickle fragment cannot be answered.
    #[error("{0}")]
    Sdp(#[from] SdpError),
    /// No peer of this id is left.
    #[error("the media session has ended")]
    UnknownPeer,
    /// The `If-Match` of a trickle request names another ICE generation (RFC 9725 section 4.3.1).
    #[error("the media session has been restarted meanwhile")]
    EtagMismatch,
    /// The bound on peers has been reached.
    #[error("the server has no room for another media session")]
    Full,
    /// The sockets could not be opened.
    #[error("the media port could not be opened")]
    Socket(#[source] std::io::Error),
    /// The certificate could not be made.
    #[error("the media certificate could not be made")]
    Certificate,
    /// The engine has been shut down.
    #[error("the media engine has stopped")]
    Stopped,
}

impl EngineError {
    /// Stable word for the API: `bad_sdp`, `no_common_codec`, …, `unknown_peer`, `etag_mismatch`, `full`, `internal`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sdp(error) => error.code(),
            Self::UnknownPeer => "unknown_peer",
            Self::EtagMismatch => "etag_mismatch",
            Self::Full => "full",
            Self::Stopped => "stopped",
            Self::Socket(_) | Self::Certificate => "internal",
        }
    }
}
