//! The one place of this crate that reads a clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::feedback::{ClockBase, Ntp};

/// The monotonic time, read once per turn of a worker's loop.
#[expect(clippy::disallowed_methods, reason = "the shell's one clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Ties the monotonic clock to the wall clock; read once at start, so that media time never jumps with the wall clock.
#[expect(clippy::disallowed_methods, reason = "the shell's one clock")]
pub(crate) fn base() -> ClockBase {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    ClockBase { instant: Instant::now(), ntp: Ntp::from_unix(since_epoch) }
}
