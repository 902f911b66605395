//! What loss says: is it the line's nature, or are we the cause?
//!
//! A radio loses packets whatever is sent; a full queue loses what is too much. The second comes with a standing
//! queue, or depends on the rate. Where neither shows, a large loss is put to the test: send what gets through, and
//! see whether less is lost. What stays is taken for the line's nature and no longer lowers anything.

/// Length of one count.
const COUNT_US: u64 = 500_000;
/// Fewest packets of one count.
const COUNT_PACKETS: u32 = 20;
/// Loss above the line's nature that a standing queue makes congestion.
const QUEUED_EXCESS: f32 = 0.05;
/// Loss above it that a much higher rate makes congestion.
const RATE_EXCESS: f32 = 0.08;
/// Loss above it that is put to the test, when two counts in a row show it.
const TEST_EXCESS: f32 = 0.20;
/// A wait of this long is a queue.
const QUEUE_US: u64 = 30_000;
/// How long a test lasts.
const TEST_US: u64 = 1_000_000;

/// What to do about the rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// Nothing.
    Keep,
    /// Send no more than gets through.
    Reduce,
    /// The test failed: go back to this rate, in bit/s.
    Restore(f64),
}

#[derive(Debug, Clone, Copy)]
struct Test {
    loss: f32,
    until: u64,
    rate: f64,
}

/// The loss-based branch, tolerant of random loss.
#[derive(Debug, Default)]
pub(super) struct LossControl {
    lost: u32,
    received: u32,
    since: u64,
    /// Loss of the last count and the one before.
    counts: [f32; 2],
    /// What the line loses whatever is sent.
    nature: f32,
    /// Slow average of the sending rate, to notice loss that came with more.
    usual_rate: f64,
    test: Option<Test>,
}

/// What is known besides the loss.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// Least wait of the last time in microseconds.
    pub(super) standing_us: u64,
    /// Bit/s sent.
    pub(super) sending: f64,
    /// The present estimate in bit/s.
    pub(super) estimate: f64,
}

impl LossControl {
    /// Counts what one feedback message said.
    pub(super) fn count(&mut self, received: u32, lost: u32, late: u32) {
        self.received += received;
        self.lost = (self.lost + lost).saturating_sub(late);
    }

    /// Forgets the present count: a blackout, which says nothing about rates.
    pub(super) fn forget(&mut self, now: u64) {
        (self.lost, self.received, self.since, self.test) = (0, 0, now, None);
    }

    /// What the line loses whatever is sent, 0 to 1.
    pub(super) fn nature(&self) -> f32 {
        self.nature
    }

    /// Share lost in the last count, 0 to 1.
    pub(super) fn latest(&self) -> f32 {
        self.counts[0]
    }

    /// Judges when enough has been counted.
    pub(super) fn judge(&mut self, seen: Circumstances, now: u64) -> Verdict {
        let total = self.received + self.lost;
        if total < COUNT_PACKETS || now.saturating_sub(self.since) < COUNT_US {
            return Verdict::Keep;
        }
        let loss = self.lost as f32 / total as f32;
        self.counts = [loss, self.counts[0]];
        (self.lost, self.received, self.since) = (0, 0, now);
        let least = self.counts[0].min(self.counts[1]);
        let usual = self.usual_rate;
        self.usual_rate = if usual == 0.0 { seen.sending } else { 0.9 * usual + 0.1 * seen.sending };
        if let Some(test) = self.test {
            return self.end_test(test, loss, now);
        }
        if seen.standing_us > QUEUE_US {
            return if loss > self.nature + QUEUED_EXCESS { Verdict::Reduce } else { Verdict::Keep };
        }
        if usual > 0.0 && seen.sending > 1.3 * usual && least > self.nature + RATE_EXCESS
            || least > self.nature + TEST_EXCESS
        {
            self.test = Some(Test { loss: least, until: now + TEST_US, rate: seen.estimate });
            return Verdict::Reduce;
        }
        // Two counts, because bursts make single ones jump.
        let mean = (self.counts[0] + self.counts[1]) / 2.0;
        self.nature = (self.nature + 0.3 * (mean - self.nature)).clamp(0.0, 0.5);
        Verdict::Keep
    }

    fn end_test(&mut self, test: Test, loss: f32, now: u64) -> Verdict {
        if now < test.until {
            return Verdict::Keep;
        }
        self.test = None;
        if loss < 0.6 * test.loss {
            return Verdict::Keep;
        }
        // As much is lost of less: it is not us.
        self.nature = loss.min(0.5);
        self.counts = [loss; 2];
        Verdict::Restore(test.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half-second counts of 100 packets with these losses; what is done about each.
    fn judge(control: &mut LossControl, from: u64, losses: &[u32], standing_us: u64, sending: f64) -> Vec<Verdict> {
        let one = |n: usize, lost: u32, control: &mut LossControl| {
            control.count(100 - lost, lost, 0);
            let seen = Circumstances { standing_us, sending, estimate: 4e6 };
            control.judge(seen, from + (n as u64 + 1) * COUNT_US)
        };
        losses.iter().enumerate().map(|(n, lost)| one(n, *lost, control)).collect()
    }

    #[test]
    fn random_loss_is_learnt_and_costs_nothing() {
        let mut control = LossControl::default();
        let verdicts = judge(&mut control, 0, &[5, 4, 7, 10, 12, 0, 25, 9, 30, 8, 10], 2_000, 2e6);
        assert!(verdicts.iter().all(|v| *v == Verdict::Keep), "{verdicts:?}");
        assert!((0.05..0.2).contains(&control.nature()));
    }

    #[test]
    fn loss_with_a_standing_queue_is_congestion() {
        let mut control = LossControl::default();
        assert_eq!(judge(&mut control, 0, &[0, 8], 80_000, 2e6), [Verdict::Keep, Verdict::Reduce]);
    }

    #[test]
    fn a_large_loss_is_tested() {
        let mut control = LossControl::default();
        let random = judge(&mut control, 0, &[30, 30, 30, 31, 29, 30], 2_000, 2e6);
        assert_eq!(random[1], Verdict::Reduce);
        assert_eq!(random[3], Verdict::Restore(4e6));
        assert_eq!(random[4..], [Verdict::Keep, Verdict::Keep]);
        let mut control = LossControl::default();
        let policed = judge(&mut control, 0, &[40, 40, 0, 0, 0, 0], 2_000, 2e6);
        assert_eq!(policed[1], Verdict::Reduce);
        assert!(policed[2..].iter().all(|v| *v == Verdict::Keep));
        assert!(control.nature() < 0.05);
    }

    #[test]
    fn loss_that_came_with_more_is_congestion() {
        let mut control = LossControl::default();
        judge(&mut control, 0, &[1; 10], 2_000, 1e6);
        let more = judge(&mut control, 10 * COUNT_US, &[12, 12], 2_000, 2e6);
        assert_eq!(more[1], Verdict::Reduce);
    }
}
