//! Sending the last flight again.
//!
//! The crate stops its retransmission timer on any record it receives, so one lost datagram could hang a join for
//! good. The datagrams of the last flight are kept and sent again verbatim: the peer's replay window drops those it
//! has, and takes those it has missed.

use std::time::{Duration, Instant};

/// The peer spoke, nothing came of it, and this long has passed since the last flight: it misses something.
const STALLED_AFTER: Duration = Duration::from_millis(30);
/// Wait before the first resend without hearing anything; doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Longest wait between resends.
const MAX_WAIT: Duration = Duration::from_millis(800);
/// Resends of one flight. 30 percent loss both ways leaves one join in 10^5 that needs more.
const MAX_RESENDS: u32 = 16;

/// The last flight and when it is due again.
#[derive(Debug, Default)]
pub(super) struct LastFlight {
    datagrams: Vec<Vec<u8>>,
    sent: Option<Instant>,
    due: Option<Instant>,
    resends: u32,
}

impl LastFlight {
    /// Whether nothing has been sent yet.
    pub(super) fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// Replaces the flight by what was sent at `now`.
    pub(super) fn replace(&mut self, datagrams: Vec<Vec<u8>>, now: Instant) {
        *self = LastFlight { datagrams, sent: Some(now), due: Some(now + FIRST_WAIT), resends: 0 };
    }

    /// The peer spoke without moving the handshake on.
    pub(super) fn stalled(&mut self, now: Instant) {
        if let (Some(sent), true) = (self.sent, self.resends < MAX_RESENDS) {
            let due = (sent + STALLED_AFTER).max(now);
            self.due = Some(self.due.map_or(due, |known| known.min(due)));
        }
    }

    /// No resends by time any more: the handshake is complete. [`LastFlight::stalled`] still asks for one.
    pub(super) fn rest(&mut self) {
        self.due = None;
    }

    /// When [`LastFlight::take_due`] has something.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The datagrams to send again, when their time has come. `is_repeating` plans the next time as well.
    pub(super) fn take_due(&mut self, now: Instant, is_repeating: bool) -> &[Vec<u8>] {
        if self.due.is_none_or(|due| due > now) {
            return &[];
        }
        self.resends += 1;
        self.sent = Some(now);
        let wait = FIRST_WAIT.saturating_mul(1 << self.resends.min(4)).min(MAX_WAIT);
        self.due = (is_repeating && self.resends < MAX_RESENDS).then_some(now + wait);
        &self.datagrams
    }
}
