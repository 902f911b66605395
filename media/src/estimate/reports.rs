//! Receivers without transport-wide feedback: loss from receiver reports, and their own estimate where they send one.

/// Loss up to which the rate grows, and above which it falls (draft-ietf-rmcat-gcc-02 section 6).
const LOW_LOSS: f32 = 0.02;
const HIGH_LOSS: f32 = 0.10;
/// Growth per second without, and with, a receiver's word that there is more.
const GROWTH: f64 = 1.08;
const TOLD_GROWTH: f64 = 1.5;
/// A receiver's estimate is believed for this long.
const REMB_US: u64 = 15_000_000;

/// What reports have said.
#[derive(Debug, Default)]
pub(super) struct Reports {
    remb: Option<(f64, u64)>,
    last: Option<u64>,
}

impl Reports {
    /// Notes the receiver's estimate in bit/s.
    pub(super) fn remb(&mut self, bps: f64, now: u64) {
        self.remb = Some((bps, now));
    }

    /// The receiver's estimate while it is fresh.
    pub(super) fn limit(&self, now: u64) -> Option<f64> {
        self.remb.filter(|(_, at)| now.saturating_sub(*at) < REMB_US).map(|(bps, _)| bps)
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
        let limit = self.limit(now);
        let rate = if lost < LOW_LOSS {
            let growth = if limit.is_some_and(|limit| limit > rate) { TOLD_GROWTH } else { GROWTH };
            // What is not used is not tested; but a layer above can only be tried.
            let ceiling = (1.5 * sending).max(1.1 * wanted);
            (rate * growth.powf(elapsed)).min(ceiling.max(rate))
        } else if lost > HIGH_LOSS {
            rate.min(1.2 * sending) * (1.0 - 0.5 * f64::from(lost))
        } else {
            rate
        };
        limit.map_or(rate, |limit| rate.min(limit))
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
        assert!((reports.report(1e6, 0.2, 1e6, 2e6, 2_000_000) - 0.9e6).abs() < 1.0);
        assert_eq!(reports.report(1e6, 0.0, 0.1e6, 0.8e6, 3_000_000), 1e6, "more is of no use");
    }

    #[test]
    fn the_receivers_own_estimate_bounds_and_hastens() {
        let mut reports = Reports::default();
        reports.remb(0.5e6, 0);
        assert_eq!(reports.report(1e6, 0.0, 1e6, 2e6, 1_000_000), 0.5e6);
        reports.remb(4e6, 2_000_000);
        assert_eq!(reports.report(1e6, 0.0, 1e6, 2e6, 2_000_000), 1.5e6);
        assert_eq!(reports.limit(30_000_000), None);
    }
}
