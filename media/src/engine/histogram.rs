//! Times in buckets that double: cheap to count, enough for quantiles.

use std::time::Duration;

use serde::Serialize;

/// Upper bounds of the buckets in microseconds; what is above the last is counted too.
pub const DELAY_BOUNDS_US: [u64; 12] = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400];

/// How often which time was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DelayHistogram {
    /// Measurements up to each of [`DELAY_BOUNDS_US`] and above the one before it, and those above all of them.
    pub counts: [u64; DELAY_BOUNDS_US.len() + 1],
    /// Their sum in microseconds.
    pub sum_us: u64,
}

impl DelayHistogram {
    /// Counts a measurement.
    pub fn record(&mut self, delay: Duration) {
        let us = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.counts[DELAY_BOUNDS_US.partition_point(|bound| *bound < us)] += 1;
        self.sum_us = self.sum_us.saturating_add(us);
    }

    /// Measurements in all.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_on_a_bound_belongs_below_it() {
        let mut histogram = DelayHistogram::default();
        for us in [0, 50, 51, 100, 102_400, 102_401, 10_000_000] {
            histogram.record(Duration::from_micros(us));
        }
        assert_eq!(
            (histogram.counts[0], histogram.counts[1], histogram.counts[11], histogram.counts[12]),
            (2, 2, 1, 2)
        );
        assert_eq!((histogram.count(), histogram.sum_us), (7, 10_205_002));
    }
}
