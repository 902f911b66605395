//! Whether a packet may be sent again to one receiver: how often, how soon, and at what share of its stream.

use std::time::{Duration, Instant};

/// Outgoing numbers a receiver may reach back.
pub(super) const REACH: u64 = 2_048;
/// Most repeats of one packet.
const MAX_REPEATS: u8 = 3;
/// Share of a stream's bytes that repeats may take, in percent.
const SHARE: i64 = 15;
/// What a packet costs besides its payload: header with extensions and the tag. Counted because small packets are
/// little else, and a receiver that asks for everything gets those that fit.
const OVERHEAD: usize = 36;
/// What a repeat costs more: the first number (RFC 4588).
const FIRST_NUMBER: usize = 2;
/// Savings never grow beyond this.
const MAX_BYTES: i64 = 200_000;

#[derive(Debug, Clone, Copy)]
struct Repeat {
    out: u64,
    /// Milliseconds since the track began.
    at_ms: u32,
    count: u8,
}

/// The answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send it again; it has been counted.
    Send,
    /// Not now: too soon, or the share is used up.
    Hold,
    /// It was sent as often as it may be and still did not arrive.
    Exhausted,
}

/// The repeats of one down-track.
#[derive(Debug)]
pub(super) struct Resends {
    origin: Instant,
    /// Direct-mapped by outgoing index; within [`REACH`] no two share a place. Made at the first loss.
    repeats: Vec<Repeat>,
    /// Bytes saved up, in hundredths.
    credit: i64,
    pub(super) round_trip: Duration,
}

impl Resends {
    pub(super) fn new(now: Instant) -> Self {
        let round_trip = Duration::from_millis(40);
        Self { origin: now, repeats: Vec::new(), credit: 0, round_trip }
    }

    pub(super) fn warm(&self) -> u64 {
        self.credit as u64
    }

    /// A packet of the stream with a payload of `bytes` was sent for the first time.
    pub(super) fn earn(&mut self, bytes: usize) {
        self.credit = (self.credit + (bytes + OVERHEAD) as i64 * SHARE).min(MAX_BYTES * 100);
    }

    /// Packet `out` is leaving late, because it was missing itself. Requests for it have crossed it and are not
    /// answered for a round trip.
    pub(super) fn left_late(&mut self, out: u64, now: Instant) {
        let at_ms = self.elapsed_ms(now);
        *self.place(out) = Repeat { out, at_ms, count: 0 };
    }

    /// Whether packet `out` with a payload of `bytes` may be repeated now; if so it counts.
    pub(super) fn take(&mut self, out: u64, bytes: usize, now: Instant) -> Verdict {
        let cost = (bytes + OVERHEAD + FIRST_NUMBER) as i64 * 100;
        if cost > self.credit {
            return Verdict::Hold;
        }
        let now_ms = self.elapsed_ms(now);
        let spacing = u32::try_from(self.round_trip.as_millis()).unwrap_or(u32::MAX).max(5);
        let repeat = self.place(out);
        if repeat.out != out {
            *repeat = Repeat { out, at_ms: now_ms, count: 1 };
        } else if now_ms.wrapping_sub(repeat.at_ms) < spacing {
            return Verdict::Hold;
        } else if repeat.count >= MAX_REPEATS {
            return Verdict::Exhausted;
        } else {
            repeat.count += 1;
            repeat.at_ms = now_ms;
        }
        self.credit -= cost;
        Verdict::Send
    }

    fn place(&mut self, out: u64) -> &mut Repeat {
        if self.repeats.is_empty() {
            self.repeats = vec![Repeat { out: u64::MAX, at_ms: 0, count: 0 }; REACH as usize];
        }
        &mut self.repeats[(out % REACH) as usize]
    }

    fn elapsed_ms(&self, now: Instant) -> u32 {
        now.saturating_duration_since(self.origin).as_millis() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::source::tests::start;

    fn take(resends: &mut Resends, out: u64, bytes: usize, now: Instant) -> bool {
        resends.take(out, bytes, now) == Verdict::Send
    }

    #[test]
    fn three_times_a_round_trip_apart() {
        let t0 = start();
        let mut resends = Resends::new(t0);
        resends.earn(100_000);
        let granted: Vec<u64> =
            (0..1_000).filter(|ms| take(&mut resends, 70_000, 500, t0 + Duration::from_millis(*ms))).collect();
        assert_eq!(granted, [0, 40, 80]);
        assert_eq!(resends.take(70_000, 500, t0 + Duration::from_secs(2)), Verdict::Exhausted);
        assert!(take(&mut resends, 70_000 + REACH, 500, t0), "another packet in the same place");
    }

    #[test]
    fn requests_that_cross_a_late_packet_are_not_answered() {
        let t0 = start();
        let mut resends = Resends::new(t0);
        resends.earn(100_000);
        resends.left_late(9, t0);
        assert!(!take(&mut resends, 9, 500, t0 + Duration::from_millis(39)));
        assert!(take(&mut resends, 9, 500, t0 + Duration::from_millis(40)));
    }

    #[test]
    fn a_flood_costs_at_most_its_share() {
        let t0 = start();
        let mut resends = Resends::new(t0);
        let (mut sent, mut resent) = (0, 0);
        for n in 0..20_000_u64 {
            resends.earn(1_000);
            sent += 1_000;
            for back in 0..50.min(n) {
                if take(&mut resends, n - back, 1_000, t0 + Duration::from_millis(n)) {
                    resent += 1_000;
                }
            }
        }
        assert!(resent <= sent * 15 / 100 && resent > sent / 10, "{resent} of {sent}");
    }
}
