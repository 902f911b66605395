//! How long packets stay in the server: one measurement per batch of a track, taken when its last copy has been handed
//! to the kernel.

use std::time::Instant;

use smallvec::SmallVec;

use super::Core;

/// Batches of one round that are measured.
const MEASURED: usize = 32;

/// Batches that went out in this round.
#[derive(Debug, Default)]
pub(crate) struct Departed {
    /// When the first packet of each arrived.
    arrived: SmallVec<[Instant; MEASURED]>,
}

impl Departed {
    /// A batch has gone to everybody; `arrived` is its oldest packet's.
    pub(super) fn note(&mut self, arrived: Instant) {
        if self.arrived.len() < MEASURED {
            self.arrived.push(arrived);
        }
    }
}

impl Core {
    /// Everything that went out is with the kernel now.
    pub(crate) fn note_departed(&mut self, now: Instant) {
        for arrived in self.rounds.departed.arrived.drain(..) {
            self.stats.delay.record(now.saturating_duration_since(arrived));
        }
    }
}
