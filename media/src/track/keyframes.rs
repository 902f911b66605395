//! Requests for keyframes of one layer, merged: however many receivers ask, the publisher hears one.

use std::time::{Duration, Instant};

/// Shortest distance of two requests for one layer.
pub const KEYFRAME_REQUEST_SPACING: Duration = Duration::from_millis(500);

/// What is known about one layer's keyframes.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyframeRequests {
    pending: Option<Instant>,
    requested: Option<Instant>,
    arrived: Option<Instant>,
}

impl KeyframeRequests {
    /// Somebody needs a keyframe.
    pub(super) fn request(&mut self, now: Instant) {
        self.pending.get_or_insert(now);
    }

    /// A keyframe has come; it answers what was not yet passed on.
    pub(super) fn arrived(&mut self, now: Instant) {
        self.pending = None;
        self.arrived = Some(now);
    }

    /// Whether to send a request now. With an `interval`, one is due that long after the last keyframe or request.
    pub(super) fn poll(&mut self, interval: Option<Duration>, now: Instant) -> bool {
        if self.timeout(interval).is_none_or(|due| due > now) {
            return false;
        }
        self.pending = None;
        self.requested = Some(now);
        true
    }

    /// When [`poll`](Self::poll) will next say yes; a time in the past means now.
    pub(super) fn timeout(&self, interval: Option<Duration>) -> Option<Instant> {
        match self.pending {
            None => Some(self.requested.max(self.arrived)? + interval?),
            Some(asked) => Some(self.requested.map_or(asked, |at| asked.max(at + KEYFRAME_REQUEST_SPACING))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::source::tests::start;

    #[test]
    fn requests_are_merged_and_spaced() {
        let (mut requests, t0) = (KeyframeRequests::default(), start());
        let mut sent = 0;
        for ms in 0..10_000 {
            let now = t0 + Duration::from_millis(ms);
            requests.request(now);
            sent += u32::from(requests.poll(None, now));
        }
        assert_eq!(sent, 20, "two a second");
    }

    #[test]
    fn the_interval_counts_from_the_last_keyframe_whatever_caused_it() {
        let (mut requests, t0) = (KeyframeRequests::default(), start());
        let interval = Some(Duration::from_secs(6));
        let at = |s: u64| t0 + Duration::from_secs(s);
        assert!(!requests.poll(interval, at(0)), "the stream has not begun");
        requests.arrived(at(1));
        assert!(!requests.poll(interval, at(6)));
        assert!(requests.poll(interval, at(7)));
        assert!(!requests.poll(interval, at(8)), "no answer yet, but no hurry");
        requests.arrived(at(9));
        assert!(!requests.poll(interval, at(14)));
        assert!(requests.poll(interval, at(15)));
        assert!(!requests.poll(None, at(100)));
    }
}
