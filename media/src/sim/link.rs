//! One direction of a bad network.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::Random;

/// Loss in bursts, after Gilbert and Elliott, in time: everything is lost while the bad state lasts, however much or
/// little is sent. Both states have exponentially spread lengths.
#[derive(Debug, Clone, Copy)]
pub struct Burst {
    /// Mean length of the good state.
    pub good: Duration,
    /// Mean length of the bad state.
    pub bad: Duration,
}

/// How bad a link is. The default is perfect.
#[derive(Debug, Clone, Default)]
pub struct LinkConfig {
    /// Share of packets lost independently.
    pub loss: f64,
    /// Loss in bursts on top.
    pub burst: Option<Burst>,
    /// Delay of every packet.
    pub delay: Duration,
    /// Up to this much more, evenly spread; order is kept.
    pub jitter: Duration,
    /// Share of packets that are overtaken: delayed by another 10 to 40 ms.
    pub reorder: f64,
    /// Share of packets that arrive twice.
    pub duplicate: f64,
    /// Times since the link's origin during which everything is lost.
    pub blackouts: Vec<Range<Duration>>,
}

/// A link that carries `T` one way. Seeded: the same sends give the same arrivals.
#[derive(Debug)]
pub struct LossyLink<T> {
    config: LinkConfig,
    origin: Instant,
    random: Random,
    /// Draws of the burst states, apart from those of the packets.
    changes: Random,
    bad: bool,
    turns: Instant,
    last: Instant,
    sent: u64,
    lost: u64,
    flying: BTreeMap<(Instant, u64), T>,
}

impl<T: Clone> LossyLink<T> {
    /// An empty link.
    pub fn new(config: LinkConfig, seed: u64, origin: Instant) -> Self {
        let (random, changes) = (Random::new(seed), Random::new(!seed));
        let flying = BTreeMap::new();
        Self { config, origin, random, changes, bad: false, turns: origin, last: origin, sent: 0, lost: 0, flying }
    }

    /// Sends `item` on its way, or loses it.
    pub fn send(&mut self, item: T, now: Instant) {
        self.sent += 2;
        let dark = now.saturating_duration_since(self.origin);
        // The draws are made in any case, so that a blackout does not change what follows it.
        let lost = self.random.chance(self.config.loss);
        self.turn(now);
        let (jitter, overtaken) = (self.random.unit(), self.random.chance(self.config.reorder));
        let (extra, twice) = (self.random.unit(), self.random.chance(self.config.duplicate));
        if lost || self.bad || self.config.blackouts.iter().any(|b| b.contains(&dark)) {
            self.lost += 1;
            return;
        }
        let mut at = now + self.config.delay + self.config.jitter.mul_f64(jitter);
        if overtaken {
            at += Duration::from_millis(10) + Duration::from_millis(30).mul_f64(extra);
        } else {
            at = at.max(self.last);
            self.last = at;
        }
        if twice {
            let again = at + Duration::from_millis(25).mul_f64(extra);
            self.flying.insert((again, self.sent + 1), item.clone());
        }
        self.flying.insert((at, self.sent), item);
    }

    /// The next item that has arrived by `now`.
    pub fn receive(&mut self, now: Instant) -> Option<T> {
        let entry = self.flying.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// Brings the good or bad state up to `now`.
    fn turn(&mut self, now: Instant) {
        let Some(burst) = self.config.burst else { return };
        while self.turns <= now {
            // The first turn leads into the good state.
            self.bad = !self.bad && self.turns > self.origin;
            let mean = if self.bad { burst.bad } else { burst.good };
            self.turns += mean.mul_f64(-(1.0 - self.changes.unit()).ln()).max(Duration::from_micros(1));
        }
    }

    /// Share of the sent items that were lost.
    pub fn loss(&self) -> f64 {
        self.lost as f64 / (self.sent / 2).max(1) as f64
    }
}
