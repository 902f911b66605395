//! The media side of a lesson: who publishes which source, who receives, and what each receiver's slots show.
//!
//! Slots are the same for everybody, but nobody is sent their own source.

use std::collections::HashMap;

use airclass_media::{Engine, Gate, MediaKind, PeerId, PublishSession, Slot, UpTrackId};
use airclass_signaling::id::{AccountId, ClassroomId};
use airclass_signaling::lesson::{Place, SourceKey};
use airclass_signaling::wire::{SlotKind, SlotView, SourceView};

use super::command::{Members, Opener};
use super::origin::{Origin, source_key};
use super::publication::Publication;
use super::reception::{Line, Reception};

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
    current: HashMap<Origin, Publication>,
    /// Answered, not connected yet; takes over from `current` when it connects.
    coming: HashMap<Origin, Publication>,
    receivers: HashMap<PeerId, Reception>,
    resources: HashMap<String, Resource>,
    table: Vec<SlotView>,
    /// Who talks to the staff, the first to begin first.
    talkers: Vec<Place>,
}

impl Media {
    /// Notes an answered publish session; returns a peer it replaces before that one ever connected.
    pub(super) fn publish(
        &mut self,
        origin: Origin,
        session: &PublishSession,
        opener: Opener,
        resource: String,
    ) -> Option<PeerId> {
        self.resources.insert(resource, Resource { opener, peer: session.peer });
        self.coming.insert(origin, Publication::new(session)).map(|before| before.peer)
    }

