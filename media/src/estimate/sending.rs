//! How much is sent: a counter that the packet path touches, and marks that slow turns take of it.

/// Distance of two marks.
const STEP_US: u64 = 100_000;
const MARKS: usize = 6;

/// Bit rate of what left in the last half second or so.
#[derive(Debug, Default)]
pub(super) struct Sending {
    bytes: u64,
    marks: [(u64, u64); MARKS],
    count: usize,
    rate: f64,
}

impl Sending {
    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    pub(super) fn warm(&self) -> u64 {
        self.bytes
    }

    /// Takes a mark when it is time for one.
    pub(super) fn turn(&mut self, now: u64) {
        let newest = self.marks[(self.count + MARKS - 1) % MARKS];
        if self.count > 0 && now.saturating_sub(newest.0) < STEP_US {
            return;
        }
        self.marks[self.count % MARKS] = (now, self.bytes);
        self.count += 1;
        let oldest = if self.count < MARKS { self.marks[0] } else { self.marks[self.count % MARKS] };
        let elapsed = now.saturating_sub(oldest.0);
        if elapsed > 0 {
            self.rate = (self.bytes - oldest.1) as f64 * 8e6 / elapsed as f64;
        }
    }

    /// Bit/s.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_half_second_counts() {
        let mut sending = Sending::default();
        for ms in 0..5_000_u64 {
            sending.add(if ms < 3_000 { 125 } else { 250 });
            sending.turn(ms * 1_000);
        }
        assert!((1.99e6..2.01e6).contains(&sending.rate()), "{}", sending.rate());
    }
}
