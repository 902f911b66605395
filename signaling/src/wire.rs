//! The wire contract between a lesson and its clients: JSON text frames over WebSocket.
//!
//! Every type here has a fixture in `signaling/fixtures`, round-tripped by this crate's tests and type-checked by the
//! web client's. It holds data only: what a frame *means* is decided in [`crate::lesson`].

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ClassroomId, FloorRequestId, LessonId, SeatId};

/// What a seat is allowed to be. One connection holds one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The remote lead teacher (主讲教师).
    Master,
    /// The on-site co-teacher of one classroom (辅导教师).
    Assistant,
    /// The big screen, camera and microphone of one classroom (听讲教室).
    Classroom,
    /// Silent and receive-only (听课).
    Observer,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum ClientMessage {
    /// Must be the first message. `classroom` is required for assistants and classrooms, and refused for the others.
    Join { role: Role, classroom: Option<ClassroomId> },
    /// Ask for a fresh snapshot after a gap in the delta numbers.
    Snapshot,
    /// Keeps the connection provably alive; answered with `pong` carrying the same number.
    Ping { n: u64 },
    /// Master: open the lesson.
    StartLesson,
    /// Master: the bell. There is no way back.
    EndLesson,
    /// Classroom screen or its assistant: ask for the floor.
    RaiseHand,
    /// Whoever raised it, or that classroom's assistant: take the hand down again.
    LowerHand { request: FloorRequestId },
    /// Assistant, as local chair: pass the hand on to the master's queue.
    AcceptHand { request: FloorRequestId },
    /// Assistant, as local chair: not now.
    DeclineHand { request: FloorRequestId },
    /// Master, as final chair: this classroom may speak. Also grants a classroom's hand that was not accepted yet.
    GrantFloor { request: FloorRequestId },
    /// Master: not now; the request leaves the queue.
    DenyFloor { request: FloorRequestId },
    /// The classroom or its assistant gives the floor back.
    ReleaseFloor { request: FloorRequestId },
    /// Master: take the floor back.
    RevokeFloor { request: FloorRequestId },
    /// Master: so many `seconds` more on the floor's clock, at most 600 at a time; 0 means thirty.
    ExtendFloor { request: FloorRequestId, seconds: u32 },
}

/// What the server says.
///
/// `lines`, `speaking` and `layers` are ephemeral: neither journaled nor numbered. Each carries its whole list, so that
/// a lost one heals with the next; they are sent when something changed, at most once a second, and after a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum ServerMessage {
    /// The whole lesson as this seat may see it; comes once after `join`, whenever asked for, and to a classroom's
    /// screen when its own hand changes in a way that no stream tells it. It replaces what the client knew.
    Snapshot(Box<Snapshot>),
    /// What changed. `n` counts up by one per stream, so that a client notices a gap.
    Delta { stream: Stream, n: u64, events: Vec<Event> },
    /// A refused message. The connection stays open unless `bye` follows.
    Error { code: ErrorCode, message: String },
    /// The server is about to close this connection, and why.
    Bye { reason: ByeReason },
    /// Answer to `ping`.
    Pong { n: u64, now_ms: i64 },
    /// How the classrooms' lines fare: all of them for the master and observers, its own for an assistant.
    Lines { lines: Vec<LineView> },
    /// Every seat: who is talking now, the loudest first, at most four.
    Speaking { sources: Vec<SourceView> },
    /// The master: which layers of a source somebody takes, as the rids its offer named, the lowest first. The studio
    /// pauses the others; a layer has to be back within 300 ms of being named again.
    Layers { source: StudioSource, wanted: Vec<String> },
}

/// The line from the server to one classroom's screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineView {
    /// The classroom.
    pub classroom: ClassroomId,
    /// What the line is estimated to carry, kbit/s; null while nothing is known.
    pub estimate_kbit: Option<u32>,
    /// The layer of the studio's picture it gets, 0 = the lowest; null when it gets none.
    pub layer: Option<u8>,
    /// How many layers that picture has.
    pub layers: u8,
    /// Packets lost on the way to it over the last seconds, percent, in tenths.
    pub lost_percent: Option<f64>,
    /// Round trip, ms.
    pub rtt_ms: Option<u32>,
    /// All of it in a word; null when the classroom has no media session.
    pub quality: Option<LineQuality>,
}

/// How well a classroom's line carries the lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineQuality {
    /// The best layer there is, and less than 2 % lost.
    Good,
    /// A lower layer, or less than 5 % lost.
    Fair,
    /// Worse than that.
    Poor,
}

/// A picture of the studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudioSource {
    /// The camera.
    Camera,
    /// The screen share.
    Screen,
}

/// The audience of a delta. Each stream is encoded once and numbered on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Every seat: what is on air, who talks, where a class stands in the queue.
    Stage,
    /// The master, the assistants and the administrator on duty: presence and the queue.
    Staff,
}

