//! How much of pictures leaves for one receiver between two packets of sound. What leaves between them is what the
//! second one waits for on a line that is narrower than it was taken for, so that a frame there has to be spread.

use std::time::{Duration, Instant};

/// Distance of two packets of sound.
const SOUND_EVERY: Duration = Duration::from_millis(20);
/// Sound that comes sooner than this after other sound is of another voice, or was late: it opens nothing.
const LEAST_DISTANCE: Duration = Duration::from_millis(15);
/// With no sound for so long nobody talks (RFC 6716 section 2.1.9), and nothing is held up.
const QUIET: Duration = Duration::from_millis(60);
/// Times what is wanted that may leave: a keyframe must not hold up the frames behind it for long.
const FACTOR: f64 = 1.1;
/// Least that pictures may take between two packets of sound, in bytes. With a repeat, 187 ms on 300 kbit/s; where there
/// is nothing to repeat pictures have its place.
const LEAST: u32 = 5_800;
/// The largest packet. A picture's leaves while there is room for one, a repeat while there is any.
const RESERVE: u32 = 1_200;

/// What may still leave before the next packet of sound. Asking is two comparisons.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    share: u32,
    left: u32,
    /// When sound left.
    sound: Instant,
}

impl Spread {
    /// Nothing has left yet.
    pub fn new(now: Instant) -> Self {
        Self { share: LEAST, left: LEAST, sound: now }
    }

    /// Sets what is wanted in all, in bit/s, and whether there may be much to repeat because the line has been full.
    pub fn set_wanted(&mut self, bps: u32, full: bool) {
        let share = FACTOR * f64::from(bps) / 8.0 * SOUND_EVERY.as_secs_f64();
        self.share = (share as u32).max(LEAST + if full { 0 } else { RESERVE });
    }

    /// A packet of sound has left.
    pub fn on_sound(&mut self, now: Instant) {
        if now.saturating_duration_since(self.sound) >= LEAST_DISTANCE {
            (self.sound, self.left) = (now, self.share);
        }
    }

    /// A packet of `bytes` has left that was no sound.
    pub fn charge(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Whether a packet of a picture may leave now.
    pub fn is_open(&self, now: Instant) -> bool {
        self.left >= RESERVE || self.is_quiet(now)
    }

    /// Whether a packet may be repeated now.
    pub fn takes_repeat(&self, now: Instant) -> bool {
        self.left > 0 || self.is_quiet(now)
    }

    fn is_quiet(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.sound) > QUIET
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::tests::start;

    /// Bytes of a large frame that leave at once.
    fn leaves(spread: &mut Spread, now: Instant) -> usize {
        let mut sent = 0;
        while sent < 30_000 && spread.is_open(now) {
            spread.charge(1_150);
            sent += 1_150;
        }
        sent
    }

    #[test]
    fn between_two_packets_of_sound_only_a_share_leaves() {
        let t0 = start();
        let at = |ms| t0 + Duration::from_millis(ms);
        let mut spread = Spread::new(t0);
        spread.set_wanted(2_000_000, true);
        spread.on_sound(at(20));
        // 5.8 kB take 155 ms on a line of 300 kbit/s.
        let sent = leaves(&mut spread, at(20));
        assert!((4_600..=5_800).contains(&sent), "{sent}");
        assert!(spread.takes_repeat(at(21)), "a repeat has its place");
        spread.charge(1_200);
        assert!(!spread.takes_repeat(at(21)));
        spread.on_sound(at(30));
        assert_eq!(leaves(&mut spread, at(30)), 0, "another voice opens nothing");
        spread.on_sound(at(40));
        assert_eq!(leaves(&mut spread, at(40)), sent);
        // Of a large picture more leaves, or it would never be through.
        spread.set_wanted(4_000_000, true);
        spread.on_sound(at(60));
        assert!(leaves(&mut spread, at(60)) > 9_000);
    }

    #[test]
    fn without_sound_nothing_is_held_up() {
        let t0 = start();
        let mut spread = Spread::new(t0);
        spread.charge(50_000);
        assert!(!spread.is_open(t0 + QUIET));
        assert_eq!(leaves(&mut spread, t0 + QUIET + Duration::from_millis(1)), 30_000 / 1_150 * 1_150 + 1_150);
    }
}
