//! Why a packet went no further. A bad packet is a counter, never a log line.

use thiserror::Error;

/// Reason for dropping one authenticated packet; the names are stable and used as counter labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum DropReason {
    /// Shorter than the fixed header.
    #[error("short")]
    Short,
    /// The version field is not 2.
    #[error("version")]
    Version,
    /// The CSRC list ends past the packet.
    #[error("csrc")]
    Csrc,
    /// The header extension ends past the packet.
    #[error("extension")]
    Extension,
    /// The padding count is zero or larger than the payload.
    #[error("padding")]
    Padding,
    /// No media section of the session declared this payload type.
    #[error("payload_type")]
    PayloadType,
    /// The SSRC is neither declared nor can it be bound by its extensions.
    #[error("ssrc")]
    Ssrc,
    /// The session has bound as many SSRCs as it may.
    #[error("ssrc_limit")]
    SsrcLimit,
    /// This sequence number was seen before.
    #[error("duplicate")]
    Duplicate,
    /// Too old to be of use, or a sequence jump that is not yet confirmed.
    #[error("late")]
    Late,
    /// A repair packet without an original in it (bandwidth probing).
    #[error("probe")]
    Probe,
    /// A redundant payload (RFC 2198) whose block headers lie, or one of another codec.
    #[error("redundancy")]
    Redundancy,
    /// The stream sends far more than any sane encoder.
    #[error("rate")]
    Rate,
}

impl DropReason {
    /// The stable label of this reason.
    pub fn label(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Version => "version",
            Self::Csrc => "csrc",
            Self::Extension => "extension",
            Self::Padding => "padding",
            Self::PayloadType => "payload_type",
            Self::Ssrc => "ssrc",
            Self::SsrcLimit => "ssrc_limit",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::Probe => "probe",
            Self::Redundancy => "redundancy",
            Self::Rate => "rate",
        }
    }
}
