//! A track as one worker sees it: its source, and everybody on this worker who wants its packets.

use std::sync::Arc;
use std::time::Instant;

use smallvec::SmallVec;
use tokio::sync::mpsc;

use super::Core;
use super::demand::{Demand, available};
use super::tap::Tap;
use crate::codec::MediaKind;
use crate::engine::{MediaEvent, TapItem};
use crate::estimate::{Content, LayerMeter};
use crate::exchange::Message;
use crate::rtp::{LayerIndex, Packet};
use crate::slot::UpTrackId;
use crate::track::{Source, UpTrack};

/// Where the packets of a track come from.
pub(crate) enum TrackMedia {
    /// Nobody has published it yet, or its owner has not answered yet.
    Awaited,
    /// A peer of this worker publishes it.
    Own {
        /// The publisher's peer index.
        peer: u32,
        up: Box<UpTrack>,
    },
    /// Another worker owns it and sends batches.
    Replica(Box<Source>),
}

/// One track.
pub(crate) struct Track {
    pub(crate) id: UpTrackId,
    pub(crate) media: TrackMedia,
    /// Down-tracks it is shown on.
    pub(crate) fanout: Vec<u32>,
    pub(crate) taps: Vec<Tap>,
    /// Other workers that serve receivers of it.
    pub(crate) subscribers: SmallVec<[usize; 8]>,
    /// Packets that no receiver of this worker has been sent yet.
    pub(crate) fresh: Vec<Arc<Packet>>,
    /// The batch being sent, what its payloads are padded to, and how many of `fanout` have been looked at for it.
    pub(crate) sending: Vec<Arc<Packet>>,
    pub(crate) targets: Vec<u16>,
    pub(crate) sent_to: usize,
    /// Batches in a row that began late.
    pub(crate) late_batches: u8,
    /// When the fresh ones have to go out at the latest.
    pub(crate) due: Option<Instant>,
    /// How many of `fresh` the other workers and the taps have been given.
    pub(crate) exchanged: usize,
    /// Whether the owner of the engine was told that packets come.
    pub(crate) reported_active: bool,
    /// What the owner of the engine was told of its voice, and when.
    pub(crate) voice: Option<(u8, Instant)>,
    /// When the last packet came.
    pub(crate) heard: Option<Instant>,
    /// What it shows.
    pub(crate) content: Content,
    /// What its layers cost a receiver.
    pub(crate) meter: LayerMeter,
    /// Which of them anybody takes.
    pub(crate) demand: Demand,
}

impl Track {
    pub(crate) fn new(id: UpTrackId, media: TrackMedia) -> Self {
        Self {
            id,
            media,
            fanout: Vec::new(),
            taps: Vec::new(),
            subscribers: SmallVec::new(),
            fresh: Vec::new(),
            sending: Vec::new(),
            targets: Vec::new(),
            sent_to: 0,
            late_batches: 0,
            due: None,
            exchanged: 0,
            reported_active: false,
            voice: None,
            heard: None,
            content: Content::Camera,
            meter: LayerMeter::default(),
            demand: Demand::default(),
        }
    }

    /// The source, when there is one yet.
    pub(crate) fn source(&self) -> Option<&Source> {
        match &self.media {
            TrackMedia::Awaited => None,
            TrackMedia::Own { up, .. } => Some(up.source()),
            TrackMedia::Replica(source) => Some(source),
        }
    }

    /// Sound or picture, once that is known.
    pub(crate) fn kind(&self) -> Option<MediaKind> {
        self.source().map(Source::kind)
    }

    /// Whether a batch is on its way.
    pub(crate) fn is_sending(&self) -> bool {
        !self.sending.is_empty()
    }

    /// Whether there is something to send now.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.is_sending() || !self.fresh.is_empty() && self.due.is_none_or(|due| due <= now)
    }

    /// Adds a down-track. It gets the rest of the batch on its way as any other; what of it came with its burst is not
    /// sent twice.
    pub(crate) fn add_down(&mut self, down: u32) {
        self.fanout.push(down);
    }

    /// Removes a down-track; the batch on its way misses nobody for it.
    pub(crate) fn remove_down(&mut self, down: u32) {
        if let Some(at) = self.fanout.iter().position(|other| *other == down) {
            self.fanout.remove(at);
            self.sent_to -= usize::from(at < self.sent_to);
        }
    }

    /// Forgets what has not been sent.
    pub(crate) fn forget_fresh(&mut self) {
        self.fresh.clear();
        self.sending.clear();
        (self.sent_to, self.exchanged, self.due) = (0, 0, None);
    }

    /// Layers that can be had: those that flow, and those that come when they are asked for.
    pub(crate) fn available_layers(&self) -> u8 {
        self.source().map_or(0, |source| available(source, self.demand.withheld()))
    }

    /// Whether anybody here, on another worker or at a tap wants its packets.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.fanout.is_empty() || !self.taps.is_empty() || !self.subscribers.is_empty()
    }
}

