//! A lossy link in user space: a UDP relay between clients and one server, because many kernels lack `tc netem`.
//!
//! One seed is one run: every datagram's fate is drawn from a seeded generator of its direction, in the order in which
//! datagrams come. Each client address gets a socket of its own towards the server, as a NAT would do, so a change of
//! address can be played too ([`Relay::rebind`]). [`Wire`] is the same for TCP, without loss: TCP repairs that itself.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

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

/// Counters of one direction.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Datagrams that came in.
    pub received: AtomicU64,
    /// Datagrams that were not passed on.
    pub dropped: AtomicU64,
}

/// A running relay; it ends when dropped.
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    server: SocketAddr,
    blackout: AtomicBool,
    up: Direction,
    down: Direction,
    clients: Mutex<HashMap<SocketAddr, Client>>,
}

struct Client {
    towards_server: Arc<UdpSocket>,
    reader: JoinHandle<()>,
}

struct Direction {
    link: Mutex<Link>,
    state: Mutex<State>,
    traffic: Traffic,
    /// Datagrams on a line with a bound, in order.
    queue: mpsc::Sender<Queued>,
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
struct Queued {
    at: Instant,
    socket: Arc<UdpSocket>,
    datagram: Vec<u8>,
    to: SocketAddr,
}

/// What becomes of one datagram.
#[derive(Debug, Default, PartialEq)]
struct Fate {
    /// The delays after which copies of it are to be sent; none when it is lost.
    delays: Vec<Duration>,
    /// They wait for the line, behind those before them.
    queued: bool,
}

/// Datagrams on one line; more than any queue of a test holds.
const QUEUED: usize = 8_192;

impl Relay {
    /// A relay on a free loopback port in front of `server`; `up` is client to server.
    ///
    /// # Errors
    /// When no socket can be had.
    pub async fn start(server: SocketAddr, up: Link, down: Link, seed: u64) -> std::io::Result<Self> {
        let front = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let address = front.local_addr()?;
        let (up_queue, up_line) = mpsc::channel(QUEUED);
        let (down_queue, down_line) = mpsc::channel(QUEUED);
        let shared = Arc::new(Shared {
            server,
            blackout: AtomicBool::new(false),
            up: Direction::new(up, seed, up_queue),
            down: Direction::new(down, seed ^ 0x9e37_79b9_7f4a_7c15, down_queue),
            clients: Mutex::default(),
        });
        let forward = tokio::spawn(forward_up(Arc::clone(&front), Arc::clone(&shared)));
        let tasks = vec![forward, tokio::spawn(carry(up_line)), tokio::spawn(carry(down_line))];
        Ok(Self { address, shared, tasks })
    }

    /// Where clients send to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what happens to datagrams from now on.
    pub fn set(&self, up: Link, down: Link) {
        *lock(&self.shared.up.link) = up;
        *lock(&self.shared.down.link) = down;
    }

    /// While on, nothing passes.
    pub fn set_blackout(&self, on: bool) {
        self.shared.blackout.store(on, Ordering::Relaxed);
    }

    /// Every client appears to the server from a new port from now on.
    pub fn rebind(&self) {
        for (_, client) in lock(&self.shared.clients).drain() {
            client.reader.abort();
        }
    }

    /// Counters from clients to the server.
    #[must_use]
    pub fn up(&self) -> &Traffic {
        &self.shared.up.traffic
    }

    /// Counters from the server to clients.
    #[must_use]
    pub fn down(&self) -> &Traffic {
        &self.shared.down.traffic
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.rebind();
    }
}

impl Direction {
    fn new(link: Link, seed: u64, queue: mpsc::Sender<Queued>) -> Self {
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
            queue,
        }
    }

    /// Draws what becomes of a datagram of `bytes` that comes at `now`.
    fn fate(&self, bytes: usize, now: Instant) -> Fate {
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

/// A line: what it has taken comes out at its time, and never before what was taken earlier.
async fn carry(mut line: mpsc::Receiver<Queued>) {
    while let Some(Queued { at, socket, datagram, to }) = line.recv().await {
        tokio::time::sleep_until(at).await;
        // What the socket refuses is loss like any other.
        let _ = socket.send_to(&datagram, to).await;
    }
}

async fn forward_up(front: Arc<UdpSocket>, shared: Arc<Shared>) {
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok((length, client)) = front.recv_from(&mut buffer).await else { continue };
        let Some(socket) = socket_of(client, &front, &shared).await else { continue };
        let server = shared.server;
        pass(&shared, &shared.up, &buffer[..length], socket, server).await;
    }
}

async fn socket_of(client: SocketAddr, front: &Arc<UdpSocket>, shared: &Arc<Shared>) -> Option<Arc<UdpSocket>> {
    if let Some(known) = lock(&shared.clients).get(&client) {
        return Some(Arc::clone(&known.towards_server));
    }
    let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.ok()?);
    let (back, front, owner) = (Arc::clone(&socket), Arc::clone(front), Arc::clone(shared));
    let reader = tokio::spawn(async move {
        let mut buffer = vec![0; 65_536];
        loop {
            let Ok((length, _)) = back.recv_from(&mut buffer).await else { continue };
            pass(&owner, &owner.down, &buffer[..length], Arc::clone(&front), client).await;
        }
    });
    lock(&shared.clients).insert(client, Client { towards_server: Arc::clone(&socket), reader });
    Some(socket)
}

