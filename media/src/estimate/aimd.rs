//! The rate that the delay allows: down to what gets through when the queue grows, slowly up while it does not.

use super::trend::Usage;

/// Share of what gets through that is kept on overuse.
const BACK_OFF: f64 = 0.85;
/// Lowest rate in bit/s, from which probes soon find back.
const LEAST: f64 = 80_000.0;
/// Growth per second far from the line's known limit.
const GROWTH: f64 = 0.08;
/// Up to this much more than what gets through may be believed without a probe.
const BEYOND: f64 = 1.5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Hold,
    Increase,
}

/// What one piece of feedback showed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observation {
    pub(super) usage: Usage,
    /// What gets through, in bit/s, if known.
    pub(super) through: Option<f64>,
    /// More is sent than gets through, as delays or loss show; else the sender may be the limit.
    pub(super) saturated: bool,
    /// The sender uses clearly less than the estimate.
    pub(super) application_limited: bool,
    /// When the newest packet heard of had left.
    pub(super) newest_sent: u64,
    /// Microseconds.
    pub(super) round_trip: u64,
}

/// Additive increase, multiplicative decrease (draft-ietf-rmcat-gcc-02 section 5.5).
#[derive(Debug)]
pub(super) struct RateControl {
    rate: f64,
    state: State,
    changed: u64,
    decreased: Option<u64>,
    /// Smoothed throughput at overuse and its relative deviation.
    limit: Option<(f64, f64)>,
}

impl RateControl {
    pub(super) fn new(rate: f64) -> Self {
        Self { rate, state: State::Increase, changed: 0, decreased: None, limit: None }
    }

    /// Bit/s.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// Sets what a probe or the loss has shown.
    pub(super) fn set(&mut self, rate: f64, now: u64) {
        if self.limit.is_some_and(|(limit, _)| rate > 1.5 * limit) {
            self.limit = None;
        }
        self.rate = rate;
        self.changed = now;
    }

    /// Takes in what feedback at `now` microseconds showed; true when the rate was lowered.
    pub(super) fn update(&mut self, seen: Observation, now: u64) -> bool {
        let elapsed = now.saturating_sub(self.changed).min(1_000_000) as f64 / 1e6;
        match seen.usage {
            Usage::Over => {
                self.state = State::Hold;
                self.changed = now;
                return self.decrease(seen, now);
            }
            Usage::Under => self.state = State::Hold,
            Usage::Normal if self.state == State::Hold => self.state = State::Increase,
            Usage::Normal => self.increase(seen, elapsed),
        }
        self.changed = now;
        false
    }

    fn decrease(&mut self, seen: Observation, now: u64) -> bool {
        let Some(through) = seen.through else { return false };
        // What left before the last decrease says nothing about the rate since, unless that was far from enough.
        let stale = self.decreased.is_some_and(|at| seen.newest_sent < at);
        if stale && through > 0.7 * self.rate {
            return false;
        }
        let mut rate = BACK_OFF * through;
        if seen.saturated {
            self.learn(through);
        } else {
            // Little is sent, so that what gets through says little: others' packets or a radio's moods delay ours.
            rate = rate.max(BACK_OFF * self.rate);
        }
        let rate = rate.max(LEAST);
        let lowered = rate < self.rate;
        if lowered {
            self.rate = rate;
            self.decreased = Some(now);
        }
        lowered
    }

    fn increase(&mut self, seen: Observation, elapsed: f64) {
        if let (Some((limit, _)), Some(through)) = (self.limit, seen.through)
            && through > 1.25 * limit
        {
            self.limit = None;
        }
        let near = self.limit.is_some_and(|(limit, deviation)| {
            (self.rate - limit).abs() < limit * (3.0 * deviation.sqrt()).clamp(0.1, 0.3)
        });
        let ceiling = seen.through.map(|through| BEYOND * through + 10_000.0);
        if seen.application_limited || ceiling.is_some_and(|ceiling| self.rate >= ceiling) {
            return;
        }
        let grown = if near {
            // One packet more per response time.
            let response = (seen.round_trip as f64 / 1e6 + 0.1) * 2.0;
            self.rate + (9_600.0 / response).max(4_000.0) * elapsed
        } else {
            self.rate * (1.0 + GROWTH).powf(elapsed) + 1_000.0 * elapsed
        };
        self.rate = ceiling.map_or(grown, |ceiling| grown.min(ceiling).max(self.rate));
    }

    fn learn(&mut self, through: f64) {
        let (limit, deviation) = self.limit.unwrap_or((through, 0.01));
        let (limit, old) = (0.95 * limit + 0.05 * through, limit);
        let error = (through - old) / old.max(1.0);
        let deviation = (0.95 * deviation + 0.05 * error * error).clamp(0.001, 0.01);
        // A line that has become another one is learnt anew.
        self.limit = Some(if error.abs() > 0.3 { (through, 0.01) } else { (limit, deviation) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(usage: Usage, through: f64) -> Observation {
        Observation {
            usage,
            through: Some(through),
            saturated: true,
            application_limited: false,
            newest_sent: 0,
            round_trip: 40_000,
        }
    }

    #[test]
    fn down_to_what_gets_through_and_slowly_up() {
        let mut control = RateControl::new(2e6);
        assert!(control.update(seen(Usage::Over, 1e6), 1));
        assert_eq!(control.rate(), 0.85e6);
        assert!(!control.update(seen(Usage::Over, 0.9e6), 20_000), "not twice for the same packets");
        for n in 1..=10 {
            control.update(seen(Usage::Normal, 0.85e6), n * 100_000);
        }
        assert!((0.86e6..0.95e6).contains(&control.rate()), "{}", control.rate());
    }

    #[test]
    fn an_application_limited_rate_neither_grows_nor_falls_to_what_is_sent() {
        let mut control = RateControl::new(4e6);
        let limited = Observation { saturated: false, application_limited: true, ..seen(Usage::Normal, 1e6) };
        for n in 0..100 {
            control.update(limited, n * 100_000);
        }
        assert_eq!(control.rate(), 4e6);
        control.update(Observation { usage: Usage::Over, ..limited }, 10_000_000);
        assert_eq!(control.rate(), 3.4e6);
    }
}
