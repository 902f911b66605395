//! Hands, the master's queue, and the floor.

use serde::{Deserialize, Serialize};

use crate::id::{ClassroomId, FloorRequestId, QuestionId};

/// A raised hand or an escalated question, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorRequestView {
    /// The request.
    pub id: FloorRequestId,
    /// The classroom that asks.
    pub classroom: ClassroomId,
    /// That classroom's name, so that the stage needs no roster.
    pub classroom_name: String,
    /// The question it is about; null for a bare hand.
    pub question: Option<FloorQuestionView>,
    /// Where it stands.
    pub state: FloorState,
    /// When the hand went up or the question was escalated, UTC ms.
    pub raised_ms: i64,
    /// When the state last changed, UTC ms.
    pub changed_ms: i64,
    /// When it got the floor, UTC ms.
    pub granted_ms: Option<i64>,
    /// When a granted floor ends by itself, UTC ms.
    pub deadline_ms: Option<i64>,
    /// Place in the master's queue, 1 = next; only while accepted.
    pub position: Option<u32>,
    /// The master put it off: it comes after everything that was not.
    pub put_off: bool,
    /// It holds the floor and the master does not let it be heard for the moment.
    pub muted_by_master: bool,
    /// It holds the floor and its assistant does not let it be heard for the moment.
    pub muted_by_classroom: bool,
    /// Why it ended, once it has.
    pub ended: Option<FloorEnd>,
}

/// The question a request is about. The stage hears what is asked when its classroom gets the floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorQuestionView {
    /// The question.
    pub id: QuestionId,
    /// The pupil's number on the class list.
    pub seat: Option<u16>,
    /// What is asked.
    pub text: Option<String>,
    /// How many ask it.
    pub count: u32,
}

/// The head of the master's queue, for every seat: so that nobody skips it unseen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// How many wait.
    pub waiting: u32,
    /// Who is next, at most eight, in order.
    pub next: Vec<QueueEntryView>,
}

/// One of those who are next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueEntryView {
    /// The request.
    pub request: FloorRequestId,
    /// Its classroom.
    pub classroom: ClassroomId,
    /// That classroom's name.
    pub classroom_name: String,
}

/// A new place in the queue of a request that is otherwise as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePlace {
    /// The request.
    pub request: FloorRequestId,
    /// Its place, 1 = next.
    pub position: u32,
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
    /// Taken down before it was granted, or answered without it.
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
    /// The master denied. Its question goes back to the assistant.
    DeniedByMaster,
    /// The classroom took its hand down. Its question goes back to the assistant.
    LoweredByClassroom,
    /// The assistant answered its question on the spot.
    AnsweredHere,
    /// The master answered its question in writing.
    AnsweredInText,
    /// Its question became part of another one.
    QuestionMerged,
    /// Its question was taken back.
    QuestionWithdrawn,
    /// The classroom gave the floor back.
    ReleasedByClassroom,
    /// The master took it back.
    RevokedByMaster,
    /// Its time was up.
    TimedOut,
    /// The classroom was gone for too long. Its question goes back to the assistant.
    ClassroomLost,
    /// The lesson ended.
    LessonEnded,
}
