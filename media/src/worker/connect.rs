//! Handshakes: a few per turn, so that a burst of joins delays no frame.

use std::time::Instant;

use super::Core;
use super::egress::Egress;
use super::line::Line;
use super::peer::Role;
use crate::engine::{CloseReason, MediaEvent};
use crate::peer::Step;
use crate::srtp::{Sealer, SrtpKeys};

impl Core {
    /// Advances handshakes whose datagrams wait, as many as a turn may cost.
    pub(super) fn advance_handshakes(&mut self, now: Instant) {
        for _ in 0..self.config.limits.handshakes_per_turn {
            let Some((index, datagram)) = self.joining.pop_front() else { return };
            self.contained(now, |core| {
                core.current = Some(index);
                let max_ssrcs = core.config.limits.max_ssrcs_per_peer;
                let Some(peer) = core.peers.get_mut(index) else { return };
                let step = peer.transport.handle_dtls(&datagram, max_ssrcs, now);
                core.handshake_step(index, step, now);
            });
        }
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
        // Loss reports alone say too little about a line: without transport-wide feedback a receiver gets what there is.
        if let Role::Receiver(slots) = &peer.role
            && slots
                .iter()
                .any(|slot| slot.media.extensions.twcc.is_some() && slot.media.codecs.iter().any(|codec| codec.twcc))
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
