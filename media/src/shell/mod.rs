//! The floor that touches the world: one thread and one socket per worker, and the clock.
//!
//! A turn of the loop waits for datagrams, a wake or the core's next timeout, reads in batches, lets the core decide
//! and sends what it laid into the arena. Nothing else of this crate waits, reads a clock or makes a system call.

pub(crate) mod clock;
mod reader;
mod sender;
mod socket;
mod waker;

use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use tokio::sync::mpsc;

use crate::engine::MediaEvent;
use crate::worker::{Arena, Core, WorkerCommand};
use reader::Reader;
pub(crate) use sender::Sender;

pub(crate) use socket::open as open_sockets;
pub(crate) use waker::Waker;

/// Reads of one turn before timers and commands are looked at again.
const READS_PER_TURN: usize = 8;
/// How long one turn sends before it looks for input again: what a check, a request for repair or somebody's sound
/// waits for the fan-out of a picture.
const SENDING_TURN: Duration = Duration::from_millis(1);
/// How long one turn advances handshakes, one at least: a third of a core at most while there is something to send.
const HANDSHAKE_TURN: Duration = Duration::from_micros(500);
/// What a round of the fan-out fills at most. With the ring's payloads it stays in a core's second-level cache.
pub(crate) const ARENA_BYTES: usize = 512 << 10;

/// The sending end of a worker's commands.
#[derive(Clone)]
pub(crate) struct WorkerHandle {
    commands: SyncSender<WorkerCommand>,
    waker: Arc<Waker>,
}

impl WorkerHandle {
    pub(crate) fn new(commands: SyncSender<WorkerCommand>, waker: Arc<Waker>) -> Self {
        Self { commands, waker }
    }

    /// Sends a command; waits for a turn of the worker when its queue is full. `false`: the worker has ended.
    pub(crate) fn send(&self, command: WorkerCommand) -> bool {
        let sent = self.commands.send(command).is_ok();
        self.waker.wake();
        sent
    }
}

/// One worker: its socket, its inputs and its core.
pub(crate) struct Shell {
    pub(crate) socket: UdpSocket,
    pub(crate) waker: Arc<Waker>,
    pub(crate) commands: Receiver<WorkerCommand>,
    pub(crate) core: Core,
    pub(crate) events: mpsc::Sender<MediaEvent>,
}

impl Shell {
    /// Runs until the core has been told to shut down.
    pub(crate) fn run(mut self) {
        let mut reader = Reader::new();
        let mut arena = Arena::new(ARENA_BYTES);
        let mut sender = match Sender::new(&self.socket, true) {
            Ok(sender) => sender,
            Err(error) => return tracing::error!(%error, "the media socket is unusable"),
        };
        while !self.core.has_ended() {
            let now = self.wait();
            for command in self.commands.try_iter() {
                self.core.command(command, now);
            }
            self.core.receive_messages(now);
            for _ in 0..READS_PER_TURN {
                let mut batch = reader.read(&self.socket);
                let last = batch.len() < reader::READ_DATAGRAMS;
                self.core.receive(&mut batch, now);
                if last {
                    break;
                }
            }
            self.core.handle_timeout(now);
            // Before this worker's own share of the fan-out: the others begin with theirs at the same time.
            self.core.flush_messages();
            self.send(&mut sender, &mut arena);
            self.advance_handshakes();
            self.core.note_sent(std::mem::take(&mut sender.sent), sender.gso());
            self.report();
        }
    }

    /// Sleeps until there is something to do; gives the time then.
    fn wait(&mut self) -> Instant {
        let now = clock::now();
        let timeout = self.core.poll_timeout().saturating_duration_since(now);
        if timeout.is_zero() {
            // The socket is read and the commands are taken in any case.
            return now;
        }
        let mut fds =
            [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN), PollFd::new(self.waker.as_fd(), PollFlags::POLLIN)];
        // An interrupted wait is a short one.
        let _ = ppoll(&mut fds, Some(TimeSpec::from(timeout)), None);
        if fds[1].any().unwrap_or(false) {
            self.waker.clear();
        }
        clock::now()
    }

    /// Sends round by round until the core has nothing left for now or the turn is over.
    fn send(&mut self, sender: &mut Sender, arena: &mut Arena) {
        let began = clock::now();
        let mut now = began;
        while now.saturating_duration_since(began) < SENDING_TURN && self.core.poll_round(arena, now) {
            sender.flush(&self.socket, arena);
            now = clock::now();
            self.core.note_departed(now);
        }
    }

    fn advance_handshakes(&mut self) {
        let began = clock::now();
        let mut now = began;
        while now.saturating_duration_since(began) < HANDSHAKE_TURN && self.core.advance_handshake(now) {
            now = clock::now();
        }
    }

    /// Passes events on; while the channel is full they stay with the core.
    fn report(&mut self) {
        while let Some(event) = self.core.peek_event() {
            match self.events.try_send(event) {
                Err(mpsc::error::TrySendError::Full(_)) => break,
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => self.core.take_event(),
            }
        }
    }
}
