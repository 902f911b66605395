//! Rollover counters and replay windows, one per SSRC, allocated only for SSRCs that authenticated.

/// Packets a window looks back. A publisher's repairs arrive a round trip late, at 1,000 packets/s and 0.5 s
/// that is 500 packets.
const WINDOW_WORDS: usize = 16;
const WINDOW_BITS: u64 = WINDOW_WORDS as u64 * 64;

/// A sliding window over packet indexes (RFC 3711 section 3.3.2), kept as a ring of bits.
#[derive(Debug, Clone)]
pub(super) struct Window {
    highest: u64,
    seen: [u64; WINDOW_WORDS],
}

impl Window {
    pub(super) fn starting_at(index: u64) -> Window {
        let mut window = Window { highest: index, seen: [0; WINDOW_WORDS] };
        window.mark(index, true);
        window
    }

    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether `index` is neither too old nor seen before.
    pub(super) fn is_fresh(&self, index: u64) -> bool {
        if index > self.highest {
            return true;
        }
        self.highest - index < WINDOW_BITS && self.seen[Self::word(index)] & Self::bit(index) == 0
    }

    /// Records an authenticated index that [`Window::is_fresh`].
    pub(super) fn accept(&mut self, index: u64) {
        if index > self.highest {
            if index - self.highest >= WINDOW_BITS {
                self.seen = [0; WINDOW_WORDS];
            } else {
                for passed in self.highest + 1..index {
                    self.mark(passed, false);
                }
            }
            self.highest = index;
        }
        self.mark(index, true);
    }

    fn mark(&mut self, index: u64, seen: bool) {
        let word = &mut self.seen[Self::word(index)];
        if seen { *word |= Self::bit(index) } else { *word &= !Self::bit(index) }
    }

    fn word(index: u64) -> usize {
        (index % WINDOW_BITS / 64) as usize
    }

    fn bit(index: u64) -> u64 {
        1 << (index % 64)
    }
}

/// Guesses the 48-bit index of a sequence number from the highest index seen (RFC 3711 section 3.3.1).
///
/// With rollover counter 0 a number far ahead is a jump forward, as there is no earlier cycle. `None` past the
/// last cycle.
pub(super) fn estimate_index(highest: u64, sequence: u16) -> Option<u64> {
    let roc = highest >> 16;
    let last = (highest & 0xffff) as i64;
    let ahead = i64::from(sequence) - last;
    let roc = if last < 0x8000 {
        if ahead > 0x8000 { roc.saturating_sub(1) } else { roc }
    } else if -ahead > 0x8000 {
        roc + 1
    } else {
        roc
    };
    (roc <= u64::from(u32::MAX)).then_some(roc << 16 | u64::from(sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_estimates() {
        for (highest, sequence, expected) in [
            (5, 6, Some(6)),
            (0xfffe, 0xffff, Some(0xffff)),
            (0xffff, 0, Some(0x1_0000)),
            (0x1_0000, 0xffff, Some(0xffff)),
            (0x1_0005, 0x8000, Some(0x1_8000)),
            (0x3_0005, 0xfff0, Some(0x2_fff0)),
            (3, 0xfff0, Some(0xfff0)),
            (0xffff_ffff_fffe, 1, None),
        ] {
            assert_eq!(estimate_index(highest, sequence), expected, "{highest:x} {sequence:x}");
        }
    }

    #[test]
    fn window_refuses_what_it_saw_and_what_is_too_old() {
        let mut window = Window::starting_at(100);
        assert!(!window.is_fresh(100));
        window.accept(103);
        assert!(window.is_fresh(101) && window.is_fresh(102) && !window.is_fresh(103));
        window.accept(101);
        assert!(!window.is_fresh(101) && window.is_fresh(102));
        window.accept(103 + WINDOW_BITS - 1);
        assert!(!window.is_fresh(103) && window.is_fresh(104) && !window.is_fresh(102));
        window.accept(1 << 40);
        assert!(!window.is_fresh(1126) && window.is_fresh((1 << 40) - WINDOW_BITS + 1));
    }
}
