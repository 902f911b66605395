//! What all receivers of a thread count together.

use std::time::Duration;

/// Longest delay that is kept apart, nanoseconds.
const LONGEST_NS: u64 = u32::MAX as u64;

/// Sums since the last mark.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    /// RTP datagrams and their bytes.
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// Reads that brought them.
    pub(crate) reads: u64,
    /// Packets whose tag was checked, and those where it was wrong.
    pub(crate) checked: u64,
    pub(crate) forged: u64,
    /// RTCP datagrams.
    pub(crate) control: u64,
    /// From the publisher's send call to the receiver's socket, nanoseconds, of checked packets.
    pub(crate) delays_ns: Vec<u32>,
    turn: u32,
}

impl Tally {
    /// Forgets everything.
    pub(crate) fn mark(&mut self) {
        *self = Self { turn: self.turn, ..Self::default() };
    }

    /// True for one packet in `every`.
    pub(crate) fn is_sampled(&mut self, every: u32) -> bool {
        self.turn += 1;
        if self.turn >= every {
            self.turn = 0;
            return true;
        }
        false
    }

    /// Notes a packet sent and arrived at these times of the wall clock.
    pub(crate) fn delay(&mut self, sent_ns: u64, arrived_ns: u64) {
        self.delays_ns.push(arrived_ns.saturating_sub(sent_ns).min(LONGEST_NS) as u32);
    }
}

/// The value that the share `quantile` of `values` does not exceed; zero without values. Sorts.
pub(crate) fn quantile_ns(values: &mut [u32], quantile: f64) -> Duration {
    if values.is_empty() {
        return Duration::ZERO;
    }
    let at = ((values.len() as f64 * quantile).ceil() as usize).clamp(1, values.len()) - 1;
    let (_, value, _) = values.select_nth_unstable(at);
    Duration::from_nanos(u64::from(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let mut values: Vec<u32> = (1..=1000).rev().collect();
        for (quantile, expected) in [(0.5, 500), (0.99, 990), (0.999, 999), (1.0, 1000), (0.0, 1)] {
            assert_eq!(quantile_ns(&mut values, quantile), Duration::from_nanos(expected));
        }
        assert_eq!(quantile_ns(&mut [], 0.5), Duration::ZERO);
    }
}
