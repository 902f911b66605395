//! What was asked, how long each step took, and how it ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{ClassroomId, FloorRequestId, QuestionId};
use crate::journal::{Fact, JournalLine};
use crate::lesson::{Audience, Changes, LessonSpec};
use crate::wire::{Event, QuestionState, QuestionView};

/// How a question ended; one that is part of another ended with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// By the assistant, on the spot.
    AnsweredHere,
    /// By the master, with the floor.
    AnsweredOnFloor,
    /// By the master, in writing.
    AnsweredInText,
    /// Taken back.
    Withdrawn,
    /// Not at all: to be followed up.
    Open,
}

impl Outcome {
    /// Every one.
    pub(super) const ALL: [Self; 5] =
        [Self::AnsweredHere, Self::AnsweredOnFloor, Self::AnsweredInText, Self::Withdrawn, Self::Open];
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionReport {
    /// The question.
    pub id: QuestionId,
    /// The classroom that asked.
    pub classroom: ClassroomId,
    /// The pupil's number on the class list.
    pub seat: Option<u16>,
    /// What was asked.
    pub text: Option<String>,
    /// When, UTC ms.
    pub asked_ms: i64,
    /// When it went to the master, UTC ms.
    pub escalated_ms: Option<i64>,
    /// When it was settled, UTC ms.
    pub settled_ms: Option<i64>,
    /// How long it waited for the assistant's first step, milliseconds; null when there was none.
    pub waited_here_ms: Option<i64>,
    /// How long it waited for the master's floor or written answer, milliseconds.
    pub waited_for_master_ms: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// The question it was part of.
    pub merged_into: Option<QuestionId>,
    /// How many asked it, itself included.
    pub count: u32,
    /// The master's written answer.
    pub answer: Option<String>,
}

/// A question that nobody answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The classroom whose assistant follows it up.
    pub classroom: ClassroomId,
    /// The question.
    pub question: QuestionId,
    /// The pupil's number on the class list.
    pub seat: Option<u16>,
    /// What was asked.
    pub text: Option<String>,
    /// It was put before the master.
    pub escalated: bool,
}

/// Collects the ladder's steps: the desk was told all of them, so what it was told last is how each question ended, also
/// of those that were forgotten from memory since.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    order: Vec<QuestionId>,
    newest: BTreeMap<QuestionId, QuestionView>,
    rooms: BTreeMap<FloorRequestId, ClassroomId>,
    floors: BTreeMap<ClassroomId, u32>,
}

impl Ladder {
    pub(super) fn note(&mut self, line: &JournalLine, changes: &Changes) {
        for fact in &line.facts {
            match fact {
                Fact::HandRaised { request, classroom, .. } => {
                    self.rooms.insert(request.clone(), classroom.clone());
                }
                Fact::FloorGranted { request, .. } => {
                    if let Some(classroom) = self.rooms.get(request) {
                        *self.floors.entry(classroom.clone()).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        let desk = changes.deltas.iter().filter(|(audience, ..)| *audience == Audience::Desk);
        for event in desk.flat_map(|(_, _, events)| events) {
            if let Event::QuestionChanged { question } = event
                && self.newest.insert(question.id.clone(), question.clone()).is_none()
            {
                self.order.push(question.id.clone());
            }
        }
    }

    /// The questions in the order in which they were asked, and how often each classroom had the floor.
    pub(super) fn finish(self, spec: &LessonSpec) -> (Vec<QuestionReport>, BTreeMap<ClassroomId, u32>) {
        let Self { order, newest, floors, .. } = self;
        let listed = order.iter().filter_map(|id| newest.get(id));
        let listed = listed.filter(|question| spec.classroom(&question.classroom).is_some());
        (listed.map(|question| report(question, &newest)).collect(), floors)
    }
}

fn report(question: &QuestionView, all: &BTreeMap<QuestionId, QuestionView>) -> QuestionReport {
    let root = question.merged_into.as_ref().and_then(|root| all.get(root)).unwrap_or(question);
    let outcome = match root.state {
        QuestionState::AnsweredHere => Outcome::AnsweredHere,
        QuestionState::AnsweredOnFloor => Outcome::AnsweredOnFloor,
        QuestionState::AnsweredInText => Outcome::AnsweredInText,
        QuestionState::Withdrawn => Outcome::Withdrawn,
        QuestionState::Open
        | QuestionState::Escalated
        | QuestionState::PutOff
        | QuestionState::OnFloor
        | QuestionState::Merged => Outcome::Open,
    };
    let first_step = [question.escalated_ms, question.merged_ms, question.settled_ms].into_iter().flatten().min();
    let by_master = match outcome {
        Outcome::AnsweredOnFloor => question.on_floor_ms,
        Outcome::AnsweredInText => question.settled_ms,
        _ => None,
    };
    // A wall clock that jumped back must not make anybody wait less than nothing.
    let between = |from: i64, to: i64| to.saturating_sub(from).max(0);
    QuestionReport {
        id: question.id.clone(),
        classroom: question.classroom.clone(),
        seat: question.seat,
        text: question.text.clone(),
        asked_ms: question.asked_ms,
        escalated_ms: question.escalated_ms,
        settled_ms: question.settled_ms,
        waited_here_ms: first_step.map(|step| between(question.asked_ms, step)),
        waited_for_master_ms: question.escalated_ms.zip(by_master).map(|(from, to)| between(from, to)),
        outcome,
        merged_into: question.merged_into.clone(),
        count: question.count,
        answer: question.answer.clone(),
    }
}

/// What is left, in the order of the plan's classrooms.
pub(super) fn follow_ups(spec: &LessonSpec, questions: &[QuestionReport]) -> Vec<FollowUp> {
    let open = |classroom: &ClassroomId| {
        let own = questions.iter().filter(move |question| question.outcome == Outcome::Open);
        let classroom = classroom.clone();
        own.filter(move |question| question.classroom == classroom)
    };
    let follow_up = |question: &QuestionReport| FollowUp {
        classroom: question.classroom.clone(),
        question: question.id.clone(),
        seat: question.seat,
        text: question.text.clone(),
        escalated: question.escalated_ms.is_some(),
    };
    spec.classrooms.iter().flat_map(|room| open(&room.id)).map(follow_up).collect()
}
