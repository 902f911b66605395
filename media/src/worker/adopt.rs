//! Connectivity checks: adopting pending peers and following those that move.

use std::net::SocketAddr;
use std::time::Instant;

use super::Core;
use super::bucket::Bucket;
use super::peer::{Peer, Role};
use super::slots::SlotState;
use crate::directory::Claim;
use crate::exchange::Message;
use crate::ice::{IceOutcome, username_local_ufrag};
use crate::peer::{PeerSpec, RoleSpec, Transport};

/// Addresses of one peer that lead to it; more than ICE tries at once.
const PEER_ADDRESSES: usize = 8;

impl Core {
    /// Handles a STUN datagram, from an address known or not.
    pub(super) fn check(&mut self, datagram: &[u8], from: SocketAddr, own: bool, now: Instant) {
        let Some(ufrag) = username_local_ufrag(datagram) else { return self.drops().stun_invalid += 1 };
        if let Some(&index) = self.addresses.by_ufrag.get(ufrag) {
            return self.check_of(index, datagram, from, own, now);
        }
        let mut reply = std::mem::take(&mut self.scratch);
        let claim = self.directory().claim(ufrag, self.worker(), |spec| {
            matches!(spec.ice.handle(datagram, from, now, &mut reply), IceOutcome::Reply { .. })
        });
        match claim {
            Claim::Adopted(spec) => {
                let index = self.adopt(*spec, from, now);
                self.learn(index, from, own);
                self.outbox.push(from, &reply);
            }
            Claim::Owner(owner) if own && owner != self.worker() => self.hand_over(owner, datagram, from),
            Claim::Owner(_) | Claim::Unknown => self.drops().stun_unknown_user += 1,
        }
        self.scratch = reply;
    }

    fn check_of(&mut self, index: u32, datagram: &[u8], from: SocketAddr, own: bool, now: Instant) {
        self.current = Some(index);
        let Some(peer) = self.peers.get_mut(index) else { return };
        let mut reply = std::mem::take(&mut self.scratch);
        let before = peer.transport.ice.nominated();
        if peer.transport.handle_stun(datagram, from, now, &mut reply) {
            let moved = before.is_some() && peer.transport.ice.nominated() != before;
            self.learn(index, from, own);
            self.outbox.push(from, &reply);
            if moved {
                self.pictures_lost(index, now);
            }
        } else {
            self.drops().stun_invalid += 1;
        }
        self.scratch = reply;
    }

    /// Leads datagrams from a proved address to the peer, and media to where the peer now is.
    pub(super) fn learn(&mut self, index: u32, from: SocketAddr, own: bool) {
        self.send_to_peers_address(index);
        let Some(peer) = self.peers.get_mut(index) else { return };
        let mut announced = Vec::new();
        if self.addresses.by_address.get(&from) != Some(&index) {
            peer.transport.addresses.push(from);
            while peer.transport.addresses.len() > PEER_ADDRESSES {
                let oldest = peer.transport.addresses.remove(0);
                self.addresses.by_address.remove(&oldest);
                announced.push((oldest, None));
            }
            // Whoever had this address before has lost it: this check is newer and authenticated.
            if let Some(old) = self.addresses.by_address.insert(from, index)
                && let Some(old) = self.peers.get_mut(old)
            {
                old.transport.addresses.retain(|address| *address != from);
            }
        }
        if !own {
            announced.push((from, Some(self.port.worker())));
        }
        for (address, owner) in announced {
            self.port.broadcast(&Message::Address { address, owner });
        }
    }

    /// Follows a peer that has moved without saying so in a check.
    pub(super) fn follow(&mut self, index: u32, now: Instant) {
        if self.peers.get_mut(index).is_some_and(|peer| peer.transport.ice.follow(now).is_some()) {
            self.send_to_peers_address(index);
            // What went to the old address is lost, and too much to repair.
            self.pictures_lost(index, now);
        }
    }

    /// Sends the peer's media to where the peer now is.
    pub(super) fn send_to_peers_address(&mut self, index: u32) {
        let Some(peer) = self.peers.get(index) else { return };
        if let Some(egress) = self.egress.get_mut(index as usize).and_then(Option::as_mut) {
            egress.to = peer.transport.address();
        }
    }

    /// Makes a pending peer this worker's own.
    pub(super) fn adopt(&mut self, spec: PeerSpec, from: SocketAddr, now: Instant) -> u32 {
        let ufrags: Vec<String> = spec.ice.local_ufrags().map(str::to_owned).collect();
        let id = spec.id;
        let transport = Transport::new(spec.ice, &self.config.certificate, spec.fingerprint, from, now);
        let index = self.peers.insert(Peer {
            id,
            label: spec.label,
            transport,
            role: Role::Receiver(Vec::new()),
            ingress: Bucket::new(self.config.limits.ingress_bytes_per_second, now),
            packets_in: 0,
            bytes_in: 0,
            round_trip: None,
            report_due: now,
        });
        if self.egress.len() <= index as usize {
            self.egress.resize_with(index as usize + 1, || None);
        }
        for ufrag in ufrags {
            self.addresses.by_ufrag.insert(ufrag, index);
        }
        self.addresses.by_id.insert(id, index);
        self.timers.joined(index);
        let role = match spec.role {
            RoleSpec::Publish { media, gate, content, taps } => {
                self.timers.publishes(index);
                let publisher = self.make_publisher(id, index, media, (gate, content), taps, now);
                self.port.broadcast(&Message::Adopted { peer: id });
                Role::Publisher(Box::new(publisher))
            }
            RoleSpec::Receive { media, slots } => {
                Role::Receiver(media.into_iter().map(|media| SlotState::new(media, &slots)).collect())
            }
        };
        if let Some(peer) = self.peers.get_mut(index) {
            peer.role = role;
        }
        index
    }
}