impl Core {
    /// The track of this id, awaited when nobody publishes it yet.
    pub(super) fn track_of(&mut self, id: UpTrackId) -> u32 {
        if let Some(&track) = self.by_track.get(&id) {
            return track;
        }
        let track = self.tracks.insert(Track::new(id, TrackMedia::Awaited));
        self.by_track.insert(id, track);
        self.port.broadcast(&Message::Subscribe { track: id, worker: self.port.worker() });
        track
    }

    /// Ends a track of a publisher that is gone: its taps, its receivers, this worker's knowledge of it.
    pub(super) fn remove_track(&mut self, index: u32) {
        let Some(track) = self.tracks.remove(index) else { return };
        self.by_track.remove(&track.id);
        self.rounds.forget(index);
        for tap in track.taps {
            tap.end();
        }
        for down in track.fanout {
            if let Some(down) = self.downs.get_mut(down) {
                down.detach();
            }
        }
        if track.voice.is_some() {
            self.emit(MediaEvent::TrackSpeaking { track: track.id, loudness: None });
        }
        if track.reported_active {
            self.emit(MediaEvent::TrackActive { track: track.id, active: false });
        }
    }

    /// Forgets a replica or an awaited track that nobody here wants any more.
    pub(super) fn release_track(&mut self, index: u32) {
        let Some(track) = self.tracks.get(index) else { return };
        if track.is_wanted() || matches!(track.media, TrackMedia::Own { .. }) {
            return;
        }
        let id = track.id;
        self.remove_track(index);
        self.port.broadcast(&Message::Unsubscribe { track: id, worker: self.port.worker() });
    }

    /// Empties a track: an own one goes on with `up`, a replica with an empty source. Receivers and taps start over
    /// with the next keyframe.
    pub(super) fn restart_track(&mut self, index: u32, up: Option<UpTrack>, now: Instant) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        match (&mut track.media, up) {
            (TrackMedia::Own { up: old, .. }, Some(up)) => {
                **old = up;
                old.set_paused(track.demand.paused());
            }
            (TrackMedia::Replica(source), None) => {
                **source = Source::new(source.codec(), source.layers().len(), self.config.clock);
            }
            _ => return,
        }
        track.forget_fresh();
        track.heard = None;
        track.taps.iter_mut().for_each(Tap::reset);
        let (id, fanout, subscribers) = (track.id, track.fanout.clone(), track.subscribers.clone());
        let was_active = std::mem::take(&mut track.reported_active);
        for worker in subscribers {
            self.port.send(worker, Message::Reset { track: id });
        }
        for down in fanout {
            self.start_down(down, now);
        }
        if was_active {
            self.emit(MediaEvent::TrackActive { track: id, active: false });
        }
    }

    /// Asks for a keyframe of every active layer of a track, wherever it is published.
    pub(super) fn request_keyframes(&mut self, index: u32, now: Instant) {
        let Some(track) = self.tracks.get(index) else { return };
        let layers = track.source().map_or(0, Source::active_layers);
        for layer in (0..8).filter(|layer| layers >> layer & 1 == 1) {
            self.request_keyframe(index, layer, now);
        }
    }

    /// Asks for a keyframe of one layer.
    pub(super) fn request_keyframe(&mut self, index: u32, layer: LayerIndex, now: Instant) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        match &mut track.media {
            TrackMedia::Awaited => {}
            TrackMedia::Own { peer, up } => {
                up.request_keyframe(layer, now);
                let peer = *peer;
                self.publisher_poll(peer, now);
            }
            TrackMedia::Replica(_) => {
                let id = track.id;
                self.port.broadcast(&Message::RequestKeyframe { track: id, layer });
            }
        }
    }

    /// Adds a tap and gives it what the ring holds.
    pub(super) fn add_tap(&mut self, index: u32, items: mpsc::Sender<TapItem>, now: Instant) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        track.taps.push(Tap::new(items));
        self.advance_taps(index, now);
    }
}
