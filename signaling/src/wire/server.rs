//! What the server says, and the reasons it gives.

use serde::{Deserialize, Serialize};

use super::{Event, LineView, Snapshot, SourceView, Stream, StudioSource};

/// What the server says.
///
/// `lines`, `speaking` and `layers` are ephemeral: neither journaled nor numbered. Each carries its whole list, so that
/// a lost one heals with the next; they are sent when something changed, at most once a second, and after a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum ServerMessage {
    /// The whole lesson as this seat may see it; comes once after `join` and whenever asked for. It replaces what the
    /// client knew.
    Snapshot(Box<Snapshot>),
    /// What changed. `n` counts up by one per stream, so that a client notices a gap.
    Delta { stream: Stream, n: u64, events: Vec<Event> },
    /// For this very seat, in no stream and without a number: what is said to one classroom's assistant and must not
    /// show on its screen. The connection keeps the order; a snapshot holds all of it again.
    Private { events: Vec<Event> },
    /// A refused message. The connection stays open unless `bye` follows.
    Error { code: ErrorCode, message: String },
    /// The server is about to close this connection, and why.
    Bye { reason: ByeReason },
    /// Answer to `ping`.
    Pong { n: u64, now_ms: i64 },
    /// How the classrooms' lines fare: all of them for the master, duty and observers, its own for an assistant.
    Lines { lines: Vec<LineView> },
    /// Every seat: who is talking now, the loudest first, at most four.
    Speaking { sources: Vec<SourceView> },
    /// The master: which layers of a source somebody takes, as the rids its offer named, the lowest first. The studio
    /// pauses the others; a layer has to be back within 300 ms of being named again.
    Layers { source: StudioSource, wanted: Vec<String> },
}

/// Stable error codes; the message beside them is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, too deep, a null where a value is required, or fields of the wrong type.
    BadMessage,
    /// A `type` this server does not know.
    UnknownType,
    /// Something other than `join` before joining.
    NotJoined,
    /// `join` twice.
    AlreadyJoined,
    /// The seat has no right to do that.
    Forbidden,
    /// No such request, classroom or seat in this lesson.
    NotFound,
    /// The thing is not in a state in which that can be done.
    WrongState,
    /// The floor is full.
    FloorFull,
    /// As many people as may talk to the staff at once do so already.
    TalkFull,
    /// The page, or the whole board, holds as much ink as it may.
    BoardFull,
    /// As many as there may be: open questions, polls, calls for help.
    TooMany,
    /// More than 50 messages a second.
    TooFast,
}

/// Why the server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// The same seat joined from another device.
    JoinedElsewhere,
    /// The session ended or its right was withdrawn.
    SessionEnded,
    /// Another assistant took over this classroom.
    Replaced,
    /// The client did not read for too long.
    TooSlow,
    /// Ten errors in a minute, or an oversized frame.
    TooManyErrors,
    /// The lesson is over.
    LessonEnded,
    /// The server is going down; come back soon.
    ServerStopping,
}
