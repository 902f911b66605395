//! The media doors of a lesson: sessions in, what happens to them, and the lesson's orders to the forwarder.

use airclass_media::{Content, MediaEvent, PublishOptions, ReceiveOptions};
use airclass_signaling::lesson::{Input, MediaOrder, Place, SourceKey};
use airclass_signaling::wire::LessonState;

use super::{Batch, Task};
use crate::conductor::command::{Answered, Opener};
use crate::conductor::media::Change;
use crate::conductor::{ConductError, lock};

impl Task {
    pub(super) fn publish(&mut self, source: SourceKey, opener: Opener, offer: &str) -> Result<Answered, ConductError> {
        if self.lesson.state() == LessonState::Ended {
            return Err(ConductError::Ended);
        }
        let open = match &source {
            SourceKey::Camera | SourceKey::Screen | SourceKey::Second => true,
            SourceKey::Classroom(id) => self.lesson.holds_floor(id),
        };
        // A classroom's media is only ever written with its consent, so its codec is checked like the studio's.
        let content = if source == SourceKey::Screen { Content::Screen } else { Content::Camera };
        let label = format!("{} {}", self.id, name_of(&source));
        let options = PublishOptions { recorded: self.row.recorded, open, content, label };
        let session = self.services.engine.publish(offer, options)?;
        lock(&self.services.peers).insert(session.peer, self.id.clone());
        let resource = new_resource();
        if let Some(before) = self.media.publish(source, &session, opener, resource.clone()) {
            self.services.engine.close(before);
        }
        Ok(Answered { resource, answer: session.answer, etag: session.etag, peer: session.peer })
    }

    pub(super) fn receive(&mut self, place: Place, opener: Opener, offer: &str) -> Result<Answered, ConductError> {
        if self.lesson.state() == LessonState::Ended {
            return Err(ConductError::Ended);
        }
        if self.media.sessions_of(&opener.account) >= self.services.sessions_per_account {
            return Err(ConductError::TooManySessions);
        }
        let options = ReceiveOptions {
            audio_slots: self.services.audio_slots,
            video_slots: self.services.video_slots,
            label: format!("{} down", self.id),
        };
        let session = self.services.engine.receive(offer, options)?;
        lock(&self.services.peers).insert(session.peer, self.id.clone());
        let resource = new_resource();
        let slots = session.slots.iter().map(|info| info.slot).collect();
        self.media.receive(&self.services.engine, session.peer, place, slots, opener, resource.clone());
        Ok(Answered { resource, answer: session.answer, etag: session.etag, peer: session.peer })
    }

    pub(super) fn media_event(&mut self, event: MediaEvent, now: i64, batch: &mut Batch) {
        match event {
            MediaEvent::PeerConnected { peer } => {
                if let Some((change, before)) = self.media.connected(peer) {
                    if let Some(before) = before {
                        self.services.engine.close(before);
                        self.media.closed(before);
                    }
                    self.changed(Some(change), now, batch);
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
                if let SourceKey::Classroom(id) = &source
                    && let Some(publication) = self.media.publication(&source)
                {
                    self.services.engine.set_gate(publication.peer, self.lesson.holds_floor(id));
                }
                if let Some(publication) = self.media.publication(&source) {
                    self.recordings.arrived(&source, publication);
                }
                self.tell_layers(&source);
                Input::SourceArrived { source, audio, video }
            }
            Change::Gone { source } => Input::SourceGone { source },
        };
        batch.effects.extend(self.lesson.handle(input, now));
        // The same table can mean other tracks now.
        self.media.map_all(&self.services.engine);
    }

    pub(super) fn order_media(&mut self, order: MediaOrder) {
        match order {
            MediaOrder::OpenGate { classroom, .. } => self.gate(SourceKey::Classroom(classroom), true),
            MediaOrder::CloseGate { classroom } => self.gate(SourceKey::Classroom(classroom), false),
            MediaOrder::MapSlots(table) => {
                self.media.set_table(table);
                self.speaking.renamed();
                self.media.map_all(&self.services.engine);
            }
            MediaOrder::OpenTalk { .. } | MediaOrder::CloseTalk { .. } => {}
        }
    }

    pub(super) fn gate(&mut self, source: SourceKey, open: bool) {
        for peer in self.media.publishers(&source) {
            if !open {
                self.speaking.forget(peer);
            }
            self.services.engine.set_gate(peer, open);
        }
    }
}

/// What a source is called in the forwarder's figures.
fn name_of(source: &SourceKey) -> String {
    match source {
        SourceKey::Camera => "camera".to_owned(),
        SourceKey::Screen => "screen".to_owned(),
        SourceKey::Second => "second".to_owned(),
        SourceKey::Classroom(id) => format!("classroom {id}"),
    }
}

/// 128 random bits as an address nobody guesses.
fn new_resource() -> String {
    format!("{:032x}", rand::random::<u128>())
}
