//! The recording of a lesson: one recorder, fed by taps of the engine.
//!
//! The recorder is one more receiver: the lesson asks for it, goes on without it when it fails, and never waits for it.
//! Only the studio is written, and the voice of classrooms whose class agreed to it.

use std::collections::HashMap;
use std::path::PathBuf;

use airclass_media::{Codec, Engine, TapReceiver, UpTrackId};
use airclass_recordings::{
    Detail, Input, Picture, Recorder, RecorderConfig, RecorderEvent, RecorderHandle, TrackInput, TrackRole,
};
use airclass_signaling::id::ClassroomId;
use airclass_signaling::lesson::{Mark, Marked, SourceKey};
use airclass_signaling::wire::SlotKind;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Services;
use super::media::Media;
use crate::clock;
use crate::db::{Db, LessonRow, new_id};
use crate::recordings;

/// What a recorder may have to tell while nobody listens; keyframe wishes and alarms beyond that are repeated anyway.
const EVENTS: usize = 64;

/// What is recorded side by side. Which source is behind a lane may change while the lesson runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Lane {
    /// The studio's camera on air.
    Camera,
    /// The studio's screen share.
    Screen,
    /// The studio's voice.
    Voice,
    /// The voice of a classroom that agreed to it.
    Classroom(ClassroomId),
}

/// A lane that is being written.
struct Pumped {
    source: SourceKey,
    track: UpTrackId,
    pump: JoinHandle<()>,
}

/// A recorder that runs.
struct Active {
    id: String,
    handle: RecorderHandle,
    lanes: HashMap<Lane, Pumped>,
}

/// What a lesson's task holds of recording.
pub(super) struct Recordings {
    db: Db,
    engine: Engine,
    root: PathBuf,
    lesson: String,
    search: String,
    consenting: Vec<ClassroomId>,
    active: Option<Active>,
    closing: Option<JoinHandle<()>>,
    failed: bool,
    events: (mpsc::Sender<RecorderEvent>, mpsc::Receiver<RecorderEvent>),
}

impl Recordings {
    pub(super) fn new(services: &Services, row: &LessonRow) -> Self {
        let consenting = row.classrooms.iter().filter(|room| room.consent);
        Self {
            db: services.db.clone(),
            engine: services.engine.clone(),
            root: services.recordings.clone(),
            lesson: row.id.clone(),
            search: recordings::search_text(row),
            consenting: consenting.map(|room| ClassroomId::new(room.id.as_str())).collect(),
            active: None,
            closing: None,
            failed: false,
            events: mpsc::channel(EVENTS),
        }
    }

    /// Returns when the recording light must change: `false` when the recorder can't do what it was told. Cancel safe.
    pub(super) async fn changed(&mut self) -> bool {
        if std::mem::take(&mut self.failed) {
            return false;
        }
        loop {
            match self.events.1.recv().await {
                Some(RecorderEvent::KeyframeWanted { picture }) => {
                    let lane = match picture {
                        Picture::Camera => Lane::Camera,
                        Picture::Screen => Lane::Screen,
                    };
                    if let Some(pumped) = self.active.as_ref().and_then(|active| active.lanes.get(&lane)) {
                        self.engine.request_keyframe(pumped.track);
                    }
                }
                Some(RecorderEvent::Alarm { track, cause }) => {
                    tracing::error!(lesson = %self.lesson, track, cause, "recording is interrupted");
                }
                Some(RecorderEvent::Resumed { track }) => {
                    tracing::info!(lesson = %self.lesson, track, "recording goes on");
                }
                // This end holds a sender, so the channel stays open.
                None => std::future::pending().await,
            }
        }
    }

    /// Whether a recording runs or is being closed.
    pub(super) fn busy(&self) -> bool {
        self.active.is_some() || self.closing.as_ref().is_some_and(|closing| !closing.is_finished())
    }

    /// Starts the recording, or takes up the one that was left open, and taps what is on air.
    pub(super) async fn start(&mut self, media: &Media) {
        if self.active.is_some() {
            return;
        }
        match self.open().await {
            Ok(active) => {
                tracing::info!(lesson = %self.lesson, recording = %active.id, "recording");
                self.active = Some(active);
                self.follow(media);
            }
            Err(error) => {
                tracing::error!(lesson = %self.lesson, error = format!("{error:#}"), "the lesson is not recorded");
                self.failed = true;
            }
        }
    }

    async fn open(&self) -> anyhow::Result<Active> {
        let left_open = self.db.open_recording_of(&self.lesson).await?;
        let resume = left_open.is_some();
        let id = left_open.unwrap_or_else(new_id);
        let now_ms = clock::utc_ms();
        if !resume {
            // The row first: there is never a folder that no row knows.
            self.db.add_recording(&id, &self.lesson, &self.search, now_ms).await?;
        }
        let events = self.events.0.clone();
        let mut config = RecorderConfig::new(self.root.join(&id), now_ms);
        config.on_event = Box::new(move |event| {
            // Full: whoever listens is busy, and the recorder asks again.
            let _ = events.try_send(event);
        });
        let opened = tokio::task::spawn_blocking(move || {
            if config.dir.join("index.json").exists() { Recorder::resume(config) } else { Recorder::start(config) }
        })
        .await?;
        match opened {
            Ok(handle) => Ok(Active { id, handle, lanes: HashMap::new() }),
            Err(error) => {
                if !resume {
                    self.db.remove_recording(&id).await?;
                }
                Err(error.into())
            }
        }
    }

