//! From a read to the right peer: classification and the source check (RFC 7983).
//!
//! Only STUN is looked at from addresses nobody has proved; DTLS and SRTP are taken from an address that passed an
//! authenticated check and from nowhere else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::peer::Role;
use super::{Core, ReadBatch};
use crate::exchange::Message;
use crate::ice::{DatagramKind, classify};
use crate::srtp::OpenError;

impl Core {
    /// Handles what one read brought. Media is forwarded by the following [`Core::poll_round`]s.
    pub(crate) fn receive(&mut self, batch: &mut ReadBatch<'_>, now: Instant) {
        self.stats.datagrams_in += batch.len() as u64;
        for (from, datagram) in batch.datagrams() {
            self.contained(now, |core| core.datagram(datagram, from, true, now));
        }
        self.settle(now);
    }

    /// Handles one datagram. `own`: it came from this worker's socket and may be handed over.
    pub(super) fn datagram(&mut self, datagram: &mut [u8], from: SocketAddr, own: bool, now: Instant) {
        let kind = classify(datagram);
        match kind {
            DatagramKind::Unknown => self.drops().unknown_kind += 1,
            DatagramKind::Stun => self.check(datagram, from, own, now),
            DatagramKind::Dtls | DatagramKind::Rtp | DatagramKind::Rtcp => match self.addresses.by_address.get(&from) {
                Some(&index) => self.peer_datagram(index, kind, datagram, from, now),
                None => match self.addresses.foreign(&from).filter(|_| own) {
                    Some(owner) => self.hand_over(owner, datagram, from),
                    None => self.drops().unknown_source += 1,
                },
            },
        }
    }

    pub(super) fn hand_over(&mut self, owner: usize, datagram: &[u8], from: SocketAddr) {
        self.stats.handed_over += 1;
        self.port.send(owner, Message::Datagram { from, bytes: Arc::from(datagram) });
    }

    fn peer_datagram(&mut self, index: u32, kind: DatagramKind, datagram: &mut [u8], from: SocketAddr, now: Instant) {
        self.current = Some(index);
        let Some(peer) = self.peers.get_mut(index) else { return };
        if !peer.transport.ice.is_proved(from) {
            self.stats.drops.unknown_source += 1;
            return;
        }
        peer.packets_in += 1;
        peer.bytes_in += datagram.len() as u64;
        if !peer.ingress.take(datagram.len(), now) {
            self.stats.drops.ingress_rate += 1;
            return;
        }
        if kind == DatagramKind::Dtls {
            return self.queue_handshake(index, datagram);
        }
        let Some(opener) = peer.transport.opener.as_mut() else {
            self.stats.drops.before_keys += 1;
            return;
        };
        let opened = match kind {
            DatagramKind::Rtp => opener.open_rtp(datagram),
            _ => opener.open_rtcp(datagram),
        };
        let plain = match opened {
            Ok(len) => &datagram[..len],
            Err(OpenError::Replayed) => return self.drops().srtp_replay += 1,
            Err(OpenError::TooManySsrcs) => return self.drops().rtp_undeclared += 1,
            Err(_) => return self.drops().srtp_invalid += 1,
        };
        peer.transport.ice.heard_from(from, now);
        let publishes = matches!(peer.role, Role::Publisher(_));
        match (kind, publishes) {
            (DatagramKind::Rtp, true) => self.publish(index, plain, now),
            // A receiver has declared no stream of its own.
            (DatagramKind::Rtp, false) => self.drops().rtp_undeclared += 1,
            (_, true) => self.publisher_feedback(index, plain, now),
            (_, false) => self.receiver_feedback(index, plain, now),
        }
    }
}
