//! The media side of a lesson: who publishes which source, who receives, and what each receiver's slots show.
//!
//! Slots are the same for everybody, but nobody is sent their own source.

use std::collections::HashMap;

use airclass_media::{Codec, Engine, MediaKind, PeerId, PublishSession, Slot, UpTrackId};
use airclass_signaling::id::{AccountId, ClassroomId};
use airclass_signaling::lesson::{Place, SourceKey};
use airclass_signaling::wire::{SlotKind, SlotView, SourceView};

use super::command::{Members, Opener};

/// A publish session.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) peer: PeerId,
    pub(super) audio: Option<(UpTrackId, Codec)>,
    pub(super) video: Option<(UpTrackId, Codec)>,
    /// Layers of the picture by the names of the offer, lowest first; empty without simulcast.
    rids: Vec<String>,
    /// Those that somebody takes, bit n is layer n.
    wanted: u8,
    /// Tracks that stopped carrying packets.
    silent: Vec<UpTrackId>,
}

impl Publication {
    fn new(session: &PublishSession) -> Self {
        let first =
            |kind| session.tracks.iter().find(|track| track.kind == kind).map(|track| (track.track, track.codec));
        let picture = session.tracks.iter().find(|track| track.kind == MediaKind::Video);
        Self {
            peer: session.peer,
            audio: first(MediaKind::Audio),
            video: first(MediaKind::Video),
            rids: picture.map(|track| track.rids.clone()).unwrap_or_default(),
            wanted: u8::MAX,
            silent: Vec::new(),
        }
    }

    /// The layers that somebody takes; `None` when there is nothing to choose from.
    pub(super) fn wanted_rids(&self) -> Option<Vec<String>> {
        let wanted = (0..8).zip(&self.rids).filter(|(layer, _)| self.wanted >> layer & 1 == 1);
        (self.rids.len() > 1).then(|| wanted.map(|(_, rid)| rid.clone()).collect())
    }

    fn tracks(&self) -> impl Iterator<Item = UpTrackId> {
        self.audio.into_iter().chain(self.video).map(|(track, _)| track)
    }

    fn all_silent(&self) -> bool {
        self.tracks().all(|track| self.silent.contains(&track))
    }
}

/// A receive session.
#[derive(Debug)]
struct Receiver {
    place: Place,
    slots: Vec<Slot>,
}

/// A media session as HTTP addresses it.
#[derive(Debug)]
struct Resource {
    opener: Opener,
    peer: PeerId,
}

/// A change the lesson must be told of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A source arrives.
    Arrived { source: SourceKey, audio: bool, video: bool },
    /// A source is gone.
    Gone { source: SourceKey },
}

/// The media of one lesson.
#[derive(Debug, Default)]
pub(super) struct Media {
    /// On air.
    current: HashMap<SourceKey, Publication>,
    /// Answered, not connected yet; takes over from `current` when it connects.
    coming: HashMap<SourceKey, Publication>,
    receivers: HashMap<PeerId, Receiver>,
    resources: HashMap<String, Resource>,
    table: Vec<SlotView>,
}

impl Media {
    /// Notes an answered publish session; returns a peer it replaces before that one ever connected.
    pub(super) fn publish(
        &mut self,
        source: SourceKey,
        session: &PublishSession,
        opener: Opener,
        resource: String,
    ) -> Option<PeerId> {
        self.resources.insert(resource, Resource { opener, peer: session.peer });
        self.coming.insert(source, Publication::new(session)).map(|before| before.peer)
    }

    /// Notes an answered receive session and fills its slots.
    pub(super) fn receive(
        &mut self,
        engine: &Engine,
        peer: PeerId,
        place: Place,
        slots: Vec<Slot>,
        opener: Opener,
        resource: String,
    ) {
        self.resources.insert(resource, Resource { opener, peer });
        let receiver = Receiver { place, slots };
        engine.map_slots(peer, self.mapping(&receiver));
        self.receivers.insert(peer, receiver);
    }

