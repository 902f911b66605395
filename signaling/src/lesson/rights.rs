//! Who asks, and the checks that most rules begin with.
//!
//! The role is checked before anything is looked up, and another classroom's thing is answered like one that does not
//! exist.

use crate::id::ClassroomId;
use crate::journal::Fact;
use crate::lesson::seat::Place;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::State;
use crate::text;
use crate::wire::{ErrorCode, LessonState};

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: &'static str,
}

/// The facts that follow from a message, or why none do.
pub(crate) type Decision = Result<Vec<Fact>, Refusal>;

pub(crate) fn refuse<T>(code: ErrorCode, message: &'static str) -> Result<T, Refusal> {
    Err(Refusal { code, message })
}

/// A message of a seat, and all that its answer depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) spec: &'a LessonSpec,
    pub(crate) state: &'a State,
    pub(crate) place: &'a Place,
    /// Name of who sits there.
    pub(crate) name: &'a str,
    pub(crate) now: i64,
}

impl<'a> Asked<'a> {
    pub(crate) fn master(&self) -> Result<(), Refusal> {
        match self.place {
            Place::Master => Ok(()),
            _ => refuse(ErrorCode::Forbidden, "only the master teacher may do that"),
        }
    }

    /// The classroom of the assistant who asks.
    pub(crate) fn assistant(&self) -> Result<&'a ClassroomId, Refusal> {
        match self.place {
            Place::Assistant(classroom) => Ok(classroom),
            _ => refuse(ErrorCode::Forbidden, "only the classroom's assistant may do that"),
        }
    }

    pub(crate) fn live(&self) -> Result<(), Refusal> {
        live(self.state)
    }

    /// A pupil on the class list.
    pub(crate) fn seat(&self, classroom: &ClassroomId, seat: u16) -> Result<(), Refusal> {
        match self.spec.classroom(classroom).is_some_and(|classroom| classroom.has_seat(seat)) {
            true => Ok(()),
            false => refuse(ErrorCode::NotFound, "seat: not on the class list"),
        }
    }
}

pub(crate) fn live(state: &State) -> Result<(), Refusal> {
    match state.phase {
        LessonState::Live => Ok(()),
        LessonState::Scheduled => refuse(ErrorCode::WrongState, "the lesson has not begun"),
        LessonState::Ended => refuse(ErrorCode::WrongState, "the lesson is over"),
    }
}

/// Typed text, trimmed and bounded; `message` says so when it is not.
pub(crate) fn typed(raw: &str, letters_max: usize, message: &'static str) -> Result<String, Refusal> {
    text::bounded(raw, letters_max).or(refuse(ErrorCode::BadMessage, message))
}
