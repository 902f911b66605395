//! The worker core: peers, tracks and the way of every packet between them.
//!
//! A worker owns the peers whose connectivity checks it heard first, and everything about them. The core is drained:
//! the shell hands it what a read brought ([`Core::receive`]), commands, messages of other workers and the time, and
//! takes rounds of sealed datagrams ([`Core::poll_round`]) and events until there are none. It reads no clock, makes
//! no system call and waits for nothing; the directory's lock is touched by joins and ends only.

mod address;
mod adopt;
mod arena;
mod bucket;
mod close;
mod command;
mod connect;
mod delay;
mod demand;
mod egress;
mod estimate;
mod fanout;
mod feedback;
mod ingress;
mod inspect;
mod joining;
mod line;
mod messages;
mod outbox;
mod peer;
mod probing;
mod publish;
mod read;
mod rounds;
mod share;
mod slots;
pub mod stage;
mod tap;
mod timers;
mod track;

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use arena::{Arena, Run};
pub(crate) use command::WorkerCommand;
pub(crate) use read::ReadBatch;

use crate::directory::Directory;
use crate::dtls::Certificate;
use crate::engine::{CloseReason, DropStats, Limits, MediaEvent, WorkerStats};
use crate::exchange::Port;
use crate::feedback::ClockBase;
use crate::peer::Slab;
use crate::slot::UpTrackId;
use address::AddressBook;
use egress::Egress;
use joining::Joining;
use outbox::Outbox;
use peer::Peer;
use rounds::Rounds;
use slots::Down;
use track::Track;

/// Events kept for a channel that is full, see [`MediaEvent`].
const KEPT_EVENTS: usize = 4096;

/// What a core is told once.
pub(crate) struct CoreConfig {
    pub(crate) limits: Limits,
    pub(crate) keyframe_interval: Duration,
    pub(crate) clock: ClockBase,
    pub(crate) certificate: Arc<Certificate>,
    pub(crate) directory: Arc<Mutex<Directory>>,
}

/// What the shell's sending came to, since it last said so.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) datagrams: u64,
    pub(crate) messages: u64,
    pub(crate) calls: u64,
    /// Datagrams dropped because the buffer was full.
    pub(crate) full: u64,
    /// Datagrams dropped because the network refused them.
    pub(crate) failed: u64,
}

/// One worker's whole state.
pub(crate) struct Core {
    config: CoreConfig,
    port: Port,
    addresses: AddressBook,
    peers: Slab<Peer>,
    /// By peer index; `None` until the keys are there.
    egress: Vec<Option<Egress>>,
    tracks: Slab<Track>,
    by_track: HashMap<UpTrackId, u32>,
    downs: Slab<Down>,
    rounds: Rounds,
    outbox: Outbox,
    /// Peers whose handshake datagrams wait for their turn.
    joining: Joining,
    events: VecDeque<MediaEvent>,
    timers: timers::Timers,
    /// The peer being handled, for containing a panic.
    current: Option<u32>,
    scratch: Vec<u8>,
    stats: WorkerStats,
    ended: bool,
}

impl Core {
    pub(crate) fn new(config: CoreConfig, port: Port, now: Instant) -> Self {
        Self {
            config,
            port,
            addresses: AddressBook::default(),
            peers: Slab::default(),
            egress: Vec::new(),
            tracks: Slab::default(),
            by_track: HashMap::new(),
            downs: Slab::default(),
            rounds: Rounds::default(),
            outbox: Outbox::default(),
            joining: Joining::default(),
            events: VecDeque::new(),
            timers: timers::Timers::new(now),
            current: None,
            scratch: Vec::with_capacity(2048),
            stats: WorkerStats::default(),
            ended: false,
        }
    }

    /// Whether the shell may stop.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The oldest event that waits.
    pub(crate) fn peek_event(&self) -> Option<MediaEvent> {
        self.events.front().copied()
    }

    /// Forgets the oldest event.
    pub(crate) fn take_event(&mut self) {
        self.events.pop_front();
    }

    /// Passes what is left for other workers on and wakes them.
    pub(crate) fn flush_messages(&mut self) {
        self.timers.messages_kept = self.port.flush();
    }

    /// Notes what the shell sent.
    pub(crate) fn note_sent(&mut self, sent: Sent, gso: bool) {
        self.stats.datagrams_out += sent.datagrams;
        self.stats.messages_out += sent.messages;
        self.stats.send_calls += sent.calls;
        self.stats.drops.send_full += sent.full;
        self.stats.drops.send_failed += sent.failed;
        self.stats.gso = gso;
    }

    fn worker(&self) -> usize {
        self.port.worker()
    }

    fn directory(&self) -> MutexGuard<'_, Directory> {
        self.config.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drops(&mut self) -> &mut DropStats {
        &mut self.stats.drops
    }

    fn emit(&mut self, event: MediaEvent) {
        if self.events.len() >= KEPT_EVENTS
            && let Some(at) = self.events.iter().position(MediaEvent::is_passing)
        {
            self.events.remove(at);
        }
        self.events.push_back(event);
    }

    /// Runs one step; a panic in it ends the peer it was about and nothing else.
    fn contained(&mut self, now: Instant, step: impl FnOnce(&mut Self)) {
        self.current = None;
        if catch_unwind(AssertUnwindSafe(|| step(self))).is_ok() {
            return;
        }
        let Some(index) = self.current.take() else {
            return tracing::error!("a step of the media core panicked; nothing was closed");
        };
        tracing::error!(peer = ?self.peers.get(index).map(|peer| peer.id), "handling a peer panicked; closing it");
        if catch_unwind(AssertUnwindSafe(|| self.close_peer(index, CloseReason::Internal, now))).is_err() {
            self.peers.remove(index);
        }
    }
}

#[cfg(test)]
mod tests;
