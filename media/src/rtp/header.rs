//! The RTP header, read with every length checked.

use std::ops::Range;

use super::{DropReason, ExtensionIds, Extensions};

/// A parsed header and where the payload lies in the datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Synchronization source.
    pub ssrc: u32,
    /// Payload type, 0 to 127.
    pub pt: u8,
    /// Sequence number.
    pub seq: u16,
    /// Timestamp in units of the codec's clock.
    pub timestamp: u32,
    /// Marker: for video the last packet of a frame, for sound the start of a talkspurt.
    pub marker: bool,
    /// Elements of the header extension.
    pub extensions: Extensions,
    /// The payload without padding, as a range of the datagram.
    pub payload: Range<usize>,
}

impl Header {
    /// Parses `datagram`, a decrypted RTP packet (RFC 3550 section 5.1).
    ///
    /// # Errors
    /// The [`DropReason`] of the first field that does not fit.
    pub fn parse(datagram: &[u8], ids: &ExtensionIds) -> Result<Self, DropReason> {
        let fixed: &[u8; 12] = datagram.first_chunk().ok_or(DropReason::Short)?;
        let [b0, b1, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
        if b0 >> 6 != 2 {
            return Err(DropReason::Version);
        }
        let mut at = 12 + 4 * usize::from(b0 & 0x0f);
        if datagram.len() < at {
            return Err(DropReason::Csrc);
        }
        let mut extensions = Extensions::default();
        if b0 & 0x10 != 0 {
            let rest = datagram.get(at..).ok_or(DropReason::Extension)?;
            let [p0, p1, l0, l1] = *rest.first_chunk().ok_or(DropReason::Extension)?;
            let len = 4 * usize::from(u16::from_be_bytes([l0, l1]));
            let block = rest.get(4..4 + len).ok_or(DropReason::Extension)?;
            extensions = Extensions::parse(u16::from_be_bytes([p0, p1]), block, ids);
            at += 4 + len;
        }
        let mut end = datagram.len();
        if b0 & 0x20 != 0 {
            let padding = usize::from(*datagram.last().ok_or(DropReason::Padding)?);
            if padding == 0 || padding > end - at {
                return Err(DropReason::Padding);
            }
            end -= padding;
        }
        Ok(Self {
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
            pt: b1 & 0x7f,
            seq: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            marker: b1 & 0x80 != 0,
            extensions,
            payload: at..end,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rtp::{AbsSendTime, AudioLevel, Tag};

    const IDS: ExtensionIds = ExtensionIds {
        mid: Some(4),
        rid: Some(10),
        rrid: Some(11),
        twcc: Some(3),
        abs_send_time: Some(2),
        audio_level: Some(1),
    };

    fn datagram(first: u8, rest: &[u8]) -> Vec<u8> {
        let mut out = vec![first, 0xe0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 1];
        out.extend_from_slice(rest);
        out
    }

    #[test]
    fn bad_lengths_have_their_reasons() {
        let cases: &[(Vec<u8>, DropReason)] = &[
            (vec![], DropReason::Short),
            (vec![0x80; 11], DropReason::Short),
            (datagram(0x00, &[]), DropReason::Version),
            (datagram(0xc0, &[]), DropReason::Version),
            (datagram(0x82, &[0; 7]), DropReason::Csrc),
            (datagram(0x90, &[]), DropReason::Extension),
            (datagram(0x90, &[0xbe, 0xde, 0]), DropReason::Extension),
            (datagram(0x90, &[0xbe, 0xde, 0, 2, 0, 0, 0, 0]), DropReason::Extension),
            (datagram(0x90, &[0xbe, 0xde, 0xff, 0xff]), DropReason::Extension),
            (datagram(0xa0, &[]), DropReason::Padding),
            (datagram(0xa0, &[0]), DropReason::Padding),
            (datagram(0xa0, &[1, 4]), DropReason::Padding),
        ];
        for (bytes, reason) in cases {
            assert_eq!(Header::parse(bytes, &IDS).unwrap_err(), *reason, "{bytes:02x?}");
        }
    }

    #[test]
    fn both_extension_forms_are_read() {
        let one = [0xbe, 0xde, 0, 4, 0x10, 0xa1, 0x22, 1, 2, 3, 0x31, 0, 5, 0x41, b'0', b'1', 0xa0, b'h', 0, 0];
        let two = [0x10, 0, 0, 5, 1, 1, 0xa1, 2, 3, 1, 2, 3, 3, 2, 0, 5, 4, 2, b'0', b'1', 10, 1, b'h', 0];
        for block in [one.as_slice(), two.as_slice()] {
            let header = Header::parse(&datagram(0x90, block), &IDS).unwrap();
            assert_eq!(header.extensions.audio_level, Some(AudioLevel { voice: true, level: 0x21 }));
            assert_eq!(header.extensions.abs_send_time, Some(AbsSendTime(0x01_0203)));
            assert_eq!(header.extensions.twcc, Some(5));
            assert_eq!(header.extensions.mid, Tag::new(b"01"));
            assert_eq!(header.extensions.rid, Tag::new(b"h"));
            assert!(header.payload.is_empty());
        }
    }

    #[test]
    fn a_lying_element_stops_the_reading_and_keeps_the_packet() {
        let header = Header::parse(&datagram(0x90, &[0xbe, 0xde, 0, 1, 0x31, 0, 5, 0x4f]), &IDS).unwrap();
        assert_eq!(header.extensions.twcc, Some(5));
        assert_eq!(header.extensions.mid, None);
        let header = Header::parse(&datagram(0x90, &[0xbe, 0xde, 0, 1, 0xf1, 0, 5, 0]), &IDS).unwrap();
        assert_eq!(header.extensions, Extensions::default());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(header) = Header::parse(&bytes, &IDS) {
                prop_assert!(header.payload.end <= bytes.len() && header.payload.start <= header.payload.end);
                for codec in [crate::codec::Codec::H264, crate::codec::Codec::Vp8, crate::codec::Codec::Vp9] {
                    crate::rtp::keyframe::starts_keyframe(codec, &bytes[header.payload.clone()]);
                }
            }
        }
    }
}
