//! H.264 access units on RTP (RFC 6184): cut into payloads for sending, put together again on receiving.
//!
//! The bytes of a NAL unit are never changed on the way, so that two access units can be compared bit by bit.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};

const TYPE_IDR: u8 = 5;
const TYPE_STAP_A: u8 = 24;
const TYPE_FU_A: u8 = 28;
const START_BIT: u8 = 0x80;
const END_BIT: u8 = 0x40;

/// One picture: its NAL units without start codes or lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    /// NAL units in their order, parameter sets included.
    pub nals: Vec<Bytes>,
}

impl AccessUnit {
    /// From a byte stream with start codes (Annex B).
    #[must_use]
    pub fn from_annex_b(timestamp: u32, stream: &[u8]) -> Self {
        Self { timestamp, nals: split_annex_b(stream) }
    }

    /// Whether decoding can start here: it holds an IDR slice.
    #[must_use]
    pub fn is_keyframe(&self) -> bool {
        self.nals.iter().any(|nal| nal.first().is_some_and(|head| head & 0x1f == TYPE_IDR))
    }

    /// With four-byte start codes, as files and decoders want it.
    #[must_use]
    pub fn to_annex_b(&self) -> Bytes {
        let mut stream = BytesMut::with_capacity(self.nals.iter().map(|nal| nal.len() + 4).sum());
        for nal in &self.nals {
            stream.put_slice(&[0, 0, 0, 1]);
            stream.put_slice(nal);
        }
        stream.freeze()
    }
}

/// NAL units of a byte stream with three- or four-byte start codes. Trailing zero bytes belong to the stream, not to
/// the unit before them (ITU-T H.264, annex B.1).
#[must_use]
pub fn split_annex_b(stream: &[u8]) -> Vec<Bytes> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= stream.len() {
        if stream[at..at + 3] == [0, 0, 1] {
            starts.push(at);
            at += 3;
        } else {
            at += 1;
        }
    }
    let mut nals = Vec::with_capacity(starts.len());
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(stream.len());
        let mut nal = &stream[start + 3..end];
        while let [shorter @ .., 0] = nal {
            nal = shorter;
        }
        if !nal.is_empty() {
            nals.push(Bytes::copy_from_slice(nal));
        }
    }
    nals
}

/// RTP payloads of one access unit, each at most `max_payload` bytes: single NAL unit packets, and FU-A where a unit is
/// larger (RFC 6184, sections 5.6 and 5.8). The last payload of the list carries the marker bit.
#[must_use]
pub fn payloads(nals: &[Bytes], max_payload: usize) -> Vec<Bytes> {
    let mut payloads = Vec::new();
    for nal in nals {
        if nal.len() <= max_payload {
            payloads.push(nal.clone());
            continue;
        }
        let (head, body) = (nal[0], &nal[1..]);
        let chunks = body.chunks(max_payload - 2);
        let last = chunks.len() - 1;
        for (i, chunk) in chunks.enumerate() {
            let mut payload = BytesMut::with_capacity(chunk.len() + 2);
            payload.put_u8((head & 0xe0) | TYPE_FU_A);
            let start = if i == 0 { START_BIT } else { 0 };
            let end = if i == last { END_BIT } else { 0 };
            payload.put_u8(start | end | (head & 0x1f));
            payload.put_slice(chunk);
            payloads.push(payload.freeze());
        }
    }
    payloads
}

/// A received access unit.
#[derive(Clone, Debug)]
pub struct Received {
    /// The picture.
    pub unit: AccessUnit,
    /// When its last packet arrived.
    pub arrived: Instant,
    /// False when packets of it are missing; its NAL units are then what could be read.
    pub complete: bool,
}

/// Puts access units together from packets in sequence order.
#[derive(Debug, Default)]
pub struct Assembler {
    open: Option<Open>,
    broken: bool,
}

#[derive(Debug)]
struct Open {
    timestamp: u32,
    nals: Vec<Bytes>,
    fragments: Option<BytesMut>,
    complete: bool,
}

impl Assembler {
    /// Packets are missing before the next one.
    pub fn gap(&mut self) {
        self.broken = true;
        if let Some(open) = &mut self.open {
            open.complete = false;
            open.fragments = None;
        }
    }

