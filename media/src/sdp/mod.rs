//! Being laid out.

/// Why a description cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdpError {
    /// Malformed.
    #[error("the session description is malformed")]
    Malformed,
}

impl SdpError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        "bad_sdp"
    }
}
