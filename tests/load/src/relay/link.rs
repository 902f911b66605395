//! What one direction does to datagrams.

use std::time::Duration;

/// What happens to datagrams of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Link {
    /// Probability that a datagram is lost, alone.
    pub loss: f64,
    /// Probability that a datagram begins a burst in which everything is lost.
    pub burst_start: f64,
    /// One burst at a random place among so many datagrams, for a share of loss that is the same in every run; 0 for
    /// none.
    pub burst_every: u32,
    /// Datagrams in a burst.
    pub burst_length: u32,
    /// One-way delay.
    pub delay: Duration,
    /// Uniform extra delay from 0 to this; it reorders.
    pub jitter: Duration,
    /// Probability that a datagram is held back by [`Self::reorder_by`].
    pub reorder: f64,
    /// Extra delay of a datagram that is held back.
    pub reorder_by: Duration,
    /// Probability that a datagram comes twice.
    pub duplicate: f64,
    /// What the line carries, bit/s; 0 for no bound. Clients share it, and datagrams keep their order.
    pub rate: u32,
    /// Bytes that may wait for a line with a bound; what comes beyond is lost.
    pub queue: u32,
}

impl Link {
    /// Nothing happens.
    pub const CLEAN: Self = Self {
        loss: 0.0,
        burst_start: 0.0,
        burst_every: 0,
        burst_length: 0,
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        reorder: 0.0,
        reorder_by: Duration::ZERO,
        duplicate: 0.0,
        rate: 0,
        queue: 0,
    };

    /// Independent loss and a delay.
    #[must_use]
    pub const fn lossy(loss: f64, delay: Duration) -> Self {
        Self { loss, delay, ..Self::CLEAN }
    }

    /// A line of so many kbit/s with a queue of so many bytes before it.
    #[must_use]
    pub const fn narrow(kbit: u32, queue: u32) -> Self {
        Self { rate: kbit * 1_000, queue, ..Self::CLEAN }
    }
}
