//! The recorder's thread and the handles that feed it.
//!
//! One thread writes one lesson. Everything comes through one bounded channel; when it is full because the disk stands
//! still, items are left out and the track is told that something is missing. The lesson itself never waits.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::disk::Disk;
use crate::index::{GapReason, Picture, Summary};
use crate::input::Input;
use crate::recover;
use crate::session::Session;
use crate::timeline::Detail;
use crate::track::TrackError;

/// Items that may wait for the thread: 20 s of a 4 Mbit/s picture. When full, the newest is left out and the track gets
/// [`Input::Lost`] in its place.
const CAPACITY: usize = 8192;
/// How often the thread looks at the time when nothing comes.
const TICK: Duration = Duration::from_millis(100);

/// What a track is in the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrackRole {
    /// The studio's camera, H.264.
    Camera,
    /// The studio's screen, H.264.
    Screen,
    /// A voice for the mix, Opus. Add only voices that may be written: the studio's, and those of classrooms whose
    /// class carries a consent flag, while they hold the floor.
    Voice {
        /// For the log.
        label: String,
    },
}

/// How finely a recording is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// Target length of segments.
    pub segment: Duration,
    /// Length of fragments: what a crash may take.
    pub fragment: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { segment: Duration::from_secs(6), fragment: Duration::from_secs(1) }
    }
}

impl Rhythm {
    /// The playlists' target duration: keyframes come about every segment length, so a segment may be twice as long.
    pub(crate) fn target_seconds(self) -> u32 {
        (self.segment.as_secs() as u32 * 2).max(2)
    }
}

/// What the recorder tells while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderEvent {
    /// Nothing of this picture can be written before its next keyframe: ask the publisher for one. At most once a second.
    KeyframeWanted {
        /// Which picture.
        picture: Picture,
    },
    /// A track cannot be written (full disk, failed sync). It is tried again by itself.
    Alarm {
        /// The track's folder.
        track: String,
        /// The operating system's or libav's words; no peer's data.
        cause: String,
    },
    /// A track is being written again.
    Resumed {
        /// The track's folder.
        track: String,
    },
}

/// Where and how to record.
pub struct RecorderConfig {
    /// The recording's own folder; created.
    pub dir: PathBuf,
    /// Wall time now, UTC milliseconds: of media time 0 when starting, of the present when resuming.
    pub now_ms: i64,
    /// How finely to cut.
    pub rhythm: Rhythm,
    /// Called on the recorder's thread with what it tells; must not block.
    pub on_event: Box<dyn FnMut(RecorderEvent) + Send>,
}

impl RecorderConfig {
    /// A recording into `dir` with the usual rhythm that tells nobody.
    pub fn new(dir: PathBuf, now_ms: i64) -> Self {
        Self { dir, now_ms, rhythm: Rhythm::default(), on_event: Box::new(|_| {}) }
    }
}