/// The lesson as one seat sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The lesson.
    pub lesson: LessonId,
    /// Its title, as the stage shows it.
    pub title: String,
    /// The master teacher's name.
    pub master_name: String,
    /// This connection's own seat.
    pub seat: SeatView,
    /// Bearer token for WHIP and WHEP, bound to this lesson and seat. Filled in by the server, not journaled.
    pub media_token: String,
    /// Server clock, UTC ms.
    pub now_ms: i64,
    /// Where each stream stands; the next delta of a stream carries `n + 1`.
    pub streams: StreamPositions,
    /// Scheduled, live or ended.
    pub state: LessonState,
    /// When it went live, UTC ms.
    pub started_ms: Option<i64>,
    /// Whether it is being recorded; shown to everybody.
    pub recording: bool,
    /// Whether the studio's media is arriving.
    pub studio: StudioState,
    /// The classrooms of the lesson with their presence (staff), or this seat's own one (stage).
    pub classrooms: Vec<ClassroomView>,
    /// Hands and floors, open or just ended: all of them (staff), or those that are or were in the master's queue or
    /// on the floor, and this classroom's own (stage).
    pub floor: Vec<FloorRequestView>,
    /// How many classrooms may speak at once.
    pub floor_limit: u8,
    /// What each receiving slot shows.
    pub slots: Vec<SlotView>,
}

/// Where the streams stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamPositions {
    /// Number of the last delta of `stage`.
    pub stage: u64,
    /// Number of the last delta of `staff`; null for seats that do not get it.
    pub staff: Option<u64>,
}

/// A seat as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatView {
    /// The seat.
    pub id: SeatId,
    /// Its role.
    pub role: Role,
    /// Its classroom, for assistants and classrooms.
    pub classroom: Option<ClassroomId>,
    /// The account that sits there.
    pub account: AccountId,
    /// Name to show.
    pub name: String,
}

/// Scheduled, live or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonState {
    /// Not begun.
    Scheduled,
    /// Running.
    Live,
    /// Over; nothing changes any more.
    Ended,
}

/// Whether the master's media is arriving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudioState {
    /// The camera (or encoder) is arriving.
    pub camera: bool,
    /// The screen share is arriving.
    pub screen: bool,
}

/// A classroom of the lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassroomView {
    /// The classroom.
    pub id: ClassroomId,
    /// Its class's name, e.g. 八（3）班.
    pub name: String,
    /// Its school's name.
    pub school: String,
    /// The paired assistant's name.
    pub assistant_name: Option<String>,
    /// The screen is connected.
    pub screen_present: bool,
    /// The assistant is connected.
    pub assistant_present: bool,
    /// The classroom's own camera or microphone is arriving (it is heard only with the floor).
    pub publishing: bool,
}

/// A raised hand and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorRequestView {
    /// The request.
    pub id: FloorRequestId,
    /// The classroom that asks.
    pub classroom: ClassroomId,
    /// That classroom's name, so that the stage needs no roster.
    pub classroom_name: String,
    /// Where it stands.
    pub state: FloorState,
    /// When the hand went up, UTC ms.
    pub raised_ms: i64,
    /// When the state last changed, UTC ms.
    pub changed_ms: i64,
    /// When a granted floor ends by itself, UTC ms.
    pub deadline_ms: Option<i64>,
    /// Place in the master's queue, 1 = next; only while accepted.
    pub position: Option<u32>,
    /// Why it ended, once it has.
    pub ended: Option<FloorEnd>,
}

/// States of a floor request in the words of RFC 8855, section 5.2.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorState {
    /// Raised; the classroom's assistant has not looked at it yet.
    Pending,
    /// The assistant passed it on; it waits for the master.
    Accepted,
    /// The classroom may speak.
    Granted,
    /// The assistant or the master said no.
    Denied,
    /// Taken down before it was granted.
    Cancelled,
    /// Given back by the classroom.
    Released,
    /// Taken back by the master or by the clock.
    Revoked,
}

/// Why a floor request is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorEnd {
    /// The assistant declined.
    DeclinedByAssistant,
    /// The master denied.
    DeniedByMaster,
    /// The classroom took its hand down.
    LoweredByClassroom,
    /// The classroom gave the floor back.
    ReleasedByClassroom,
    /// The master took it back.
    RevokedByMaster,
    /// Its time was up.
    TimedOut,
    /// The classroom's screen was gone for too long.
    ClassroomLost,
    /// The lesson ended.
    LessonEnded,
}

/// What one receiving slot shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// Audio or video.
    pub kind: SlotKind,
    /// The n-th m-line of that kind in a receiver's offer, from 0.
    pub index: u8,
    /// What it shows; null when it is free.
    pub source: Option<SourceView>,
}

/// Kind of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// A source of media in the lesson.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum SourceView {
    /// The studio's camera, or its voice on an audio slot.
    Camera,
    /// The studio's screen share.
    Screen,
    /// A classroom that holds the floor.
    Classroom { classroom: ClassroomId, name: String },
}

/// What changed in a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum Event {
    /// The lesson went live or ended.
    LessonChanged { state: LessonState, at_ms: i64 },
    /// The recording light went on or off.
    RecordingChanged { recording: bool },
    /// The studio's media came or went.
    StudioChanged { studio: StudioState },
    /// A classroom's presence changed (staff).
    ClassroomChanged { classroom: ClassroomView },
    /// A hand was raised or its state changed. On `stage` once the hand is in the master's queue or on the floor, and
    /// its end after that; before that on `staff`.
    FloorChanged { request: FloorRequestView },
    /// What the slots show now: the whole table, it is small.
    SlotsChanged { slots: Vec<SlotView> },
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
    /// The client did not read for too long.
    TooSlow,
    /// Ten errors in a minute, or an oversized frame.
    TooManyErrors,
    /// The lesson is over.
    LessonEnded,
    /// The server is going down; come back soon.
    ServerStopping,
}
