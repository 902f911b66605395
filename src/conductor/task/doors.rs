//! The media doors of a lesson: sessions in, what happens to them, and the lesson's orders to the forwarder.

use airclass_media::{Gate, MediaEvent, PublishOptions, ReceiveOptions};
use airclass_signaling::lesson::{Input, MediaOrder, Place, SourceKey};
use airclass_signaling::wire::LessonState;

use super::{Batch, Task};
use crate::conductor::command::{Answered, Opener};
use crate::conductor::media::Change;
use crate::conductor::origin::Origin;
use crate::conductor::reception::{Reception, Wish};
use crate::conductor::{ConductError, lock};

impl Task {
    pub(super) fn publish(&mut self, origin: Origin, opener: Opener, offer: &str) -> Result<Answered, ConductError> {
        if self.lesson.state() == LessonState::Ended {
            return Err(ConductError::Ended);
        }
        if matches!(origin, Origin::Check(_)) {
            self.admit(&opener)?;
        }
        let options = PublishOptions {
            // A classroom's media is only ever written with its consent, so its codec is checked like the studio's.
            recorded: self.row.recorded,
            gate: self.wanted_gate(&origin),
            content: origin.content(),
            label: format!("{} {}", self.id, origin.name()),
        };
        let session = self.services.engine.publish(offer, options)?;
        lock(&self.services.peers).insert(session.peer, self.id.clone());
        let resource = new_resource();
        if let Some(before) = self.media.publish(origin, &session, opener, resource.clone()) {
            self.services.engine.close(before);
        }
        Ok(Answered { resource, answer: session.answer, etag: session.etag, peer: session.peer })
    }

    pub(super) fn receive(
        &mut self,
        place: Place,
        wish: Wish,
        opener: Opener,
        offer: &str,
    ) -> Result<Answered, ConductError> {
        if self.lesson.state() == LessonState::Ended {
            return Err(ConductError::Ended);
        }
        self.admit(&opener)?;
        let (audio_slots, video_slots) = match &wish {
            Wish::Stage => (self.services.audio_slots, self.services.video_slots),
            Wish::StageAndTalk => (self.services.audio_slots.saturating_add(1), self.services.video_slots),
            Wish::Check(_) => (1, 1),
            Wish::Thumbnails(rooms) => (0, u8::try_from(rooms.len()).unwrap_or(u8::MAX)),
        };
        let options = ReceiveOptions { audio_slots, video_slots, label: format!("{} down", self.id) };
        let session = self.services.engine.receive(offer, options)?;
        lock(&self.services.peers).insert(session.peer, self.id.clone());
        let resource = new_resource();
        let slots = session.slots.iter().map(|info| info.slot).collect();
        let reception = Reception { place, wish, slots };
        self.media.receive(&self.services.engine, session.peer, reception, opener, resource.clone());
        Ok(Answered { resource, answer: session.answer, etag: session.etag, peer: session.peer })
    }

    fn admit(&self, opener: &Opener) -> Result<(), ConductError> {
        match self.media.sessions_of(&opener.account) < self.services.sessions_per_account {
            true => Ok(()),
            false => Err(ConductError::TooManySessions),
        }
    }

    /// The gate as the lesson wants it now.
    fn wanted_gate(&self, origin: &Origin) -> Gate {
        match origin {
            Origin::Source(SourceKey::Classroom(id)) => match self.lesson.floor_sound(id) {
                Some(true) => Gate::Open,
                Some(false) => Gate::PictureOnly,
                None => Gate::Closed,
            },
            Origin::Talk(place) if self.media.is_talking(place) => Gate::Open,
            Origin::Talk(_) => Gate::Closed,
            Origin::Source(_) | Origin::Check(_) => Gate::Open,
        }
    }

    pub(super) fn media_event(&mut self, event: MediaEvent, now: i64, batch: &mut Batch) {
        match event {
            MediaEvent::PeerConnected { peer } => {
                if let Some((origin, before)) = self.media.connected(peer) {
                    if let Some(before) = before {
                        self.services.engine.close(before);
                        self.media.closed(before);
                    }
                    // It was answered some time ago.
                    self.services.engine.set_gate(peer, self.wanted_gate(&origin));
                    match self.media.arrival(&origin) {
                        Some(change) => self.changed(Some(change), now, batch),
                        None => self.media.map_all(&self.services.engine),
                    }
                }
            }
            MediaEvent::PeerClosed { peer, reason } => {
                tracing::debug!(lesson = %self.id, %peer, ?reason, "media session ended");
                self.speaking.forget(peer);
                let change = self.media.closed(peer);
                self.changed(change, now, batch);
            }
            MediaEvent::TrackActive { track, active } => {
                let change = self.media.active(track, active);
                self.changed(change, now, batch);
            }
            MediaEvent::LayersWanted { track, layers } => self.layers_wanted(track, layers),
            MediaEvent::TrackSpeaking { track, loudness } => self.speaking.heard(track, loudness),
            _ => {}
        }
    }

    /// Tells the lesson of a change, and every receiver and the recorder of the tracks behind it.
    pub(super) fn changed(&mut self, change: Option<Change>, now: i64, batch: &mut Batch) {
        let Some(change) = change else { return };
        let input = match change {
            Change::Arrived { source, audio, video } => {
                self.recordings.arrived(&source);
                self.tell_layers(&source);
                Input::SourceArrived { source, audio, video }
            }
            Change::Gone { source } => Input::SourceGone { source },
        };
        batch.effects.extend(self.lesson.handle(input, now));
        // The same table can mean other tracks now.
        self.media.map_all(&self.services.engine);
        self.recordings.follow(&self.media);
    }

    pub(super) fn order_media(&mut self, order: MediaOrder) {
        match order {
            MediaOrder::OpenGate { classroom, sound } => {
                let gate = if sound { Gate::Open } else { Gate::PictureOnly };
                self.set_gate(&Origin::classroom(&classroom), gate);
            }
            MediaOrder::CloseGate { classroom } => self.set_gate(&Origin::classroom(&classroom), Gate::Closed),
            MediaOrder::MapSlots(table) => {
                self.media.set_table(table);
                self.speaking.renamed();
                self.media.map_all(&self.services.engine);
                self.recordings.follow(&self.media);
            }
            MediaOrder::OpenTalk { place } => self.talk(place, true),
            MediaOrder::CloseTalk { place } => self.talk(place, false),
        }
    }

    fn talk(&mut self, place: Place, open: bool) {
        self.media.set_talking(&place, open);
        let origin = Origin::Talk(place);
        self.set_gate(&origin, self.wanted_gate(&origin));
        self.media.map_all(&self.services.engine);
    }

    pub(super) fn set_gate(&mut self, origin: &Origin, gate: Gate) {
        if gate != Gate::Open {
            for peer in self.media.publishers(origin) {
                self.speaking.forget(peer);
            }
        }
        self.media.set_gate(&self.services.engine, origin, gate);
    }
}

/// 128 random bits as an address nobody guesses.
fn new_resource() -> String {
    format!("{:032x}", rand::random::<u128>())
}
