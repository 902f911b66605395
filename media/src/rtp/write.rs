//! Writing RTP headers for receivers: a template per down-track, a few fields per packet.
//!
//! The layout is fixed when the template is made, so that the packets of one frame differ in their payloads only and
//! can be padded to one size for a single segmented send.

use super::{AbsSendTime, AudioLevel, ExtensionIds, Tag};

/// The longest header a template can write, in bytes: 12 fixed, 4 extension head, 17 mid, 3 TWCC, 4 abs-send-time,
/// 2 audio level, rounded up to words.
pub const MAX_HEADER_BYTES: usize = 44;

/// What changes from packet to packet.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeaderValues {
    /// Synchronization source.
    pub ssrc: u32,
    /// Payload type.
    pub pt: u8,
    /// Sequence number.
    pub seq: u16,
    /// Timestamp.
    pub timestamp: u32,
    /// Marker bit.
    pub marker: bool,
    /// Transport-wide sequence number; written where it was negotiated.
    pub twcc: u16,
    /// Departure time; written where it was negotiated.
    pub abs_send_time: Option<AbsSendTime>,
    /// Loudness; written where it was negotiated.
    pub audio_level: Option<AudioLevel>,
}

/// A header in its final layout with places to fill in.
#[derive(Debug, Clone)]
pub struct HeaderTemplate {
    bytes: [u8; MAX_HEADER_BYTES],
    len: u8,
    twcc_at: Option<u8>,
    abs_send_time_at: Option<u8>,
    audio_level_at: Option<u8>,
}

impl HeaderTemplate {
    /// Lays out a header with one-byte extensions for the negotiated `ids` (only ids 1 to 14 fit; others are left
    /// out). With `mid`, every packet names its media section; needed only until a receiver knows the SSRC.
    pub fn new(ids: &ExtensionIds, mid: Option<Tag>) -> Self {
        let mut template =
            Self { bytes: [0; MAX_HEADER_BYTES], len: 12, twcc_at: None, abs_send_time_at: None, audio_level_at: None };
        template.bytes[0] = 0x80;
        let mut at = 16_usize;
        let mut element = |bytes: &mut [u8; MAX_HEADER_BYTES], id: Option<u8>, len: usize| {
            let id = id.filter(|id| (1..=14).contains(id))?;
            let value_at = at + 1;
            bytes[at] = id << 4 | (len - 1) as u8;
            at = value_at + len;
            Some(value_at as u8)
        };
        template.abs_send_time_at = element(&mut template.bytes, ids.abs_send_time, 3);
        template.twcc_at = element(&mut template.bytes, ids.twcc, 2);
        template.audio_level_at = element(&mut template.bytes, ids.audio_level, 1);
        if let Some(mid) = mid {
            let text = mid.as_str().as_bytes();
            if let Some(value_at) = element(&mut template.bytes, ids.mid, text.len()) {
                let value_at = usize::from(value_at);
                template.bytes[value_at..value_at + text.len()].copy_from_slice(text);
            }
        }
        if at > 16 {
            let words = (at - 16).div_ceil(4);
            template.bytes[0] |= 0x10;
            template.bytes[12..16].copy_from_slice(&[0xbe, 0xde, 0, words as u8]);
            template.len = (16 + 4 * words) as u8;
        }
        template
    }

    /// Length of the header in bytes; the same for every packet.
    pub fn header_len(&self) -> usize {
        usize::from(self.len)
    }

    /// Reads what [`write`](Self::write) will read.
    pub(crate) fn warm(&self) -> u64 {
        u64::from(self.bytes[0]) + u64::from(self.bytes[MAX_HEADER_BYTES - 1]) + u64::from(self.len)
    }

