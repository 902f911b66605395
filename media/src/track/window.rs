//! A sliding bitmap over the newest indices: has this one been here before.

/// Remembers the newest `64 * WORDS` indices.
#[derive(Debug, Clone)]
pub(super) struct Window<const WORDS: usize> {
    end: u64,
    bits: [u64; WORDS],
}

impl<const WORDS: usize> Window<WORDS> {
    const SPAN: u64 = 64 * WORDS as u64;

    pub(super) fn new() -> Self {
        Self { end: 0, bits: [0; WORDS] }
    }

    /// Reads what [`insert`](Self::insert) will change.
    pub(super) fn warm(&self, index: u64) -> u64 {
        self.end.wrapping_add(self.bits[Self::place(index).0])
    }

    /// Marks `index`; false when it was marked before or has left the window.
    pub(super) fn insert(&mut self, index: u64) -> bool {
        if index >= self.end {
            if index - self.end >= Self::SPAN {
                self.bits = [0; WORDS];
            } else {
                for passed in self.end..index {
                    self.clear(passed);
                }
            }
            self.end = index + 1;
            self.clear(index);
        } else if self.end - index > Self::SPAN {
            return false;
        }
        let (word, bit) = Self::place(index);
        let fresh = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        fresh
    }

    /// Whether `index` is marked and still inside the window.
    pub(super) fn contains(&self, index: u64) -> bool {
        let (word, bit) = Self::place(index);
        index < self.end && self.end - index <= Self::SPAN && self.bits[word] & bit != 0
    }

    fn clear(&mut self, index: u64) {
        let (word, bit) = Self::place(index);
        self.bits[word] &= !bit;
    }

    fn place(index: u64) -> (usize, u64) {
        ((index / 64) as usize % WORDS, 1 << (index % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_fresh_once() {
        let mut window = Window::<2>::new();
        let cases = [
            (1_000, true),
            (1_000, false),
            (1_002, true),
            (1_001, true),
            (1_001, false),
            (1_129, true),
            (1_002, false),
            (1_001, false),
            (1_128, true),
            (5_000, true),
            (4_999, true),
            (4_872, false),
            (4_873, true),
        ];
        for (index, fresh) in cases {
            assert_eq!(window.insert(index), fresh, "{index}");
        }
        assert!(window.contains(5_000) && !window.contains(4_998) && !window.contains(1_000));
    }
}
