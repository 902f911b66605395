//! Why an offer or a fragment is refused.

use crate::codec::MediaKind;

/// A refusal. Its text is safe to show to the peer and to log: it quotes nothing the peer wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdpError {
    /// The text is not an offer this server can read; says what is wrong.
    #[error("the SDP cannot be used: {0}")]
    Bad(&'static str),
    /// No media line has a codec this server relays.
    #[error("the offer has no {0} codec that this server relays")]
    NoCommonCodec(MediaKind),
    /// The lesson is recorded and the offered codecs cannot be archived.
    #[error("this lesson is recorded: send {}", match .0 { MediaKind::Video => "H.264 video", MediaKind::Audio => "Opus sound" })]
    CodecNotRecordable(MediaKind),
}

impl SdpError {
    /// The stable code for API answers.
    pub fn code(&self) -> &'static str {
        match self {
            SdpError::Bad(_) => "bad_sdp",
            SdpError::NoCommonCodec(_) => "no_common_codec",
            SdpError::CodecNotRecordable(_) => "codec_not_recordable",
        }
    }
}