    /// How many receive sessions an account has.
    pub(super) fn sessions_of(&self, account: &AccountId) -> usize {
        self.resources.values().filter(|resource| resource.opener.account == *account).count()
    }

    /// The peers of every session opened with the token of that hash.
    pub(super) fn opened_with(&self, hash: &str) -> Vec<PeerId> {
        self.resources.values().filter(|found| found.opener.token == hash).map(|found| found.peer).collect()
    }

    /// The peer behind a session's address, if it belongs to that account.
    pub(super) fn resource(&self, resource: &str, account: &AccountId) -> Option<PeerId> {
        self.resources.get(resource).filter(|found| found.opener.account == *account).map(|found| found.peer)
    }

    /// A publisher is connected: it takes over its source. Returns the change and the peer it replaced.
    pub(super) fn connected(&mut self, peer: PeerId) -> Option<(Change, Option<PeerId>)> {
        let source = self.coming.iter().find(|(_, publication)| publication.peer == peer)?.0.clone();
        let publication = self.coming.remove(&source)?;
        let change = Change::Arrived {
            source: source.clone(),
            audio: publication.audio.is_some(),
            video: publication.video.is_some(),
        };
        let before = self.current.insert(source, publication).map(|before| before.peer);
        Some((change, before))
    }

    /// A peer is gone.
    pub(super) fn closed(&mut self, peer: PeerId) -> Option<Change> {
        self.resources.retain(|_, resource| resource.peer != peer);
        self.receivers.remove(&peer);
        self.coming.retain(|_, publication| publication.peer != peer);
        let source = self.current.iter().find(|(_, publication)| publication.peer == peer)?.0.clone();
        self.current.remove(&source);
        Some(Change::Gone { source })
    }

    /// A track fell silent or came back. Only the studio's camera counts as gone when all of it is silent: a still
    /// screen sends nothing for seconds, and a classroom's closed gate tells nothing either.
    pub(super) fn active(&mut self, track: UpTrackId, active: bool) -> Option<Change> {
        let publication = self.current.get_mut(&SourceKey::Camera)?;
        if publication.peer != track.peer {
            return None;
        }
        let before = publication.all_silent();
        publication.silent.retain(|silent| *silent != track);
        if !active {
            publication.silent.push(track);
        }
        let (audio, video) = (publication.audio.is_some(), publication.video.is_some());
        match (before, publication.all_silent()) {
            (false, true) => Some(Change::Gone { source: SourceKey::Camera }),
            (true, false) => Some(Change::Arrived { source: SourceKey::Camera, audio, video }),
            _ => None,
        }
    }

    /// Other layers of a picture are taken; its source when that is on air.
    pub(super) fn set_wanted(&mut self, track: UpTrackId, layers: u8) -> Option<SourceKey> {
        let shows = |publication: &Publication| publication.video.is_some_and(|(video, _)| video == track);
        if let Some(coming) = self.coming.values_mut().find(|publication| shows(publication)) {
            coming.wanted = layers;
        }
        let (source, publication) = self.current.iter_mut().find(|(_, publication)| shows(publication))?;
        publication.wanted = layers;
        Some(source.clone())
    }

    /// The session of each classroom's screen, the newest where there are several.
    pub(super) fn screens(&self) -> HashMap<ClassroomId, PeerId> {
        let mut screens = HashMap::new();
        for (peer, receiver) in &self.receivers {
            if let Place::Classroom(classroom) = &receiver.place {
                let newest = screens.entry(classroom.clone()).or_insert(*peer);
                *newest = (*newest).max(*peer);
            }
        }
        screens
    }

    /// The video slot that shows the studio's camera.
    pub(super) fn camera_slot(&self) -> Option<u8> {
        let shows = |view: &&SlotView| view.kind == SlotKind::Video && view.source == Some(SourceView::Camera);
        self.table.iter().find(shows).map(|view| view.index)
    }

