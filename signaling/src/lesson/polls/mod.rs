//! Polls: what was asked, and what each classroom answered.

mod poll;
mod rules;

use std::collections::BTreeMap;

pub(crate) use poll::Poll;
pub(crate) use rules::{answer_seat, close, count, extend, from_device, open, show};

use crate::id::PollId;
use crate::journal::Fact;

/// The most polls of one lesson.
pub(crate) const POLLS_MAX: usize = 50;

/// All polls of a lesson, in order; only the last one can be open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Polls {
    pub(crate) all: Vec<Poll>,
}

impl Polls {
    pub(crate) fn get(&self, id: &PollId) -> Option<&Poll> {
        self.all.iter().find(|poll| poll.id == *id)
    }

    /// The one that takes answers.
    pub(crate) fn open(&self) -> Option<&Poll> {
        self.newest().filter(|poll| poll.closed_ms.is_none())
    }

    /// The one clients show.
    pub(crate) fn newest(&self) -> Option<&Poll> {
        self.all.last()
    }

    pub(crate) fn apply(&mut self, fact: &Fact, at_ms: i64) {
        if let Fact::PollOpened { poll, question, kind, by, correct, deadline_ms } = fact {
            self.all.push(Poll {
                id: poll.clone(),
                question: question.clone(),
                kind: kind.clone(),
                by: *by,
                correct: *correct,
                opened_ms: at_ms,
                deadline_ms: *deadline_ms,
                closed_ms: None,
                shown: false,
                hands: BTreeMap::new(),
                seats: BTreeMap::new(),
            });
            return;
        }
        let (Fact::PollCounted { poll: id, .. }
        | Fact::PollAnswered { poll: id, .. }
        | Fact::PollExtended { poll: id, .. }
        | Fact::PollClosed { poll: id }
        | Fact::PollShown { poll: id, .. }) = fact
        else {
            return;
        };
        let Some(poll) = self.all.iter_mut().find(|poll| poll.id == *id) else { return };
        match fact {
            Fact::PollCounted { classroom, counts, .. } => poll.count(classroom, counts),
            Fact::PollAnswered { classroom, seat, answer, .. } => poll.answer(classroom, *seat, *answer),
            Fact::PollExtended { deadline_ms, .. } => poll.deadline_ms = Some(*deadline_ms),
            Fact::PollClosed { .. } => poll.closed_ms = Some(at_ms),
            Fact::PollShown { on, .. } => poll.shown = *on,
            _ => {}
        }
    }
}