async fn pass(shared: &Shared, direction: &Direction, datagram: &[u8], socket: Arc<UdpSocket>, to: SocketAddr) {
    let now = Instant::now();
    let mut fate = direction.fate(datagram.len(), now);
    if shared.blackout.load(Ordering::Relaxed) {
        fate = Fate::default();
    }
    if fate.delays.is_empty() {
        direction.traffic.dropped.fetch_add(1, Ordering::Relaxed);
    }
    for delay in fate.delays {
        let socket = Arc::clone(&socket);
        if fate.queued {
            let queued = Queued { at: now + delay, socket, datagram: datagram.to_vec(), to };
            if direction.queue.try_send(queued).is_err() {
                direction.traffic.dropped.fetch_add(1, Ordering::Relaxed);
            }
            continue;
        }
        if delay.is_zero() {
            // What the socket refuses is loss like any other.
            let _ = socket.send_to(datagram, to).await;
            continue;
        }
        let datagram = datagram.to_vec();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let _ = socket.send_to(&datagram, to).await;
        });
    }
}

/// A TCP relay that can be cut: while it is, bytes wait, as behind a cable that has been pulled.
pub struct Wire {
    address: SocketAddr,
    blackout: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Wire {
    /// A relay on a free loopback port in front of `server`.
    ///
    /// # Errors
    /// When no socket can be had.
    pub async fn start(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (blackout, cut) = watch::channel(false);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let cut = cut.clone();
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(server).await else { return };
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    tokio::join!(conduct(near_in, far_out, cut.clone()), conduct(far_in, near_out, cut));
                });
            }
        });
        Ok(Self { address, blackout, task })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// While on, nothing passes; afterwards everything that waited does.
    pub fn set_blackout(&self, on: bool) {
        self.blackout.send_replace(on);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn conduct(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut cut: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // The relay's end is the end of its connections.
        if cut.wait_for(|cut| !cut).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces every candidate of a server's answer by one that points to `relay`, so that the client never learns the
/// server's own address.
#[must_use]
pub fn through(answer: &str, relay: SocketAddr) -> String {
    let mut seen = false;
    let mut out = String::with_capacity(answer.len());
    for line in answer.lines() {
        let line = line.trim_end();
        if line.starts_with("a=candidate:") {
            // One per media section is enough, and all media share one flow.
            if !seen {
                let (ip, port) = (relay.ip(), relay.port());
                out.push_str(&format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\n"));
                seen = true;
            }
            continue;
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> SocketAddr {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let _ = socket.send_to(&buffer[..length], from).await;
            }
        });
        address
    }

    async fn came_back(client: &UdpSocket, relay: SocketAddr, count: u32) -> u32 {
        for i in 0..count {
            client.send_to(&i.to_be_bytes(), relay).await.unwrap();
            tokio::task::yield_now().await;
        }
        let mut back = 0;
        let mut buffer = [0; 16];
        while tokio::time::timeout(Duration::from_millis(300), client.recv_from(&mut buffer)).await.is_ok() {
            back += 1;
        }
        back
    }

    #[tokio::test]
    async fn a_clean_link_passes_everything_and_a_blackout_nothing() {
        let relay = Relay::start(echo().await, Link::CLEAN, Link::CLEAN, 1).await.unwrap();
        let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        assert_eq!(came_back(&client, relay.address(), 50).await, 50);
        relay.rebind();
        assert_eq!(came_back(&client, relay.address(), 50).await, 50);
        relay.set_blackout(true);
        assert_eq!(came_back(&client, relay.address(), 50).await, 0);
    }

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

    #[test]
    fn an_answer_leads_through_the_relay() {
        let answer = "v=0\r\nm=audio 9 x\r\na=candidate:1 1 udp 1 192.0.2.1 8443 typ host\r\na=end-of-candidates\r\n\
                      m=video 9 x\r\na=candidate:1 1 udp 1 192.0.2.1 8443 typ host\r\n";
        let changed = through(answer, "127.0.0.1:9".parse().unwrap());
        assert!(!changed.contains("192.0.2.1"));
        assert_eq!(changed.matches("a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n").count(), 1);
        assert!(changed.contains("a=end-of-candidates\r\n"));
    }
}
