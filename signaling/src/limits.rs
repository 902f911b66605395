//! How much one connection may say: frame size, messages a second, errors a minute.
//!
//! One [`Limits`] for each connection, asked before a frame is decoded. It only counts; the shell answers and closes.

use std::collections::VecDeque;

use crate::wire::{ByeReason, ErrorCode};

/// The largest frame, bytes of UTF-8. A larger one closes the connection; the WebSocket itself should refuse to read it.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// The most messages in any second.
pub const MESSAGES_PER_SECOND: usize = 50;
/// The error that closes a connection is the one that makes it this many within a minute.
pub const ERRORS_PER_MINUTE: usize = 10;

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Pass,
    /// Don't decode it; answer with this error. It is counted as an error already.
    Refuse(ErrorCode),
    /// Say bye and close.
    Close(ByeReason),
}

/// The counters of one connection.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    messages: Window<MESSAGES_PER_SECOND, 1_000>,
    errors: Window<ERRORS_PER_MINUTE, 60_000>,
}

impl Limits {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A frame of so many bytes came at `now`, UTC ms.
    pub fn frame(&mut self, bytes: usize, now: i64) -> Verdict {
        if bytes > FRAME_BYTES_MAX {
            return Verdict::Close(ByeReason::TooManyErrors);
        }
        if self.messages.note(now) {
            return Verdict::Pass;
        }
        match self.error(now) {
            Verdict::Pass => Verdict::Refuse(ErrorCode::TooFast),
            verdict => verdict,
        }
    }

    /// An error was answered at `now`, UTC ms: the frame did not decode, or the lesson refused the message.
    pub fn error(&mut self, now: i64) -> Verdict {
        let within = self.errors.note(now);
        if within && !self.errors.is_full() { Verdict::Pass } else { Verdict::Close(ByeReason::TooManyErrors) }
    }
}

/// The times of the last `MAX` events within `SPAN_MS`.
#[derive(Clone, Debug, Default)]
struct Window<const MAX: usize, const SPAN_MS: i64> {
    times: VecDeque<i64>,
}

impl<const MAX: usize, const SPAN_MS: i64> Window<MAX, SPAN_MS> {
    /// Notes an event unless the window is full; returns whether it was noted.
    fn note(&mut self, now: i64) -> bool {
        // A wall clock that jumped back leaves times in the future: they are forgotten like old ones.
        self.times.retain(|at| (0..SPAN_MS).contains(&now.saturating_sub(*at)));
        let fits = !self.is_full();
        if fits {
            self.times.push_back(now);
        }
        fits
    }

    fn is_full(&self) -> bool {
        self.times.len() >= MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_messages_a_second_pass_and_the_next_is_too_fast() {
        let mut limits = Limits::new();
        for n in 0..50 {
            assert_eq!(limits.frame(100, n), Verdict::Pass);
        }
        assert_eq!(limits.frame(100, 999), Verdict::Refuse(ErrorCode::TooFast));
        assert_eq!(limits.frame(100, 1_000), Verdict::Pass);
    }

    #[test]
    fn the_tenth_error_within_a_minute_closes() {
        let mut limits = Limits::new();
        for n in 0..9 {
            assert_eq!(limits.error(n * 1_000), Verdict::Pass);
        }
        assert_eq!(limits.error(59_999), Verdict::Close(ByeReason::TooManyErrors));
    }

    #[test]
    fn errors_of_the_minute_before_are_forgotten() {
        let mut limits = Limits::new();
        for n in 0..100 {
            assert_eq!(limits.error(n * 6_700), Verdict::Pass);
        }
    }

    #[test]
    fn who_goes_on_shouting_is_closed() {
        let mut limits = Limits::new();
        let verdicts: Vec<_> = (0..60).map(|_| limits.frame(10, 0)).collect();
        assert_eq!(verdicts[58], Verdict::Refuse(ErrorCode::TooFast));
        assert_eq!(verdicts[59], Verdict::Close(ByeReason::TooManyErrors));
    }

    #[test]
    fn an_oversized_frame_closes_at_once() {
        assert_eq!(Limits::new().frame(FRAME_BYTES_MAX, 0), Verdict::Pass);
        assert_eq!(Limits::new().frame(FRAME_BYTES_MAX + 1, 0), Verdict::Close(ByeReason::TooManyErrors));
    }

    #[test]
    fn a_clock_that_jumps_back_an_hour_silences_nobody() {
        let mut limits = Limits::new();
        for _ in 0..50 {
            limits.frame(10, 3_600_000);
        }
        assert_eq!(limits.frame(10, 0), Verdict::Pass);
    }
}
