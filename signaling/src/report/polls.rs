//! What was polled.

use serde::{Deserialize, Serialize};

use crate::id::PollId;
use crate::lesson::{LessonSpec, Poll, State};
use crate::wire::{Answer, PollBy, PollKind, PollResultView};

/// One poll with its results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollReport {
    /// The poll.
    pub id: PollId,
    /// What was asked.
    pub question: String,
    /// What was asked for.
    pub kind: PollKind,
    /// How answers came in.
    pub by: PollBy,
    /// The right answer, if there was one.
    pub correct: Option<Answer>,
    /// When it was opened, UTC ms.
    pub opened_ms: i64,
    /// When it was closed, UTC ms.
    pub closed_ms: Option<i64>,
    /// All classrooms together.
    pub total: PollResultView,
    /// Each classroom that answered.
    pub classrooms: Vec<PollResultView>,
}

pub(super) fn of(spec: &LessonSpec, state: &State) -> Vec<PollReport> {
    let report = |poll: &Poll| PollReport {
        id: poll.id.clone(),
        question: poll.question.clone(),
        kind: poll.kind.clone(),
        by: poll.by,
        correct: poll.correct,
        opened_ms: poll.opened_ms,
        closed_ms: poll.closed_ms,
        total: poll.total(spec),
        classrooms: spec
            .classrooms
            .iter()
            .map(|room| poll.result(spec, &room.id))
            .filter(|result| result.answered > 0)
            .collect(),
    };
    state.polls.all.iter().map(report).collect()
}
