//! Puts packets in order by extended sequence number and waits a while for those being repaired.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::input::RtpPacket;

/// How long a missing packet of a picture is waited for: several rounds of NACK at a bad classroom link.
pub const REPAIR_WAIT: Duration = Duration::from_secs(1);
/// The same for sound. It is shorter than the mixer's own patience ([`crate::mix::MAX_WAIT`]), so that what follows a
/// hole still finds its place, and no longer than a tap waits itself.
pub const VOICE_WAIT: Duration = Duration::from_millis(700);
/// Packets held at most; one second of a 10 Mbit/s picture. When full, the missing packet is given up.
const MAX_HELD: usize = 2048;

/// What comes out, in order.
#[derive(Debug)]
pub enum Ordered {
    /// The next packet.
    Packet(RtpPacket),
    /// So many packets are given up here.
    Missing(u64),
}

/// A reorder buffer for one track.
#[derive(Debug)]
pub struct JitterBuffer {
    wait: Duration,
    next: Option<u64>,
    held: BTreeMap<u64, RtpPacket>,
    /// Packets left out because they came twice or too late.
    pub discarded: u64,
}

impl JitterBuffer {
    /// An empty buffer that waits so long for what is missing.
    pub fn new(wait: Duration) -> Self {
        Self { wait, next: None, held: BTreeMap::new(), discarded: 0 }
    }

    /// Takes a packet; duplicates and those given up already are dropped.
    pub fn push(&mut self, packet: RtpPacket) {
        let next = *self.next.get_or_insert(packet.seq);
        if packet.seq < next || self.held.contains_key(&packet.seq) {
            self.discarded += 1;
            return;
        }
        self.held.insert(packet.seq, packet);
    }

    /// The next packet in order, or what is given up at `now`; `None` while there is something to wait for.
    pub fn pop(&mut self, now: Instant) -> Option<Ordered> {
        let next = self.next?;
        let (&seq, first) = self.held.first_key_value()?;
        if seq > next {
            // The one behind the hole tells how long the hole has been open.
            let waited = now.saturating_duration_since(first.arrived);
            if waited < self.wait && self.held.len() < MAX_HELD {
                return None;
            }
            self.next = Some(seq);
            return Some(Ordered::Missing(seq - next));
        }
        self.next = Some(seq + 1);
        self.held.pop_first().map(|(_, packet)| Ordered::Packet(packet))
    }

    /// Everything held, holes given up at once.
    pub fn drain(&mut self) -> Vec<Ordered> {
        let mut out = Vec::new();
        for (seq, packet) in std::mem::take(&mut self.held) {
            let next = self.next.unwrap_or(seq);
            if seq > next {
                out.push(Ordered::Missing(seq - next));
            }
            self.next = Some(seq + 1);
            out.push(Ordered::Packet(packet));
        }
        out
    }

    /// Whether a hole is being waited for.
    pub fn is_waiting(&self) -> bool {
        !self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(seq: u64, arrived: Instant) -> RtpPacket {
        RtpPacket { seq, timestamp: seq * 3000, marker: true, arrived, payload: Default::default() }
    }

    #[test]
    fn a_hole_is_waited_for_and_then_given_up() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::new(REPAIR_WAIT);
        buffer.push(packet(10, start));
        assert!(matches!(buffer.pop(start), Some(Ordered::Packet(p)) if p.seq == 10));
        buffer.push(packet(12, start));
        assert!(buffer.pop(start + REPAIR_WAIT / 2).is_none());
        assert!(matches!(buffer.pop(start + REPAIR_WAIT), Some(Ordered::Missing(1))));
        assert!(matches!(buffer.pop(start + REPAIR_WAIT), Some(Ordered::Packet(p)) if p.seq == 12));
        buffer.push(packet(11, start + REPAIR_WAIT));
        assert!(buffer.pop(start + REPAIR_WAIT * 3).is_none());
        assert_eq!(buffer.discarded, 1);
    }

    proptest::proptest! {
        /// F5: reordered within 60 ms, duplicated and lost packets come out once each, rising, and a hole is told.
        #[test]
        fn once_each_and_in_order(delays in proptest::collection::vec((0u64..60, 0u8..20), 1..400)) {
            let start = Instant::now();
            let mut arrivals = Vec::new();
            for (index, (delay, fate)) in delays.iter().enumerate() {
                let at = start + Duration::from_millis(index as u64 * 5 + delay);
                match fate {
                    0 if index > 0 => {}
                    1 => arrivals.extend([(at, index), (at + Duration::from_millis(40), index)]),
                    _ => arrivals.push((at, index)),
                }
            }
            arrivals.sort();
            let first = arrivals[0].1 as u64;
            let kept: std::collections::BTreeSet<u64> =
                arrivals.iter().map(|(_, index)| *index as u64).filter(|seq| *seq >= first).collect();
            let (mut buffer, mut out, mut position) = (JitterBuffer::new(REPAIR_WAIT), Vec::new(), first);
            let mut take = |item| match item {
                Ordered::Packet(p) => {
                    assert_eq!(p.seq, position);
                    position += 1;
                    out.push(p.seq);
                }
                Ordered::Missing(count) => position += count,
            };
            for (at, index) in arrivals {
                buffer.push(packet(index as u64, at));
                while let Some(item) = buffer.pop(at) {
                    take(item);
                }
            }
            buffer.drain().into_iter().for_each(&mut take);
            proptest::prop_assert_eq!(out, kept.into_iter().collect::<Vec<_>>());
        }
    }
}
