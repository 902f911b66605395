//! Counting one stream by its sequence numbers (RFC 3550 appendix A).

/// Numbers behind the highest one that are still told apart; older ones count as late.
const WINDOW: u64 = 128;

/// One SSRC as a receiver sees it.
#[derive(Debug, Clone)]
pub(crate) struct StreamCount {
    pub(crate) ssrc: u32,
    /// Highest number, extended over wraps.
    highest: u64,
    /// Bit n: the number `highest - n` has come.
    seen: u128,
    /// Different packets since the mark, and the highest number at the mark.
    unique: u64,
    base: u64,
    pub(crate) duplicates: u64,
    pub(crate) reordered: u64,
    /// Unique packets since the stream began.
    pub(crate) total: u64,
    first: u64,
    /// Middle of the last sender report's time, and when it came (nanoseconds since 1970).
    pub(crate) last_report: Option<(u32, u64)>,
    reported: (u64, u64),
}

impl StreamCount {
    /// A stream whose first packet has number `seq`.
    pub(crate) fn new(ssrc: u32, seq: u16) -> Self {
        // Far enough from zero that reordering before the first packet cannot go below.
        let highest = (1 << 16) | u64::from(seq);
        Self {
            ssrc,
            highest,
            seen: 1,
            unique: 1,
            base: highest - 1,
            duplicates: 0,
            reordered: 0,
            total: 1,
            first: highest,
            last_report: None,
            reported: (highest - 1, 0),
        }
    }

    /// Counts a further packet; true when it is new.
    pub(crate) fn count(&mut self, seq: u16) -> bool {
        let step = seq.wrapping_sub(self.highest as u16);
        if step != 0 && step < 0x8000 {
            let step = u64::from(step);
            self.seen = if step >= WINDOW { 1 } else { self.seen << step | 1 };
            self.highest += step;
        } else {
            let back = u64::from(step.wrapping_neg());
            let bit = if back < WINDOW { 1_u128 << back } else { 0 };
            if bit == 0 || self.seen & bit != 0 {
                self.duplicates += 1;
                return false;
            }
            self.seen |= bit;
            self.reordered += 1;
        }
        self.unique += 1;
        self.total += 1;
        true
    }

    /// Starts counting anew from the highest number so far.
    pub(crate) fn mark(&mut self) {
        self.base = self.highest;
        (self.unique, self.duplicates, self.reordered) = (0, 0, 0);
    }

    /// Packets that should have come since the mark.
    pub(crate) fn expected(&self) -> u64 {
        self.highest - self.base
    }

    /// Packets that have not come since the mark.
    pub(crate) fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.unique)
    }

    /// Highest number for a receiver report, counted from the first cycle.
    pub(crate) fn highest(&self) -> u32 {
        (self.highest - (1 << 16)) as u32
    }

    /// Loss since the last receiver report in 1/256, and loss in all.
    pub(crate) fn take_loss(&mut self) -> (u8, i32) {
        let (highest, total) = self.reported;
        let expected = self.highest - highest;
        let lost = expected.saturating_sub(self.total - total);
        self.reported = (self.highest, self.total);
        let fraction = (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8;
        (fraction, (self.highest + 1 - self.first).saturating_sub(self.total) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_duplicates_and_reordering_are_told_apart() {
        let mut stream = StreamCount::new(7, 65_530);
        for seq in [65_531, 65_532, 65_534, 65_533, 65_534, 65_535, 0, 1, 4, 4] {
            stream.count(seq);
        }
        assert_eq!((stream.expected(), stream.lost()), (11, 2));
        assert_eq!((stream.duplicates, stream.reordered), (2, 1));
        assert_eq!(stream.take_loss(), (46, 2));
        stream.mark();
        assert!(stream.count(5) && !stream.count(5));
        assert_eq!((stream.expected(), stream.lost(), stream.duplicates), (1, 0, 1));
    }

    #[test]
    fn a_gap_longer_than_the_window_is_loss() {
        let mut stream = StreamCount::new(7, 10);
        stream.count(1010);
        assert_eq!(stream.lost(), 999);
        assert!(!stream.count(11), "too late to be told from a duplicate");
    }
}