    /// Notes an answered receive session and fills its slots.
    pub(super) fn receive(
        &mut self,
        engine: &Engine,
        peer: PeerId,
        reception: Reception,
        opener: Opener,
        resource: String,
    ) {
        self.resources.insert(resource, Resource { opener, peer });
        engine.map_slots(peer, self.mapping(&reception));
        self.receivers.insert(peer, reception);
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

    /// A publisher is connected: it takes over from the one before. Returns where it comes from and the peer it replaced.
    pub(super) fn connected(&mut self, peer: PeerId) -> Option<(Origin, Option<PeerId>)> {
        let origin = self.coming.iter().find(|(_, publication)| publication.peer == peer)?.0.clone();
        let publication = self.coming.remove(&origin)?;
        let before = self.current.insert(origin.clone(), publication).map(|before| before.peer);
        Some((origin, before))
    }

    /// What the lesson must be told of what has connected; `None` for what is none of its sources.
    pub(super) fn arrival(&self, origin: &Origin) -> Option<Change> {
        let (source, publication) = (origin.source()?, self.current.get(origin)?);
        let (audio, video) = (publication.audio.is_some(), publication.video.is_some());
        Some(Change::Arrived { source: source.clone(), audio, video })
    }

    /// A peer is gone.
    pub(super) fn closed(&mut self, peer: PeerId) -> Option<Change> {
        self.resources.retain(|_, resource| resource.peer != peer);
        self.receivers.remove(&peer);
        self.coming.retain(|_, publication| publication.peer != peer);
        let origin = self.current.iter().find(|(_, publication)| publication.peer == peer)?.0.clone();
        self.current.remove(&origin);
        origin.source().map(|source| Change::Gone { source: source.clone() })
    }

    /// A track fell silent or came back. Only the studio's cameras count as gone when all of one is silent: a still
    /// screen sends nothing for seconds, and a classroom's closed gate tells nothing either.
    pub(super) fn active(&mut self, track: UpTrackId, active: bool) -> Option<Change> {
        let mut cameras = [SourceKey::Camera, SourceKey::Second].into_iter().map(Origin::Source);
        let origin = cameras.find(|origin| self.current.get(origin).is_some_and(|known| known.peer == track.peer))?;
        match self.current.get_mut(&origin)?.set_active(track, active)? {
            true => origin.source().map(|source| Change::Gone { source: source.clone() }),
            false => self.arrival(&origin),
        }
    }

    /// Other layers of a picture are taken; its source when that is on air.
    pub(super) fn set_wanted(&mut self, track: UpTrackId, layers: u8) -> Option<SourceKey> {
        if let Some(coming) = self.coming.values_mut().find(|publication| publication.shows(track)) {
            coming.set_wanted(layers);
        }
        let (origin, publication) = self.current.iter_mut().find(|(_, publication)| publication.shows(track))?;
        publication.set_wanted(layers);
        origin.source().cloned()
    }

    /// The session of each classroom's screen, the newest where there are several.
    pub(super) fn screens(&self) -> HashMap<ClassroomId, PeerId> {
        let mut screens = HashMap::new();
        for (peer, receiver) in self.receivers.iter().filter(|(_, receiver)| receiver.is_stage()) {
            if let Place::Classroom(classroom) = &receiver.place {
                let newest = screens.entry(classroom.clone()).or_insert(*peer);
                *newest = (*newest).max(*peer);
            }
        }
        screens
    }

    /// The video slot that shows the studio's camera, whichever of the two is on air.
    pub(super) fn camera_slot(&self) -> Option<u8> {
        let is_camera = |view: &SourceView| matches!(view, SourceView::Camera | SourceView::Second);
        let shows = |view: &&SlotView| view.kind == SlotKind::Video && view.source.as_ref().is_some_and(is_camera);
        self.table.iter().find(shows).map(|view| view.index)
    }

    /// The source on a slot of the table.
    pub(super) fn shown(&self, kind: SlotKind, index: u8) -> Option<SourceKey> {
        let view = self.table.iter().find(|view| view.kind == kind && view.index == index)?;
        view.source.as_ref().map(source_key)
    }

    /// Everybody who sends and everybody who receives.
    pub(super) fn members(&self) -> Members {
        let seat = |(peer, receiver): (&PeerId, &Reception)| (receiver.place.clone(), *peer);
        let mut sources: Vec<_> =
            self.on_air().map(|(source, publication)| (source.clone(), publication.peer)).collect();
        let mut receivers: Vec<_> =
            self.receivers.iter().filter(|(_, receiver)| receiver.is_stage()).map(seat).collect();
        sources.sort_by_key(|(_, peer)| *peer);
        receivers.sort_by_key(|(_, peer)| *peer);
        Members { sources, receivers }
    }

    /// Every source of the lesson that arrives.
    pub(super) fn on_air(&self) -> impl Iterator<Item = (&SourceKey, &Publication)> {
        self.current.iter().filter_map(|(origin, publication)| Some((origin.source()?, publication)))
    }

    /// The source whose sound this is, as the slots name it; `None` when they do not show it.
    pub(super) fn voice_of(&self, track: UpTrackId) -> Option<SourceView> {
        let is_its = |publication: &Publication| publication.track(MediaKind::Audio) == Some(track);
        let (source, _) = self.on_air().find(|(_, publication)| is_its(publication))?;
        let shown = self.table.iter().filter(|view| view.kind == SlotKind::Audio);
        shown.filter_map(|view| view.source.as_ref()).find(|view| source_key(view) == *source).cloned()
    }

    /// What of a source is on air.
    pub(super) fn publication(&self, source: &SourceKey) -> Option<&Publication> {
        self.current.get(&Origin::Source(source.clone()))
    }

    /// Every publisher from there: the one on air and the one that is coming.
    pub(super) fn publishers(&self, origin: &Origin) -> Vec<PeerId> {
        let peers = [self.current.get(origin), self.coming.get(origin)];
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

    /// Notes who begins or ends to talk to the staff.
    pub(super) fn set_talking(&mut self, place: &Place, talks: bool) {
        self.talkers.retain(|talker| talker != place);
        if talks {
            self.talkers.push(place.clone());
        }
    }

    /// Whether somebody talks to the staff.
    pub(super) fn is_talking(&self, place: &Place) -> bool {
        self.talkers.contains(place)
    }

    /// Sets the gate of whoever publishes from there.
    pub(super) fn set_gate(&self, engine: &Engine, origin: &Origin, gate: Gate) {
        for peer in self.publishers(origin) {
            engine.set_gate(peer, gate);
        }
    }

    /// The peers of an account.
    pub(super) fn of_account(&self, account: &AccountId) -> Vec<PeerId> {
        self.resources.values().filter(|found| found.opener.account == *account).map(|found| found.peer).collect()
    }

    /// The peers that receive as `place`, or talk from there, for anybody but `account`.
    pub(super) fn seated_others(&self, place: &Place, account: Option<&AccountId>) -> Vec<PeerId> {
        let talks = self.publishers(&Origin::Talk(place.clone()));
        let hears = self.receivers.iter().filter(|(_, receiver)| receiver.place == *place).map(|(peer, _)| *peer);
        let seated: Vec<PeerId> = hears.chain(talks).collect();
        let others = self.resources.values().filter(|found| Some(&found.opener.account) != account);
        others.map(|found| found.peer).filter(|peer| seated.contains(peer)).collect()
    }

    /// Makes every receiver show what the table says.
    pub(super) fn map_all(&self, engine: &Engine) {
        for (peer, receiver) in &self.receivers {
            engine.map_slots(*peer, self.mapping(receiver));
        }
    }

    fn mapping(&self, receiver: &Reception) -> Vec<(Slot, Option<UpTrackId>)> {
        receiver.slots.iter().map(|slot| (*slot, self.track_for(*slot, receiver))).collect()
    }

    fn track_for(&self, slot: Slot, receiver: &Reception) -> Option<UpTrackId> {
        let kind = match slot.kind {
            MediaKind::Audio => SlotKind::Audio,
            MediaKind::Video => SlotKind::Video,
        };
        let heard = |talker: &Origin| !talker.is_of(&receiver.place) && self.current.contains_key(talker);
        let origin = match receiver.line(slot) {
            Line::Stage => Origin::Source(self.shown(kind, slot.index)?),
            Line::Talk => self.talkers.iter().map(|place| Origin::Talk(place.clone())).find(heard)?,
            Line::Check(token) => Origin::Check(token.to_owned()),
            Line::Thumbnail(room) => return self.current.get(&Origin::classroom(room))?.thumbnail(),
            Line::Nothing => return None,
        };
        // Nobody is sent their own.
        if origin.is_of(&receiver.place) {
            return None;
        }
        self.current.get(&origin)?.track(slot.kind)
    }
}
