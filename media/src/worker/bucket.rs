//! A token bucket: the bound on what one peer may send.

use std::time::Instant;

/// Tokens are bytes; the bucket holds one second's worth.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: u64,
    tokens: u64,
    filled: Instant,
}

impl Bucket {
    /// A full bucket that fills at `rate` bytes per second.
    pub(crate) fn new(rate: u64, now: Instant) -> Self {
        Self { rate, tokens: rate, filled: now }
    }

    /// Takes `bytes` if they are there.
    pub(crate) fn take(&mut self, bytes: usize, now: Instant) -> bool {
        let micros = now.saturating_duration_since(self.filled).as_micros().min(1_000_000) as u64;
        let gained = self.rate.saturating_mul(micros) / 1_000_000;
        if gained > 0 {
            self.tokens = self.tokens.saturating_add(gained).min(self.rate);
            self.filled = now;
        }
        match self.tokens.checked_sub(bytes as u64) {
            Some(rest) => {
                self.tokens = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_second_may_be_spent_at_once_and_refills_with_time() {
        #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
        let start = Instant::now();
        let mut bucket = Bucket::new(1000, start);
        assert!(bucket.take(900, start));
        assert!(!bucket.take(200, start));
        assert!(!bucket.take(200, start + Duration::from_millis(50)));
        assert!(bucket.take(200, start + Duration::from_millis(150)));
        assert!(!bucket.take(1001, start + Duration::from_secs(60)));
    }
}
