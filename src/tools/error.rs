//! What can go wrong for a publisher, a viewer or a signaling client.

/// Errors of the tools.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// The server answered, but not with what was asked for.
    #[error("refused with {status} {code}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stable code of the server's error, empty when the answer carried none.
        code: String,
        /// The server's words.
        message: String,
    },
    /// The address or the token cannot be used.
    #[error("{0}")]
    Address(String),
    /// HTTP did not work.
    #[error("http: {0}")]
    Http(#[from] reqwest::Error),
    /// The `webrtc` crate refused or broke.
    #[error("webrtc: {0}")]
    WebRtc(#[from] webrtc::error::Error),
    /// The WebSocket did not work.
    #[error("websocket: {0}")]
    WebSocket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    /// A frame that is not in the wire contract.
    #[error("unexpected frame: {0}")]
    Frame(String),
    /// Something did not happen in time.
    #[error("{0}: not in time")]
    Late(&'static str),
    /// The other side is gone.
    #[error("{0}")]
    Gone(&'static str),
    /// The picture or the sound to send could not be read or made.
    #[error("media: {0}")]
    Media(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}
