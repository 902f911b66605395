//! Sequence numbers and timestamps extended over their wraps.

/// Where an arriving sequence number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    /// A number near the newest; wraps are counted in.
    Index(u64),
    /// Far from everything seen; the sender may have restarted. Shown to be true by the next number in sequence.
    Unconfirmed,
    /// The sender restarted: the numbering goes on from here, without a gap.
    Restarted(u64),
}

/// Extends 16-bit sequence numbers to 64 bits (RFC 3550 appendix A.1 with 64 instead of 32 bits).
#[derive(Debug, Clone, Default)]
pub struct SequenceExtender {
    newest: Option<u64>,
    /// Added to what arrives, so that a restarted sender goes on where it stopped.
    shift: u16,
    candidate: Option<u16>,
}

impl SequenceExtender {
    /// Jumps of at least this many packets forward must be confirmed by a second packet.
    pub const MAX_DROPOUT: u16 = 3_000;
    /// Packets up to this much older than the newest are late, not a restart.
    pub const MAX_MISORDER: u16 = 2_048;

    /// Goes on after `newest` with a sender whose next number is `seq`.
    pub fn resume(newest: u64, seq: u16) -> Self {
        Self { newest: Some(newest), shift: (newest as u16).wrapping_add(1).wrapping_sub(seq), candidate: None }
    }

    /// The newest index so far.
    pub fn newest(&self) -> Option<u64> {
        self.newest
    }

    /// Extends `seq`. The first index keeps the number itself plus one wrap, so that late packets before it fit.
    pub fn extend(&mut self, seq: u16) -> Extended {
        let shifted = seq.wrapping_add(self.shift);
        let Some(newest) = self.newest else {
            let index = 0x1_0000 + u64::from(shifted);
            self.newest = Some(index);
            return Extended::Index(index);
        };
        let ahead = shifted.wrapping_sub(newest as u16);
        if ahead < Self::MAX_DROPOUT {
            let index = newest + u64::from(ahead);
            self.newest = Some(index);
            self.candidate = None;
            return Extended::Index(index);
        }
        let behind = ahead.wrapping_neg();
        if behind <= Self::MAX_MISORDER
            && let Some(index) = newest.checked_sub(u64::from(behind))
        {
            return Extended::Index(index);
        }
        if self.candidate == Some(seq) {
            self.candidate = None;
            let index = newest + 1;
            self.shift = (index as u16).wrapping_sub(seq);
            self.newest = Some(index);
            return Extended::Restarted(index);
        }
        self.candidate = Some(seq.wrapping_add(1));
        Extended::Unconfirmed
    }

    /// The index nearest to the newest one for a number that arrived by another way (a repair packet names its
    /// original). Does not move the newest.
    pub fn locate(&self, seq: u16) -> Option<u64> {
        let newest = self.newest?;
        let ahead = seq.wrapping_add(self.shift).wrapping_sub(newest as u16) as i16;
        newest.checked_add_signed(i64::from(ahead))
    }
}

/// Extends 32-bit timestamps to 64 bits by the nearest distance to the previous one.
#[derive(Debug, Clone, Default)]
pub struct TimestampExtender {
    last: Option<u64>,
}

impl TimestampExtender {
    /// Extends `timestamp`; the first one is moved up by one wrap, so that earlier ones fit.
    pub fn extend(&mut self, timestamp: u32) -> u64 {
        let extended = match self.last {
            None => (1 << 32) + u64::from(timestamp),
            Some(last) => {
                let distance = timestamp.wrapping_sub(last as u32) as i32;
                last.saturating_add_signed(i64::from(distance))
            }
        };
        self.last = Some(extended);
        extended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(numbers: &[u16]) -> Vec<Extended> {
        let mut extender = SequenceExtender::default();
        numbers.iter().map(|n| extender.extend(*n)).collect()
    }

    #[test]
    fn numbers_around_a_wrap() {
        use Extended::{Index, Restarted, Unconfirmed};
        let cases: &[(&[u16], &[Extended])] = &[
            (&[5, 6, 7], &[Index(0x1_0005), Index(0x1_0006), Index(0x1_0007)]),
            (&[65_534, 65_535, 0, 1], &[Index(0x1_fffe), Index(0x1_ffff), Index(0x2_0000), Index(0x2_0001)]),
            (&[65_535, 1, 0, 65_534], &[Index(0x1_ffff), Index(0x2_0001), Index(0x2_0000), Index(0x1_fffe)]),
            (&[0, 65_535, 1], &[Index(0x1_0000), Index(0xffff), Index(0x1_0001)]),
            (&[10, 20_000, 11], &[Index(0x1_000a), Unconfirmed, Index(0x1_000b)]),
            (&[10, 20_000, 20_001, 20_002], &[Index(0x1_000a), Unconfirmed, Restarted(0x1_000b), Index(0x1_000c)]),
            (&[40_000, 3, 4, 5], &[Index(0x1_9c40), Unconfirmed, Restarted(0x1_9c41), Index(0x1_9c42)]),
            (&[10, 2_900], &[Index(0x1_000a), Index(0x1_0b54)]),
        ];
        for (numbers, expected) in cases {
            assert_eq!(&all(numbers), expected, "{numbers:?}");
        }
    }

    #[test]
    fn three_wraps_count_every_packet() {
        let mut extender = SequenceExtender::default();
        for n in 0..200_000_u64 {
            assert_eq!(extender.extend((n + 65_000) as u16), Extended::Index(0x1_0000 + 65_000 + n));
        }
    }

    #[test]
    fn originals_of_repair_packets_are_located_without_moving() {
        let mut extender = SequenceExtender::default();
        assert_eq!(extender.locate(4), None);
        extender.extend(2);
        assert_eq!(extender.locate(65_535), Some(0xffff));
        assert_eq!(extender.newest(), Some(0x1_0002));
    }

    #[test]
    fn timestamps_wrap_both_ways() {
        let mut extender = TimestampExtender::default();
        let start = extender.extend(u32::MAX - 10);
        assert_eq!(extender.extend(20), start + 31);
        assert_eq!(extender.extend(u32::MAX - 10), start);
    }
}
