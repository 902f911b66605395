//! The kinds of media and the codecs that the relay knows by name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Sound or picture; one SDP media section has exactly one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture: camera or screen.
    Video,
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Audio => "audio",
            Self::Video => "video",
        })
    }
}

/// A codec that can be relayed. What can be archived as well: [`Codec::archivable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// Opus, RFC 7587; 48 kHz RTP clock.
    Opus,
    /// H.264, RFC 6184; constrained baseline with packetization-mode 1 is what is offered.
    H264,
    /// VP8, RFC 7741.
    Vp8,
    /// VP9, RFC 9628.
    Vp9,
    /// AV1, AOM's RTP specification.
    Av1,
}

impl Codec {
    /// The kind of media this codec carries.
    pub fn kind(self) -> MediaKind {
        match self {
            Self::Opus => MediaKind::Audio,
            Self::H264 | Self::Vp8 | Self::Vp9 | Self::Av1 => MediaKind::Video,
        }
    }

    /// RTP clock rate in Hz.
    pub fn clock_rate(self) -> u32 {
        match self.kind() {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }

    /// Encoding name as written in SDP's `rtpmap`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::H264 => "H264",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::Av1 => "AV1",
        }
    }

    /// Whether the recorder can store it without touching it.
    pub fn archivable(self) -> bool {
        matches!(self, Self::Opus | Self::H264)
    }
}
