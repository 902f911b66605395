//! Which instant a timestamp stands for: sender reports brought into the server's own time.

use std::time::{Duration, Instant};

use crate::feedback::{ClockBase, Ntp};

/// The distance of a publisher's wall clock from the server's. Shared by all tracks of one publisher, so that its
/// sound and picture are moved by the same amount and stay together.
#[derive(Debug, Clone, Default)]
pub struct PublisherClock {
    /// Server minus publisher, 32.32 fixed point seconds; holds the shortest delay seen.
    offset: Option<i64>,
    lowest: Option<i64>,
    reports: u32,
}

impl PublisherClock {
    /// Reports over which the lowest delay is looked for before the offset may rise.
    const WINDOW: u32 = 16;
    /// Reports in the beginning that may move the offset down at once.
    const SETTLING: u32 = 8;
    /// Most that one report may move a settled offset: 1 ms.
    const SLEW: i64 = (1 << 32) / 1_000;
    /// A step of the publisher's wall clock: 1 s.
    const STEP: i64 = 1 << 32;

    /// The server's time for the publisher's `ntp` of a report that arrived `now`.
    pub fn to_server(&mut self, ntp: Ntp, base: &ClockBase, now: Instant) -> Ntp {
        let delay = base.at(now).since(ntp);
        self.reports = self.reports.saturating_add(1);
        let offset = match self.offset {
            None => delay,
            Some(offset) if delay.wrapping_sub(offset).unsigned_abs() > Self::STEP.unsigned_abs() => {
                self.lowest = None;
                self.reports = 1;
                delay
            }
            Some(offset) if delay < offset && self.reports <= Self::SETTLING => delay,
            Some(offset) if delay < offset => offset - (offset - delay).min(Self::SLEW),
            Some(offset) => {
                let lowest = self.lowest.map_or(delay, |lowest| lowest.min(delay));
                self.lowest = Some(lowest);
                if self.reports.is_multiple_of(Self::WINDOW) {
                    self.lowest = None;
                    offset + (lowest - offset).clamp(0, Self::SLEW)
                } else {
                    offset
                }
            }
        };
        self.offset = Some(offset);
        ntp.moved(offset)
    }
}

/// One instant on a layer's RTP clock and in the server's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderClock {
    /// Server time.
    pub ntp: Ntp,
    /// RTP timestamp of the same instant.
    pub rtp: u32,
    /// From a sender report; otherwise guessed from arrivals.
    pub exact: bool,
}

impl SenderClock {
    /// Server time of the RTP timestamp `rtp` on a clock of `rate` Hz; right within half a wrap.
    pub fn ntp_of(&self, rtp: u32, rate: u32) -> Ntp {
        let ticks = rtp.wrapping_sub(self.rtp) as i32;
        self.ntp.moved(crate::feedback::distance(i64::from(ticks), rate))
    }

    /// The RTP timestamp of server time `ntp`.
    pub fn rtp_at(&self, ntp: Ntp, rate: u32) -> u32 {
        self.rtp.wrapping_add(crate::feedback::ticks(ntp.since(self.ntp), rate) as u32)
    }

    /// Follows a packet that arrived at server time `ntp`: a guess takes the shortest delay seen; anything whose
    /// timestamps have jumped away from the arrivals is guessed anew.
    pub(super) fn follow(clock: &mut Option<Self>, rtp: u32, ntp: Ntp, rate: u32) {
        let arrival = Self { ntp, rtp, exact: false };
        let Some(known) = clock else {
            *clock = Some(arrival);
            return;
        };
        let expected = known.ntp_of(rtp, rate);
        let late = ntp.since(expected);
        let jumped = late.unsigned_abs() > crate::feedback::fixed_point(Self::JUMP).unsigned_abs();
        if jumped || !known.exact && late < 0 {
            *clock = Some(arrival);
        } else if ntp.since(known.ntp) > crate::feedback::fixed_point(Self::REBASE) {
            // The same mapping from a newer pair, so that it never leaves half a wrap.
            *clock = Some(Self { ntp: expected, rtp, exact: known.exact });
        }
    }

    const JUMP: Duration = Duration::from_secs(10);
    const REBASE: Duration = Duration::from_secs(60);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::source::tests::clock_base;

    const MS: i64 = (1 << 32) / 1_000;

    #[test]
    fn timestamps_map_to_server_time_and_back_across_a_wrap() {
        let clock = SenderClock { ntp: Ntp(100 << 32), rtp: u32::MAX - 45_000, exact: true };
        let second_later = (u32::MAX - 45_000).wrapping_add(90_000);
        assert_eq!(clock.ntp_of(second_later, 90_000), Ntp(101 << 32));
        assert_eq!(clock.rtp_at(Ntp(101 << 32), 90_000), second_later);
        assert_eq!(clock.rtp_at(Ntp(99 << 32), 90_000), u32::MAX - 135_000);
    }

    #[test]
    fn delayed_reports_do_not_move_the_offset_and_steps_do() {
        let base = clock_base();
        let mut clock = PublisherClock::default();
        let at = |seconds: u64, delay_ms: u64| base.instant + Duration::from_millis(seconds * 1_000 + delay_ms);
        let own = |seconds: u64| Ntp(seconds << 32);
        let first = clock.to_server(own(1), &base, at(1, 20));
        for (n, delay) in [(2, 20), (3, 60), (4, 400), (5, 21)] {
            let mapped = clock.to_server(own(n), &base, at(n, delay));
            assert_eq!(mapped.since(first), ((n - 1) << 32) as i64, "report {n}");
        }
        let earlier = clock.to_server(own(6), &base, at(6, 10));
        assert!((earlier.since(first) - (5 << 32) + 10 * MS).abs() < MS, "a shorter delay is nearer to the truth");
        let stepped = clock.to_server(own(3_607), &base, at(7, 10));
        assert!((stepped.since(first) - (6 << 32) + 10 * MS).abs() < MS, "a step of an hour is not seen");
    }

    #[test]
    fn guesses_take_the_shortest_delay_and_survive_wraps() {
        let mut clock = None;
        let ms = |n: i64| Ntp(5 << 32).moved(n * MS);
        SenderClock::follow(&mut clock, 0, ms(30), 90_000);
        SenderClock::follow(&mut clock, 9_000, ms(110), 90_000);
        assert_eq!(clock, Some(SenderClock { ntp: ms(110), rtp: 9_000, exact: false }));
        SenderClock::follow(&mut clock, 18_000, ms(260), 90_000);
        assert_eq!(clock.map(|c| c.rtp), Some(9_000), "a late packet teaches nothing");
        SenderClock::follow(&mut clock, 900_000_000, ms(300), 90_000);
        assert_eq!(clock.map(|c| c.rtp), Some(900_000_000), "a jump is guessed anew");
    }
}
