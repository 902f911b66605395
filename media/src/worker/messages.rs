//! What other workers say.

use std::sync::Arc;
use std::time::Instant;

use super::Core;
use super::demand::Demand;
use super::track::TrackMedia;
use crate::exchange::{Batch, Message, TrackFacts};
use crate::slot::{PeerId, UpTrackId};
use crate::track::Source;

/// Messages of one turn; the rest waits for the next.
const MESSAGES_PER_TURN: usize = 1024;

impl Core {
    /// Handles what waits in the rings. Media is forwarded by the following [`Core::poll_round`]s.
    pub(crate) fn receive_messages(&mut self, now: Instant) {
        for left in (0..MESSAGES_PER_TURN).rev() {
            let Some(message) = self.port.receive() else { break };
            self.timers.messages_waiting = left == 0;
            self.contained(now, |core| core.message(message, now));
        }
        self.settle(now);
    }

    fn message(&mut self, message: Message, now: Instant) {
        match message {
            Message::Adopted { peer } => self.publisher_appeared(peer),
            Message::Gone { peer } => self.publisher_gone(peer),
            Message::Subscribe { track, worker } => self.subscribed(track, worker),
            Message::Unsubscribe { track, worker } => {
                if let Some(track) = self.by_track.get(&track).and_then(|index| self.tracks.get_mut(*index)) {
                    track.subscribers.retain(|known| *known != worker);
                    track.demand.unsubscribed(worker);
                }
            }
            Message::Snapshot { track, source, facts } => self.snapshot(track, &source, *facts, now),
            Message::Batch(batch) => self.batch(&batch, now),
            Message::Change { track, change } => {
                if let Some(track) = self.by_track.get(&track).and_then(|index| self.tracks.get_mut(*index))
                    && let TrackMedia::Replica(source) = &mut track.media
                {
                    source.apply(&change);
                }
            }
            Message::Reset { track } => {
                if let Some(&index) = self.by_track.get(&track) {
                    self.restart_track(index, None, now);
                }
            }
            Message::RequestKeyframe { track, layer } => {
                if let Some(&index) = self.by_track.get(&track)
                    && matches!(self.tracks.get(index).map(|track| &track.media), Some(TrackMedia::Own { .. }))
                {
                    self.request_keyframe(index, layer, now);
                }
            }
            Message::Demand { track, worker, layers } => {
                if let Some(&index) = self.by_track.get(&track) {
                    self.demanded(index, worker, layers, now);
                }
            }
            Message::Withheld { track, layers } => {
                if let Some(track) = self.by_track.get(&track).and_then(|index| self.tracks.get_mut(*index)) {
                    track.demand.set_withheld(layers);
                }
            }
            Message::Datagram { from, bytes } => {
                let mut datagram = bytes.to_vec();
                self.datagram(&mut datagram, from, false, now);
            }
            Message::Address { address, owner } => self.addresses.announce(address, owner),
        }
    }

    /// Subscribes to the tracks of a publisher that were waited for.
    fn publisher_appeared(&mut self, peer: PeerId) {
        let awaited: Vec<UpTrackId> = self
            .tracks
            .iter()
            .filter(|(_, track)| track.id.peer == peer && matches!(track.media, TrackMedia::Awaited))
            .map(|(_, track)| track.id)
            .collect();
        for track in awaited {
            self.port.broadcast(&Message::Subscribe { track, worker: self.port.worker() });
        }
    }

    fn publisher_gone(&mut self, peer: PeerId) {
        let gone: Vec<u32> = self
            .tracks
            .iter()
            .filter(|(_, track)| track.id.peer == peer && !matches!(track.media, TrackMedia::Own { .. }))
            .map(|(index, _)| index)
            .collect();
        for index in gone {
            self.remove_track(index);
        }
    }

    fn subscribed(&mut self, id: UpTrackId, worker: usize) {
        let Some(track) = self.by_track.get(&id).and_then(|index| self.tracks.get_mut(*index)) else { return };
        let TrackMedia::Own { up, .. } = &track.media else { return };
        if !track.subscribers.contains(&worker) {
            track.subscribers.push(worker);
        }
        track.demand.subscribed(worker);
        // What is fresh and not yet exchanged follows as a batch; replicas drop what they have already.
        let source = Arc::new(up.source().clone());
        let facts =
            TrackFacts { content: track.content, meter: track.meter.clone(), withheld: track.demand.withheld() };
        self.port.send(worker, Message::Snapshot { track: id, source, facts: Box::new(facts) });
    }

    fn snapshot(&mut self, id: UpTrackId, source: &Source, facts: TrackFacts, now: Instant) {
        let Some(&index) = self.by_track.get(&id) else {
            return self.port.broadcast(&Message::Unsubscribe { track: id, worker: self.port.worker() });
        };
        let Some(track) = self.tracks.get_mut(index) else { return };
        if matches!(track.media, TrackMedia::Own { .. }) {
            return;
        }
        track.media = TrackMedia::Replica(Box::new(source.clone()));
        (track.content, track.meter) = (facts.content, facts.meter);
        track.demand = Demand::default();
        track.demand.set_withheld(facts.withheld);
        for down in track.fanout.clone() {
            self.start_down(down, now);
        }
    }

    fn batch(&mut self, batch: &Batch, now: Instant) {
        let Some(&index) = self.by_track.get(&batch.track) else { return };
        let Some(track) = self.tracks.get_mut(index) else { return };
        let TrackMedia::Replica(source) = &mut track.media else { return };
        for packet in &batch.packets {
            source.push(packet);
        }
        for packet in &batch.packets {
            self.freshen(index, packet.clone(), now);
        }
    }
}
