//! The clocks of the load generator, read in one place.

use std::time::{Duration, Instant, SystemTime};

use nix::poll::ppoll;
use nix::sys::time::TimeSpec;

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the generator's one clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The wall clock in nanoseconds since 1970: the one the kernel stamps arriving datagrams with.
#[expect(clippy::disallowed_methods, reason = "the generator's one clock")]
pub(crate) fn unix_ns() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

/// Waits in a thread of its own; a wait that a signal cuts short is as good.
pub(crate) fn wait_until(due: Instant) {
    let rest = due.saturating_duration_since(now());
    if rest > Duration::ZERO {
        let _ = ppoll(&mut [], Some(TimeSpec::from_duration(rest)), None);
    }
}
