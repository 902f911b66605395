//! What passes about lines and layers: asked of the engine every two seconds while somebody is there to see it, and told
//! when it has changed.

use std::collections::HashMap;
use std::future::pending;
use std::time::{Duration, Instant};

use airclass_media::{LineStats, MediaKind, UpTrackId};
use airclass_signaling::id::ClassroomId;
use airclass_signaling::lesson::{ConnectionId, Place, SourceKey};
use airclass_signaling::wire::{LessonState, ServerMessage, StudioSource};
use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;

use super::{Task, outbox};
use crate::clock;
use crate::conductor::lines::{Camera, Figures, Lines};

/// Distance of two measurements.
const EVERY: Duration = Duration::from_secs(2);

/// What is known of the lines, and what the engine was asked.
#[derive(Debug)]
pub(super) struct Watch {
    lines: Lines,
    due: Instant,
    asked: Option<mpsc::Receiver<Vec<LineStats>>>,
    gathered: Vec<LineStats>,
}

/// What there is to do.
#[derive(Debug)]
pub(super) enum Step {
    /// Ask the engine.
    Ask,
    /// It has answered.
    Answered(Vec<LineStats>),
}

impl Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self { lines: Lines::default(), due: now, asked: None, gathered: Vec::new() }
    }

    /// Waits for the next thing to do; with nobody there, for ever. May be dropped at any await.
    pub(super) async fn next(&mut self, somebody: bool) -> Step {
        loop {
            match &mut self.asked {
                Some(answers) => match answers.recv().await {
                    Some(part) => self.gathered.extend(part),
                    None => {
                        self.asked = None;
                        return Step::Answered(std::mem::take(&mut self.gathered));
                    }
                },
                None if somebody => {
                    tokio::time::sleep_until(self.due.into()).await;
                    self.due = clock::instant() + EVERY;
                    return Step::Ask;
                }
                None => pending().await,
            }
        }
    }
}

impl Task {
    pub(super) fn watch_lines(&mut self, step: Step) {
        match step {
            Step::Ask => {
                let sees = |conn| self.lesson.place(conn).is_some_and(|place| !matches!(place, Place::Classroom(_)));
                if self.lesson.state() == LessonState::Live && self.seats.keys().any(|conn| sees(*conn)) {
                    let receivers = self.media.screens().into_values().collect();
                    self.watch.asked = Some(self.services.engine.lines(receivers));
                }
            }
            Step::Answered(stats) => self.tell_lines(&stats),
        }
    }

    fn tell_lines(&mut self, stats: &[LineStats]) {
        let screens = self.media.screens();
        let figures = |classroom: &ClassroomId| {
            let peer = screens.get(classroom)?;
            stats.iter().find(|stats| stats.peer == *peer).map(|stats| self.figures(stats))
        };
        let classrooms = self.lesson.spec().classrooms.iter();
        let rooms = classrooms.map(|classroom| (classroom.id.clone(), figures(&classroom.id))).collect();
        if !self.watch.lines.measured(rooms) {
            return;
        }
        let mut frames: HashMap<&Place, Option<Utf8Bytes>> = HashMap::new();
        for (conn, seat) in &self.seats {
            let Some(place) = self.lesson.place(*conn) else { continue };
            let frame = frames
                .entry(place)
                .or_insert_with(|| self.watch.lines.message(place).map(|message| outbox::encode(&message)));
            if let Some(frame) = frame {
                seat.outbox.push(frame.clone());
            }
        }
    }

    fn figures(&self, stats: &LineStats) -> Figures {
        let slot = self.media.camera_slot();
        let picture = stats.pictures.iter().find(|p| p.slot.kind == MediaKind::Video && Some(p.slot.index) == slot);
        let camera = picture.map(|picture| {
            let below = |layer: u8| picture.available & 1_u8.checked_shl(u32::from(layer)).unwrap_or(0).wrapping_sub(1);
            Camera {
                layer: picture.layer.map(|layer| below(layer).count_ones() as u8),
                layers: picture.available.count_ones() as u8,
                stills: picture.stills,
            }
        });
        let rtt_ms = stats.round_trip.map(|trip| u32::try_from(trip.as_millis()).unwrap_or(u32::MAX));
        Figures { estimate_bps: stats.estimate_bps, lost: stats.lost, rtt_ms, camera }
    }

    /// Other layers of a track are taken than before.
    pub(super) fn layers_wanted(&mut self, track: UpTrackId, layers: u8) {
        if let Some(source) = self.media.set_wanted(track, layers) {
            self.tell_layers(&source);
        }
    }

    /// Tells the master's seats which layers of a source of the studio are taken.
    pub(super) fn tell_layers(&self, source: &SourceKey) {
        let Some(message) = self.layers_message(source) else { return };
        let frame = outbox::encode(&message);
        for (conn, seat) in &self.seats {
            if self.lesson.place(*conn) == Some(&Place::Master) {
                seat.outbox.push(frame.clone());
            }
        }
    }

    /// What a seat is told after its snapshot.
    pub(super) fn tell_passing(&self, conn: ConnectionId) {
        let (Some(seat), Some(place)) = (self.seats.get(&conn), self.lesson.place(conn)) else { return };
        if let Some(lines) = self.watch.lines.message(place) {
            seat.outbox.say(&lines);
        }
        seat.outbox.say(&self.speaking.message());
        if *place == Place::Master {
            let sources = [SourceKey::Camera, SourceKey::Screen, SourceKey::Second];
            sources.iter().filter_map(|source| self.layers_message(source)).for_each(|layers| seat.outbox.say(&layers));
        }
    }

    fn layers_message(&self, source: &SourceKey) -> Option<ServerMessage> {
        let named = match source {
            SourceKey::Camera => StudioSource::Camera,
            SourceKey::Screen => StudioSource::Screen,
            SourceKey::Second => StudioSource::Second,
            SourceKey::Classroom(_) => return None,
        };
        let wanted = self.media.publication(source)?.wanted_rids()?;
        Some(ServerMessage::Layers { source: named, wanted })
    }
}
