//! A receiver's line as its worker sees it: estimate, pace, and whether frames may go at once.

use std::time::Instant;

use crate::estimate::{EstimateStats, Estimator, Pacer, Update};
use crate::feedback::TwccFeedback;

/// Estimator and pacer of one receiver.
#[derive(Debug)]
pub(crate) struct Line {
    estimator: Estimator,
    pacer: Pacer,
    /// The line has been full of late: frames are paced. On a wide line they go as they come, whole.
    tight: bool,
}

impl Line {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            estimator: Estimator::new(Estimator::START_BPS, now),
            pacer: Pacer::new(Estimator::START_BPS, now),
            tight: false,
        }
    }

    /// Notes a datagram of `bytes` that leaves with this transport-wide number, for a probe or not.
    pub(crate) fn sent(&mut self, twcc: Option<u16>, bytes: usize, cluster: u8, now: Instant) {
        match twcc {
            Some(seq) => self.estimator.on_packet_sent(seq, bytes, now, cluster),
            None => self.estimator.on_unnumbered_sent(bytes),
        }
        if self.tight {
            self.pacer.charge(bytes, now);
        }
    }

    /// Reads what [`sent`](Self::sent) will change for this number.
    pub(crate) fn warm(&self, twcc: u16) -> u64 {
        u64::from(self.tight) + self.estimator.warm(twcc)
    }

    /// Whether no more is under way than the line holds.
    pub(crate) fn has_room(&self) -> bool {
        self.estimator.has_room()
    }

    /// Whether a frame may go at once.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        self.has_room() && (!self.tight || self.pacer.is_open(now))
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
        update
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
