//! How fast pictures leave for one receiver: sound goes at once and is charged, pictures wait while the budget is
//! overdrawn.

use std::time::{Duration, Instant};

/// Times the estimate at which pictures may leave: a keyframe of five frames' size takes two frames' time.
const FACTOR: f64 = 2.5;
/// What may leave in one go, in time at the pace: a frame keeps its shape as one segmented send.
const SLACK: Duration = Duration::from_millis(10);
/// A keyframe's debt is paid by waiting; no debt is longer than this.
const MAX_DEBT: Duration = Duration::from_millis(500);

/// Send budget of one receiver. Asking is one comparison.
#[derive(Debug, Clone, Copy)]
pub struct Pacer {
    /// When the budget is balanced, less the slack.
    open: Instant,
    /// Time one byte takes at the pace, in 1/1024 ns.
    byte_time: u64,
}

impl Pacer {
    /// A pacer for an estimate in bit/s.
    pub fn new(estimate_bps: u32, now: Instant) -> Self {
        let mut pacer = Self { open: now, byte_time: 0 };
        pacer.set_estimate(estimate_bps);
        pacer
    }

    /// Sets the estimate in bit/s; pictures leave at 2.5 times it.
    pub fn set_estimate(&mut self, estimate_bps: u32) {
        self.byte_time = (8e9 * 1_024.0 / (FACTOR * f64::from(estimate_bps.max(10_000)))) as u64;
    }

    /// Whether a picture's packets may leave now; a whole batch may then go, as far as it is no larger than a frame.
    pub fn is_open(&self, now: Instant) -> bool {
        self.open <= now
    }

    /// When pictures may leave again.
    pub fn opens(&self) -> Instant {
        self.open
    }

    /// Charges what has left, sound as well.
    pub fn charge(&mut self, bytes: usize, now: Instant) {
        let cost = Duration::from_nanos((bytes as u64).saturating_mul(self.byte_time) >> 10);
        // What was not used is lost but for the slack.
        let idle = now.checked_sub(SLACK).unwrap_or(now);
        self.open = (self.open.max(idle) + cost).min(now + MAX_DEBT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::tests::start;

    #[test]
    fn a_keyframe_is_spread_and_frames_pass() {
        let t0 = start();
        let mut pacer = Pacer::new(1_600_000, t0);
        let (mut sent, mut at) = (0, t0);
        // 50 kB at 4 Mbit/s take 100 ms, less the slack.
        while sent < 50_000 {
            assert!(at < t0 + Duration::from_millis(200));
            while pacer.is_open(at) && sent < 50_000 {
                pacer.charge(1_000, at);
                sent += 1_000;
            }
            at += Duration::from_millis(1);
        }
        let took = at - t0;
        assert!((Duration::from_millis(85)..Duration::from_millis(105)).contains(&took), "{took:?}");
        let mut pacer = Pacer::new(2_000_000, t0);
        for frame in 1..100_u32 {
            let at = t0 + frame * Duration::from_millis(33);
            assert!(pacer.is_open(at), "frames of 1.5 Mbit/s never wait");
            pacer.charge(6_200, at);
        }
    }

    #[test]
    fn sound_is_charged_to_the_picture() {
        let t0 = start();
        let mut pacer = Pacer::new(100_000, t0);
        for _ in 0..4 {
            pacer.charge(160, t0);
        }
        assert!(!pacer.is_open(t0) && pacer.opens() <= t0 + Duration::from_millis(21));
        pacer.charge(10_000_000, t0);
        assert!(pacer.is_open(t0 + MAX_DEBT));
    }
}
