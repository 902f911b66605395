//! Who may ask, answer and show, and when.

use super::{POLLS_MAX, Poll};
use crate::id::{ClassroomId, PollId};
use crate::journal::Fact;
use crate::lesson::rights::{Asked, Decision, Refusal, refuse, typed};
use crate::lesson::spec::{LessonSpec, SEATS_MAX};
use crate::lesson::state::State;
use crate::wire::{Answer, ErrorCode, LessonState, PollBy, PollKind};

/// The longest question of a poll, in letters.
const QUESTION_LETTERS_MAX: usize = 300;
/// The longest label of a choice, in letters.
const LABEL_LETTERS_MAX: usize = 60;
/// How many choices there may be.
const CHOICES: std::ops::RangeInclusive<usize> = 2..=8;
/// How long a poll with a clock lasts, seconds.
const SECONDS: std::ops::RangeInclusive<u32> = 10..=600;
/// Seconds that `extend_poll` adds when it says 0.
const EXTEND_SECONDS: u32 = 30;

pub(crate) fn open(
    asked: &Asked<'_>,
    question: &str,
    kind: &PollKind,
    by: PollBy,
    correct: Option<Answer>,
    seconds: Option<u32>,
) -> Decision {
    asked.master()?;
    asked.live()?;
    if seconds.is_some_and(|seconds| !SECONDS.contains(&seconds)) {
        return refuse(ErrorCode::BadMessage, "seconds: from 10 to 600");
    }
    let question = typed(question, QUESTION_LETTERS_MAX, "question: 1 to 300 letters")?;
    let kind = match kind {
        PollKind::Number if by == PollBy::Hands => {
            return refuse(ErrorCode::BadMessage, "by: a show of hands gives no numbers");
        }
        PollKind::Number => PollKind::Number,
        PollKind::Choices { labels } if CHOICES.contains(&labels.len()) => {
            let label = |label: &String| typed(label, LABEL_LETTERS_MAX, "labels: 1 to 60 letters each");
            PollKind::Choices { labels: labels.iter().map(label).collect::<Result<_, _>>()? }
        }
        PollKind::Choices { .. } => return refuse(ErrorCode::BadMessage, "labels: from 2 to 8"),
    };
    if let Some(correct) = correct {
        fits(&kind, correct)?;
    }
    let polls = &asked.state.polls;
    if polls.open().is_some() {
        return refuse(ErrorCode::WrongState, "a poll is open already");
    }
    if polls.all.len() >= POLLS_MAX {
        return refuse(ErrorCode::TooMany, "this lesson has as many polls as it may");
    }
    let poll = PollId::new(format!("{}-p{}", asked.spec.id, polls.all.len() + 1));
    let deadline_ms = seconds.map(|seconds| asked.now.saturating_add(i64::from(seconds) * 1_000));
    Ok(vec![Fact::PollOpened { poll, question, kind, by, correct, deadline_ms }])
}

pub(crate) fn extend(asked: &Asked<'_>, id: &PollId, seconds: u32) -> Decision {
    asked.master()?;
    let poll = taking(find(asked.state, id)?)?;
    let seconds = if seconds == 0 { EXTEND_SECONDS } else { seconds };
    if seconds > *SECONDS.end() {
        return refuse(ErrorCode::BadMessage, "seconds: at most 600 at a time");
    }
    let from = poll.deadline_ms.map_or(asked.now, |deadline| deadline.max(asked.now));
    let deadline_ms = from.saturating_add(i64::from(seconds) * 1_000);
    Ok(vec![Fact::PollExtended { poll: id.clone(), deadline_ms }])
}