    /// A source arrives, or by another way: its tracks are tapped anew when [`Self::follow`] comes to them.
    pub(super) fn arrived(&mut self, source: &SourceKey) {
        let Some(active) = &mut self.active else { return };
        active.lanes.retain(|_, pumped| {
            if pumped.source == *source {
                pumped.pump.abort();
            }
            pumped.source != *source
        });
    }

    /// Taps what each lane is to hold now. A lane without a source keeps the one it had: it may come back.
    pub(super) fn follow(&mut self, media: &Media) {
        let Some(active) = &mut self.active else { return };
        let studio = [
            (Lane::Camera, media.shown(SlotKind::Video, 0)),
            (Lane::Voice, media.shown(SlotKind::Audio, 0)),
            (Lane::Screen, Some(SourceKey::Screen)),
        ];
        let voices = self.consenting.iter().map(|id| (Lane::Classroom(id.clone()), SourceKey::Classroom(id.clone())));
        let studio = studio.into_iter().filter_map(|(lane, source)| Some((lane, source?)));
        for (lane, source) in studio.chain(voices) {
            let Some(publication) = media.publication(&source) else { continue };
            let voice = |label: &str| TrackRole::Voice { label: label.to_owned() };
            let (role, track, codec) = match &lane {
                Lane::Camera => (TrackRole::Camera, publication.video, Codec::H264),
                Lane::Screen => (TrackRole::Screen, publication.video, Codec::H264),
                Lane::Voice => (voice("studio"), publication.audio, Codec::Opus),
                Lane::Classroom(id) => (voice(id.as_str()), publication.audio, Codec::Opus),
            };
            let Some((track, _)) = track.filter(|(_, published)| *published == codec) else { continue };
            if active.lanes.get(&lane).is_some_and(|pumped| pumped.track == track) {
                continue;
            }
            let input = active.handle.add_track(role, track.peer.0);
            let pump = tokio::spawn(pump(self.engine.tap(track), input));
            if let Some(before) = active.lanes.insert(lane, Pumped { source, track, pump }) {
                before.pump.abort();
            }
        }
    }

    /// Puts a point on the timeline.
    pub(super) fn mark(&self, mark: &Mark) {
        let Some(active) = &self.active else { return };
        let Ok(serde_json::Value::Object(mut fields)) = serde_json::to_value(mark) else { return };
        let kind = fields.remove("mark");
        let kind = kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or("mark").to_owned();
        if !active.handle.mark(&kind, detail(&mark.what), fields) {
            tracing::warn!(lesson = %self.lesson, kind, "a mark is missing on the timeline");
        }
    }

    /// The bell: closes the recording and catalogues it, beside the lesson's task.
    pub(super) fn stop(&mut self) {
        let Some(active) = self.active.take() else { return };
        let (db, root) = (self.db.clone(), self.root.clone());
        self.closing = Some(tokio::spawn(async move {
            let id = active.id.clone();
            close(active).await;
            if let Err(error) = recordings::catalogue(&db, &root, &id).await {
                tracing::error!(recording = %id, error = format!("{error:#}"), "the recording is not catalogued");
            }
        }));
    }

    /// The task ends. A recording of a lesson that is still live is closed on disk and stays open in the catalogue:
    /// it is taken up when the lesson is.
    pub(super) async fn finish(&mut self) {
        if let Some(active) = self.active.take() {
            close(active).await;
        }
        if let Some(closing) = self.closing.take() {
            let _ = closing.await;
        }
    }
}

/// What is left out first when a timeline grows too long: pointing, then ink. What turns a page or takes ink away stays.
fn detail(what: &Marked) -> Detail {
    match what {
        Marked::Pointed { .. } => Detail::Fleeting,
        Marked::StrokeDrawn { .. } => Detail::Ink,
        _ => Detail::Chapter,
    }
}

async fn close(active: Active) {
    let Active { id, handle, lanes } = active;
    for pumped in lanes.into_values() {
        pumped.pump.abort();
    }
    let finished = tokio::task::spawn_blocking(move || handle.finish()).await;
    if !matches!(finished, Ok(Ok(_))) {
        tracing::warn!(recording = %id, "the recorder did not end well; its files are repaired");
    }
}

/// Carries a tap's items to the recorder until the publisher is gone. The recorder never makes it wait.
async fn pump(mut tap: TapReceiver, input: TrackInput) {
    while let Some(item) = tap.recv().await {
        input.push(Input::from(item));
    }
}
