//! A line with a rate and a queue, which loses what does not fit and, if it is a bad one, some of the rest.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::sim::Random;

/// What a line is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// Bit/s.
    pub(crate) rate: f64,
    /// Bytes that may wait.
    pub(crate) queue: usize,
    /// One way, behind the queue.
    pub(crate) delay: Duration,
    /// Up to this much more, evenly spread; order is kept.
    pub(crate) jitter: Duration,
    /// Share lost whatever is sent.
    pub(crate) loss: f64,
    /// Mean lengths of good and of bad stretches, in which everything is lost.
    pub(crate) burst: Option<(f64, f64)>,
}

impl Line {
    /// A clean line of `kbps` with a round trip of 40 ms and 64 kB of queue.
    pub(crate) fn clean(kbps: u32) -> Self {
        Self {
            rate: f64::from(kbps) * 1_000.0,
            queue: 64_000,
            delay: Duration::from_millis(20),
            jitter: Duration::ZERO,
            loss: 0.0,
            burst: None,
        }
    }
}

/// One direction of such a line.
#[derive(Debug)]
pub(crate) struct Bottleneck<T> {
    pub(crate) line: Line,
    random: Random,
    queue: VecDeque<(usize, T)>,
    queued: usize,
    /// Bits of the packet at the front that have left already.
    progress: f64,
    at: Instant,
    flying: BTreeMap<(Instant, u64), T>,
    count: u64,
    last: Instant,
    bad: bool,
    turns: Instant,
    /// Longest queue since it was last asked for, in bytes.
    longest: usize,
}

impl<T> Bottleneck<T> {
    pub(crate) fn new(line: Line, seed: u64, now: Instant) -> Self {
        Self {
            line,
            random: Random::new(seed),
            queue: VecDeque::new(),
            queued: 0,
            progress: 0.0,
            at: now,
            flying: BTreeMap::new(),
            count: 0,
            last: now,
            bad: true,
            turns: now,
            longest: 0,
        }
    }

    /// Queues an item, or drops it where the queue is full.
    pub(crate) fn send(&mut self, item: T, bytes: usize, now: Instant) {
        self.serve(now);
        if self.queued + bytes <= self.line.queue {
            self.queued += bytes;
            self.longest = self.longest.max(self.queued);
            self.queue.push_back((bytes, item));
        }
    }

    /// The next item that has arrived by `now`.
    pub(crate) fn receive(&mut self, now: Instant) -> Option<T> {
        self.serve(now);
        let entry = self.flying.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// Longest wait in the queue since the last call, at the present rate.
    pub(crate) fn longest_wait(&mut self) -> Duration {
        let bytes = std::mem::replace(&mut self.longest, self.queued);
        Duration::from_secs_f64(bytes as f64 * 8.0 / self.line.rate)
    }

    fn serve(&mut self, now: Instant) {
        while let Some((bytes, _)) = self.queue.front() {
            let left = *bytes as f64 * 8.0 - self.progress;
            let done = self.at + Duration::from_secs_f64(left / self.line.rate);
            if done > now {
                self.progress += (now - self.at).as_secs_f64() * self.line.rate;
                break;
            }
            self.at = done;
            self.progress = 0.0;
            if let Some((bytes, item)) = self.queue.pop_front() {
                self.queued -= bytes;
                self.fly(item, done);
            }
        }
        self.at = now;
    }

    fn fly(&mut self, item: T, done: Instant) {
        let jitter = self.line.jitter.mul_f64(self.random.unit());
        if let Some((good, bad)) = self.line.burst {
            while self.turns <= done {
                self.bad = !self.bad;
                let mean = if self.bad { bad } else { good };
                self.turns += Duration::from_secs_f64(-(1.0 - self.random.unit()).ln() * mean);
            }
        } else {
            self.bad = false;
        }
        if self.random.chance(self.line.loss) || self.bad {
            return;
        }
        self.last = (done + self.line.delay + jitter).max(self.last);
        self.count += 1;
        self.flying.insert((self.last, self.count), item);
    }
}
