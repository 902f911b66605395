//! One question and its steps.

use super::similarity::Features;
use crate::id::{ClassroomId, FloorRequestId, QuestionId};
use crate::wire::{AnswerTo, QuestionState, QuestionView};

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) id: QuestionId,
    pub(crate) classroom: ClassroomId,
    pub(crate) seat: Option<u16>,
    pub(crate) text: Option<String>,
    pub(crate) wants_to_speak: bool,
    pub(crate) state: QuestionState,
    pub(crate) asked_ms: i64,
    pub(crate) escalated_ms: Option<i64>,
    pub(crate) put_off_ms: Option<i64>,
    pub(crate) on_floor_ms: Option<i64>,
    pub(crate) merged_ms: Option<i64>,
    pub(crate) settled_ms: Option<i64>,
    pub(crate) merged_into: Option<QuestionId>,
    /// The classrooms of the questions that are part of it, one for each.
    pub(crate) askers: Vec<ClassroomId>,
    pub(crate) answer: Option<(String, AnswerTo)>,
    /// Open questions of its own classroom that sounded the same when it was asked.
    pub(crate) similar_here: Vec<QuestionId>,
    /// Open questions of the lesson that sounded the same when it was escalated.
    pub(crate) similar: Vec<QuestionId>,
    pub(crate) features: Features,
}

impl Question {
    pub(crate) fn is_settled(&self) -> bool {
        self.settled_ms.is_some()
    }

    /// In the master's queue or on the floor.
    pub(crate) fn is_at_desk(&self) -> bool {
        matches!(self.state, QuestionState::Escalated | QuestionState::PutOff | QuestionState::OnFloor)
    }

    /// How many ask it.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.askers.len() + 1).unwrap_or(u32::MAX)
    }

    /// The classrooms that ask it, its own first, each once.
    pub(crate) fn classrooms(&self) -> Vec<ClassroomId> {
        let mut classrooms = vec![self.classroom.clone()];
        for asker in &self.askers {
            if !classrooms.contains(asker) {
                classrooms.push(asker.clone());
            }
        }
        classrooms
    }

    /// As the desk sees it.
    pub(crate) fn view(&self, classroom_name: &str, request: Option<FloorRequestId>) -> QuestionView {
        QuestionView {
            id: self.id.clone(),
            classroom: self.classroom.clone(),
            classroom_name: classroom_name.to_owned(),
            seat: self.seat,
            text: self.text.clone(),
            wants_to_speak: self.wants_to_speak,
            state: self.state,
            asked_ms: self.asked_ms,
            escalated_ms: self.escalated_ms,
            put_off_ms: self.put_off_ms,
            on_floor_ms: self.on_floor_ms,
            merged_ms: self.merged_ms,
            settled_ms: self.settled_ms,
            merged_into: self.merged_into.clone(),
            request,
            count: self.count(),
            classrooms: self.classrooms(),
            answer: self.answer.as_ref().map(|(text, _)| text.clone()),
            similar: self.similar.clone(),
        }
    }
}
