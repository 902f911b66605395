//! RTP header extensions (RFC 8285) that this server understands.

/// A header extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extension {
    /// `sdes:mid` (RFC 9143).
    Mid,
    /// `sdes:rtp-stream-id` (RFC 8852).
    Rid,
    /// `sdes:repaired-rtp-stream-id` (RFC 8852).
    RepairedRid,
    /// Transport-wide congestion control, version 01 of the draft.
    TransportCc,
    /// Absolute send time.
    AbsSendTime,
    /// Client-to-mixer audio level (RFC 6464).
    AudioLevel,
}

impl Extension {
    /// All of them, in the order answers list them.
    pub const ALL: [Extension; 6] = [
        Extension::Mid,
        Extension::Rid,
        Extension::RepairedRid,
        Extension::TransportCc,
        Extension::AbsSendTime,
        Extension::AudioLevel,
    ];

    /// The URI of `a=extmap`.
    pub fn uri(self) -> &'static str {
        match self {
            Extension::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Extension::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Extension::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Extension::TransportCc => "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            Extension::AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Extension::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        }
    }

    pub(super) fn from_uri(uri: &str) -> Option<Extension> {
        Extension::ALL.into_iter().find(|extension| extension.uri() == uri)
    }
}

/// The negotiated extension identifiers of one media line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExtensionIds {
    /// Id of [`Extension::Mid`].
    pub mid: Option<u8>,
    /// Id of [`Extension::Rid`].
    pub rid: Option<u8>,
    /// Id of [`Extension::RepairedRid`].
    pub rrid: Option<u8>,
    /// Id of [`Extension::TransportCc`].
    pub twcc: Option<u8>,
    /// Id of [`Extension::AbsSendTime`].
    pub abs_send_time: Option<u8>,
    /// Id of [`Extension::AudioLevel`].
    pub audio_level: Option<u8>,
}

impl ExtensionIds {
    /// The id of one extension.
    pub fn get(&self, extension: Extension) -> Option<u8> {
        match extension {
            Extension::Mid => self.mid,
            Extension::Rid => self.rid,
            Extension::RepairedRid => self.rrid,
            Extension::TransportCc => self.twcc,
            Extension::AbsSendTime => self.abs_send_time,
            Extension::AudioLevel => self.audio_level,
        }
    }

    pub(super) fn set(&mut self, extension: Extension, id: u8) {
        let slot = match extension {
            Extension::Mid => &mut self.mid,
            Extension::Rid => &mut self.rid,
            Extension::RepairedRid => &mut self.rrid,
            Extension::TransportCc => &mut self.twcc,
            Extension::AbsSendTime => &mut self.abs_send_time,
            Extension::AudioLevel => &mut self.audio_level,
        };
        *slot = Some(id);
    }
}
