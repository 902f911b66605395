//! The one place where the server reads its clocks. Everything else is told the time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Wall clock, UTC milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the server's one wall clock")]
pub fn utc_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the server's one monotonic clock")]
pub fn instant() -> Instant {
    Instant::now()
}