    /// Writes the header to the start of `out` and gives its length, or `None` when `out` is too short.
    pub fn write(&self, values: &HeaderValues, out: &mut [u8]) -> Option<usize> {
        let len = self.header_len();
        let out = out.get_mut(..len)?;
        out.copy_from_slice(&self.bytes[..len]);
        out[1] = u8::from(values.marker) << 7 | values.pt & 0x7f;
        out[2..4].copy_from_slice(&values.seq.to_be_bytes());
        out[4..8].copy_from_slice(&values.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&values.ssrc.to_be_bytes());
        if let Some(at) = self.twcc_at {
            let at = usize::from(at);
            out[at..at + 2].copy_from_slice(&values.twcc.to_be_bytes());
        }
        if let (Some(at), Some(time)) = (self.abs_send_time_at, values.abs_send_time) {
            let at = usize::from(at);
            out[at..at + 3].copy_from_slice(&time.0.to_be_bytes()[1..]);
        }
        if let Some(at) = self.audio_level_at {
            // 127 is silence: the honest value when the publisher did not say.
            let level = values.audio_level.unwrap_or(AudioLevel { voice: false, level: 127 });
            out[usize::from(at)] = u8::from(level.voice) << 7 | level.level & 0x7f;
        }
        Some(len)
    }
}

/// Pads the unsealed packet of `len` bytes in `packet` to `target` bytes (RFC 3550 section 5.1) and gives the new
/// length; leaves it alone when it is long enough already, when more than 255 bytes are missing, or when `packet` has
/// no room.
pub fn pad_to(packet: &mut [u8], len: usize, target: usize) -> usize {
    let Some(missing) = target.checked_sub(len) else { return len };
    if missing == 0 || missing > 255 || target > packet.len() || len < 12 {
        return len;
    }
    packet[0] |= 0x20;
    packet[len..target - 1].fill(0);
    packet[target - 1] = missing as u8;
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::Header;

    fn ids() -> ExtensionIds {
        ExtensionIds {
            mid: Some(4),
            rid: Some(10),
            rrid: Some(11),
            twcc: Some(3),
            abs_send_time: Some(2),
            audio_level: Some(1),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for mid in [None, Tag::new(b"0"), Tag::new(b"0123456789abcdef")] {
            let template = HeaderTemplate::new(&ids(), mid);
            let values = HeaderValues {
                ssrc: 0xdead_beef,
                pt: 102,
                seq: 65_535,
                timestamp: 0xffff_fff0,
                marker: true,
                twcc: 0x1234,
                abs_send_time: Some(AbsSendTime(0xab_cdef)),
                audio_level: Some(AudioLevel { voice: true, level: 33 }),
            };
            let mut buffer = [0xff; 80];
            let len = template.write(&values, &mut buffer).unwrap();
            assert_eq!(len, template.header_len());
            let header = Header::parse(&buffer[..len + 5], &ids()).unwrap();
            assert_eq!((header.ssrc, header.pt, header.seq), (0xdead_beef, 102, 65_535));
            assert_eq!((header.timestamp, header.marker), (0xffff_fff0, true));
            assert_eq!(header.extensions.twcc, Some(0x1234));
            assert_eq!(header.extensions.abs_send_time, values.abs_send_time);
            assert_eq!(header.extensions.audio_level, values.audio_level);
            assert_eq!(header.extensions.mid, mid);
            assert_eq!(header.payload, len..len + 5);
        }
    }

    #[test]
    fn without_extensions_the_header_is_bare() {
        let template = HeaderTemplate::new(&ExtensionIds::default(), Tag::new(b"0"));
        assert_eq!(template.header_len(), 12);
        assert_eq!(template.write(&HeaderValues::default(), &mut [0; 11]), None);
    }

    #[test]
    fn the_longest_header_fits_the_bound() {
        let template = HeaderTemplate::new(&ids(), Tag::new(b"0123456789abcdef"));
        assert!(template.header_len() <= MAX_HEADER_BYTES);
    }

    #[test]
    fn padding_is_taken_off_again() {
        let template = HeaderTemplate::new(&ids(), None);
        let mut buffer = [7; 400];
        let len = template.write(&HeaderValues::default(), &mut buffer).unwrap() + 10;
        for (target, expected) in [(len, len), (len - 1, len), (len + 1, len + 1), (len + 255, len + 255)] {
            let mut packet = buffer;
            let padded = pad_to(&mut packet, len, target);
            assert_eq!(padded, expected);
            let header = Header::parse(&packet[..padded], &ids()).unwrap();
            assert_eq!(header.payload.len(), 10, "target {target}");
        }
        assert_eq!(pad_to(&mut buffer, len, len + 256), len);
        assert_eq!(pad_to(&mut buffer, 390, 401), 390);
    }
}
