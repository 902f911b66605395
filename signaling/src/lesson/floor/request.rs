//! One raised hand and what becomes of it, in the states of RFC 8855, section 5.2.5.
//!
//! Only the transitions live here; who may cause them is decided in `rules`, the order of the waiting in `queue`.

use crate::id::{ClassroomId, FloorRequestId, QuestionId};
use crate::wire::{FloorEnd, FloorQuestionView, FloorRequestView, FloorState};

/// A request for the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FloorRequest {
    pub(crate) id: FloorRequestId,
    pub(crate) classroom: ClassroomId,
    /// The escalated question it stands for; `None` for a bare hand.
    pub(crate) question: Option<QuestionId>,
    pub(crate) state: FloorState,
    pub(crate) raised_ms: i64,
    pub(crate) changed_ms: i64,
    pub(crate) granted_ms: Option<i64>,
    pub(crate) deadline_ms: Option<i64>,
    /// When the master put its question off.
    pub(crate) put_off_ms: Option<i64>,
    pub(crate) muted_by_master: bool,
    pub(crate) muted_by_classroom: bool,
    /// Place in the master's queue, 1 = next; kept by `queue`.
    pub(crate) position: Option<u32>,
    pub(crate) ended: Option<FloorEnd>,
    /// It was granted once, so every seat knows of it and must hear of its end.
    pub(crate) public: bool,
}

impl FloorRequest {
    pub(crate) fn raised(id: FloorRequestId, classroom: ClassroomId, question: Option<QuestionId>, at_ms: i64) -> Self {
        Self {
            id,
            classroom,
            question,
            state: FloorState::Pending,
            raised_ms: at_ms,
            changed_ms: at_ms,
            granted_ms: None,
            deadline_ms: None,
            put_off_ms: None,
            muted_by_master: false,
            muted_by_classroom: false,
            position: None,
            ended: None,
            public: false,
        }
    }

    /// Waits for the assistant or the master.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, FloorState::Pending | FloorState::Accepted)
    }

    /// The classroom may speak.
    pub(crate) fn is_granted(&self) -> bool {
        self.state == FloorState::Granted
    }

    pub(crate) fn accept(&mut self, at_ms: i64) {
        self.state = FloorState::Accepted;
        self.changed_ms = at_ms;
    }

    pub(crate) fn grant(&mut self, at_ms: i64, deadline_ms: i64) {
        self.state = FloorState::Granted;
        self.changed_ms = at_ms;
        self.granted_ms = Some(at_ms);
        self.deadline_ms = Some(deadline_ms);
        self.position = None;
        self.public = true;
    }

    pub(crate) fn end(&mut self, at_ms: i64, end: FloorEnd) {
        self.state = match end {
            FloorEnd::DeclinedByAssistant | FloorEnd::DeniedByMaster => FloorState::Denied,
            FloorEnd::LoweredByClassroom
            | FloorEnd::AnsweredHere
            | FloorEnd::AnsweredInText
            | FloorEnd::QuestionMerged
            | FloorEnd::QuestionWithdrawn => FloorState::Cancelled,
            FloorEnd::ReleasedByClassroom => FloorState::Released,
            FloorEnd::RevokedByMaster | FloorEnd::TimedOut => FloorState::Revoked,
            // What nobody decided is a revocation for a speaker and a cancellation for a waiting hand.
            FloorEnd::ClassroomLost | FloorEnd::LessonEnded if self.is_granted() => FloorState::Revoked,
            FloorEnd::ClassroomLost | FloorEnd::LessonEnded => FloorState::Cancelled,
        };
        self.changed_ms = at_ms;
        self.deadline_ms = None;
        self.position = None;
        (self.muted_by_master, self.muted_by_classroom) = (false, false);
        self.ended = Some(end);
    }

    /// Its sound may pass.
    pub(crate) fn is_heard(&self) -> bool {
        !self.muted_by_master && !self.muted_by_classroom
    }

    /// How long it held the floor until `at_ms`, milliseconds. Never negative, even when the wall clock jumps back.
    pub(crate) fn spoken_ms(&self, at_ms: i64) -> i64 {
        self.granted_ms.map_or(0, |granted| at_ms.saturating_sub(granted).max(0))
    }

    pub(crate) fn view(&self, classroom_name: &str, question: Option<FloorQuestionView>) -> FloorRequestView {
        FloorRequestView {
            id: self.id.clone(),
            classroom: self.classroom.clone(),
            classroom_name: classroom_name.to_owned(),
            question,
            state: self.state,
            raised_ms: self.raised_ms,
            changed_ms: self.changed_ms,
            granted_ms: self.granted_ms,
            deadline_ms: self.deadline_ms,
            position: self.position,
            put_off: self.put_off_ms.is_some() && self.is_waiting(),
            muted_by_master: self.muted_by_master,
            muted_by_classroom: self.muted_by_classroom,
            ended: self.ended,
        }
    }
}
