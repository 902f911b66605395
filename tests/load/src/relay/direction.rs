//! One direction of the link: what becomes of each datagram, and when it comes out.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::link::Link;
use super::lock;
use super::silence::Silence;

/// Counters of one direction.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Datagrams that came in.
    pub received: AtomicU64,
    /// Datagrams that were not passed on.
    pub dropped: AtomicU64,
}

pub(super) struct Direction {
    pub(super) link: Mutex<Link>,
    state: Mutex<State>,
    pub(super) traffic: Traffic,
    pub(super) silence: Silence,
    /// Datagrams on a line with a bound, in order.
    pub(super) queue: mpsc::Sender<Queued>,
}

struct State {
    rng: StdRng,
    /// Datagrams that the present burst still takes.
    burst: u32,
    /// Datagrams until the next turn of `burst_every`, and after how many of them its burst begins.
    turn: u32,
    begins: u32,
    /// When the line will have sent what waits for it.
    free: Instant,
}

impl State {
    /// Whether a burst begins with this datagram.
    fn begins_burst(&mut self, link: &Link) -> bool {
        let by_chance = self.rng.random_bool(link.burst_start);
        if link.burst_every == 0 {
            return by_chance;
        }
        if self.turn == 0 {
            self.turn = link.burst_every;
            self.begins = self.rng.random_range(0..=link.burst_every.saturating_sub(link.burst_length));
        }
        self.turn -= 1;
        by_chance || self.turn + self.begins + 1 == link.burst_every
    }
}

/// A datagram that a line has taken, and when it is through.
pub(super) struct Queued {
    pub(super) at: Instant,
    pub(super) socket: Arc<UdpSocket>,
    pub(super) datagram: Vec<u8>,
    pub(super) to: SocketAddr,
}

/// What becomes of one datagram.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fate {
    /// The delays after which copies of it are to be sent; none when it is lost.
    pub(super) delays: Vec<Duration>,
    /// They wait for the line, behind those before them.
    pub(super) queued: bool,
}

impl Direction {
    pub(super) fn new(link: Link, seed: u64, queue: mpsc::Sender<Queued>) -> Self {
        Self {
            link: Mutex::new(link),
            state: Mutex::new(State {
                rng: StdRng::seed_from_u64(seed),
                burst: 0,
                turn: 0,
                begins: 0,
                free: Instant::now(),
            }),
            traffic: Traffic::default(),
            silence: Silence::default(),
            queue,
        }
    }

    /// Draws what becomes of a datagram of `bytes` that comes at `now`.
    pub(super) fn fate(&self, bytes: usize, now: Instant) -> Fate {
        let link = *lock(&self.link);
        let mut state = lock(&self.state);
        self.traffic.received.fetch_add(1, Ordering::Relaxed);
        if state.begins_burst(&link) && state.burst == 0 {
            state.burst = link.burst_length;
        }
        if state.burst > 0 {
            state.burst -= 1;
            return Fate::default();
        }
        let State { rng, free, .. } = &mut *state;
        if rng.random_bool(link.loss) {
            return Fate::default();
        }
        let mut delay = link.delay + link.jitter.mul_f64(rng.random::<f64>());
        if rng.random_bool(link.reorder) {
            delay += link.reorder_by;
        }
        let copies = if rng.random_bool(link.duplicate) { 2 } else { 1 };
        let mut wait = free.saturating_duration_since(now);
        let queued = link.rate > 0 || !wait.is_zero();
        if link.rate > 0 {
            let rate = f64::from(link.rate) / 8.0;
            if wait.as_secs_f64() * rate + bytes as f64 > f64::from(link.queue) {
                return Fate::default();
            }
            wait += Duration::from_secs_f64(bytes as f64 / rate);
            *free = now + wait;
        }
        Fate { delays: vec![delay + wait; copies], queued }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_run_and_loses_its_share() {
        let link = Link { duplicate: 0.01, ..Link::lossy(0.05, Duration::ZERO) };
        let run = |seed| {
            let direction = direction(link, seed);
            let now = Instant::now();
            (0..10_000).map(|_| direction.fate(1_000, now).delays.len()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let lost = run(7).iter().filter(|copies| **copies == 0).count();
        assert!((400..600).contains(&lost), "{lost}");
        assert!(run(7).iter().filter(|copies| **copies == 2).count() > 50);
    }

    fn direction(link: Link, seed: u64) -> Direction {
        Direction::new(link, seed, mpsc::channel(1).0)
    }

    #[test]
    fn a_narrow_line_takes_its_time_and_loses_what_its_queue_does_not_hold() {
        // 1,000 bytes take 10 ms, and ten of them may wait.
        let line = direction(Link::narrow(800, 10_000), 1);
        let now = Instant::now();
        let ms = |ms: u64| now + Duration::from_millis(ms);
        let wait = |at| line.fate(1_000, at).delays.first().map(Duration::as_millis);
        let waits: Vec<_> = (0..12).map(|_| wait(now)).collect();
        let expected: Vec<_> = (1..=10_u128).map(|n| Some(10 * n)).chain([None, None]).collect();
        assert_eq!(waits, expected);
        assert_eq!((wait(ms(50)), wait(ms(500))), (Some(60), Some(10)));
        // What comes when the bound is lifted stays behind what waits.
        *lock(&line.link) = Link::CLEAN;
        assert_eq!(line.fate(1_000, ms(505)), Fate { delays: vec![Duration::from_millis(5)], queued: true });
        assert_eq!(line.fate(1_000, ms(511)), Fate { delays: vec![Duration::ZERO], queued: false });
    }

    #[test]
    fn bursts_come_in_one_piece() {
        let link = Link { burst_start: 0.01, burst_length: 10, ..Link::CLEAN };
        let direction = direction(link, 3);
        let fates: Vec<bool> = (0..5_000).map(|_| direction.fate(1_000, Instant::now()).delays.is_empty()).collect();
        let longest = fates.split(|lost| !lost).map(<[bool]>::len).max();
        assert!(longest >= Some(10));
        let link = Link { burst_every: 100, burst_length: 10, ..Link::CLEAN };
        let direction = self::direction(link, 3);
        let fates: Vec<bool> = (0..5_000).map(|_| direction.fate(1_000, Instant::now()).delays.is_empty()).collect();
        for turn in fates.chunks(100) {
            assert_eq!(turn.iter().filter(|lost| **lost).count(), 10, "ten in a hundred");
        }
        assert!(fates.chunks(100).any(|turn| *turn != fates[..100]), "at different places");
    }
}
