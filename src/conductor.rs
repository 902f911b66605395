//! One task conducts one lesson: it owns the lesson's state machine and its media, stores the journal, and obeys.
//!
//! [`Conductors`] finds or starts the task of a lesson and routes the engine's events to it. A panic ends that lesson's
//! task only: its connections are told to come back, its media is closed, and the next visitor starts it again from
//! the journal.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use airclass_media::{Engine, MediaEvent, PeerId};
use airclass_signaling::id::LessonId;
use airclass_signaling::wire::ByeReason;
use tokio::sync::{mpsc, oneshot};

mod command;
mod error;
mod grants;
mod handle;
mod lines;
mod media;
mod media_tokens;
mod origin;
mod outbox;
mod plan;
mod publication;
mod reception;
mod recording;
mod task;

pub use command::{Answered, Members, Opener, Visit};
pub use error::ConductError;
pub use handle::{Conductor, Connection};
pub use media_tokens::MediaTokens;
pub use origin::Origin;
pub use outbox::{Outbox, Outgoing};
pub use plan::{Told, told};
pub use reception::Wish;

use crate::db::Db;
use command::Command;
use task::Task;

/// Commands that may wait for one lesson; when full, whoever sends waits: a socket stops reading, a request takes longer.
const COMMANDS: usize = 256;

/// What every lesson's task needs.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    pub(crate) db: Db,
    pub(crate) engine: Engine,
    pub(crate) media_tokens: MediaTokens,
    pub(crate) recordings: std::path::PathBuf,
    pub(crate) audio_slots: u8,
    pub(crate) video_slots: u8,
    pub(crate) sessions_per_account: usize,
    pub(crate) peers: PeerMap,
}

/// Which lesson a media peer belongs to.
pub(crate) type PeerMap = Arc<Mutex<HashMap<PeerId, LessonId>>>;

/// The running lessons of this process; cheap to clone.
#[derive(Clone, Debug)]
pub struct Conductors {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    services: Services,
    running: Mutex<HashMap<LessonId, Running>>,
    stopping: AtomicBool,
    next_connection: AtomicU64,
}

#[derive(Debug, Clone)]
struct Running {
    conductor: Conductor,
    /// Of this start of the task: a task that was replaced must not remove its successor.
    start: u64,
    outboxes: Outboxes,
}