    /// Takes one packet; answers the access unit that ends with it, or that ended before it without a marker.
    pub fn push(&mut self, timestamp: u32, marker: bool, payload: &Bytes, arrived: Instant) -> Vec<Received> {
        let mut done = Vec::new();
        if self.open.as_ref().is_some_and(|open| open.timestamp != timestamp) {
            // The marker of the picture before was lost.
            done.extend(self.finish(arrived));
        }
        let broken = std::mem::take(&mut self.broken);
        let open = self.open.get_or_insert(Open { timestamp, nals: Vec::new(), fragments: None, complete: !broken });
        if !open.add(payload) {
            open.complete = false;
        }
        if marker {
            done.extend(self.finish(arrived));
        }
        done
    }

    fn finish(&mut self, arrived: Instant) -> Option<Received> {
        let open = self.open.take()?;
        let complete = open.complete && open.fragments.is_none() && !open.nals.is_empty();
        Some(Received { unit: AccessUnit { timestamp: open.timestamp, nals: open.nals }, arrived, complete })
    }
}

impl Open {
    /// False when the payload makes no sense here.
    fn add(&mut self, payload: &Bytes) -> bool {
        let Some(head) = payload.first().copied() else { return true };
        match head & 0x1f {
            TYPE_STAP_A => {
                let mut rest = payload.slice(1..);
                while rest.len() >= 2 {
                    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
                    if rest.len() < 2 + length {
                        return false;
                    }
                    self.nals.push(rest.slice(2..2 + length));
                    rest = rest.slice(2 + length..);
                }
                rest.is_empty()
            }
            TYPE_FU_A if payload.len() > 2 => {
                let fu = payload[1];
                if fu & START_BIT != 0 {
                    let mut nal = BytesMut::with_capacity(payload.len() * 4);
                    nal.put_u8((head & 0xe0) | (fu & 0x1f));
                    self.fragments = Some(nal);
                }
                let Some(nal) = &mut self.fragments else { return false };
                nal.put_slice(&payload[2..]);
                if fu & END_BIT != 0
                    && let Some(nal) = self.fragments.take()
                {
                    self.nals.push(nal.freeze());
                }
                true
            }
            1..=23 => {
                self.nals.push(payload.clone());
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn unit() -> AccessUnit {
        let mut stream = vec![0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65];
        stream.extend((0..5000u32).map(|i| (i % 251 + 1) as u8));
        AccessUnit::from_annex_b(90_000, &stream)
    }

    #[test]
    fn an_access_unit_survives_the_packets() {
        let unit = unit();
        assert_eq!(unit.nals.len(), 3);
        assert!(unit.is_keyframe());
        let payloads = payloads(&unit.nals, 1180);
        assert_eq!(payloads.len(), 2 + 5);
        assert!(payloads.iter().all(|payload| payload.len() <= 1180));
        let mut assembler = Assembler::default();
        let mut done = Vec::new();
        for (i, payload) in payloads.iter().enumerate() {
            done.extend(assembler.push(90_000, i + 1 == payloads.len(), payload, clock::instant()));
        }
        assert_eq!(done.len(), 1);
        assert!(done[0].complete);
        assert_eq!(done[0].unit, unit);
    }

    #[test]
    fn a_missing_packet_marks_only_its_own_picture() {
        let unit = unit();
        let payloads = payloads(&unit.nals, 1180);
        let mut assembler = Assembler::default();
        let mut done = Vec::new();
        for round in 0..3u32 {
            for (i, payload) in payloads.iter().enumerate() {
                if round == 1 && i == 3 {
                    assembler.gap();
                    continue;
                }
                done.extend(assembler.push(round, i + 1 == payloads.len(), payload, clock::instant()));
            }
        }
        assert_eq!(done.iter().map(|received| received.complete).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn aggregated_units_are_read() {
        let mut payload = BytesMut::from(&[24u8][..]);
        for nal in [&[0x67u8, 1][..], &[0x68, 2, 3][..]] {
            payload.put_u16(nal.len() as u16);
            payload.put_slice(nal);
        }
        let received = Assembler::default().push(1, true, &payload.freeze(), clock::instant());
        assert_eq!(received[0].unit.nals, [Bytes::from_static(&[0x67, 1]), Bytes::from_static(&[0x68, 2, 3])]);
    }
}
