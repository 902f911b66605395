//! A publish session as its lesson sees it: its tracks, which layers of the picture anybody takes, and what fell silent.

use airclass_media::{Codec, MediaKind, PeerId, PublishSession, UpTrackId};

/// A publish session.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) peer: PeerId,
    pub(super) audio: Option<(UpTrackId, Codec)>,
    pub(super) video: Option<(UpTrackId, Codec)>,
    /// Layers of the picture by the names of the offer, lowest first; empty without simulcast.
    rids: Vec<String>,
    /// Those that somebody takes, bit n is layer n.
    wanted: u8,
    /// Tracks that stopped carrying packets.
    silent: Vec<UpTrackId>,
}

impl Publication {
    pub(super) fn new(session: &PublishSession) -> Self {
        let first =
            |kind| session.tracks.iter().find(|track| track.kind == kind).map(|track| (track.track, track.codec));
        let picture = session.tracks.iter().find(|track| track.kind == MediaKind::Video);
        Self {
            peer: session.peer,
            audio: first(MediaKind::Audio),
            video: first(MediaKind::Video),
            rids: picture.map(|track| track.rids.clone()).unwrap_or_default(),
            wanted: u8::MAX,
            silent: Vec::new(),
        }
    }

    /// Its track of a kind.
    pub(super) fn track(&self, kind: MediaKind) -> Option<UpTrackId> {
        let track = match kind {
            MediaKind::Audio => self.audio,
            MediaKind::Video => self.video,
        };
        track.map(|(track, _)| track)
    }

    /// The small stills of its picture.
    pub(super) fn thumbnail(&self) -> Option<UpTrackId> {
        self.track(MediaKind::Video).map(UpTrackId::thumbnail)
    }

    /// The layers that somebody takes; `None` when there is nothing to choose from.
    pub(super) fn wanted_rids(&self) -> Option<Vec<String>> {
        let wanted = (0..8).zip(&self.rids).filter(|(layer, _)| self.wanted >> layer & 1 == 1);
        (self.rids.len() > 1).then(|| wanted.map(|(_, rid)| rid.clone()).collect())
    }

    /// Notes the layers that somebody takes.
    pub(super) fn set_wanted(&mut self, layers: u8) {
        self.wanted = layers;
    }

    /// Whether that is its picture.
    pub(super) fn shows(&self, track: UpTrackId) -> bool {
        self.track(MediaKind::Video) == Some(track)
    }

    /// Notes that a track fell silent or came back. `Some(true)` when all are silent now and were not before,
    /// `Some(false)` the other way.
    pub(super) fn set_active(&mut self, track: UpTrackId, active: bool) -> Option<bool> {
        let before = self.all_silent();
        self.silent.retain(|silent| *silent != track);
        if !active {
            self.silent.push(track);
        }
        let after = self.all_silent();
        (before != after).then_some(after)
    }

    fn all_silent(&self) -> bool {
        self.audio.into_iter().chain(self.video).all(|(track, _)| self.silent.contains(&track))
    }
}