/// The queues of a lesson's connections, reachable when its task is gone.
pub(crate) type Outboxes = Arc<Mutex<HashMap<u64, Outbox>>>;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Conductors {
    pub(crate) fn new(services: Services) -> Self {
        let inner = Inner {
            services,
            running: Mutex::default(),
            stopping: AtomicBool::new(false),
            next_connection: AtomicU64::new(1),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether the server is going down: no lesson is started any more.
    pub fn stopping(&self) -> bool {
        self.inner.stopping.load(Ordering::Acquire)
    }

    /// How many lessons have a task.
    pub fn count(&self) -> usize {
        lock(&self.inner.running).len()
    }

    /// How many signaling connections are open.
    pub fn connections(&self) -> usize {
        lock(&self.inner.running).values().map(|running| lock(&running.outboxes).len()).sum()
    }

    /// The task of a lesson, if it runs.
    pub fn running(&self, lesson: &LessonId) -> Option<Conductor> {
        lock(&self.inner.running).get(lesson).map(|running| running.conductor.clone())
    }

    /// The task of a lesson, started from its journal if it does not run.
    ///
    /// # Errors
    /// The lesson does not exist, its journal can't be read, or the server is going down.
    pub async fn get(&self, lesson: &LessonId) -> Result<Conductor, ConductError> {
        self.start(lesson, None).await
    }

    /// As [`Self::get`]; `down_since_ms` says since when the server was down.
    async fn start(&self, lesson: &LessonId, down_since_ms: Option<i64>) -> Result<Conductor, ConductError> {
        if self.stopping() {
            return Err(ConductError::Stopping);
        }
        if let Some(conductor) = self.running(lesson) {
            return Ok(conductor);
        }
        let mut plan = plan::load(&self.inner.services.db, lesson).await?;
        plan.down_since_ms = down_since_ms;
        let mut running = lock(&self.inner.running);
        // Somebody else may have been quicker.
        if let Some(found) = running.get(lesson) {
            return Ok(found.conductor.clone());
        }
        let (sender, commands) = mpsc::channel(COMMANDS);
        let start = self.inner.next_connection.fetch_add(1, Ordering::Relaxed);
        let conductor = Conductor::new(sender, Arc::clone(&self.inner) as Arc<dyn handle::Numbers>);
        let outboxes = Outboxes::default();
        let entry = Running { conductor: conductor.clone(), start, outboxes: Arc::clone(&outboxes) };
        running.insert(lesson.clone(), entry);
        drop(running);
        let task = Task::new(self.inner.services.clone(), plan, outboxes, commands);
        tokio::spawn(self.clone().supervise(lesson.clone(), start, task));
        Ok(conductor)
    }

    /// Runs a task to its end and cleans up behind it, whatever the end was.
    async fn supervise(self, lesson: LessonId, start: u64, task: Task) {
        let ended = tokio::spawn(task.run()).await;
        if let Err(error) = &ended {
            tracing::error!(%lesson, %error, "a lesson's task broke; the lesson can be reopened");
        }
        let removed = {
            let mut running = lock(&self.inner.running);
            let own = running.get(&lesson).is_some_and(|entry| entry.start == start);
            if own { running.remove(&lesson) } else { None }
        };
        if let Some(running) = removed {
            for outbox in lock(&running.outboxes).values() {
                outbox.close(ByeReason::ServerStopping);
            }
        }
        let mut orphans = Vec::new();
        lock(&self.inner.services.peers).retain(|peer, of| {
            let orphan = *of == lesson;
            if orphan {
                orphans.push(*peer);
            }
            !orphan
        });
        for peer in orphans {
            self.inner.services.engine.close(peer);
        }
        self.inner.services.media_tokens.forget_lesson(&lesson);
    }

    /// Takes every live lesson up again; for the start of the server, which was down since `down_since_ms` as far as it
    /// knows.
    ///
    /// # Errors
    /// The database fails. A lesson that can't be resumed is logged and left alone.
    pub async fn resume_live(&self, down_since_ms: Option<i64>) -> Result<(), ConductError> {
        for id in self.inner.services.db.live_lessons().await? {
            if let Err(error) = self.start(&LessonId::new(id.as_str()), down_since_ms).await {
                tracing::error!(lesson = %id, %error, "a live lesson could not be resumed");
            }
        }
        Ok(())
    }

    /// A lesson is planned otherwise: if it runs and has not begun, it is started anew from the new plan. Whoever is in
    /// it is told to come back.
    pub async fn replan(&self, lesson: &LessonId) {
        if let Some(conductor) = self.running(lesson) {
            // A task that is gone has no plan.
            let _ = conductor.send(Command::Replan).await;
        }
    }

    /// Replans every running lesson of the list.
    pub async fn replan_all(&self, lessons: &[String]) {
        for id in lessons {
            self.replan(&LessonId::new(id.as_str())).await;
        }
    }

    /// A login session or a token is withdrawn: wherever it was used, its connections and its media end.
    pub async fn signed_out(&self, session: &str) {
        let running: Vec<Conductor> =
            lock(&self.inner.running).values().map(|running| running.conductor.clone()).collect();
        for conductor in running {
            // A task that is gone holds no connections.
            let _ = conductor.send(Command::SignedOut { session: session.to_owned() }).await;
        }
    }

    /// Hands the engine's events to the lessons they belong to, until the engine is gone.
    pub async fn route_media(self, mut events: mpsc::Receiver<MediaEvent>) {
        while let Some(event) = events.recv().await {
            let peer = match event {
                MediaEvent::PeerConnected { peer } | MediaEvent::PeerClosed { peer, .. } => peer,
                MediaEvent::TrackActive { track, .. }
                | MediaEvent::LayersWanted { track, .. }
                | MediaEvent::TrackSpeaking { track, .. } => track.peer,
                _ => continue,
            };
            let lesson = match event {
                MediaEvent::PeerClosed { .. } => lock(&self.inner.services.peers).remove(&peer),
                _ => lock(&self.inner.services.peers).get(&peer).cloned(),
            };
            if let Some(conductor) = lesson.and_then(|lesson| self.running(&lesson)) {
                // A task that is gone needs no events.
                let _ = conductor.send(Command::Media(event)).await;
            }
        }
    }

    /// Stops every task: connections are told `server_stopping`, recordings are closed. Lessons stay live in the
    /// journal and go on when the server is back. Returns when all are done or `deadline` has passed.
    pub async fn stop(&self, deadline: Duration) {
        self.inner.stopping.store(true, Ordering::Release);
        let running: Vec<Conductor> =
            lock(&self.inner.running).values().map(|running| running.conductor.clone()).collect();
        let all = async {
            let stops = running.into_iter().map(|conductor| async move {
                let (reply, done) = oneshot::channel();
                if conductor.send(Command::Stop { reply }).await.is_ok() {
                    let _ = done.await;
                }
            });
            futures_util::future::join_all(stops).await;
        };
        if tokio::time::timeout(deadline, all).await.is_err() {
            tracing::warn!("some lessons did not stop in time");
        }
    }
}

impl handle::Numbers for Inner {
    fn next_connection(&self) -> u64 {
        self.next_connection.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
#[path = "conductor/tests.rs"]
mod tests;
