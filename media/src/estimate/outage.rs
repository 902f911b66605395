//! Telling an outage from loss: when nothing at all gets through for a while, it is not because of the rate.

/// A run of losses without a single arrival that spans this much sending time is an outage.
const OUTAGE_US: u64 = 150_000;

/// The present run of lost packets; it counts as loss once it ends, if it is no outage.
#[derive(Debug, Default)]
pub(super) struct LossRun {
    packets: u32,
    first_sent: u64,
    last_sent: u64,
}

impl LossRun {
    /// A packet is lost; gives how many are to be counted now.
    pub(super) fn lost(&mut self, sent: u64) -> u32 {
        if self.packets == 0 {
            self.first_sent = sent;
        }
        self.packets = self.packets.saturating_add(1);
        self.last_sent = self.last_sent.max(sent);
        0
    }

    /// A packet has arrived; gives how many lost ones before it are to be counted.
    pub(super) fn received(&mut self) -> u32 {
        let span = self.last_sent.saturating_sub(self.first_sent);
        let counted = if span > OUTAGE_US { 0 } else { self.packets };
        *self = Self::default();
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_count_and_outages_do_not() {
        for (packets, counted) in [(0, 0), (7, 7), (15, 15), (17, 0), (500, 0)] {
            let mut run = LossRun::default();
            (0..packets).for_each(|n| assert_eq!(run.lost(1_000_000 + n * 10_000), 0));
            assert_eq!((run.received(), run.received()), (counted, 0), "{packets}");
        }
    }
}
