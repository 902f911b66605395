//! A virtual clock and a seeded lossy link, for tests of whole paths: one seed is one run.
//!
//! Nothing here waits or reads a clock; a run of a minute takes milliseconds.

mod link;
mod random;

pub use link::{Burst, LinkConfig, LossyLink};
pub use random::Random;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

/// Time that passes only when told to.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    origin: Instant,
    elapsed: Duration,
}

impl VirtualClock {
    /// A clock that stands at `origin`; any instant will do.
    pub fn new(origin: Instant) -> Self {
        Self { origin, elapsed: Duration::ZERO }
    }

    /// The current instant.
    pub fn now(&self) -> Instant {
        self.origin + self.elapsed
    }

    /// Time since the origin.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Lets time pass.
    pub fn advance(&mut self, step: Duration) {
        self.elapsed += step;
    }
}
