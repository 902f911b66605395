//! How much arrives: bytes by arrival time, in buckets.

/// Width of a bucket.
const BUCKET_US: i64 = 25_000;
const BUCKETS: usize = 40;

/// Bytes of the last second, by the clock that stamps them.
#[derive(Debug)]
pub(super) struct Throughput {
    buckets: [u32; BUCKETS],
    /// Bucket number of the newest arrival.
    newest: Option<i64>,
    /// Bucket number of the first.
    first: i64,
}

impl Default for Throughput {
    fn default() -> Self {
        Self { buckets: [0; BUCKETS], newest: None, first: 0 }
    }
}

impl Throughput {
    /// Adds what arrived at `at` microseconds.
    pub(super) fn add(&mut self, at: i64, bytes: u32) {
        let bucket = at.div_euclid(BUCKET_US);
        match self.newest {
            Some(newest) if bucket <= newest => {
                if newest - bucket >= BUCKETS as i64 {
                    return;
                }
            }
            Some(newest) if bucket - newest < BUCKETS as i64 => {
                (newest + 1..=bucket).for_each(|bucket| self.buckets[place(bucket)] = 0);
                self.newest = Some(bucket);
            }
            // The first ever, or after a long silence: no rate can be told from before it.
            _ => {
                self.buckets = [0; BUCKETS];
                self.newest = Some(bucket);
                self.first = bucket;
            }
        }
        let sum = &mut self.buckets[place(bucket)];
        *sum = sum.saturating_add(bytes);
    }

    /// Bits per second over the last `window_ms` before the newest bucket, which is still filling; `None` while less
    /// has been seen.
    pub(super) fn rate(&self, window_ms: i64) -> Option<f64> {
        let count = (window_ms * 1_000 / BUCKET_US).clamp(1, BUCKETS as i64 - 1);
        let newest = self.newest?;
        if newest - self.first < count {
            return None;
        }
        let sum: u64 = (newest - count..newest).map(|bucket| u64::from(self.buckets[place(bucket)])).sum();
        Some(sum as f64 * 8e6 / (count * BUCKET_US) as f64)
    }
}

fn place(bucket: i64) -> usize {
    bucket.rem_euclid(BUCKETS as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_windows() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.rate(250), None);
        for n in 0..1_000 {
            throughput.add(-500_000 + n * 1_000, 125);
        }
        assert_eq!(throughput.rate(250), Some(1e6));
        for n in 0..200 {
            throughput.add(500_000 + n * 1_000, 250);
        }
        assert!(throughput.rate(150).is_some_and(|rate| rate == 2e6));
        assert!(throughput.rate(500).is_some_and(|rate| (1.2e6..1.5e6).contains(&rate)));
        throughput.add(90_000_000, 1_000);
        assert_eq!(throughput.rate(250), None, "a long silence starts anew");
        throughput.add(0, 1_000);
    }
}
