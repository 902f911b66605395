//! Options and results of publish and receive sessions.

use crate::codec::{Codec, MediaKind};
use crate::estimate::Content;
use crate::slot::{PeerId, Slot, UpTrackId};

/// What of a publisher goes further than its own peer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Gate {
    /// Nothing is forwarded or tapped.
    #[default]
    Closed,
    /// Its picture, and no sound.
    PictureOnly,
    /// Everything.
    Open,
}

impl Gate {
    /// Whether media of a kind passes.
    pub fn passes(self, kind: MediaKind) -> bool {
        match self {
            Self::Closed => false,
            Self::PictureOnly => kind == MediaKind::Video,
            Self::Open => true,
        }
    }
}

/// How a publisher is taken in.
#[derive(Debug, Clone, Default)]
pub struct PublishOptions {
    /// Whether the media will be recorded: codecs that cannot be archived are refused in the answer.
    pub recorded: bool,
    /// How the gate starts.
    pub gate: Gate,
    /// What its picture shows: decides what a narrow line gets of it.
    pub content: Content,
    /// Name for statistics and logs, chosen by the caller, never the peer's own text.
    pub label: String,
}

/// An answered publish session.
#[derive(Debug, Clone)]
pub struct PublishSession {
    /// Handle for further calls.
    pub peer: PeerId,
    /// SDP answer.
    pub answer: String,
    /// Entity tag of this ICE generation, without quotes.
    pub etag: String,
    /// The accepted media sections in the order of the offer.
    pub tracks: Vec<UpTrackInfo>,
}

/// One accepted media section of a publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpTrackInfo {
    /// Handle for slots and taps.
    pub track: UpTrackId,
    /// Sound or picture.
    pub kind: MediaKind,
    /// The chosen codec.
    pub codec: Codec,
    /// Media identification of the section in the offer.
    pub mid: String,
    /// Simulcast layers as the offer names them, lowest first; empty without simulcast.
    pub rids: Vec<String>,
}

/// How a receiver is taken in.
#[derive(Debug, Clone)]
pub struct ReceiveOptions {
    /// Most audio sections to accept; further ones are rejected in the answer.
    pub audio_slots: u8,
    /// Most video sections to accept.
    pub video_slots: u8,
    /// Name for statistics and logs, chosen by the caller.
    pub label: String,
}

impl Default for ReceiveOptions {
    fn default() -> Self {
        Self { audio_slots: 4, video_slots: 4, label: String::new() }
    }
}

/// An answered receive session. Its slots are empty until [`Engine::map_slots`](crate::Engine::map_slots).
#[derive(Debug, Clone)]
pub struct ReceiveSession {
    /// Handle for further calls.
    pub peer: PeerId,
    /// SDP answer.
    pub answer: String,
    /// Entity tag of this ICE generation, without quotes.
    pub etag: String,
    /// The accepted slots.
    pub slots: Vec<SlotInfo>,
}

/// One accepted section of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotInfo {
    /// The place.
    pub slot: Slot,
    /// Media identification of the section in the offer.
    pub mid: String,
}

/// What a trickle request (RFC 9725 section 4.3) came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patched {
    /// Candidates noted; answer 204. An ICE-lite server needs none of them.
    NoContent,
    /// ICE restarted; answer 200 with this fragment.
    Restarted {
        /// `application/trickle-ice-sdpfrag` with the new credentials and the candidates.
        fragment: String,
        /// Entity tag of the new ICE generation, without quotes.
        etag: String,
    },
}
