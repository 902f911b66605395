//! What a feedback message changes: overuse, loss and probes drawn together.

use super::{Estimator, FLOOR};
use crate::estimate::aimd::Observation;
use crate::estimate::loss::{Circumstances, Verdict};
use crate::estimate::trend::Usage;

/// A queue that never empties below this in 200 ms is there to stay; less is a burst or jitter.
const STANDING_US: u64 = 10_000;
/// With waits above this overuse needs no further proof.
const LONG_WAIT_US: u64 = 200_000;
/// A queue this long is overuse even while it does not grow.
const DEEP_US: u64 = 300_000;
/// A queue this long is overuse when clearly less gets through than is sent; the trend needs longer to see it.
const SHORT_WAIT_US: u64 = 25_000;
/// Share of what is sent that is clearly less.
const SHORT: f64 = 0.75;
/// A queue of this length shows that more is sent than gets through.
const SATURATED_US: u64 = 50_000;

impl Estimator {
    /// Draws the conclusions from a message that has been read.
    pub(super) fn decide(&mut self, newest_sent: u64, now: u64) {
        let (standing, latest) = (self.queue.standing_us(), self.queue.latest_us());
        let through = self.through.rate(250);
        let sending = self.sending.rate();
        let short = through.is_some_and(|through| through < SHORT * sending);
        let usage = match self.trend.usage() {
            Usage::Over if standing < STANDING_US && latest < LONG_WAIT_US => Usage::Under,
            // A probe makes a queue of its own.
            Usage::Over if standing < LONG_WAIT_US && self.prober.is_recent(now) => Usage::Under,
            Usage::Normal if standing > DEEP_US || standing > SHORT_WAIT_US && short => Usage::Over,
            usage => usage,
        };
        let seen = Observation {
            usage,
            through: self.capacity(through).map(|through| through / (1.0 - f64::from(self.loss.nature()))),
            saturated: standing > SATURATED_US || self.trend.slope() > 0.15,
            application_limited: sending < 0.65 * self.control.rate(),
            newest_sent,
            round_trip: self.round_trip,
        };
        let lowered = self.control.update(seen, now);
        if lowered {
            self.lowered = Some(now);
        }
        if lowered || usage == Usage::Over {
            self.prober.congested(now);
        }
        // A burst that has just passed without a queue has shown what it was sent at, as a probe would.
        if usage == Usage::Normal
            && standing < STANDING_US
            && let Some(through) = through
            && through > self.control.rate()
        {
            self.control.set(through, now);
        }
        if let Some(shown) = self.prober.result(self.loss.nature(), newest_sent, now) {
            self.learn_from_probe(shown, usage, now);
        }
        let circumstances = Circumstances { standing_us: standing, sending, estimate: self.control.rate() };
        match self.loss.judge(circumstances, now) {
            Verdict::Keep => {}
            Verdict::Reduce => {
                if let Some(through) = self.through.rate(500) {
                    let kept = 0.95 * through / (1.0 - f64::from(self.loss.nature()));
                    self.control.set(self.control.rate().min(kept).max(FLOOR), now);
                    self.lowered = Some(now);
                    self.prober.congested(now);
                }
            }
            Verdict::Restore(rate) => self.control.set(self.control.rate().max(rate), now),
        }
        self.congested = usage == Usage::Over && standing > SATURATED_US || standing > LONG_WAIT_US;
        self.open_window();
    }

    /// What gets through while a queue stands: over a short time where a few packets do not change it much.
    fn capacity(&self, through: Option<f64>) -> Option<f64> {
        let through = through?;
        let window_ms = match through {
            1e6.. => 150,
            ..5e5 => 400,
            _ => return Some(through),
        };
        self.through
            .rate(window_ms)
            .map_or(Some(through), |other| Some(if window_ms < 250 { through.min(other) } else { through.max(other) }))
    }

    fn learn_from_probe(&mut self, shown: f64, usage: Usage, now: u64) {
        let rate = self.control.rate();
        if shown > rate && usage != Usage::Over {
            self.control.set(shown, now);
        } else if shown < 0.7 * rate {
            let through = self.through.rate(250).unwrap_or(0.0);
            self.control.set(shown.max(through).min(rate).max(FLOOR), now);
        }
    }
}
