//! A token bucket: so much at once, so much per second.

use std::time::Instant;

/// Tokens that refill with time up to a limit.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    /// Tokens per second.
    rate: f64,
    limit: f64,
    tokens: f64,
    at: Instant,
}

impl Allowance {
    /// A full bucket of `limit` tokens that gains `rate` per second.
    pub(super) fn new(rate: f64, limit: f64, now: Instant) -> Self {
        Self { rate, limit, tokens: limit, at: now }
    }

    /// The same with only `tokens` in it.
    pub(super) fn holding(self, tokens: f64) -> Self {
        Self { tokens: tokens.min(self.limit), ..self }
    }

    /// Takes `amount` if at least that much is there.
    pub(super) fn take(&mut self, amount: f64, now: Instant) -> bool {
        self.refill(now);
        if self.tokens < amount {
            return false;
        }
        self.tokens -= amount;
        true
    }

    /// Takes `amount` if anything is there at all; what is overdrawn delays the next one.
    pub(super) fn overdraw(&mut self, amount: f64, now: Instant) -> bool {
        self.refill(now);
        if self.tokens <= 0.0 {
            return false;
        }
        self.tokens -= amount;
        true
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        if elapsed > 0.0 {
            self.tokens = (self.tokens + elapsed * self.rate).min(self.limit);
            self.at = now;
        }
    }
}
