//! H.264 RTP payloads (RFC 6184: single NAL unit, STAP-A, FU-A) to whole access units.
//!
//! An access unit comes out complete or not at all. After a loss or a header that lies, nothing comes out until the next
//! keyframe, because what follows refers to the missing picture.

use std::time::Instant;

use crate::h264::{ParameterSets, nal, nal_type};
use crate::input::RtpPacket;

/// Largest access unit believed: 4 MiB, thirty times a 1080p keyframe.
const MAX_UNIT_BYTES: usize = 4 << 20;
/// Most NAL units in one access unit.
const MAX_UNITS: usize = 512;

/// One coded picture as it was sent.
#[derive(Debug, Clone)]
pub struct CodedPicture {
    /// NAL units with four-byte lengths, byte for byte and in order as sent.
    pub sample: Vec<u8>,
    /// Extended RTP timestamp.
    pub timestamp: u64,
    /// When its first packet arrived.
    pub arrived: Instant,
    /// Decoding can start here.
    pub keyframe: bool,
    /// With a keyframe: the parameter sets that hold from here on.
    pub sets: Option<ParameterSets>,
}

/// Collects packets of one track, given in order.
#[derive(Debug)]
pub struct Depacketizer {
    units: Vec<Vec<u8>>,
    bytes: usize,
    fragment: Option<Vec<u8>>,
    current: Option<(u64, Instant)>,
    damaged: bool,
    waiting: bool,
    sets: Option<ParameterSets>,
    /// Pictures given up since the start, those refused while waiting for a keyframe included.
    pub refused: u64,
}

impl Default for Depacketizer {
    fn default() -> Self {
        Self {
            units: Vec::new(),
            bytes: 0,
            fragment: None,
            current: None,
            damaged: false,
            waiting: true,
            sets: None,
            refused: 0,
        }
    }
}

impl Depacketizer {
    /// Whether nothing comes out until a keyframe arrives.
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Packets are missing before the next one.
    pub fn lost(&mut self) {
        self.drop_current();
        self.waiting = true;
    }

    /// Takes the next packet; a picture it completes is appended to `out` (at most two: the one before, closed by a new
    /// timestamp, and its own).
    pub fn push(&mut self, packet: &RtpPacket, out: &mut Vec<CodedPicture>) {
        if packet.payload.is_empty() {
            return;
        }
        if self.current.is_some_and(|(timestamp, _)| timestamp != packet.timestamp) {
            out.extend(self.complete());
        }
        self.current.get_or_insert((packet.timestamp, packet.arrived));
        if !self.damaged && self.take(&packet.payload).is_none() {
            self.damaged = true;
        }
        if packet.marker {
            out.extend(self.complete());
        }
    }

    fn take(&mut self, payload: &[u8]) -> Option<()> {
        let header = *payload.first()?;
        if header & 0x80 != 0 {
            return None;
        }
        let kind = header & 0x1f;
        if self.fragment.is_some() && kind != 28 {
            return None;
        }
        match kind {
            1..=23 => self.add(payload.to_vec()),
            24 => {
                let mut rest = &payload[1..];
                while !rest.is_empty() {
                    let (length, after) = rest.split_at_checked(2)?;
                    let (unit, after) =
                        after.split_at_checked(usize::from(u16::from_be_bytes([length[0], length[1]])))?;
                    if unit.is_empty() || unit[0] & 0x80 != 0 || !(1..=23).contains(&(unit[0] & 0x1f)) {
                        return None;
                    }
                    self.add(unit.to_vec())?;
                    rest = after;
                }
                Some(())
            }
            28 => self.take_fragment(header, payload.get(1..)?),
            _ => None,
        }
    }

    fn take_fragment(&mut self, indicator: u8, rest: &[u8]) -> Option<()> {
        let (&header, data) = rest.split_first()?;
        let (start, end) = (header & 0x80 != 0, header & 0x40 != 0);
        if start == self.fragment.is_some() || (start && end) {
            return None;
        }
        if start {
            self.fragment = Some(vec![indicator & 0xe0 | header & 0x1f]);
        }
        let unit = self.fragment.as_mut()?;
        if nal_type(unit) != Some(header & 0x1f) || self.bytes + unit.len() + data.len() > MAX_UNIT_BYTES {
            return None;
        }
        unit.extend_from_slice(data);
        if end {
            let unit = self.fragment.take()?;
            self.add(unit)?;
        }
        Some(())
    }

    fn add(&mut self, unit: Vec<u8>) -> Option<()> {
        self.bytes += unit.len();
        if self.bytes > MAX_UNIT_BYTES || self.units.len() >= MAX_UNITS {
            return None;
        }
        self.units.push(unit);
        Some(())
    }

    fn drop_current(&mut self) {
        self.units.clear();
        self.bytes = 0;
        self.fragment = None;
        self.damaged = false;
        if self.current.take().is_some() {
            self.refused += 1;
        }
    }

    fn complete(&mut self) -> Option<CodedPicture> {
        let (timestamp, arrived) = self.current?;
        let broken = self.damaged || self.fragment.is_some() || !self.learn();
        let slices = self.units.iter().any(|unit| matches!(nal_type(unit), Some(nal::SLICE..=nal::IDR)));
        let keyframe = self.units.iter().any(|unit| nal_type(unit) == Some(nal::IDR));
        if broken || (keyframe && self.sets.is_none()) {
            self.lost();
            return None;
        }
        if !slices || (self.waiting && !keyframe) {
            self.drop_current();
            return None;
        }
        let mut sample = Vec::with_capacity(self.bytes + 4 * self.units.len());
        for unit in self.units.drain(..) {
            sample.extend_from_slice(&(unit.len() as u32).to_be_bytes());
            sample.extend_from_slice(&unit);
        }
        self.bytes = 0;
        self.current = None;
        self.waiting = false;
        Some(CodedPicture { sample, timestamp, arrived, keyframe, sets: self.sets.clone().filter(|_| keyframe) })
    }

    /// Remembers parameter sets; false when they can't be believed, and then the old ones don't hold either.
    fn learn(&mut self) -> bool {
        let has_sps = self.units.iter().any(|unit| nal_type(unit) == Some(nal::SPS));
        if !has_sps {
            return true;
        }
        self.sets = ParameterSets::among(self.units.iter().map(Vec::as_slice));
        self.sets.is_some()
    }
}

#[cfg(test)]
mod tests;
