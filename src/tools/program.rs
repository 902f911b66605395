//! Sends a source in real time: encoding on a thread of its own, pacing here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::ToolError;
use super::access_unit::AccessUnit;
use super::media::{Feed, Source, Unit};
use super::whip::{Publisher, Tracks};

/// Units encoded ahead of their time. Few, so that a keyframe that is asked for comes soon; when full the encoder waits.
const AHEAD: usize = 4;
/// Later than this the timeline starts anew instead of sending a burst.
const TOO_LATE: Duration = Duration::from_millis(500);

/// A source being encoded.
pub struct Program {
    units: mpsc::Receiver<Result<Unit, ToolError>>,
    keyframe_wanted: Arc<AtomicBool>,
    tracks: Tracks,
    /// Read from the source, but its session was lost before it could be sent.
    next: Option<Unit>,
}

/// Why [`Program::play`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayEnd {
    /// The source is at its end.
    Finished,
    /// The session is lost; the program goes on with the next one.
    Disconnected,
}

/// What has just been sent.
#[derive(Clone, Debug)]
pub enum Sent {
    /// A picture, with its timestamp on the wire.
    Picture(AccessUnit),
    /// A packet of sound, with its timestamp on the wire.
    Sound(u32),
}

impl Program {
    /// Opens the source and starts encoding.
    ///
    /// # Errors
    /// When it can't be opened.
    pub async fn start(feed: Feed) -> Result<Self, ToolError> {
        let keyframe_wanted = Arc::new(AtomicBool::new(false));
        let wanted = Arc::clone(&keyframe_wanted);
        let (sender, units) = mpsc::channel(AHEAD);
        let (opened, tracks) = oneshot::channel();
        std::thread::spawn(move || {
            let mut source = match Source::open(feed, wanted) {
                Ok(source) => source,
                Err(error) => return drop(opened.send(Err(error))),
            };
            let _ = opened.send(Ok(source.tracks()));
            while let Some(unit) = source.next_unit().transpose() {
                let last = unit.is_err();
                if sender.blocking_send(unit).is_err() || last {
                    break;
                }
            }
        });
        let tracks = tracks.await.unwrap_or(Err(ToolError::Gone("the encoder's thread")))?;
        Ok(Self { units, keyframe_wanted, tracks, next: None })
    }

    /// What it holds.
    #[must_use]
    pub fn tracks(&self) -> Tracks {
        self.tracks
    }

    /// Asks for a keyframe.
    pub fn want_keyframe(&self) {
        self.keyframe_wanted.store(true, Ordering::Relaxed);
    }

    /// Sends what the session has a track for until the source ends or the session is lost; `sent` hears of everything that went out. It may be
    /// dropped at any await and called again.
    ///
    /// # Errors
    /// What the source could not do.
    pub async fn play(&mut self, publisher: &Publisher, mut sent: impl FnMut(Sent)) -> Result<PlayEnd, ToolError> {
        // Decoding starts anew on the other side.
        self.want_keyframe();
        let (video_base, audio_base) = (rand::random::<u32>(), rand::random::<u32>());
        let mut requests = publisher.feedback().keyframe_requests();
        let mut start: Option<Instant> = None;
        loop {
            if self.next.is_none() {
                self.next = match self.units.recv().await {
                    Some(unit) => Some(unit?),
                    None => return Ok(PlayEnd::Finished),
                };
            }
            let Some(at) = self.next.as_ref().map(Unit::at) else { continue };
            let now = Instant::now();
            let mut due = *start.get_or_insert(now - at) + at;
            if now > due + TOO_LATE {
                start = Some(now - at);
                due = now;
            }
            sleep_until(due).await;
            let asked = publisher.feedback().keyframe_requests();
            if asked != requests {
                requests = asked;
                self.want_keyframe();
            }
            let Some(unit) = self.next.take() else { continue };
            let tracks = publisher.tracks();
            let result = match &unit {
                Unit::Picture { .. } if !tracks.video => Ok(()),
                Unit::Sound { .. } if !tracks.audio => Ok(()),
                Unit::Picture { timestamp, nals } => {
                    let picture = AccessUnit { timestamp: on_wire(video_base, *timestamp), nals: nals.clone() };
                    let result = publisher.send_video(&picture).await;
                    sent(Sent::Picture(picture));
                    result
                }
                Unit::Sound { timestamp, packet } => {
                    let timestamp = on_wire(audio_base, *timestamp);
                    let result = publisher.send_audio(timestamp, packet.clone()).await;
                    sent(Sent::Sound(timestamp));
                    result
                }
            };
            if let Err(error) = result {
                tracing::debug!(%error, "sending");
                self.next = Some(unit);
                return Ok(PlayEnd::Disconnected);
            }
        }
    }
}

/// RTP timestamps count modulo 2^32 from a random start (RFC 3550, section 5.1).
fn on_wire(base: u32, timestamp: i64) -> u32 {
    base.wrapping_add(timestamp as u32)
}
