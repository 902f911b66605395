//! Receivers without transport-wide feedback: loss from receiver reports, and their own estimate where they send one.

/// Loss up to which the rate grows, and above which it falls (draft-ietf-rmcat-gcc-02 section 6).
const LOW_LOSS: f32 = 0.02;
const HIGH_LOSS: f32 = 0.10;
/// Growth per second, and where the receiver knows how to say that there is less.
const GROWTH: f64 = 1.08;
const TOLD_GROWTH: f64 = 1.2;
/// A receiver's own estimate that falls by this much and below what is sent tells of congestion (libwebrtc goes to 85 %
/// of what arrives). One that is merely low tells nothing: receivers believe in little more than they get.
const FALLEN: f64 = 0.97;
/// Reports of which the least loss is taken for the line's nature: whatever the rate is, it does not go away.
const REPORTS: usize = 4;

/// What reports have said.
#[derive(Debug, Default)]
pub(super) struct Reports {
    remb: Option<f64>,
    last: Option<u64>,
    losses: [f32; REPORTS],
    count: usize,
}

impl Reports {
    /// Takes the receiver's estimate in, in bit/s, while `sending` bit/s are sent; true when it tells of congestion.
    pub(super) fn remb(&mut self, bps: f64, sending: f64) -> bool {
        let before = self.remb.replace(bps);
        bps < sending && before.is_some_and(|before| bps < FALLEN * before)
    }

    /// The rate after a report of `lost` (0 to 1) at this `rate`, of which `sending` is used and more than `wanted` is
    /// of no use; all in bit/s.
    pub(super) fn report(&mut self, rate: f64, lost: f32, sending: f64, wanted: f64, now: u64) -> f64 {
        let elapsed = self.last.map_or(1.0, |last| now.saturating_sub(last) as f64 / 1e6).min(2.0);
        if elapsed < 0.4 {
            // One report per stream: the first of a bunch speaks for all unless it is bad news.
            if lost <= HIGH_LOSS || elapsed < 0.2 {
                return rate;
            }
        }
        self.last = Some(now);
        let nature = if self.count < REPORTS { 0.0 } else { self.losses.iter().copied().fold(1.0, f32::min) };
        self.losses[self.count % REPORTS] = lost;
        self.count += 1;
        let excess = (lost - nature) / (1.0 - nature).max(0.01);
        if excess < LOW_LOSS {
            let growth = if self.remb.is_some() { TOLD_GROWTH } else { GROWTH };
            // What is not used is not tested; but a layer above can only be tried.
            let ceiling = (1.5 * sending).max(1.1 * wanted);
            (rate * growth.powf(elapsed)).min(ceiling.max(rate))
        } else if excess > HIGH_LOSS {
            // What got through.
            rate.min(sending) * f64::from(1.0 - excess)
        } else {
            rate
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_lowers_and_its_absence_raises() {
        let mut reports = Reports::default();
        assert!((reports.report(1e6, 0.0, 0.9e6, 2e6, 0) - 1.08e6).abs() < 1.0);
        assert_eq!(reports.report(1e6, 0.0, 0.9e6, 2e6, 100_000), 1e6, "one of a bunch");
        assert_eq!(reports.report(1e6, 0.05, 0.9e6, 2e6, 1_000_000), 1e6);
        assert!((reports.report(1e6, 0.2, 0.9e6, 2e6, 2_000_000) - 0.72e6).abs() < 1.0);
        assert_eq!(reports.report(1e6, 0.0, 0.1e6, 0.8e6, 3_000_000), 1e6, "more is of no use");
    }

    #[test]
    fn loss_that_stays_whatever_is_sent_is_the_lines_nature() {
        let (mut reports, mut rate) = (Reports::default(), 2e6);
        let mut rates = Vec::new();
        for second in 0..12_u64 {
            rate = reports.report(rate, 0.2, rate, 2e6, second * 1_000_000);
            rates.push(rate as u32);
        }
        assert!(rates[3] < 900_000 && rates[4] > rates[3] && rates[11] > rates[10], "{rates:?}");
        assert!(reports.report(rate, 0.6, rate, 2e6, 13_000_000) < 0.6 * rate, "but more than that is not");
    }

    #[test]
    fn a_receivers_own_estimate_that_falls_tells_of_congestion() {
        let mut reports = Reports::default();
        for (bps, sending, congested) in [
            (2.5e6, 1.7e6, false),
            (2.2e6, 1.7e6, false),
            (0.7e6, 1.7e6, true),
            // It follows what is sent.
            (0.3e6, 0.2e6, false),
            // It has not caught up with a trial yet.
            (0.3e6, 0.5e6, false),
            (0.4e6, 0.5e6, false),
            (0.2e6, 0.5e6, true),
        ] {
            assert_eq!(reports.remb(bps, sending), congested, "{bps} {sending}");
        }
        assert!((reports.report(1e6, 0.0, 0.4e6, 2e6, 2_000_000) - 1.2e6).abs() < 1.0, "and hastens");
    }
}
