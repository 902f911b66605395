//! The floor: who asks for it, who waits in which order, who has it, and on which slots.

mod queue;
mod request;
mod rules;
mod slots;

use std::collections::VecDeque;

pub(crate) use request::FloorRequest;
pub(crate) use rules::{accept, decline, deny, extend, grant, lower, mute, next_id, raise, release, revoke, set_limit};
pub(crate) use slots::SlotTable;

use crate::id::{ClassroomId, FloorRequestId, QuestionId};
use crate::lesson::spec::LessonSpec;
use crate::wire::{FloorState, QueueEntryView, QueuePlace, QueueView};

/// How many requests that are over are kept, for snapshots.
pub(crate) const ENDED_KEPT: usize = 32;
/// How many of those who are next every seat is told.
const NEXT_SHOWN: u32 = 8;

/// All requests of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    /// Open requests, in the order in which they were raised.
    pub(crate) open: Vec<FloorRequest>,
    /// Requests that are over, oldest first, at most [`ENDED_KEPT`].
    pub(crate) over: VecDeque<FloorRequest>,
    /// How many requests there were; the next one gets the next number.
    pub(crate) raised: u64,
    /// How many classrooms may speak at once.
    pub(crate) limit: u8,
    pub(crate) table: SlotTable,
}

impl Floor {
    pub(crate) fn new(limit: u8) -> Self {
        Self { open: Vec::new(), over: VecDeque::new(), raised: 0, limit, table: SlotTable::new() }
    }

    pub(crate) fn request(&self, id: &FloorRequestId) -> Option<&FloorRequest> {
        self.open.iter().chain(&self.over).find(|request| request.id == *id)
    }

    /// A classroom's open hand that stands for no question.
    pub(crate) fn hand_of(&self, classroom: &ClassroomId) -> Option<&FloorRequest> {
        self.open.iter().find(|request| request.classroom == *classroom && request.question.is_none())
    }

    /// The open request of a question.
    pub(crate) fn of_question(&self, question: &QuestionId) -> Option<&FloorRequest> {
        self.open.iter().find(|request| request.question.as_ref() == Some(question))
    }

    /// The request with which a classroom holds the floor.
    pub(crate) fn granted_to(&self, classroom: &ClassroomId) -> Option<&FloorRequest> {
        self.open.iter().find(|request| request.classroom == *classroom && request.is_granted())
    }

    /// The classrooms that hold the floor, in the order in which it was granted.
    pub(crate) fn speaking(&self) -> Vec<&ClassroomId> {
        let mut granted: Vec<_> = self.open.iter().filter(|request| request.is_granted()).collect();
        granted.sort_by_key(|request| request.granted_ms);
        granted.into_iter().map(|request| &request.classroom).collect()
    }

    /// Numbers the queue anew; the places that moved, in order. `spoken_ms` tells how long a classroom has held the
    /// floor so far.
    pub(crate) fn renumber(&mut self, spoken_ms: impl Fn(&ClassroomId) -> i64) -> Vec<(ClassroomId, QueuePlace)> {
        let moved = queue::renumber(&mut self.open, |request| spoken_ms(&request.classroom));
        let place = |index: usize| {
            let request = self.open.get(index)?;
            let place = QueuePlace { request: request.id.clone(), position: request.position? };
            Some((request.classroom.clone(), place))
        };
        moved.into_iter().filter_map(place).collect()
    }

    /// The head of the queue as every seat sees it.
    pub(crate) fn queue(&self, spec: &LessonSpec) -> QueueView {
        let waiting = self.open.iter().filter(|request| request.state == FloorState::Accepted).count();
        let is_next = |request: &&FloorRequest| request.position.is_some_and(|position| position <= NEXT_SHOWN);
        let mut next: Vec<_> = self.open.iter().filter(is_next).collect();
        next.sort_by_key(|request| request.position);
        let next = next.into_iter().map(|request| QueueEntryView {
            request: request.id.clone(),
            classroom: request.classroom.clone(),
            classroom_name: spec.name_of(&request.classroom).to_owned(),
        });
        QueueView { waiting: u32::try_from(waiting).unwrap_or(u32::MAX), next: next.collect() }
    }

    /// Forgets the oldest of those that are over for good.
    pub(crate) fn forget(&mut self) {
        while self.over.len() > ENDED_KEPT {
            self.over.pop_front();
        }
    }
}
