//! NTP timestamps as sender reports carry them, and the mapping from the monotonic clock to them.

use std::time::{Duration, Instant};

/// A 64-bit NTP timestamp: 32.32 fixed point seconds since 1900 (RFC 3550 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ntp(pub u64);

impl Ntp {
    /// Seconds from 1900 to 1970.
    const UNIX_OFFSET: u64 = 2_208_988_800;

    /// The timestamp for a time since the Unix epoch.
    pub fn from_unix(since_epoch: Duration) -> Self {
        let seconds = since_epoch.as_secs().wrapping_add(Self::UNIX_OFFSET);
        Self(seconds << 32 | fraction(since_epoch.subsec_nanos()))
    }

    /// Milliseconds since the Unix epoch.
    pub fn unix_ms(self) -> i64 {
        let seconds = (self.0 >> 32) as i64 - Self::UNIX_OFFSET as i64;
        seconds * 1_000 + (((self.0 & 0xffff_ffff) * 1_000) >> 32) as i64
    }

    /// The middle 32 bits, as report blocks carry them.
    pub fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// Signed distance from `earlier` in 32.32 fixed point seconds.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.wrapping_sub(earlier.0) as i64
    }

    /// This time moved by a signed 32.32 fixed point distance.
    pub fn moved(self, distance: i64) -> Self {
        Self(self.0.wrapping_add_signed(distance))
    }
}

/// A duration in 32.32 fixed point seconds.
pub(crate) fn fixed_point(duration: Duration) -> i64 {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX).min(i64::from(i32::MAX));
    seconds << 32 | fraction(duration.subsec_nanos()) as i64
}

/// Ticks of a clock of `rate` Hz in a signed 32.32 fixed point distance, to the nearest.
pub(crate) fn ticks(distance: i64, rate: u32) -> i64 {
    ((i128::from(distance) * i128::from(rate) + (1 << 31)) >> 32) as i64
}

/// The signed 32.32 fixed point distance of `ticks` of a clock of `rate` Hz.
pub(crate) fn distance(ticks: i64, rate: u32) -> i64 {
    ((i128::from(ticks) << 32) / i128::from(rate.max(1))) as i64
}

fn fraction(nanos: u32) -> u64 {
    (u64::from(nanos) << 32) / 1_000_000_000
}

/// One reading of both clocks; from then on the wall clock of media follows the monotonic clock, so that a jump of
/// the machine's wall clock disturbs nobody.
#[derive(Debug, Clone, Copy)]
pub struct ClockBase {
    /// The monotonic reading.
    pub instant: Instant,
    /// The wall clock at that instant.
    pub ntp: Ntp,
}

impl ClockBase {
    /// The wall clock at `now`.
    pub fn at(&self, now: Instant) -> Ntp {
        if now >= self.instant {
            self.ntp.moved(fixed_point(now - self.instant))
        } else {
            self.ntp.moved(-fixed_point(self.instant - now))
        }
    }
}
