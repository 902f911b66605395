//! How long packets wait on the line: their one-way delay above the least that was ever seen.

/// Width of a bucket of [`QueueDelay::standing_us`].
const BUCKET_US: i64 = 25_000;
const BUCKETS: usize = 8;
/// The least delay is forgotten after one to two of these, because clocks drift and routes change.
const BASE_US: i64 = 30_000_000;

/// Waiting time, now and at its lowest in the last fifth of a second. The trend tells that a queue grows; this tells
/// that it is there, which a burst or a late packet is not.
#[derive(Debug)]
pub(super) struct QueueDelay {
    /// Least delays of this stretch of [`BASE_US`] and the one before.
    base: [i64; 2],
    base_since: i64,
    buckets: [i64; BUCKETS],
    newest: i64,
    latest: i64,
    seen: bool,
}

impl Default for QueueDelay {
    fn default() -> Self {
        Self { base: [i64::MAX; 2], base_since: 0, buckets: [i64::MAX; BUCKETS], newest: 0, latest: 0, seen: false }
    }
}

impl QueueDelay {
    /// Takes a packet in. `congested` keeps a lasting queue from becoming the measure of all queues.
    pub(super) fn add(&mut self, sent: u64, arrival: i64, congested: bool) {
        let delay = arrival.saturating_sub_unsigned(sent);
        let bucket = arrival.div_euclid(BUCKET_US);
        if !self.seen || delay.saturating_sub(self.base()).saturating_abs() > 20_000_000 {
            // The receiver's clock has jumped, or it is the first packet.
            *self = Self { base: [delay; 2], base_since: arrival, newest: bucket, seen: true, ..Self::default() };
        }
        if arrival - self.base_since > BASE_US && !congested {
            self.base = [delay, self.base[0]];
            self.base_since = arrival;
        }
        self.base[0] = self.base[0].min(delay);
        if bucket > self.newest {
            let skipped = (bucket - self.newest).min(BUCKETS as i64);
            (bucket - skipped + 1..=bucket).for_each(|bucket| self.buckets[place(bucket)] = i64::MAX);
            self.newest = bucket;
        }
        if bucket > self.newest - BUCKETS as i64 {
            let least = &mut self.buckets[place(bucket)];
            *least = (*least).min(delay);
        }
        self.latest = delay;
    }

    /// Wait of the newest packet in microseconds.
    pub(super) fn latest_us(&self) -> u64 {
        if self.seen { self.latest.saturating_sub(self.base()).max(0).unsigned_abs() } else { 0 }
    }

    /// Least wait of the last 200 ms in microseconds: a queue that did not empty in all that time.
    pub(super) fn standing_us(&self) -> u64 {
        let least = self.buckets.iter().copied().min().unwrap_or(i64::MAX);
        if least == i64::MAX { 0 } else { least.saturating_sub(self.base()).max(0).unsigned_abs() }
    }

    fn base(&self) -> i64 {
        self.base[0].min(self.base[1])
    }
}

fn place(bucket: i64) -> usize {
    bucket.rem_euclid(BUCKETS as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_not_a_standing_queue() {
        let mut queue = QueueDelay::default();
        let mut waits = Vec::new();
        for n in 0..500_u64 {
            // Each tenth packet waits 80 ms; from the 400th on all wait at least 50 ms.
            let wait = if n.is_multiple_of(10) { 80_000 } else { 0 }.max(if n >= 400 { 50_000 } else { 0 });
            queue.add(n * 10_000, (n * 10_000 + wait) as i64 - 7_000_000, false);
            waits.push((queue.latest_us(), queue.standing_us()));
        }
        assert_eq!((waits[390], waits[395], waits[450]), ((80_000, 0), (0, 0), (80_000, 50_000)));
    }

    #[test]
    fn drift_moves_the_base() {
        let mut queue = QueueDelay::default();
        for n in 0..120_000_u64 {
            queue.add(n * 1_000, (n * 1_000 + n / 100) as i64, false);
        }
        assert!(queue.standing_us() <= 700, "{}", queue.standing_us());
    }
}