    /// Everybody who sends and everybody who receives.
    pub(super) fn members(&self) -> Members {
        let mut sources: Vec<_> =
            self.on_air().map(|(source, publication)| (source.clone(), publication.peer)).collect();
        let mut receivers: Vec<_> =
            self.receivers.iter().map(|(peer, receiver)| (receiver.place.clone(), *peer)).collect();
        sources.sort_by_key(|(_, peer)| *peer);
        receivers.sort_by_key(|(_, peer)| *peer);
        Members { sources, receivers }
    }

    /// Everything on air.
    pub(super) fn on_air(&self) -> impl Iterator<Item = (&SourceKey, &Publication)> {
        self.current.iter()
    }

    /// The source whose sound this is, as the slots name it; `None` when they do not show it.
    pub(super) fn voice_of(&self, track: UpTrackId) -> Option<SourceView> {
        let is_its = |publication: &Publication| publication.audio.is_some_and(|(audio, _)| audio == track);
        let (source, _) = self.current.iter().find(|(_, publication)| is_its(publication))?;
        let shown = self.table.iter().filter(|view| view.kind == SlotKind::Audio);
        shown.filter_map(|view| view.source.as_ref()).find(|view| source_key(view) == *source).cloned()
    }

    /// What of a source is on air.
    pub(super) fn publication(&self, source: &SourceKey) -> Option<&Publication> {
        self.current.get(source)
    }

    /// Every publisher of a source: the one on air and the one that is coming.
    pub(super) fn publishers(&self, source: &SourceKey) -> Vec<PeerId> {
        let peers = [self.current.get(source), self.coming.get(source)];
        peers.into_iter().flatten().map(|publication| publication.peer).collect()
    }

    /// Every peer of the lesson.
    pub(super) fn peers(&self) -> Vec<PeerId> {
        let publishers = self.current.values().chain(self.coming.values()).map(|publication| publication.peer);
        publishers.chain(self.receivers.keys().copied()).collect()
    }

    /// Takes a new slots table.
    pub(super) fn set_table(&mut self, table: Vec<SlotView>) {
        self.table = table;
    }

    /// Makes every receiver show what the table says.
    pub(super) fn map_all(&self, engine: &Engine) {
        for (peer, receiver) in &self.receivers {
            engine.map_slots(*peer, self.mapping(receiver));
        }
    }

    fn mapping(&self, receiver: &Receiver) -> Vec<(Slot, Option<UpTrackId>)> {
        receiver.slots.iter().map(|slot| (*slot, self.track_for(*slot, &receiver.place))).collect()
    }

    fn track_for(&self, slot: Slot, place: &Place) -> Option<UpTrackId> {
        let kind = match slot.kind {
            MediaKind::Audio => SlotKind::Audio,
            MediaKind::Video => SlotKind::Video,
        };
        let view = self.table.iter().find(|view| view.kind == kind && view.index == slot.index)?;
        let source = source_key(view.source.as_ref()?);
        if is_own(&source, place) {
            return None;
        }
        let publication = self.current.get(&source)?;
        let track = match slot.kind {
            MediaKind::Audio => publication.audio,
            MediaKind::Video => publication.video,
        };
        track.map(|(track, _)| track)
    }
}

fn source_key(view: &SourceView) -> SourceKey {
    match view {
        SourceView::Camera => SourceKey::Camera,
        SourceView::Screen => SourceKey::Screen,
        SourceView::Second => SourceKey::Second,
        SourceView::Classroom { classroom, .. } => SourceKey::Classroom(classroom.clone()),
    }
}

/// Whether a source comes from where that seat is; its assistant stands in the same room as the classroom's screen.
fn is_own(source: &SourceKey, place: &Place) -> bool {
    match source {
        SourceKey::Camera | SourceKey::Screen | SourceKey::Second => *place == Place::Master,
        SourceKey::Classroom(id) => place.classroom() == Some(id),
    }
}
