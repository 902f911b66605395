//! The thread that owns all receivers, and the handle to it.

use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use airclass_media::ice::IceLite;
use anyhow::{Context as _, Result};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::unistd::gettid;
use tokio::sync::oneshot;

use super::receiver::{Context, Receiver};
use super::{Datagrams, JoinFailure, JoinTimes, Tally};
use crate::client::{Answer, Credentials, Identity};
use crate::clock;

/// Events of one look into epoll.
const EVENTS: usize = 512;
/// The sockets are looked at so often. A thread that sleeps on a timer and not on its sockets is not woken by each
/// datagram: that would be work for the core that sends, which no network card causes. Arrival times are the kernel's.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How often receivers that are joining are looked after.
const JOINING_TURN: Duration = Duration::from_millis(10);
/// How often the timers of all receivers are looked after, and in how many slices.
const ROUND: Duration = Duration::from_millis(80);
const SLICES: usize = 16;

/// How the receivers behave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolOptions {
    /// One packet in so many is authenticated and opened.
    pub(crate) sample: u32,
}

/// An answered receive session.
pub(crate) struct Joining {
    pub(crate) socket: UdpSocket,
    pub(crate) local: Credentials,
    pub(crate) answer: Answer,
    /// The other end sends the checks: this one only answers them.
    pub(crate) lite: Option<IceLite>,
    /// When its offer was posted.
    pub(crate) posted: Instant,
    /// Told whether the session got its keys.
    pub(crate) connected: oneshot::Sender<Result<(), JoinFailure>>,
}

/// Figures since the last mark.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) tally: Tally,
    pub(crate) expected: u64,
    pub(crate) lost: u64,
    pub(crate) duplicates: u64,
    pub(crate) reordered: u64,
    /// Receivers that got no packet at all since the mark.
    pub(crate) silent: usize,
    /// The steps of every join so far.
    pub(crate) joins: Vec<JoinTimes>,
}

enum Command {
    Add(Box<Joining>),
    Mark,
    Report(oneshot::Sender<Report>),
    Stop,
}

/// Handle to the thread.
pub(crate) struct Pool {
    commands: mpsc::Sender<Command>,
    thread: Option<JoinHandle<()>>,
    /// The thread's id, for its CPU time.
    pub(crate) tid: i32,
}

impl Pool {
    /// Starts the thread.
    pub(crate) fn start(identity: std::sync::Arc<Identity>, options: PoolOptions) -> Result<Self> {
        let (commands, queue) = mpsc::channel();
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let (tids, tid) = mpsc::channel();
        let thread = std::thread::Builder::new().name("receivers".to_owned()).spawn(move || {
            let _ = tids.send(gettid().as_raw());
            let now = clock::now();
            let mut turns = Loop {
                identity,
                options,
                epoll,
                queue,
                receivers: Vec::new(),
                joining: Vec::new(),
                tally: Tally::default(),
                slice: 0,
                next_slice: now,
                next_joining: now,
            };
            turns.run();
        })?;
        let tid = tid.recv().context("the receivers' thread has ended")?;
        Ok(Self { commands, thread: Some(thread), tid })
    }

    /// Takes an answered session in.
    pub(crate) fn add(&self, joining: Joining) {
        self.command(Command::Add(Box::new(joining)));
    }

    /// Starts counting anew.
    pub(crate) fn mark(&self) {
        self.command(Command::Mark);
    }

    /// The figures since the mark.
    pub(crate) async fn report(&self) -> Result<Report> {
        let (reply, report) = oneshot::channel();
        self.command(Command::Report(reply));
        report.await.context("the receivers' thread has ended")
    }

    fn command(&self, command: Command) {
        // The thread only ends on a command of this handle.
        let _ = self.commands.send(command);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.command(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Loop {
    identity: std::sync::Arc<Identity>,
    options: PoolOptions,
    epoll: Epoll,
    queue: mpsc::Receiver<Command>,
    receivers: Vec<Receiver>,
    joining: Vec<usize>,
    tally: Tally,
    slice: usize,
    next_slice: Instant,
    next_joining: Instant,
}

impl Loop {
    fn run(&mut self) {
        let mut events = vec![EpollEvent::empty(); EVENTS];
        let mut datagrams = Datagrams::new();
        let mut out = Vec::with_capacity(2048);
        loop {
            let count = self.epoll.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
            let now = clock::now();
            if count == 0 {
                clock::wait_until(now + LOOK_EVERY);
            }
            for event in &events[..count] {
                self.read(event.data() as usize, &mut datagrams, now);
            }
            while let Ok(command) = self.queue.try_recv() {
                match command {
                    Command::Add(joining) => self.add(*joining, now, &mut out),
                    Command::Mark => self.mark(),
                    Command::Report(reply) => {
                        let _ = reply.send(self.report());
                    }
                    Command::Stop => return,
                }
            }
            self.timers(now, &mut out);
        }
    }

    fn read(&mut self, index: usize, datagrams: &mut Datagrams, now: Instant) {
        let Some(receiver) = self.receivers.get_mut(index) else { return };
        let Some(mut incoming) = datagrams.read(receiver.socket()) else { return };
        self.tally.reads += 1;
        let stamp_ns = incoming.stamp_ns;
        let mut context =
            Context { identity: &self.identity, tally: &mut self.tally, sample: self.options.sample, now, stamp_ns };
        for datagram in incoming.each() {
            receiver.handle(datagram, &mut context);
        }
    }

    fn add(&mut self, joining: Joining, now: Instant, out: &mut Vec<u8>) {
        let mut receiver = Receiver::new(joining, now);
        let token = self.receivers.len() as u64;
        // Without memory for one more socket the join ends in its timeout.
        let _ = self.epoll.add(receiver.socket().as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, token));
        receiver.handle_timeout(now, clock::unix_ns(), out);
        self.joining.push(self.receivers.len());
        self.receivers.push(receiver);
    }

    fn timers(&mut self, now: Instant, out: &mut Vec<u8>) {
        if now >= self.next_joining {
            self.next_joining = now + JOINING_TURN;
            let now_ns = clock::unix_ns();
            let receivers = &mut self.receivers;
            self.joining.retain(|index| {
                let receiver = &mut receivers[*index];
                receiver.handle_timeout(now, now_ns, out);
                receiver.is_joining()
            });
        }
        if now >= self.next_slice {
            self.next_slice = now + ROUND / SLICES as u32;
            let now_ns = clock::unix_ns();
            for receiver in self.receivers.iter_mut().skip(self.slice).step_by(SLICES) {
                receiver.handle_timeout(now, now_ns, out);
            }
            self.slice = (self.slice + 1) % SLICES;
        }
    }

    fn mark(&mut self) {
        self.tally.mark();
        self.receivers.iter_mut().flat_map(|receiver| &mut receiver.streams).for_each(super::StreamCount::mark);
    }

    fn report(&mut self) -> Report {
        let mut report = Report { tally: self.tally.clone(), ..Report::default() };
        for receiver in &self.receivers {
            let mut expected = 0;
            for stream in &receiver.streams {
                expected += stream.expected();
                report.lost += stream.lost();
                report.duplicates += stream.duplicates;
                report.reordered += stream.reordered;
            }
            report.expected += expected;
            report.silent += usize::from(expected == 0);
            report.joins.push(receiver.times);
        }
        report
    }
}
