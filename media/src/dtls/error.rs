//! Why a DTLS session ends.

/// A failure that ends the peer's session. A single bad datagram never does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DtlsError {
    /// The certificate or key could not be made.
    #[error("the certificate could not be made")]
    Certificate,
    /// The peer's certificate is not the one of its offer.
    #[error("the peer's certificate does not match its fingerprint")]
    FingerprintMismatch,
    /// No SRTP profile in common, or the peer does not negotiate one.
    #[error("no common SRTP profile")]
    NoSrtpProfile,
    /// The peer does not support the extended master secret (RFC 7627).
    #[error("the peer lacks the extended master secret")]
    NoExtendedMasterSecret,
    /// The peer sent more than a handshake can need.
    #[error("the handshake's budget is used up")]
    BudgetExhausted,
    /// The handshake took longer than [`super::HANDSHAKE_TIMEOUT`].
    #[error("the handshake timed out")]
    TimedOut,
    /// The handshake failed otherwise.
    #[error("the handshake failed")]
    Handshake,
}
