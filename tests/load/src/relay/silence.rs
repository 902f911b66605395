//! How long a classroom heard nothing for the line's sake: what the machine itself stood still does not count.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::lock;

/// RTP payload types of sound as browsers number them: Opus, and Opus with redundancy (RFC 2198).
const SOUND: [u8; 2] = [111, 63];

/// Distance of two beats that tell whether the machine stands still, and how late one may be.
pub(super) const BEAT: Duration = Duration::from_millis(10);
const LATE: Duration = Duration::from_millis(10);
/// Sound that waits no longer than this for the line came when it was idle.
const AT_ONCE: Duration = Duration::from_millis(10);

/// The longest time between two packets of sound, by when they come out of the line.
#[derive(Debug, Default)]
pub(super) struct Silence(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    longest: Duration,
    beat: Option<Instant>,
    /// What the machine stood still since the last packet of sound.
    stalled: Duration,
}

impl Silence {
    /// To be called every [`BEAT`].
    pub(super) fn beat(&self, now: Instant) {
        let mut state = lock(&self.0);
        let late = state.beat.map_or(Duration::ZERO, |beat| now.saturating_duration_since(beat).saturating_sub(BEAT));
        if late > LATE {
            state.stalled += late;
        }
        state.beat = Some(now);
    }

    /// A datagram comes at `now` and comes out at `out`; only sound counts (RFC 3550 section 5.1, told apart as RFC
    /// 7983 says).
    pub(super) fn passed(&self, datagram: &[u8], now: Instant, out: Instant) {
        if !matches!(datagram, [128..=191, second, ..] if SOUND.contains(&(second & 0x7f))) {
            return;
        }
        let mut state = lock(&self.0);
        let stalled = std::mem::take(&mut state.stalled);
        // A line that had something to send went on meanwhile.
        let stalled = if out.saturating_duration_since(now) <= AT_ONCE { stalled } else { Duration::ZERO };
        let silence = state.last.map_or(Duration::ZERO, |last| out.saturating_duration_since(last));
        state.longest = state.longest.max(silence.saturating_sub(stalled));
        state.last = Some(state.last.map_or(out, |last| last.max(out)));
    }

    /// The longest since this was last asked.
    pub(super) fn take(&self) -> Duration {
        std::mem::take(&mut lock(&self.0).longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_breaks_the_silence() {
        let (silence, begun) = (Silence::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        silence.passed(&[0x80, 111, 0, 1], at(0), at(0));
        silence.passed(&[0x80, 102, 0, 1], at(50), at(50));
        silence.passed(&[0x90, 0x80 | 63, 0, 2], at(70), at(70));
        silence.passed(&[22, 254, 253], at(75), at(75));
        silence.passed(&[0x80, 111, 0, 3], at(90), at(90));
        assert_eq!((silence.take(), silence.take()), (Duration::from_millis(70), Duration::ZERO));
    }

    #[test]
    fn what_the_machine_stood_still_is_not_the_lines_doing() {
        let (silence, begun) = (Silence::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        silence.passed(&[0x80, 111, 0, 1], at(0), at(0));
        [0, 10, 20, 120].into_iter().for_each(|ms| silence.beat(at(ms)));
        silence.passed(&[0x80, 111, 0, 2], at(120), at(121));
        assert_eq!(silence.take(), Duration::from_millis(31));
        [130, 140, 240].into_iter().for_each(|ms| silence.beat(at(ms)));
        silence.passed(&[0x80, 111, 0, 3], at(240), at(300));
        assert_eq!(silence.take(), Duration::from_millis(179), "the line was busy");
    }
}
