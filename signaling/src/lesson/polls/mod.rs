//! Polls: what was asked, and what each classroom answered.

mod poll;
mod rules;

pub(crate) use poll::Poll;
pub(crate) use rules::{answer_seat, close, count, from_device, open, show};

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

    /// The one clients show.
    pub(crate) fn newest(&self) -> Option<&Poll> {
        self.all.last()
    }

    pub(crate) fn apply(&mut self, fact: &Fact, at_ms: i64) {
        if let Fact::PollOpened { poll, question, kind, by, correct } = fact {
            self.all.push(Poll::opened(poll.clone(), question.clone(), kind.clone(), *by, *correct, at_ms));
            return;
        }
        let (Fact::PollCounted { poll: id, .. }
        | Fact::PollAnswered { poll: id, .. }
        | Fact::PollClosed { poll: id }
        | Fact::PollShown { poll: id, .. }) = fact
        else {
            return;
        };
        let Some(poll) = self.all.iter_mut().find(|poll| poll.id == *id) else { return };
        match fact {
            Fact::PollCounted { classroom, counts, .. } => poll.count(classroom, counts),
            Fact::PollAnswered { classroom, seat, answer, .. } => poll.answer(classroom, *seat, *answer),
            Fact::PollClosed { .. } => poll.closed_ms = Some(at_ms),
            Fact::PollShown { on, .. } => poll.shown = *on,
            _ => {}
        }
    }
}
