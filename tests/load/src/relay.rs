//! A lossy link in user space: a UDP relay between clients and one server, because many kernels lack `tc netem`.
//!
//! One seed is one run: every datagram's fate is drawn from a seeded generator of its direction, in the order in which
//! datagrams come. Each client address gets a socket of its own towards the server, as a NAT would do, so a change of
//! address can be played too ([`Relay::rebind`]). [`Wire`] is the same for TCP, without loss: TCP repairs that itself.

mod answer;
mod direction;
mod link;
mod silence;
mod wire;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use answer::through;
pub use direction::Traffic;
use direction::{Direction, Fate, Queued};
pub use link::Link;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
pub use wire::Wire;

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
        let tasks = vec![
            forward,
            tokio::spawn(carry(up_line)),
            tokio::spawn(carry(down_line)),
            tokio::spawn(beat(Arc::clone(&shared))),
        ];
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

    /// The longest time for which clients got no sound since this was last asked, less what the machine stood still.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.shared.down.silence.take()
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

/// A line: what it has taken comes out at its time, and never before what was taken earlier.
async fn carry(mut line: mpsc::Receiver<Queued>) {
    while let Some(Queued { at, socket, datagram, to }) = line.recv().await {
        tokio::time::sleep_until(at).await;
        // What the socket refuses is loss like any other.
        let _ = socket.send_to(&datagram, to).await;
    }
}

async fn beat(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(silence::BEAT).await;
        shared.down.silence.beat(Instant::now());
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
        direction.silence.passed(datagram, now, now + delay);
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
}