/// Why recording could not start or end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecorderError {
    /// The folder cannot be used.
    #[error("the recording's folder: {0}")]
    Folder(#[from] io::Error),
    /// A track cannot be written.
    #[error(transparent)]
    Track(#[from] TrackError),
    /// The folder holds a recording already, or none to resume.
    #[error("the folder holds {0}")]
    Occupied(&'static str),
    /// The thread ended before its time.
    #[error("the recorder is gone")]
    Gone,
}

/// Items carry the time at which they were handed over, and that is the session's present: while the disk stands still,
/// what waits in the channel is not missing, so nothing is taken for lost, late or absent.
enum Message {
    Add { id: u32, role: TrackRole, sender: u64 },
    Item { id: u32, input: Input, at: Instant },
    Mark { at: Instant, kind: String, detail: Detail, fields: serde_json::Map<String, serde_json::Value> },
    Finish,
}

/// Starts recordings.
pub struct Recorder;

impl Recorder {
    /// Starts a recording in a new folder; media time 0 is now.
    ///
    /// # Errors
    /// When the folder cannot be written or holds a recording.
    pub fn start(config: RecorderConfig) -> Result<RecorderHandle, RecorderError> {
        let disk = Disk::open(&config.dir)?;
        Self::start_on(disk, config)
    }

    /// The same on a given [`Disk`], for tests that let it fail.
    ///
    /// # Errors
    /// As [`Recorder::start`].
    pub fn start_on(disk: Disk, config: RecorderConfig) -> Result<RecorderHandle, RecorderError> {
        if disk.folder().join("index.json").exists() {
            return Err(RecorderError::Occupied("a recording already"));
        }
        let summary = Summary::new(config.now_ms);
        let session = Session::open(disk, config.rhythm, summary, Default::default(), 0, now())?;
        RecorderHandle::spawn(session, config.on_event)
    }

    /// Continues a recording that a crash left open; the hole is marked as a gap. Media time goes on with the wall clock,
    /// and never backwards.
    ///
    /// # Errors
    /// When the folder cannot be written or holds no recording.
    pub fn resume(config: RecorderConfig) -> Result<RecorderHandle, RecorderError> {
        let disk = Disk::open(&config.dir)?;
        let (mut summary, playlists) =
            recover::repair(&disk)?.ok_or(RecorderError::Occupied("no recording to resume"))?;
        let end = summary.duration_ms * 1000;
        let base = ((config.now_ms - summary.started_ms) * 1000).max(end);
        for track in playlists.keys() {
            summary.add_gap(track, playlists[track].end_micros(), base, GapReason::Restart);
        }
        summary.closed = false;
        let session = Session::open(disk, config.rhythm, summary, playlists, base, now())?;
        RecorderHandle::spawn(session, config.on_event)
    }
}

/// A running recording. Dropping it ends the recording as [`RecorderHandle::finish`] does, without waiting.
pub struct RecorderHandle {
    messages: SyncSender<Message>,
    next: AtomicU32,
    thread: Option<JoinHandle<Summary>>,
}

impl RecorderHandle {
    fn spawn(session: Session, on_event: Box<dyn FnMut(RecorderEvent) + Send>) -> Result<Self, RecorderError> {
        let (messages, receiver) = sync_channel(CAPACITY);
        let thread =
            std::thread::Builder::new().name("recorder".to_owned()).spawn(move || run(session, &receiver, on_event))?;
        Ok(Self { messages, next: AtomicU32::new(1), thread: Some(thread) })
    }

    /// Adds a track; `sender` is the same number for tracks whose sender reports come from one clock (one peer), so that
    /// they stay together. A second camera or screen takes the place of the first.
    pub fn add_track(&self, role: TrackRole, sender: u64) -> TrackInput {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let added = self.messages.try_send(Message::Add { id, role, sender }).is_ok();
        TrackInput { id, messages: self.messages.clone(), lost: AtomicBool::new(false), added }
    }

    /// Adds a line to the timeline: `{media_ms, kind, ...fields}`; `detail` says when it may be left out. False when the recorder cannot take it.
    pub fn mark(&self, kind: &str, detail: Detail, fields: serde_json::Map<String, serde_json::Value>) -> bool {
        self.messages.try_send(Message::Mark { at: now(), kind: kind.to_owned(), detail, fields }).is_ok()
    }

    /// Ends the recording now and waits until everything is durable: usually some 10 ms. Blocks the thread.
    ///
    /// # Errors
    /// [`RecorderError::Gone`] when the recorder's thread had ended; `recover` then closes the folder.
    pub fn finish(mut self) -> Result<Summary, RecorderError> {
        self.messages.send(Message::Finish).map_err(|_| RecorderError::Gone)?;
        self.thread.take().ok_or(RecorderError::Gone)?.join().map_err(|_| RecorderError::Gone)
    }
}

impl Drop for RecorderHandle {
    fn drop(&mut self) {
        let _ = self.messages.try_send(Message::Finish);
    }
}

/// Feeds one track. Dropping it ends the track.
pub struct TrackInput {
    id: u32,
    messages: SyncSender<Message>,
    lost: AtomicBool,
    added: bool,
}

impl TrackInput {
    /// Hands over an item without ever blocking. False when it was left out because the recorder is too slow (the track
    /// is told) or gone.
    pub fn push(&self, input: Input) -> bool {
        if !self.added {
            return false;
        }
        if self.lost.load(Ordering::Relaxed) {
            if self.messages.try_send(self.item(Input::Lost)).is_err() {
                return false;
            }
            self.lost.store(false, Ordering::Relaxed);
        }
        match self.messages.try_send(self.item(input)) {
            Ok(()) => true,
            Err(error) => {
                self.lost.store(matches!(error, TrySendError::Full(_)), Ordering::Relaxed);
                false
            }
        }
    }

    fn item(&self, input: Input) -> Message {
        Message::Item { id: self.id, input, at: now() }
    }
}

impl Drop for TrackInput {
    fn drop(&mut self) {
        let _ = self.messages.try_send(self.item(Input::Ended));
    }
}

fn run(
    mut session: Session,
    messages: &Receiver<Message>,
    mut on_event: Box<dyn FnMut(RecorderEvent) + Send>,
) -> Summary {
    let mut time = now();
    let mut ticked = time;
    loop {
        let message = messages.recv_timeout(TICK);
        time = match &message {
            // Two that feed different tracks may stamp in one order and send in the other.
            Ok(Message::Item { at, .. } | Message::Mark { at, .. }) => time.max(*at),
            Ok(Message::Add { .. }) => time,
            Ok(Message::Finish) | Err(_) => time.max(now()),
        };
        match message {
            Ok(Message::Add { id, role, sender }) => session.add_track(id, &role, sender),
            Ok(Message::Item { id, input, .. }) => session.input(id, input, time),
            Ok(Message::Mark { at, kind, detail, fields }) => session.mark(at, &kind, detail, fields),
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Message::Finish) | Err(RecvTimeoutError::Disconnected) => {
                let summary = session.finish(time);
                session.events.drain(..).for_each(on_event);
                return summary;
            }
        }
        if time.saturating_duration_since(ticked) >= TICK {
            ticked = time;
            session.tick(time);
        }
        session.events.drain(..).for_each(&mut on_event);
    }
}

#[expect(clippy::disallowed_methods, reason = "the recorder's one clock")]
fn now() -> Instant {
    Instant::now()
}
