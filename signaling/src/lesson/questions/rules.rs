//! Who may take a question a step further, and when.

use super::{OPEN_PER_CLASSROOM, Question};
use crate::id::{ClassroomId, QuestionId};
use crate::journal::Fact;
use crate::lesson::floor;
use crate::lesson::rights::{Asked, Decision, Refusal, refuse, typed};
use crate::lesson::seat::Place;
use crate::wire::{AnswerTo, ErrorCode, FloorEnd, QuestionState};

/// The longest question, in letters.
const QUESTION_LETTERS_MAX: usize = 300;
/// The longest written answer, in letters.
const ANSWER_LETTERS_MAX: usize = 1_000;

pub(crate) fn ask(asked: &Asked<'_>, seat: Option<u16>, text: Option<&str>, wants_to_speak: bool) -> Decision {
    let classroom = asked.assistant()?;
    asked.live()?;
    let text = text.map(|text| typed(text, QUESTION_LETTERS_MAX, "text: 1 to 300 letters")).transpose()?;
    if text.is_none() && !wants_to_speak {
        return refuse(ErrorCode::BadMessage, "text: needed unless the pupil wants to speak");
    }
    seat.map(|seat| asked.seat(classroom, seat)).transpose()?;
    let questions = &asked.state.questions;
    if questions.open_of(classroom) >= OPEN_PER_CLASSROOM {
        return refuse(ErrorCode::TooMany, "this classroom has as many open questions as it may");
    }
    if questions.is_full() {
        return refuse(ErrorCode::TooMany, "this lesson has as many open questions as it may");
    }
    let question = QuestionId::new(format!("{}-q{}", asked.spec.id, questions.asked + 1));
    Ok(vec![Fact::QuestionAsked { question, classroom: classroom.clone(), seat, text, wants_to_speak }])
}

pub(crate) fn answer_here(asked: &Asked<'_>, id: &QuestionId) -> Decision {
    let question = not_on_floor(own(asked, id)?)?;
    not_shared(asked, question)?;
    Ok(with_end(asked, question, Fact::QuestionAnsweredHere { question: id.clone() }, FloorEnd::AnsweredHere))
}

pub(crate) fn withdraw(asked: &Asked<'_>, id: &QuestionId) -> Decision {
    let question = not_on_floor(own(asked, id)?)?;
    not_shared(asked, question)?;
    Ok(with_end(asked, question, Fact::QuestionWithdrawn { question: id.clone() }, FloorEnd::QuestionWithdrawn))
}

pub(crate) fn escalate(asked: &Asked<'_>, id: &QuestionId) -> Decision {
    let question = own(asked, id)?;
    if question.state != QuestionState::Open {
        return refuse(ErrorCode::WrongState, "the question is not with the assistant");
    }
    asked.live()?;
    let request = floor::next_id(asked);
    Ok(vec![
        Fact::QuestionEscalated { question: id.clone() },
        Fact::HandRaised {
            request: request.clone(),
            classroom: question.classroom.clone(),
            question: Some(id.clone()),
        },
        Fact::HandAccepted { request },
    ])
}

pub(crate) fn merge(asked: &Asked<'_>, id: &QuestionId, into: &QuestionId) -> Decision {
    let is_master = *asked.place == Place::Master;
    let question = match is_master {
        true => find(asked, id)?,
        false => own(asked, id)?,
    };
    let target = match is_master {
        true => find(asked, into)?,
        false => own(asked, into)?,
    };
    let root = asked.state.questions.root(&target.id).ok_or(NOT_FOUND)?;
    let movable = match is_master {
        true => not_on_floor(question)?,
        false if question.state == QuestionState::Open => question,
        false => return refuse(ErrorCode::WrongState, "the question is not with the assistant"),
    };
    if root.id == movable.id {
        return refuse(ErrorCode::WrongState, "a question is not part of itself");
    }
    if root.is_settled() {
        return refuse(ErrorCode::WrongState, "that question is settled");
    }
    // What other classrooms ask must be where somebody can answer them.
    if (is_master || asked.state.questions.has_other_askers(&movable.id)) && !root.is_at_desk() {
        return refuse(ErrorCode::WrongState, "that question is not in the master's queue");
    }
    let merged = Fact::QuestionMerged { question: id.clone(), into: root.id.clone() };
    Ok(with_end(asked, movable, merged, FloorEnd::QuestionMerged))
}

pub(crate) fn answer(asked: &Asked<'_>, id: &QuestionId, text: &str, to: AnswerTo) -> Decision {
    asked.master()?;
    let question = not_on_floor(find(asked, id)?)?;
    let text = typed(text, ANSWER_LETTERS_MAX, "text: 1 to 1,000 letters")?;
    let answered = Fact::QuestionAnswered { question: id.clone(), text, to };
    Ok(with_end(asked, question, answered, FloorEnd::AnsweredInText))
}

pub(crate) fn put_off(asked: &Asked<'_>, id: &QuestionId) -> Decision {
    asked.master()?;
    match find(asked, id)?.state {
        QuestionState::Escalated => Ok(vec![Fact::QuestionPutOff { question: id.clone() }]),
        _ => refuse(ErrorCode::WrongState, "the question is not waiting for the master"),
    }
}

/// The fact, and the end of the question's request if it has one.
fn with_end(asked: &Asked<'_>, question: &Question, fact: Fact, end: FloorEnd) -> Vec<Fact> {
    let request = asked.state.floor.of_question(&question.id);
    let ended = request.map(|request| Fact::FloorEnded { request: request.id.clone(), end });
    std::iter::once(fact).chain(ended).collect()
}

const NOT_FOUND: Refusal = Refusal { code: ErrorCode::NotFound, message: "no such question in this lesson" };

fn find<'a>(asked: &Asked<'a>, id: &QuestionId) -> Result<&'a Question, Refusal> {
    asked.state.questions.get(id).ok_or(NOT_FOUND)
}

fn own<'a>(asked: &Asked<'a>, id: &QuestionId) -> Result<&'a Question, Refusal> {
    let classroom: &ClassroomId = asked.assistant()?;
    find(asked, id).and_then(|found| if found.classroom == *classroom { Ok(found) } else { Err(NOT_FOUND) })
}

/// Neither settled, nor part of another, nor being spoken about.
fn not_on_floor(question: &Question) -> Result<&Question, Refusal> {
    match question.state {
        QuestionState::Open | QuestionState::Escalated | QuestionState::PutOff => Ok(question),
        QuestionState::OnFloor => refuse(ErrorCode::WrongState, "the question is on the floor"),
        QuestionState::Merged => refuse(ErrorCode::WrongState, "the question is part of another one"),
        _ => refuse(ErrorCode::WrongState, "the question is settled"),
    }
}

fn not_shared(asked: &Asked<'_>, question: &Question) -> Result<(), Refusal> {
    match asked.state.questions.has_other_askers(&question.id) {
        true => refuse(ErrorCode::WrongState, "other classrooms ask it too: it is with the master"),
        false => Ok(()),
    }
}
