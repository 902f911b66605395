//! Who is talking: what the forwarder hears, told to every seat.
//!
//! Only what the seats are shown counts, so a classroom without the floor is never named, and neither is a source whose
//! encoder does not say how loud it is.

use std::time::Instant;

use airclass_media::voice::Speakers;
use airclass_media::{PeerId, UpTrackId};
use airclass_signaling::wire::{ServerMessage, SourceView};

use super::{Task, outbox};
use crate::conductor::media::Media;

/// Who talks, and what the seats know of it.
#[derive(Debug)]
pub(super) struct Speaking {
    speakers: Speakers,
    told: Vec<SourceView>,
}

impl Speaking {
    pub(super) fn new(now: Instant) -> Self {
        Self { speakers: Speakers::new(now), told: Vec::new() }
    }

    pub(super) fn heard(&mut self, track: UpTrackId, loudness: Option<u8>) {
        self.speakers.heard(track, loudness);
    }

    pub(super) fn forget(&mut self, publisher: PeerId) {
        self.speakers.forget(publisher);
    }

    /// The slots show something else: the same tracks may have other names.
    pub(super) fn renamed(&mut self) {
        self.speakers.say_again();
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.speakers.poll_timeout()
    }

    /// The list as it was told last.
    pub(super) fn message(&self) -> ServerMessage {
        ServerMessage::Speaking { sources: self.told.clone() }
    }

    /// Whether there is something new to tell.
    fn poll(&mut self, media: &Media, now: Instant) -> bool {
        let Some(tracks) = self.speakers.poll(now) else { return false };
        let sources: Vec<SourceView> = tracks.into_iter().filter_map(|track| media.voice_of(track)).collect();
        let is_news = sources != self.told;
        self.told = sources;
        is_news
    }
}

impl Task {
    /// Tells every seat who is talking when that has changed.
    pub(super) fn tell_speaking(&mut self, now: Instant) {
        if !self.speaking.poll(&self.media, now) {
            return;
        }
        let frame = outbox::encode(&self.speaking.message());
        for (conn, seat) in &self.seats {
            // Before it has joined a connection is told nothing.
            if self.lesson.place(*conn).is_some() {
                seat.outbox.push(frame.clone());
            }
        }
    }
}