pub(crate) fn count(asked: &Asked<'_>, id: &PollId, counts: &[u32]) -> Decision {
    let classroom = asked.assistant()?;
    let poll = taking(find(asked.state, id)?)?;
    if poll.by != PollBy::Hands {
        return refuse(ErrorCode::WrongState, "this poll takes each seat's answer");
    }
    if counts.len() != poll.choices() {
        return refuse(ErrorCode::BadMessage, "counts: one for each choice");
    }
    let enrolled = asked.spec.classroom(classroom).map_or(0, |room| usize::from(room.enrolled()));
    // A class without a list may still raise its hands.
    let most = if enrolled == 0 { SEATS_MAX } else { enrolled };
    if counts.iter().map(|count| u64::from(*count)).sum::<u64>() > most as u64 {
        return refuse(ErrorCode::BadMessage, "counts: more hands than pupils");
    }
    if poll.counted(classroom) == Some(counts) {
        return Ok(Vec::new());
    }
    Ok(vec![Fact::PollCounted { poll: id.clone(), classroom: classroom.clone(), counts: counts.to_vec() }])
}

pub(crate) fn answer_seat(asked: &Asked<'_>, id: &PollId, seat: u16, answer: Answer) -> Decision {
    let classroom = asked.assistant()?;
    let poll = taking(find(asked.state, id)?)?;
    if poll.by == PollBy::Hands {
        return refuse(ErrorCode::WrongState, "this poll takes a show of hands");
    }
    asked.seat(classroom, seat)?;
    single(poll, classroom, seat, answer)
}

/// A pupil's device answers.
pub(crate) fn from_device(
    spec: &LessonSpec,
    state: &State,
    id: &PollId,
    classroom: &ClassroomId,
    seat: u16,
    answer: Answer,
) -> Decision {
    let poll = taking(find(state, id)?)?;
    if poll.by != PollBy::Devices || state.phase != LessonState::Live {
        return refuse(ErrorCode::WrongState, "this poll takes no devices");
    }
    if !spec.classroom(classroom).is_some_and(|room| room.has_seat(seat)) {
        return refuse(ErrorCode::NotFound, "seat: not on the class list");
    }
    single(poll, classroom, seat, answer)
}

pub(crate) fn close(asked: &Asked<'_>, id: &PollId) -> Decision {
    asked.master()?;
    taking(find(asked.state, id)?)?;
    Ok(vec![Fact::PollClosed { poll: id.clone() }])
}

pub(crate) fn show(asked: &Asked<'_>, id: &PollId, on: bool) -> Decision {
    asked.master()?;
    let poll = find(asked.state, id)?;
    if poll.shown == on {
        return Ok(Vec::new());
    }
    if asked.state.polls.newest() != Some(poll) {
        return refuse(ErrorCode::WrongState, "only the newest poll is on the stage");
    }
    let closed = poll.closed_ms.is_none().then(|| Fact::PollClosed { poll: id.clone() });
    Ok(closed.into_iter().chain([Fact::PollShown { poll: id.clone(), on }]).collect())
}

fn single(poll: &Poll, classroom: &ClassroomId, seat: u16, answer: Answer) -> Decision {
    fits(&poll.kind, answer)?;
    if poll.answered(classroom, seat) == Some(answer) {
        return Ok(Vec::new());
    }
    Ok(vec![Fact::PollAnswered { poll: poll.id.clone(), classroom: classroom.clone(), seat, answer }])
}

fn fits(kind: &PollKind, answer: Answer) -> Result<(), Refusal> {
    match kind {
        PollKind::Choices { labels } if answer.index().is_none_or(|index| index >= labels.len()) => {
            refuse(ErrorCode::BadMessage, "answer: the index of a choice")
        }
        _ => Ok(()),
    }
}

fn find<'a>(state: &'a State, id: &PollId) -> Result<&'a Poll, Refusal> {
    state.polls.get(id).ok_or(Refusal { code: ErrorCode::NotFound, message: "no such poll in this lesson" })
}

fn taking(poll: &Poll) -> Result<&Poll, Refusal> {
    match poll.closed_ms {
        None => Ok(poll),
        Some(_) => refuse(ErrorCode::WrongState, "the poll is closed"),
    }
}
