//! A studio that publishes the test card and remembers everything it sent.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use airclass::clock;
use airclass::tools::access_unit::AccessUnit;
use airclass::tools::media::{CardConfig, Feed};
use airclass::tools::program::{Program, Sent};
use airclass::tools::whip::{Publisher, Tracks};
use airclass::tools::{Feedback, JoinOptions};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What went out.
#[derive(Default)]
pub(crate) struct SentLog {
    pub(crate) pictures: Vec<(AccessUnit, Instant)>,
    pub(crate) sounds: u64,
}

/// A publishing studio or classroom.
pub(crate) struct Studio {
    sent: Arc<Mutex<SentLog>>,
    feedback: Arc<Feedback>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Studio {
    /// Joins and publishes the small card with its voice until told to stop.
    pub(crate) async fn on_air(join: &JoinOptions) -> Self {
        Self::with(join, Tracks::BOTH).await
    }

    /// A picture without sound, as a shared screen is.
    pub(crate) async fn silent(join: &JoinOptions) -> Self {
        Self::with(join, Tracks { video: true, audio: false }).await
    }

    async fn with(join: &JoinOptions, tracks: Tracks) -> Self {
        let mut program = Program::start(Feed::Card(CardConfig::SMALL)).await.expect("a test card");
        let publisher = Publisher::join(join, tracks).await.expect("the studio joins");
        let sent = Arc::new(Mutex::new(SentLog::default()));
        let feedback = Arc::clone(publisher.feedback());
        let (stop, stopped) = oneshot::channel();
        let log = Arc::clone(&sent);
        let task = tokio::spawn(async move {
            let note = |what| {
                let mut log = log.lock().unwrap();
                match what {
                    Sent::Picture(picture) => log.pictures.push((picture, clock::instant())),
                    Sent::Sound(_) => log.sounds += 1,
                }
            };
            tokio::select! {
                end = program.play(&publisher, note) => { end.expect("the card is encoded"); }
                () = publisher.ended() => {}
                _ = stopped => {}
            }
            publisher.leave().await;
        });
        let studio = Self { sent, feedback, stop: Some(stop), task };
        studio.until_sent(1).await;
        studio
    }

    /// Waits until so many pictures went out in all.
    pub(crate) async fn until_sent(&self, pictures: usize) {
        let patience = Duration::from_secs(20) + Duration::from_millis(50) * u32::try_from(pictures).unwrap();
        let wait = async {
            while self.sent.lock().unwrap().pictures.len() < pictures {
                assert!(!self.task.is_finished(), "the studio lost its session");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(patience, wait).await.expect("pictures go out");
    }

    /// How many pictures went out.
    pub(crate) fn count(&self) -> usize {
        self.sent().pictures.len()
    }

    pub(crate) fn sent(&self) -> std::sync::MutexGuard<'_, SentLog> {
        self.sent.lock().unwrap()
    }

    /// The number of the picture with exactly these NAL units.
    pub(crate) fn number_of(&self, unit: &AccessUnit) -> Option<usize> {
        self.sent().pictures.iter().position(|(sent, _)| sent.nals == unit.nals)
    }

    /// Keyframe requests that reached this publisher.
    pub(crate) fn keyframe_requests(&self) -> u64 {
        self.feedback.keyframe_requests()
    }

    pub(crate) fn feedback(&self) -> &Feedback {
        &self.feedback
    }

    pub(crate) fn is_on_air(&self) -> bool {
        !self.task.is_finished()
    }

    /// Leaves properly; everything that was sent.
    pub(crate) async fn leave(mut self) -> SentLog {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
        std::mem::take(&mut *self.sent.lock().unwrap())
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.task.abort();
    }
}
