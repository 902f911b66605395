//! Writing an arena to the socket: runs of equal segment size share one `sendmmsg`.
//!
//! Segmentation offload is tried first and given up by itself where the kernel or the card refuses it.

use std::io::IoSlice;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use smallvec::SmallVec;

use crate::worker::{Arena, Run, Sent};

/// Messages of one call.
const CALL_MESSAGES: usize = 64;
/// Refusals of segmented messages whose datagrams then went through one by one, before offload is given up.
const GSO_REFUSALS: u32 = 3;
/// How long one flush may wait, in all, for a full socket buffer to drain. What does not fit then is dropped: an old
/// frame is worth less than the next one.
const FULL_WAIT_MS: u16 = 2;

/// One message of a call.
#[derive(Clone, Copy)]
struct Message {
    to: SocketAddr,
    start: usize,
    len: usize,
    segment: usize,
    rank: u16,
}

/// The sending half of one worker's socket.
pub(crate) struct Sender {
    plain: MultiHeaders<SockaddrStorage>,
    segmented: MultiHeaders<SockaddrStorage>,
    addresses: Vec<Option<SockaddrStorage>>,
    order: Vec<Message>,
    ipv6: bool,
    gso: bool,
    refusals: u32,
    pub(crate) sent: Sent,
    /// Counts without sending; benchmarks measure what comes before.
    pub(crate) muted: bool,
}

impl Sender {
    /// `gso`: whether to try segmentation offload.
    pub(crate) fn new(socket: &UdpSocket, gso: bool) -> std::io::Result<Self> {
        Ok(Self {
            plain: MultiHeaders::preallocate(CALL_MESSAGES, None),
            segmented: MultiHeaders::preallocate(CALL_MESSAGES, Some(cmsg_space!(u16))),
            addresses: Vec::with_capacity(CALL_MESSAGES),
            order: Vec::with_capacity(256),
            ipv6: socket.local_addr()?.is_ipv6(),
            gso,
            refusals: 0,
            sent: Sent::default(),
            muted: false,
        })
    }

    /// Whether segmentation offload is (still) in use.
    pub(crate) fn gso(&self) -> bool {
        self.gso
    }

    /// Sends everything in the arena and clears it.
    pub(crate) fn flush(&mut self, socket: &UdpSocket, arena: &mut Arena) {
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        for run in arena.runs() {
            if self.gso { order.push(message(run)) } else { order.extend(datagrams(&message(run))) }
        }
        // Runs of one destination keep their order (rank); those of different destinations may change places to
        // stand beside others of their segment size.
        order.sort_unstable_by_key(|message| (message.rank, message.segment, message.start));
        let mut wait = Some(FULL_WAIT_MS);
        let mut rest = &order[..];
        while let Some(first) = rest.first() {
            let alike = if self.gso {
                rest.iter().take_while(|message| message.segment == first.segment).count()
            } else {
                rest.len()
            };
            let (batch, after) = rest.split_at(alike.min(CALL_MESSAGES));
            self.send(socket, arena, batch, &mut wait);
            rest = after;
        }
        self.order = order;
        arena.clear();
    }

    /// Sends messages of one segment size; each is sent, or counted as dropped.
    fn send(&mut self, socket: &UdpSocket, arena: &Arena, mut batch: &[Message], wait: &mut Option<u16>) {
        if self.muted {
            return self.sent.datagrams += batch.iter().map(Message::datagrams).sum::<u64>();
        }
        while let Some(first) = batch.first() {
            let segmented = self.gso && batch.iter().any(|message| message.len > message.segment);
            self.sent.calls += 1;
            let error = match self.call(socket, arena, batch, segmented.then_some(first.segment)) {
                Ok(0) => Errno::EAGAIN,
                Ok(count) => {
                    let (done, rest) = batch.split_at(count.min(batch.len()));
                    self.sent.messages += done.len() as u64;
                    self.sent.datagrams += done.iter().map(Message::datagrams).sum::<u64>();
                    batch = rest;
                    continue;
                }
                Err(error) => error,
            };
            match error {
                Errno::EINTR => {}
                Errno::EAGAIN | Errno::ENOBUFS => {
                    if let Some(millis) = wait.take() {
                        let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
                        // A failed wait is a short one.
                        let _ = poll(&mut fds, PollTimeout::from(millis));
                        continue;
                    }
                    self.sent.full += batch.iter().map(Message::datagrams).sum::<u64>();
                    return;
                }
                _ if first.len > first.segment => {
                    self.one_by_one(socket, arena, first);
                    batch = &batch[1..];
                }
                _ => {
                    self.sent.failed += 1;
                    batch = &batch[1..];
                }
            }
        }
    }

