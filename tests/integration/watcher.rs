//! A classroom by hand: it shows what a decoder could, asks for repairs and keyframes as a browser does, and tells how
//! long its picture stood.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use airclass::clock;
use airclass_load::eyes::Eyes;
use airclass_load::insider::{Entrance, Heard, Insider};

use crate::stage::{Host, Stage};

/// Distance of two looks at what is missing.
const TURN: Duration = Duration::from_millis(25);

/// A watching classroom.
pub(crate) struct Watcher {
    insider: Insider,
    eyes: Eyes,
    picture: u32,
    /// When pictures were shown.
    pub(crate) shown: Vec<Instant>,
}

impl Watcher {
    /// Joins with an observer's token, through `via` if given, and waits for the first picture.
    pub(crate) async fn join(stage: &Stage, via: Option<SocketAddr>) -> Self {
        let entrance = stage.entrance(via).await;
        let insider = Insider::receiver(&entrance, false).await.expect("a classroom joins");
        let mut watcher = Self { insider, eyes: Eyes::default(), picture: 0, shown: Vec::new() };
        watcher.shown_after(clock::instant(), Duration::from_secs(10)).await.expect("a first picture");
        watcher
    }

    /// Watches until `end`; the longest time the picture stood still.
    pub(crate) async fn watch_until(&mut self, end: Instant) -> Duration {
        let mut last = *self.shown.last().expect("it has a picture");
        let mut longest = Duration::ZERO;
        let from = self.shown.len();
        while clock::instant() < end {
            self.turn().await;
        }
        for shown in self.shown[from..].iter().chain([&end]) {
            longest = longest.max(shown.saturating_duration_since(last));
            last = *shown;
        }
        longest
    }

    /// How long after `since` the next picture was shown.
    pub(crate) async fn shown_after(&mut self, since: Instant, within: Duration) -> Option<Duration> {
        let end = clock::instant() + within;
        while clock::instant() < end {
            self.turn().await;
            if let Some(shown) = self.shown.last().filter(|shown| **shown > since) {
                return Some(*shown - since);
            }
        }
        None
    }

    /// Takes what comes for a moment, then asks for what is missing.
    async fn turn(&mut self) {
        let end = clock::instant() + TURN;
        loop {
            let now = clock::instant();
            let Some(heard) = self.insider.next(end.saturating_duration_since(now)).await else { break };
            let Heard::Media(media) = heard else { continue };
            let now = clock::instant();
            let shown = if media.is_picture() {
                self.picture = media.ssrc;
                self.eyes.push(media.seq, media.timestamp, media.marker, &media.payload, now)
            } else if let Some((number, payload)) = media.repeated() {
                self.eyes.push(number, media.timestamp, media.marker, payload, now)
            } else {
                0
            };
            if shown > 0 {
                self.shown.push(now);
            }
            if now >= end {
                break;
            }
        }
        let missing = self.eyes.missing();
        if !missing.is_empty() {
            self.insider.nack(self.picture, &missing).await;
        }
        if self.eyes.wants_keyframe(clock::instant()) {
            self.insider.picture_loss(self.picture).await;
        }
    }
}

impl Stage {
    /// For peers by hand, with an observer's token, of which any number may watch.
    pub(crate) async fn entrance(&self, via: Option<SocketAddr>) -> Entrance {
        let token = self.admin.token(&self.lesson, "observer", None).await;
        Entrance { http: self.http(), lesson: self.lesson.clone(), token, via }
    }

    /// The plain-HTTP address.
    pub(crate) fn http(&self) -> SocketAddr {
        self.base.trim_start_matches("http://").parse().unwrap()
    }

    /// The media engine's figures, when the server is in this process.
    pub(crate) async fn engine_stats(&self) -> airclass_media::EngineStats {
        let Host::Here(running) = &self.host else { unreachable!("the server runs here") };
        running.state().engine.stats().await
    }
}
