//! How long a classroom heard nothing.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::lock;

/// RTP payload types of sound as browsers number them: Opus, and Opus with redundancy (RFC 2198).
const SOUND: [u8; 2] = [111, 63];

/// The longest time between two packets of sound, by when they come out of the line.
#[derive(Debug, Default)]
pub(super) struct Silence(Mutex<(Option<Instant>, Duration)>);

impl Silence {
    /// A datagram comes out at `out`; only sound counts (RFC 3550 section 5.1, told apart as RFC 7983 says).
    pub(super) fn passed(&self, datagram: &[u8], out: Instant) {
        if !matches!(datagram, [128..=191, second, ..] if SOUND.contains(&(second & 0x7f))) {
            return;
        }
        let mut state = lock(&self.0);
        let (last, longest) = &mut *state;
        *longest = last.map_or(*longest, |last| out.saturating_duration_since(last).max(*longest));
        *last = Some(last.map_or(out, |last| last.max(out)));
    }

    /// The longest since this was last asked.
    pub(super) fn take(&self) -> Duration {
        std::mem::take(&mut lock(&self.0).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_breaks_the_silence() {
        let (silence, begun) = (Silence::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        silence.passed(&[0x80, 111, 0, 1], at(0));
        silence.passed(&[0x80, 102, 0, 1], at(50));
        silence.passed(&[0x90, 0x80 | 63, 0, 2], at(70));
        silence.passed(&[22, 254, 253], at(75));
        silence.passed(&[0x80, 111, 0, 3], at(90));
        assert_eq!((silence.take(), silence.take()), (Duration::from_millis(70), Duration::ZERO));
    }
}
