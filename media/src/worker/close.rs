//! The end of a peer, whoever wanted it.

use std::time::Instant;

use super::Core;
use super::peer::Role;
use crate::engine::{CloseReason, MediaEvent};
use crate::exchange::Message;

impl Core {
    /// Ends a peer: tells it, its taps, the receivers of its tracks and the owner of the engine, and forgets it.
    pub(super) fn close_peer(&mut self, index: u32, reason: CloseReason, now: Instant) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let id = peer.id;
        if reason != CloseReason::Internal {
            peer.transport.close(now);
            self.send_handshake(index);
        }
        let Some(peer) = self.peers.get_mut(index) else { return };
        match std::mem::replace(&mut peer.role, Role::Receiver(Vec::new())) {
            Role::Publisher(publisher) => {
                for track in publisher.all_tracks() {
                    self.remove_track(track);
                }
                self.port.broadcast(&Message::Gone { peer: id });
            }
            Role::Receiver(slots) => {
                for slot in slots {
                    self.empty_slot(slot);
                }
            }
        }
        let Some(peer) = self.peers.remove(index) else { return };
        self.egress[index as usize] = None;
        for address in &peer.transport.addresses {
            self.addresses.by_address.remove(address);
            self.port.broadcast(&Message::Address { address: *address, owner: None });
        }
        self.addresses.by_ufrag.retain(|_, owner| *owner != index);
        self.addresses.by_id.remove(&id);
        self.joining.forget(index);
        self.timers.left(index);
        self.directory().remove(id);
        self.emit(MediaEvent::PeerClosed { peer: id, reason });
    }

    /// Ends everything.
    pub(super) fn shut_down(&mut self, now: Instant) {
        for index in 0..self.peers.bound() {
            self.close_peer(index, CloseReason::Requested, now);
        }
        self.ended = true;
    }
}
