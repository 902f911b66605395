//! Handshakes: they take turns with the media, so that a burst of joins delays no frame.

use std::time::Instant;

use super::Core;
use super::egress::Egress;
use super::line::Line;
use super::peer::Role;
use crate::codec::MediaKind;
use crate::engine::{CloseReason, MediaEvent};
use crate::peer::{Queued, Step};
use crate::srtp::{Sealer, SrtpKeys};

impl Core {
    /// Keeps a handshake datagram until its turn: it costs as much as hundreds of packets. Repeats of what is waiting
    /// are dropped, or they would make the wait longer that brought them about.
    pub(super) fn queue_handshake(&mut self, index: u32, datagram: &[u8]) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let has_begun = peer.transport.has_begun();
        match peer.transport.queue_dtls(datagram) {
            Queued::First => self.joining.push(index, has_begun),
            Queued::Behind | Queued::Repeat => {}
            Queued::Full => self.drops().dtls += 1,
        }
    }

    /// Handles the next handshake datagram; false when none waits. The shell calls it as often as a turn allows.
    pub(crate) fn advance_handshake(&mut self, now: Instant) -> bool {
        let Some(index) = self.joining.pop() else { return false };
        self.contained(now, |core| {
            core.current = Some(index);
            let max_ssrcs = core.config.limits.max_ssrcs_per_peer;
            let Some(peer) = core.peers.get_mut(index) else { return };
            let Some(datagram) = peer.transport.next_dtls() else { return };
            let step = peer.transport.handle_dtls(&datagram, max_ssrcs, now);
            core.handshake_step(index, step, now);
            if core.peers.get(index).is_some_and(|peer| peer.transport.has_waiting()) {
                core.joining.push(index, true);
            }
        });
        true
    }

    /// Lets the retransmission timers of unfinished handshakes run.
    pub(super) fn handshake_timers(&mut self, now: Instant) {
        for at in (0..self.timers.joining.len()).rev() {
            let index = self.timers.joining[at];
            let Some(peer) = self.peers.get(index).filter(|peer| peer.transport.has_timers()) else {
                self.timers.joining.swap_remove(at);
                continue;
            };
            if !peer.transport.is_connected()
                && now.saturating_duration_since(peer.transport.since) > self.config.limits.connect_timeout
            {
                self.timers.joining.swap_remove(at);
                self.close_peer(index, CloseReason::HandshakeFailed, now);
                continue;
            }
            self.contained(now, |core| {
                core.current = Some(index);
                let max_ssrcs = core.config.limits.max_ssrcs_per_peer;
                let Some(peer) = core.peers.get_mut(index) else { return };
                let step = peer.transport.handle_timeout(max_ssrcs, now);
                core.handshake_step(index, step, now);
            });
        }
    }

    fn handshake_step(&mut self, index: u32, step: Step, now: Instant) {
        self.send_handshake(index);
        match step {
            Step::Waiting => {}
            Step::Connected(keys) => self.connected(index, &keys, now),
            Step::Ended(reason) => self.close_peer(index, reason, now),
        }
    }

    /// Moves the transport's datagrams to the outbox.
    pub(super) fn send_handshake(&mut self, index: u32) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let to = peer.transport.address();
        while let Some(datagram) = peer.transport.poll_transmit() {
            self.outbox.push(to, &datagram);
        }
    }

    pub(super) fn connected(&mut self, index: u32, keys: &SrtpKeys, now: Instant) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let sealer = Sealer::new(keys.profile, &keys.local);
        let mut egress = Egress::new(peer.transport.address(), sealer);
        // Without transport-wide feedback the receiver's reports have to do: until they tell of loss, or its own
        // estimate names a rate, it gets what there is.
        if let Role::Receiver(slots) = &peer.role
            && slots.iter().any(|slot| slot.media.slot.kind == MediaKind::Video)
        {
            egress.line = Some(Box::new(Line::new(now)));
        }
        self.egress[index as usize] = Some(egress);
        peer.report_due = now;
        let id = peer.id;
        if matches!(peer.role, Role::Receiver(_)) {
            self.timers.start(index, now);
        }
        self.emit(MediaEvent::PeerConnected { peer: id });
    }
}
