//! The way to one peer: connectivity checks, handshake, keys.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use smallvec::SmallVec;

use crate::dtls::{Certificate, DtlsEvent, DtlsServer};
use crate::engine::CloseReason;
use crate::ice::{IceLite, IceOutcome};
use crate::sdp::Fingerprint;
use crate::srtp::{Opener, SrtpKeys};

/// ICE, DTLS and the opening half of SRTP of one peer. The sealing half lives beside the fan-out.
pub(crate) struct Transport {
    pub(crate) ice: IceLite,
    dtls: DtlsServer,
    pub(crate) opener: Option<Opener>,
    /// Addresses that the worker's address map leads to this peer.
    pub(crate) addresses: SmallVec<[SocketAddr; 4]>,
    /// Where the peer was last proved to be, for handshakes before the nomination.
    heard_from: SocketAddr,
    /// When the worker adopted the peer.
    pub(crate) since: Instant,
    connected: bool,
    /// Handshake datagrams that wait for their turn.
    waiting: VecDeque<Vec<u8>>,
}

/// Handshake datagrams of one peer that may wait; a flight in the smallest fragments anybody sends has fewer.
const MAX_WAITING: usize = 16;

/// What became of a handshake datagram that has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queued {
    /// It is the only one of this peer.
    First,
    /// Others of this peer are before it.
    Behind,
    /// The same one waits already; it was dropped.
    Repeat,
    /// Too many wait; it was dropped.
    Full,
}

/// What a step of the handshake came to.
pub(crate) enum Step {
    /// Nothing to tell.
    Waiting,
    /// The keys are there.
    Connected(SrtpKeys),
    /// The session is over.
    Ended(CloseReason),
}

impl Transport {
    /// A transport whose agent has just proved `heard_from`.
    pub(crate) fn new(
        ice: IceLite,
        certificate: &Arc<Certificate>,
        expected: Fingerprint,
        heard_from: SocketAddr,
        now: Instant,
    ) -> Self {
        Self {
            ice,
            dtls: DtlsServer::new(certificate, expected, now),
            opener: None,
            addresses: SmallVec::new(),
            heard_from,
            since: now,
            connected: false,
            waiting: VecDeque::new(),
        }
    }

    /// Where everything for this peer goes.
    pub(crate) fn address(&self) -> SocketAddr {
        self.ice.nominated().unwrap_or(self.heard_from)
    }

    /// Whether the handshake's own timers may still have something to do.
    pub(crate) fn has_timers(&self) -> bool {
        self.dtls.poll_timeout().is_some()
    }

    /// Whether the handshake is done.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    /// Handles a STUN datagram; `out` holds the reply when the answer is true.
    pub(crate) fn handle_stun(&mut self, datagram: &[u8], from: SocketAddr, now: Instant, out: &mut Vec<u8>) -> bool {
        match self.ice.handle(datagram, from, now, out) {
            IceOutcome::Drop(_) => false,
            IceOutcome::Reply { .. } => {
                self.heard_from = from;
                true
            }
        }
    }

    /// Whether this end has answered a hello.
    pub(crate) fn has_begun(&self) -> bool {
        self.dtls.has_begun()
    }

    /// Keeps a DTLS datagram until its turn.
    pub(crate) fn queue_dtls(&mut self, datagram: &[u8]) -> Queued {
        if self.waiting.len() >= MAX_WAITING {
            return Queued::Full;
        }
        if self.waiting.iter().any(|waiting| waiting == datagram) {
            return Queued::Repeat;
        }
        self.waiting.push_back(datagram.to_vec());
        if self.waiting.len() == 1 { Queued::First } else { Queued::Behind }
    }

    /// The DTLS datagram whose turn it is.
    pub(crate) fn next_dtls(&mut self) -> Option<Vec<u8>> {
        self.waiting.pop_front()
    }

    /// Whether another one waits.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Feeds a DTLS datagram from a proved address.
    pub(crate) fn handle_dtls(&mut self, datagram: &[u8], max_ssrcs: usize, now: Instant) -> Step {
        if self.dtls.handle(datagram, now).is_err() {
            return self.failed();
        }
        self.step(max_ssrcs)
    }

    /// Lets the handshake's timers run.
    pub(crate) fn handle_timeout(&mut self, max_ssrcs: usize, now: Instant) -> Step {
        if self.dtls.poll_timeout().is_none_or(|due| due > now) {
            return Step::Waiting;
        }
        if self.dtls.handle_timeout(now).is_err() {
            return self.failed();
        }
        self.step(max_ssrcs)
    }

    /// The next DTLS datagram to send.
    pub(crate) fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.dtls.poll_transmit()
    }

    /// Says goodbye.
    pub(crate) fn close(&mut self, now: Instant) {
        self.dtls.close(now);
    }

    fn step(&mut self, max_ssrcs: usize) -> Step {
        match self.dtls.poll_event() {
            Some(DtlsEvent::Connected(keys)) => {
                self.opener = Some(Opener::new(keys.profile, &keys.remote, max_ssrcs));
                self.connected = true;
                Step::Connected(keys)
            }
            Some(DtlsEvent::Closed) => Step::Ended(CloseReason::Remote),
            None => Step::Waiting,
        }
    }

    fn failed(&self) -> Step {
        Step::Ended(if self.connected { CloseReason::Remote } else { CloseReason::HandshakeFailed })
    }
}
