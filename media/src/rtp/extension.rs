//! RTP header extensions (RFC 8285): the elements the relay reads and the ids a session negotiated for them.

use std::fmt;
use std::time::Duration;

/// Negotiated ids of the header extensions of one media section; `None` where an extension was not agreed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid`, RFC 9143.
    pub mid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`, RFC 8852.
    pub rid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id`, RFC 8852.
    pub rrid: Option<u8>,
    /// `http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`.
    pub twcc: Option<u8>,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time`.
    pub abs_send_time: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level`, RFC 6464.
    pub audio_level: Option<u8>,
}

/// A short identifier from a header extension (mid, rid, rrid), at most 16 bytes of ASCII; no allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Tag {
    /// Longest accepted identifier in bytes; Chromium uses up to 16 characters for a rid.
    pub const MAX: usize = 16;

    /// Takes over `bytes` if they are 1 to 16 printable ASCII characters.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() || bytes.len() > Self::MAX || !bytes.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let mut tag = Self { bytes: [0; Self::MAX], len: bytes.len() as u8 };
        tag.bytes[..bytes.len()].copy_from_slice(bytes);
        Some(tag)
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("checked to be ASCII on creation")
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Loudness of one audio packet as its sender says it, RFC 6464.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioLevel {
    /// The sender heard a voice in it.
    pub voice: bool,
    /// Level in -dBov: 0 is the loudest, 127 silence.
    pub level: u8,
}

/// Departure time of a packet: 24 bits, 6.18 fixed point seconds, wraps every 64 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsSendTime(pub u32);

impl AbsSendTime {
    /// The wire value for a time since any fixed origin.
    pub fn from_elapsed(elapsed: Duration) -> Self {
        let fixed = (elapsed.as_nanos() << 18) / 1_000_000_000;
        Self((fixed & 0xff_ffff) as u32)
    }
}

/// The extension elements of one packet that the relay understands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Media section of the sender's offer.
    pub mid: Option<Tag>,
    /// Simulcast layer.
    pub rid: Option<Tag>,
    /// Simulcast layer that this repair packet belongs to.
    pub rrid: Option<Tag>,
    /// Transport-wide sequence number.
    pub twcc: Option<u16>,
    /// Departure time at the sender.
    pub abs_send_time: Option<AbsSendTime>,
    /// Loudness.
    pub audio_level: Option<AudioLevel>,
}

impl Extensions {
    /// Reads the elements of a header extension block with the given profile word.
    ///
    /// An element that runs past the end stops the reading; unknown ids and unknown profiles are skipped, as RFC 8285
    /// asks for.
    pub fn parse(profile: u16, mut block: &[u8], ids: &ExtensionIds) -> Self {
        let mut found = Self::default();
        let one_byte = profile == 0xbede;
        if !one_byte && profile & 0xfff0 != 0x1000 {
            return found;
        }
        while let [first, rest @ ..] = block {
            if *first == 0 {
                block = rest;
                continue;
            }
            let (id, len, rest) = if one_byte {
                // Id 15 is reserved: processing stops (RFC 8285 section 4.2).
                if first >> 4 == 15 {
                    break;
                }
                (first >> 4, usize::from(first & 0x0f) + 1, rest)
            } else {
                let [len, rest @ ..] = rest else { break };
                (*first, usize::from(*len), rest)
            };
            let Some((data, rest)) = rest.split_at_checked(len) else { break };
            found.take(id, data, ids);
            block = rest;
        }
        found
    }

    fn take(&mut self, id: u8, data: &[u8], ids: &ExtensionIds) {
        let id = Some(id);
        if id == ids.twcc {
            if let [a, b, ..] = *data {
                self.twcc = Some(u16::from_be_bytes([a, b]));
            }
        } else if id == ids.abs_send_time {
            if let [a, b, c] = *data {
                self.abs_send_time = Some(AbsSendTime(u32::from_be_bytes([0, a, b, c])));
            }
        } else if id == ids.audio_level {
            if let [v, ..] = *data {
                self.audio_level = Some(AudioLevel { voice: v & 0x80 != 0, level: v & 0x7f });
            }
        } else if id == ids.mid {
            self.mid = Tag::new(data);
        } else if id == ids.rid {
            self.rid = Tag::new(data);
        } else if id == ids.rrid {
            self.rrid = Tag::new(data);
        }
    }
}
