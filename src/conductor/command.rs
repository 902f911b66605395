//! What a lesson's task is asked.

use airclass_media::{MediaEvent, Patched, PeerId};
use airclass_signaling::id::{AccountId, ClipId};
use airclass_signaling::lesson::{ConnectionId, Input, Lesson, Place, SourceKey};
use airclass_signaling::wire::ClientMessage;
use tokio::sync::oneshot;

use super::{ConductError, Origin, Outbox, Wish};
use crate::accounts::Actor;

/// An answered WHIP or WHEP offer.
#[derive(Debug)]
pub struct Answered {
    /// Last part of the session's address; unguessable.
    pub resource: String,
    /// SDP answer.
    pub answer: String,
    /// Entity tag of the ICE session, without quotes.
    pub etag: String,
    /// The media peer behind it.
    pub peer: PeerId,
}

/// Who opens a media session.
#[derive(Clone, Debug)]
pub struct Opener {
    /// The account it belongs to.
    pub account: AccountId,
    /// Hash of the token it was opened with; the session ends when that token is withdrawn.
    pub token: String,
}

/// A signaling connection that comes in.
#[derive(Debug)]
pub struct Visit {
    /// Who.
    pub actor: Actor,
    /// Hash of the token it came in with.
    pub session: String,
    /// What the page calls itself, to be known again when it comes back on another socket; no secret.
    pub page: Option<String>,
    /// Where it may sit.
    pub places: Vec<Place>,
    /// Where its frames go.
    pub outbox: Outbox,
}

/// The media sessions of a lesson.
#[derive(Debug, Default)]
pub struct Members {
    /// What is on air, and who publishes it.
    pub sources: Vec<(SourceKey, PeerId)>,
    /// Who receives, and where that is.
    pub receivers: Vec<(Place, PeerId)>,
}

/// A look at the lesson, by whoever knows what it looks for.
pub(super) struct Look(pub(super) Box<dyn FnOnce(&Lesson) + Send>);

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Look(…)")
    }
}

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, ConductError>>;

/// One thing to do for a lesson's task.
#[derive(Debug)]
pub(super) enum Command {
    /// A socket opened.
    Connect { conn: ConnectionId, visit: Visit },
    /// A socket closed.
    Disconnected { conn: ConnectionId },
    /// A socket's message.
    Message { conn: ConnectionId, message: ClientMessage },
    /// A WHIP offer.
    Publish { origin: Origin, opener: Opener, offer: String, reply: Reply<Answered> },
    /// A WHEP offer.
    Receive { place: Place, wish: Wish, opener: Opener, offer: String, reply: Reply<Answered> },
    /// Whether the session exists and belongs to that account.
    Owns { resource: String, account: AccountId, reply: Reply<()> },
    /// A PATCH on a session.
    Patch { resource: String, account: AccountId, fragment: String, if_match: Option<String>, reply: Reply<Patched> },
    /// A DELETE on a session.
    Delete { resource: String, account: AccountId, reply: Reply<()> },
    /// Which peer publishes a source on air.
    OnAir { source: SourceKey, reply: Reply<Option<PeerId>> },
    /// Who sends and who receives.
    Members { reply: Reply<Members> },
    /// Something happened outside that the lesson must know, by order of a door that checked the right to it.
    Tell { input: Box<Input>, reply: Reply<()> },
    /// Look at the lesson.
    Look(Look),
    /// The lesson is planned otherwise: unless it has begun, its task ends and the next visitor starts it anew.
    Replan,
    /// The clip for when the studio is gone.
    SetFallback { clip: ClipId },
    /// A login session or a token is withdrawn.
    SignedOut { session: String },
    /// Go live.
    Start { reply: Reply<()> },
    /// The bell.
    End { reply: Reply<()> },
    /// Something happened to media.
    Media(MediaEvent),
    /// The server goes down.
    Stop { reply: oneshot::Sender<()> },
    /// Break on purpose, to test that a panic ends one lesson only.
    #[cfg(test)]
    Panic,
}
