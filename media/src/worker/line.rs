//! A receiver's line as its worker sees it: estimate, pace, and whether frames may go at once.

use std::time::{Duration, Instant};

use crate::estimate::{EstimateStats, Estimator, Pacer, Spread, Update};
use crate::feedback::TwccFeedback;

/// How far repeats may run ahead of the pace of a tight line: they come together, and pictures wait for them.
const REPEATS_AHEAD: Duration = Duration::from_millis(50);

/// Estimator and pacer of one receiver.
#[derive(Debug)]
pub(crate) struct Line {
    estimator: Estimator,
    pacer: Pacer,
    spread: Spread,
    /// The line has been full of late: frames are paced, and repeated as far as there is room.
    tight: bool,
    /// It has been, or is narrow enough to be soon: frames are spread between packets of sound. On a wide line they go
    /// as they come, whole.
    gentle: bool,
}

impl Line {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            estimator: Estimator::new(Estimator::START_BPS, now),
            pacer: Pacer::new(Estimator::START_BPS, now),
            spread: Spread::new(now),
            tight: false,
            gentle: false,
        }
    }

    /// Notes a datagram of `bytes` that leaves with this transport-wide number, sound or not, for a probe or not.
    pub(crate) fn sent(&mut self, twcc: Option<u16>, bytes: usize, sound: bool, cluster: u8, now: Instant) {
        match twcc {
            Some(seq) => self.estimator.on_packet_sent(seq, bytes, now, cluster),
            None => self.estimator.on_unnumbered_sent(bytes),
        }
        if self.gentle {
            self.pacer.charge(bytes, now);
            if sound {
                self.spread.on_sound(now);
            } else {
                self.spread.charge(bytes);
            }
        }
    }

    /// Reads what [`sent`](Self::sent) will change for this number.
    pub(crate) fn warm(&self, twcc: u16) -> u64 {
        u64::from(self.gentle) + self.estimator.warm(twcc)
    }

    /// Whether no more is under way than the line holds.
    pub(crate) fn has_room(&self) -> bool {
        self.estimator.has_room()
    }

    /// Whether a packet of a picture may go now.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        self.has_room() && (!self.gentle || self.spread.is_open(now) && (!self.tight || self.pacer.is_open(now)))
    }

    /// Whether the rest of a frame that has begun may go now on a gentle line.
    pub(crate) fn takes_rest(&self, now: Instant) -> bool {
        self.spread.is_open(now)
    }

    /// Whether a packet of a picture may be repeated now on a tight line. What is not repeated is asked for once more.
    pub(crate) fn takes_repeat(&self, now: Instant) -> bool {
        self.has_room() && self.pacer.opens() <= now + REPEATS_AHEAD && self.spread.takes_repeat(now)
    }

    /// Takes transport-wide feedback in; true when the pictures should be looked at now.
    pub(crate) fn feedback(&mut self, feedback: &TwccFeedback<'_>, now: Instant) -> bool {
        let before = self.estimator.is_congested();
        self.estimator.on_feedback(feedback, now);
        self.estimator.is_congested() != before
    }

    /// The estimator behind it.
    pub(crate) fn estimator(&mut self) -> &mut Estimator {
        &mut self.estimator
    }

    pub(crate) fn poll(&mut self, now: Instant) -> Update {
        let update = self.estimator.poll(now);
        self.pacer.set_estimate(update.target_bps);
        self.tight = self.estimator.is_tight(now);
        self.spread.set_wanted(self.estimator.wanted(), self.tight);
        self.gentle = self.tight || self.estimator.is_narrow(now);
        update
    }

    /// Whether frames are spread.
    pub(crate) fn is_gentle(&self) -> bool {
        self.gentle
    }

    /// Whether the line has been full of late.
    pub(crate) fn is_tight(&self) -> bool {
        self.tight
    }

    pub(crate) fn is_settled(&self, now: Instant) -> bool {
        self.estimator.is_settled(now)
    }

    pub(crate) fn stats(&self) -> EstimateStats {
        self.estimator.stats()
    }
}
