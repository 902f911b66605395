//! The newest packets of one layer: for resends, and for receivers that join between two keyframes.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::rtp::Packet;

/// Bounds of a [`Ring`].
#[derive(Debug, Clone, Copy)]
pub struct RingLimits {
    /// Most payload bytes.
    pub bytes: usize,
    /// Most sequence numbers spanned.
    pub packets: usize,
    /// Sequence numbers kept from before the last keyframe, for receivers that still ask for them.
    pub history: usize,
}

impl RingLimits {
    /// For a picture: 6 s at 8 Mbit/s.
    pub const VIDEO: Self = Self { bytes: 6_000_000, packets: 8_192, history: 512 };
    /// For sound: 5 s of 20 ms packets.
    pub const AUDIO: Self = Self { bytes: 256_000, packets: 256, history: 256 };
}

/// Packets of one layer by index, bounded in bytes and in span; the oldest leave first.
#[derive(Debug, Clone)]
pub struct Ring {
    limits: RingLimits,
    base: u64,
    slots: VecDeque<Option<Arc<Packet>>>,
    bytes: usize,
    /// First packet and timestamp of the newest keyframe.
    keyframe: Option<(u64, u32)>,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: RingLimits) -> Self {
        Self { limits, base: 0, slots: VecDeque::new(), bytes: 0, keyframe: None }
    }

    /// Keeps `packet`; false when it is older than the ring or there already.
    pub fn push(&mut self, packet: &Arc<Packet>) -> bool {
        let index = packet.index;
        if self.slots.is_empty() {
            self.base = index;
        }
        let Some(offset) = index.checked_sub(self.base) else { return false };
        if offset >= self.slots.len() as u64 + self.limits.packets as u64 {
            // A jump over the whole ring leaves nothing of use in it.
            self.clear();
            self.base = index;
        }
        let offset = (index - self.base) as usize;
        if offset >= self.slots.len() {
            self.slots.resize(offset + 1, None);
        }
        let slot = &mut self.slots[offset];
        if slot.is_some() {
            return false;
        }
        self.bytes += packet.payload.len();
        *slot = Some(Arc::clone(packet));
        if packet.keyframe {
            self.note_keyframe(index, packet.timestamp);
        }
        while self.bytes > self.limits.bytes || self.slots.len() > self.limits.packets {
            self.pop();
        }
        true
    }

    /// The packet with this index.
    pub fn get(&self, index: u64) -> Option<&Arc<Packet>> {
        let offset = usize::try_from(index.checked_sub(self.base)?).ok()?;
        self.slots.get(offset)?.as_ref()
    }

    /// One past the newest index.
    pub fn end(&self) -> u64 {
        self.base + self.slots.len() as u64
    }

    /// The newest packet.
    pub fn newest(&self) -> Option<&Arc<Packet>> {
        self.slots.back()?.as_ref()
    }

    /// Where the newest keyframe starts, if all of it that has arrived is still here. Missing packets right before
    /// its first known one may belong to it and are included.
    pub fn keyframe_start(&self) -> Option<u64> {
        let (mut start, _) = self.keyframe?;
        while start > self.base && self.get(start - 1).is_none() {
            start -= 1;
        }
        // Without a packet of an earlier frame the gap reaches to the start of the ring and says nothing.
        if start == self.base { self.keyframe.map(|(index, _)| index) } else { Some(start) }
    }

    /// The packets from the newest keyframe on, in order; missing ones are skipped.
    pub fn since_keyframe(&self) -> impl Iterator<Item = &Arc<Packet>> {
        let skip = self.keyframe.map_or(self.slots.len(), |(index, _)| (index - self.base) as usize);
        self.slots.iter().skip(skip).flatten()
    }

    /// What follows cannot be decoded from the newest keyframe on: nobody joins here until the next one.
    pub fn forget_keyframe(&mut self) {
        self.keyframe = None;
    }

    /// Payload bytes kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.bytes = 0;
        self.keyframe = None;
    }

    fn note_keyframe(&mut self, index: u64, timestamp: u32) {
        match self.keyframe {
            // Parameter sets and slices of one picture share a timestamp; the first of them is the start.
            Some((start, same)) if same == timestamp => self.keyframe = Some((start.min(index), same)),
            Some((start, _)) if index < start => {}
            _ => {
                self.keyframe = Some((index, timestamp));
                while self.base + (self.limits.history as u64) < index {
                    self.pop();
                }
            }
        }
    }

    fn pop(&mut self) {
        let Some(slot) = self.slots.pop_front() else { return };
        self.bytes -= slot.map_or(0, |packet| packet.payload.len());
        self.base += 1;
        if self.keyframe.is_some_and(|(start, _)| start < self.base) {
            self.keyframe = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::source::tests::packet;

    fn ring(bytes: usize, packets: usize, history: usize) -> Ring {
        Ring::new(RingLimits { bytes, packets, history })
    }

    fn indices(ring: &Ring) -> Vec<u64> {
        ring.since_keyframe().map(|p| p.index).collect()
    }

    #[test]
    fn a_keyframe_starts_at_its_first_packet_however_it_arrives() {
        let mut ring = ring(100_000, 100, 10);
        for (index, timestamp, key) in [(10, 0, false), (13, 9, true), (14, 9, false), (12, 9, true), (15, 18, false)] {
            assert!(ring.push(&packet(index, timestamp, key, 100)));
        }
        assert_eq!(indices(&ring), [12, 13, 14, 15]);
        assert_eq!(ring.keyframe_start(), Some(11), "11 may be the parameter set");
        assert!(ring.push(&packet(11, 0, false, 100)));
        assert_eq!(ring.keyframe_start(), Some(12));
        assert!(!ring.push(&packet(11, 0, false, 100)), "there already");
    }

    #[test]
    fn history_before_a_keyframe_is_bounded() {
        let mut ring = ring(100_000, 100, 3);
        for index in 0..20 {
            ring.push(&packet(index, index as u32, index % 10 == 0, 100));
        }
        assert!(ring.get(6).is_none() && ring.get(7).is_some());
        assert_eq!(indices(&ring), (10..20).collect::<Vec<_>>());
    }

    #[test]
    fn bytes_and_span_are_bounded_and_a_lost_keyframe_is_forgotten() {
        for (bytes, packets) in [(1_000, 100), (100_000, 10)] {
            let mut ring = ring(bytes, packets, 3);
            for index in 0..30 {
                ring.push(&packet(index, index as u32, index == 0, 100));
            }
            assert_eq!(ring.end() - ring.base, 10);
            assert!(ring.bytes() <= 1_000);
            assert_eq!(ring.keyframe_start(), None);
            assert_eq!(ring.since_keyframe().count(), 0);
        }
    }

    #[test]
    fn a_jump_over_the_ring_empties_it() {
        let mut ring = ring(100_000, 10, 3);
        ring.push(&packet(1, 0, true, 100));
        ring.push(&packet(1_000, 5, true, 100));
        assert_eq!((ring.base, ring.bytes(), indices(&ring)), (1_000, 100, vec![1_000]));
        assert!(!ring.push(&packet(2, 0, true, 100)));
        ring.forget_keyframe();
        assert!(ring.keyframe_start().is_none() && ring.get(1_000).is_some());
    }
}
