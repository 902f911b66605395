//! Pupils' questions on their way from the assistant to the master.

use serde::{Deserialize, Serialize};

use crate::id::{ClassroomId, FloorRequestId, QuestionId};

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionState {
    /// With the classroom's assistant.
    Open,
    /// In the master's queue.
    Escalated,
    /// In the master's queue, after everything that was not put off.
    PutOff,
    /// Its classroom has the floor for it.
    OnFloor,
    /// The assistant answered on the spot.
    AnsweredHere,
    /// Answered while its classroom had the floor.
    AnsweredOnFloor,
    /// The master answered in writing.
    AnsweredInText,
    /// Part of another question; it is settled with that one.
    Merged,
    /// Taken back.
    Withdrawn,
}

/// Who reads a written answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerTo {
    /// Every seat.
    Everyone,
    /// The classrooms that ask it.
    Classroom,
}

/// A question with the time of each step, as the desk and its own classroom see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionView {
    /// The question.
    pub id: QuestionId,
    /// The classroom that asks.
    pub classroom: ClassroomId,
    /// That classroom's name.
    pub classroom_name: String,
    /// The pupil's number on the class list.
    pub seat: Option<u16>,
    /// What is asked.
    pub text: Option<String>,
    /// The pupil wants to ask it in person.
    pub wants_to_speak: bool,
    /// Where it stands.
    pub state: QuestionState,
    /// When the assistant entered it, UTC ms.
    pub asked_ms: i64,
    /// When it last went to the master, UTC ms.
    pub escalated_ms: Option<i64>,
    /// When the master last put it off, UTC ms.
    pub put_off_ms: Option<i64>,
    /// When its classroom last got the floor for it, UTC ms.
    pub on_floor_ms: Option<i64>,
    /// When it was merged, UTC ms.
    pub merged_ms: Option<i64>,
    /// When it was answered or taken back, by itself or with the one it is part of, UTC ms.
    pub settled_ms: Option<i64>,
    /// The question it is part of. Null in the room when that is another classroom's.
    pub merged_into: Option<QuestionId>,
    /// Its place in the queue or on the floor, while it has one.
    pub request: Option<FloorRequestId>,
    /// How many ask it, itself included.
    pub count: u32,
    /// The classrooms that ask it, its own first; empty in the room.
    pub classrooms: Vec<ClassroomId>,
    /// The master's written answer.
    pub answer: Option<String>,
    /// Open questions that sound the same, the most alike first, at most three: of its own classroom in the room, of
    /// the whole lesson at the desk once it was escalated.
    pub similar: Vec<QuestionId>,
}

/// A written answer for everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerView {
    /// The question.
    pub question: QuestionId,
    /// The classroom that asked.
    pub classroom: ClassroomId,
    /// That classroom's name.
    pub classroom_name: String,
    /// The pupil's number on the class list.
    pub seat: Option<u16>,
    /// What was asked.
    pub text: Option<String>,
    /// How many asked it.
    pub count: u32,
    /// The answer.
    pub answer: String,
    /// When it was given, UTC ms.
    pub at_ms: i64,
}
