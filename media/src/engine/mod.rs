//! The engine: what the rest of the server sees of media.
//!
//! Calls are synchronous and short: they answer SDP, note the peer in the directory or pass a command to the worker
//! that owns it. All packets are handled by the workers' own threads.

mod config;
mod error;
mod event;
mod histogram;
mod line;
mod offer;
mod session;
mod start;
mod stats;
mod tap;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

pub use config::{EngineConfig, Limits};
pub use error::EngineError;
pub use event::{CloseReason, MediaEvent};
pub use histogram::{DELAY_BOUNDS_US, DelayHistogram};
pub use line::{LineStats, PictureStats};
pub use session::{
    Gate, Patched, PublishOptions, PublishSession, ReceiveOptions, ReceiveSession, SlotInfo, UpTrackInfo,
};
pub use stats::{DownTrackStats, DropStats, EngineStats, PeerStats, UpTrackStats, WorkerStats};
pub(crate) use tap::TAP_CAPACITY;
pub use tap::{TapItem, TapPacket, TapReceiver};

use crate::directory::Directory;
use crate::dtls::Certificate;
use crate::peer::PeerCommand;
use crate::shell::WorkerHandle;
use crate::slot::{PeerId, Slot, UpTrackId};
use crate::worker::WorkerCommand;

/// Handle of a running engine; clones are cheap and refer to the same engine.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    config: EngineConfig,
    local: SocketAddr,
    candidates: Vec<SocketAddr>,
    certificate: Arc<Certificate>,
    directory: Arc<Mutex<Directory>>,
    workers: Vec<WorkerHandle>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    next_peer: AtomicU64,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("local", &self.shared.local).finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the sockets and starts the workers. The receiver yields what happens to peers.
    ///
    /// # Errors
    /// [`EngineError::Socket`] when the address cannot be bound.
    pub fn start(config: EngineConfig) -> Result<(Engine, mpsc::Receiver<MediaEvent>), EngineError> {
        let (shared, events) = start::start(config)?;
        Ok((Engine { shared: Arc::new(shared) }, events))
    }

    /// The bound UDP address.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.local
    }

    /// The host candidates put into answers, most preferred first.
    pub fn candidates(&self) -> Vec<SocketAddr> {
        self.shared.candidates.clone()
    }

    /// Ends a peer; of an unknown one nothing happens.
    pub fn close(&self, peer: PeerId) {
        // A pending peer has no worker yet: it is removed here, and any worker tells of it.
        let pending = {
            let mut directory = self.directory();
            if directory.is_pending(peer) { directory.remove(peer) } else { None }
        };
        match pending {
            Some(spec) => {
                spec.abandon();
                let closed = MediaEvent::PeerClosed { peer, reason: CloseReason::Requested };
                self.shared.workers[0].send(WorkerCommand::Report(closed));
            }
            None => self.command(peer, PeerCommand::Close),
        }
    }

    /// Says what the given slots of a receiver show from now on; slots not named keep what they show. A track may
    /// be mapped before its publisher has connected.
    pub fn map_slots(&self, peer: PeerId, slots: Vec<(Slot, Option<UpTrackId>)>) {
        self.command(peer, PeerCommand::Map(slots));
    }

    /// Sets the gate of a publisher. What does not pass is authenticated, counted and dropped before any receiver or tap.
    pub fn set_gate(&self, publisher: PeerId, gate: Gate) {
        self.command(publisher, PeerCommand::Gate(gate));
    }

    /// Taps a track: its packets from the last keyframe on. An unknown track yields [`TapItem::Ended`] at once.
    pub fn tap(&self, track: UpTrackId) -> TapReceiver {
        let (items, receiver) = mpsc::channel(TAP_CAPACITY);
        let command = PeerCommand::Tap { media: track.media, items: items.clone() };
        if !self.try_command(track.peer, command) {
            // The channel is new, so there is room.
            let _ = items.try_send(TapItem::Ended);
        }
        TapReceiver::new(receiver)
    }

    /// Asks the publisher for a keyframe of every layer in use, merged with all other requests.
    pub fn request_keyframe(&self, track: UpTrackId) {
        self.command(track.peer, PeerCommand::RequestKeyframe { media: track.media });
    }

    /// Figures of all workers and peers at this moment.
    pub async fn stats(&self) -> EngineStats {
        let mut stats = EngineStats { pending: self.directory().pending(), ..EngineStats::default() };
        for worker in &self.shared.workers {
            let (reply, figures) = oneshot::channel();
            worker.send(WorkerCommand::Stats(reply));
            if let Ok((figures, peers)) = figures.await {
                stats.workers.push(figures);
                stats.peers.extend(peers);
            }
        }
        stats
    }

    /// Asks how the lines of these receivers fare. Each worker answers for its own; the channel ends when all have.
    pub fn lines(&self, receivers: Vec<PeerId>) -> mpsc::Receiver<Vec<LineStats>> {
        let workers = &self.shared.workers;
        let (reply, answers) = mpsc::channel(workers.len().max(1));
        let receivers: Arc<[PeerId]> = receivers.into();
        for worker in workers {
            worker.send(WorkerCommand::Lines { receivers: Arc::clone(&receivers), reply: reply.clone() });
        }
        answers
    }

    /// Figures of some peers at this moment; those that are gone or have not been heard of are left out.
    pub async fn stats_of(&self, peers: Vec<PeerId>) -> Vec<PeerStats> {
        let peers: Arc<[PeerId]> = peers.into();
        let mut found = Vec::with_capacity(peers.len());
        for worker in &self.shared.workers {
            let (reply, figures) = oneshot::channel();
            worker.send(WorkerCommand::PeerStats(Arc::clone(&peers), reply));
            found.extend(figures.await.unwrap_or_default());
        }
        found
    }

    /// Ends all peers and joins the worker threads. Blocks for at most a few milliseconds.
    pub fn shutdown(self) {
        for worker in &self.shared.workers {
            worker.send(WorkerCommand::Shutdown);
        }
        let threads = std::mem::take(&mut *self.shared.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a media worker had panicked");
            }
        }
    }

    fn directory(&self) -> MutexGuard<'_, Directory> {
        self.shared.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_peer(&self) -> PeerId {
        PeerId(self.shared.next_peer.fetch_add(1, Ordering::Relaxed))
    }

    fn command(&self, peer: PeerId, command: PeerCommand) {
        self.try_command(peer, command);
    }

    /// Passes a command on; `false` when there is no such peer.
    fn try_command(&self, peer: PeerId, command: PeerCommand) -> bool {
        let routed = self.directory().command(peer, command);
        match routed {
            Ok(()) => true,
            Err(Some((worker, command))) => self.shared.workers[worker].send(WorkerCommand::Peer { peer, command }),
            Err(None) => false,
        }
    }
}

/// The last handle gone, the workers end by themselves.
impl Drop for Shared {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.send(WorkerCommand::Shutdown);
        }
    }
}