    /// Sends the datagrams of a refused run by themselves. When they go through, offload was at fault.
    fn one_by_one(&mut self, socket: &UdpSocket, arena: &Arena, run: &Message) {
        let mut passed = false;
        for datagram in datagrams(run) {
            self.sent.calls += 1;
            match self.call(socket, arena, &[datagram], None) {
                Ok(1) => {
                    self.sent.messages += 1;
                    self.sent.datagrams += 1;
                    passed = true;
                }
                _ => self.sent.failed += 1,
            }
        }
        if passed {
            self.refusals += 1;
            if self.refusals == GSO_REFUSALS {
                tracing::info!("segmentation offload is refused here; sending datagrams one by one");
                self.gso = false;
            }
        }
    }

    fn call(
        &mut self,
        socket: &UdpSocket,
        arena: &Arena,
        batch: &[Message],
        segment: Option<usize>,
    ) -> nix::Result<usize> {
        self.addresses.clear();
        self.addresses.extend(batch.iter().map(|message| Some(to_storage(message.to, self.ipv6))));
        let slices: SmallVec<[[IoSlice<'_>; 1]; CALL_MESSAGES]> =
            batch.iter().map(|message| [IoSlice::new(arena.slice(message.start, message.len))]).collect();
        let segment = segment.map(|segment| segment as u16);
        let control = segment.as_ref().map(|segment| [ControlMessage::UdpGsoSegments(segment)]);
        let (headers, control) = match &control {
            Some(control) => (&mut self.segmented, &control[..]),
            None => (&mut self.plain, &[][..]),
        };
        let results =
            sendmmsg(socket.as_raw_fd(), headers, slices.iter(), &self.addresses, control, MsgFlags::MSG_DONTWAIT)?;
        Ok(results.count())
    }
}

impl Message {
    fn datagrams(&self) -> u64 {
        self.len.div_ceil(self.segment) as u64
    }
}

fn message(run: &Run) -> Message {
    Message { to: run.to, start: run.start, len: run.len, segment: run.segment, rank: run.rank }
}

/// The datagrams of a run as messages of their own.
fn datagrams(run: &Message) -> impl Iterator<Item = Message> + use<> {
    let run = *run;
    (0..run.len).step_by(run.segment).map(move |offset| {
        let len = run.segment.min(run.len - offset);
        Message { start: run.start + offset, len, ..run }
    })
}

fn to_storage(to: SocketAddr, ipv6: bool) -> SockaddrStorage {
    match to {
        SocketAddr::V4(v4) if ipv6 => SocketAddr::from((v4.ip().to_ipv6_mapped(), v4.port())).into(),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What a receiver gets of runs of mixed sizes, with and without offload, over IPv4 and a dual-stack socket.
    #[test]
    fn runs_arrive_as_the_datagrams_they_were_laid_from() {
        for (bind, gso) in [("127.0.0.1:0", true), ("127.0.0.1:0", false), ("[::]:0", true)] {
            let (sockets, _) = crate::shell::socket::open(bind.parse().unwrap(), 1).unwrap();
            let sinks: Vec<_> = (0..3).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
            let sizes = [1200, 1200, 1200, 700, 700, 1100, 30];
            let mut arena = Arena::new(1 << 20);
            for sink in &sinks {
                arena.begin_destination();
                for (n, size) in sizes.iter().enumerate() {
                    arena.room(*size).unwrap().fill(n as u8);
                    arena.commit(sink.local_addr().unwrap(), *size);
                }
            }
            let mut sender = Sender::new(&sockets[0], gso).unwrap();
            sender.flush(&sockets[0], &mut arena);
            assert_eq!(sender.sent.datagrams, 3 * sizes.len() as u64, "{bind} {gso}");
            assert!(arena.is_empty());
            for sink in &sinks {
                sink.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                for (n, size) in sizes.iter().enumerate() {
                    let mut buffer = [0; 2000];
                    assert_eq!(sink.recv(&mut buffer).unwrap(), *size);
                    assert!(buffer[..*size].iter().all(|byte| *byte == n as u8));
                }
            }
        }
    }

    #[test]
    fn a_destination_that_cannot_be_reached_costs_only_its_own() {
        let (sockets, _) = crate::shell::socket::open("127.0.0.1:0".parse().unwrap(), 1).unwrap();
        let sink = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut arena = Arena::new(1 << 16);
        for to in ["0.0.0.1:9".parse().unwrap(), sink.local_addr().unwrap()] {
            arena.begin_destination();
            for _ in 0..2 {
                arena.room(100).unwrap().fill(1);
                arena.commit(to, 100);
            }
        }
        let mut sender = Sender::new(&sockets[0], true).unwrap();
        sender.flush(&sockets[0], &mut arena);
        assert_eq!((sender.sent.datagrams, sender.sent.failed), (2, 2));
        assert!(sender.gso());
    }
}
