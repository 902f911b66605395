//! After a read: fresh packets go to the other workers and to taps at once, and to receivers when their frame is
//! complete or has waited long enough.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Core;
use super::track::TrackMedia;
use crate::codec::MediaKind;
use crate::engine::MediaEvent;
use crate::exchange::{Batch, Message};
use crate::rtp::Packet;
use crate::track::SourceChange;

/// How long packets wait for the rest of their frame, so that one run carries them. Publishers pace a frame over
/// some milliseconds; a run of nine packets costs a receiver a third of nine sends.
const FRAME_WAIT: Duration = Duration::from_millis(3);
/// With fewer receivers than this nothing is gained by waiting.
const WAIT_RECEIVERS: usize = 8;
/// Packets after which a frame waits no longer.
const FRAME_PACKETS: usize = 32;
/// Bytes a receiver gets with each payload: header, tag.
const OVERHEAD: usize = 40;
/// Packets that may wait for a fan-out; a worker that is that far behind has lost the race.
const MAX_FRESH: usize = 4096;

impl Core {
    /// Notes a packet for everybody who wants its track.
    pub(super) fn freshen(&mut self, index: u32, packet: Arc<Packet>, now: Instant) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        track.heard = Some(now);
        // Sound goes to most with its redundancy.
        let body = packet.red.as_ref().unwrap_or(&packet.payload);
        track.meter.count(packet.layer, body.len() + OVERHEAD);
        if track.fresh.len() < MAX_FRESH {
            track.fresh.push(packet);
        } else {
            self.stats.drops.backlog_full += 1;
        }
        self.rounds.mark(index);
    }

    /// Shares what the last read or the last messages brought.
    pub(super) fn settle(&mut self, now: Instant) {
        for at in 0..self.rounds.marked().len() {
            let index = self.rounds.marked()[at];
            self.contained(now, |core| core.settle_track(index, now));
        }
        let tracks = &self.tracks;
        self.rounds
            .retain(|index| tracks.get(index).is_some_and(|track| track.is_sending() || !track.fresh.is_empty()));
    }

    fn settle_track(&mut self, index: u32, now: Instant) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        track.meter.turn(track.content, now);
        let fresh = &track.fresh[track.exchanged.min(track.fresh.len())..];
        if let (Some(last), false) = (fresh.last(), track.fanout.is_empty()) {
            let whole = last.marker || track.fresh.len() >= FRAME_PACKETS;
            let sound = matches!(track.source().map(|source| source.kind()), Some(MediaKind::Audio));
            let wait = if whole || sound || track.fanout.len() < WAIT_RECEIVERS { Duration::ZERO } else { FRAME_WAIT };
            let due = now + wait;
            track.due = Some(track.due.map_or(due, |known| known.min(due)));
        }
        let Some(track) = self.tracks.get_mut(index) else { return };
        if !track.subscribers.is_empty() && track.exchanged < track.fresh.len() {
            let packets = track.fresh[track.exchanged..].to_vec();
            let batch = Arc::new(Batch { track: track.id, packets });
            for worker in track.subscribers.clone() {
                self.port.send(worker, Message::Batch(batch.clone()));
            }
        }
        let Some(track) = self.tracks.get_mut(index) else { return };
        track.exchanged = track.fresh.len();
        if track.fanout.is_empty() {
            track.forget_fresh();
        }
        let news = !track.reported_active && matches!(track.media, TrackMedia::Own { .. });
        if news {
            track.reported_active = true;
            let id = track.id;
            self.emit(MediaEvent::TrackActive { track: id, active: true });
        }
        self.share_changes(index);
        self.advance_taps(index, now);
        if let Some(track) = self.tracks.get(index)
            && let TrackMedia::Own { peer, up } = &track.media
            && up.poll_timeout().is_some_and(|due| due <= now)
        {
            let peer = *peer;
            self.publisher_poll(peer, now);
        }
    }

    /// Passes changes of an own track on to its replicas and its taps.
    pub(super) fn share_changes(&mut self, index: u32) {
        while let Some(track) = self.tracks.get_mut(index)
            && let TrackMedia::Own { up, .. } = &mut track.media
            && let Some(change) = up.poll_change()
        {
            for worker in track.subscribers.clone() {
                self.port.send(worker, Message::Change { track: track.id, change });
            }
            if let SourceChange::Clock { layer, .. } = change {
                for tap in &mut track.taps {
                    self.stats.drops.tap_full += tap.clock(up.source(), layer);
                }
            }
        }
    }

    /// Lets the taps of a track read on.
    pub(super) fn advance_taps(&mut self, index: u32, now: Instant) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        if track.taps.is_empty() {
            return;
        }
        let mut keyframes = 0_u8;
        let mut taps = std::mem::take(&mut track.taps);
        taps.retain(|tap| !tap.is_closed());
        if let Some(source) = track.source() {
            for tap in &mut taps {
                let (dropped, keyframe) = tap.advance(source, now);
                self.stats.drops.tap_full += dropped;
                keyframes |= keyframe.map_or(0, |layer| 1 << layer);
            }
        }
        if let Some(track) = self.tracks.get_mut(index) {
            track.taps = taps;
        }
        for layer in (0..8).filter(|layer| keyframes >> layer & 1 == 1) {
            self.request_keyframe(index, layer, now);
        }
    }
}
