//! Packets that did not come from the publisher, and when to ask for them again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Most packets asked for at once; a larger gap is a new beginning.
const MAX_MISSING: usize = 512;
/// Most requests in one message, so that it fits a datagram; the others follow with the next.
const MAX_REQUESTED: usize = 256;
/// Most requests for one packet.
const MAX_TRIES: u8 = 10;
/// Age at which a packet is of no use to anybody.
const MAX_AGE: Duration = Duration::from_millis(1_500);
/// Time given to a packet that was only overtaken.
const GRACE: Duration = Duration::from_millis(8);
/// Bounds of the round trip that spaces the requests.
const ROUND_TRIP: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(400));

#[derive(Debug, Clone, Copy)]
struct Missing {
    index: u64,
    since: Instant,
    asked: Option<Instant>,
    tries: u8,
}

/// Detector and repeater for one layer. The round trip is learned from the answers.
#[derive(Debug)]
pub(super) struct LossRepair {
    newest: Option<u64>,
    missing: VecDeque<Missing>,
    round_trip: Duration,
}

/// What [`LossRepair::arrived`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// In order, or after a gap small enough to be asked for.
    Normal,
    /// It was missing and is back.
    Recovered,
    /// After a gap too large to repair: only a keyframe helps.
    Gap,
}

impl LossRepair {
    pub(super) fn new() -> Self {
        Self { newest: None, missing: VecDeque::new(), round_trip: Duration::from_millis(50) }
    }

    /// The round trip to the publisher as its answers show it.
    pub(super) fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// Forgets the past, for a stream that starts anew.
    pub(super) fn restart(&mut self) {
        self.newest = None;
        self.missing.clear();
    }

    /// Notes a packet that is seen for the first time.
    pub(super) fn arrived(&mut self, index: u64, now: Instant) -> Arrival {
        let Some(newest) = self.newest else {
            self.newest = Some(index);
            return Arrival::Normal;
        };
        if index <= newest {
            let Ok(at) = self.missing.binary_search_by_key(&index, |m| m.index) else { return Arrival::Normal };
            let found = self.missing.remove(at);
            // After several requests nobody knows which one was answered.
            if let Some(Missing { tries: 1, asked: Some(asked), .. }) = found {
                let sample = now.saturating_duration_since(asked).clamp(ROUND_TRIP.0, ROUND_TRIP.1);
                self.round_trip = (self.round_trip * 7 + sample) / 8;
            }
            return Arrival::Recovered;
        }
        self.newest = Some(index);
        let gap = (index - newest - 1) as usize;
        if gap > MAX_MISSING {
            self.missing.clear();
            return Arrival::Gap;
        }
        let excess = (self.missing.len() + gap).saturating_sub(MAX_MISSING);
        self.missing.drain(..excess);
        self.missing.extend((newest + 1..index).map(|index| Missing { index, since: now, asked: None, tries: 0 }));
        if excess > 0 { Arrival::Gap } else { Arrival::Normal }
    }

    /// Whether a packet is being waited for.
    pub(super) fn is_missing(&self, index: u64) -> bool {
        self.missing.binary_search_by_key(&index, |m| m.index).is_ok()
    }

    /// Nobody waits for this packet any more: another one had a copy of it.
    pub(super) fn found(&mut self, index: u64) {
        if let Ok(at) = self.missing.binary_search_by_key(&index, |m| m.index) {
            self.missing.remove(at);
        }
    }

    /// Adds the indices to ask for now to `due`, in rising order; gives how many packets were given up.
    pub(super) fn poll(&mut self, now: Instant, due: &mut Vec<u16>, to_seq: impl Fn(u64) -> u16) -> usize {
        let before = self.missing.len();
        self.missing.retain(|m| m.tries < MAX_TRIES && now.saturating_duration_since(m.since) < MAX_AGE);
        let given_up = before - self.missing.len();
        let round_trip = self.round_trip;
        for missing in &mut self.missing {
            if due.len() < MAX_REQUESTED && missing.due(round_trip) <= now {
                missing.asked = Some(now);
                missing.tries += 1;
                due.push(to_seq(missing.index));
            }
        }
        given_up
    }

    /// When [`poll`](Self::poll) has something to do.
    pub(super) fn timeout(&self) -> Option<Instant> {
        self.missing.iter().map(|m| m.due(self.round_trip)).min()
    }
}

impl Missing {
    fn due(&self, round_trip: Duration) -> Instant {
        match self.asked {
            None => self.since + GRACE,
            // A quarter more than the round trip, and slower once the first requests had no answer.
            Some(asked) => asked + round_trip * if self.tries < 4 { 5 } else { 10 } / 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::source::tests::start;

    fn poll(repair: &mut LossRepair, now: Instant) -> (Vec<u16>, usize) {
        let mut due = Vec::new();
        let given_up = repair.poll(now, &mut due, |index| index as u16);
        (due, given_up)
    }

    #[test]
    fn gaps_are_asked_for_after_a_grace_and_repeated_by_the_round_trip() {
        let (mut repair, t0) = (LossRepair::new(), start());
        let ms = |n| t0 + Duration::from_millis(n);
        repair.arrived(65_534, t0);
        assert_eq!(repair.arrived(65_538, t0), Arrival::Normal);
        assert_eq!(repair.timeout(), Some(ms(8)));
        assert!(poll(&mut repair, ms(7)).0.is_empty());
        assert_eq!(repair.arrived(65_536, ms(7)), Arrival::Recovered);
        assert_eq!(poll(&mut repair, ms(8)).0, [65_535, 1]);
        assert!(poll(&mut repair, ms(60)).0.is_empty());
        assert_eq!(repair.arrived(65_537, ms(48)), Arrival::Recovered);
        assert_eq!(repair.round_trip(), Duration::from_micros(48_750));
        assert_eq!(poll(&mut repair, ms(80)).0, [65_535]);
    }

    #[test]
    fn an_answer_that_never_comes_is_given_up() {
        let (mut repair, t0) = (LossRepair::new(), start());
        repair.arrived(1, t0);
        repair.arrived(3, t0);
        let (mut asked, mut given_up) = (0, 0);
        for ms in 0..3_000 {
            let (due, lost) = poll(&mut repair, t0 + Duration::from_millis(ms));
            asked += due.len();
            given_up += lost;
        }
        assert_eq!(given_up, 1);
        assert!((5..=10).contains(&asked), "{asked}");
        assert_eq!(repair.timeout(), None);
    }

    #[test]
    fn a_gap_too_large_is_a_new_beginning() {
        let (mut repair, t0) = (LossRepair::new(), start());
        repair.arrived(1, t0);
        assert_eq!(repair.arrived(1_000, t0), Arrival::Gap);
        assert_eq!(repair.timeout(), None);
        assert_eq!(repair.arrived(1_400, t0), Arrival::Normal);
        assert_eq!(repair.arrived(1_900, t0), Arrival::Gap, "the oldest are given up");
        assert_eq!(repair.missing.len(), MAX_MISSING);
    }
}
