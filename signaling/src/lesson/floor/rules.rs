//! Who may ask for the floor, give it, take it, and when.

use super::FloorRequest;
use crate::id::FloorRequestId;
use crate::journal::Fact;
use crate::lesson::rights::{Asked, Decision, Refusal, refuse};
use crate::lesson::seat::Place;
use crate::lesson::spec::FLOOR_LIMITS;
use crate::wire::{ErrorCode, FloorEnd, FloorState};

/// Seconds that `extend_floor` adds when it says 0.
const EXTEND_SECONDS: u32 = 30;
/// The most seconds one message adds.
const EXTEND_SECONDS_MAX: u32 = 600;

/// The next request's id.
pub(crate) fn next_id(asked: &Asked<'_>) -> FloorRequestId {
    FloorRequestId::new(format!("{}-{}", asked.spec.id, asked.state.floor.raised + 1))
}

pub(crate) fn raise(asked: &Asked<'_>) -> Decision {
    let Some(classroom) = asked.place.classroom() else {
        return refuse(ErrorCode::Forbidden, "only a classroom or its assistant raises a hand");
    };
    asked.live()?;
    if asked.state.floor.hand_of(classroom).is_some() {
        return refuse(ErrorCode::WrongState, "this classroom's hand is up already");
    }
    let request = next_id(asked);
    let raised = Fact::HandRaised { request: request.clone(), classroom: classroom.clone(), question: None };
    // The assistant is the chair who would have to pass it on: a hand raised by the chair is passed on already.
    let accepted = matches!(asked.place, Place::Assistant(_)).then_some(Fact::HandAccepted { request });
    Ok(std::iter::once(raised).chain(accepted).collect())
}

pub(crate) fn lower(asked: &Asked<'_>, id: &FloorRequestId) -> Decision {
    let request = waiting(own(asked, id)?)?;
    if request.question.as_ref().is_some_and(|question| asked.state.questions.has_other_askers(question)) {
        return refuse(ErrorCode::WrongState, "other classrooms ask it too: it is with the master");
    }
    over(request, FloorEnd::LoweredByClassroom)
}

pub(crate) fn accept(asked: &Asked<'_>, id: &FloorRequestId) -> Decision {
    let request = pending(as_assistant(asked, id)?)?;
    Ok(vec![Fact::HandAccepted { request: request.id.clone() }])
}

pub(crate) fn decline(asked: &Asked<'_>, id: &FloorRequestId) -> Decision {
    over(pending(as_assistant(asked, id)?)?, FloorEnd::DeclinedByAssistant)
}

pub(crate) fn grant(asked: &Asked<'_>, id: &FloorRequestId) -> Decision {
    let request = waiting(as_master(asked, id)?)?;
    let floor = &asked.state.floor;
    if floor.granted_to(&request.classroom).is_some() {
        return refuse(ErrorCode::WrongState, "this classroom has the floor already");
    }
    if floor.speaking().len() >= usize::from(floor.limit) {
        return refuse(ErrorCode::FloorFull, "as many classrooms as may speak at once do so already");
    }
    let deadline_ms = asked.now.saturating_add(i64::from(asked.spec.floor_seconds).saturating_mul(1_000));
    Ok(vec![Fact::FloorGranted { request: request.id.clone(), deadline_ms }])
}

pub(crate) fn deny(asked: &Asked<'_>, id: &FloorRequestId) -> Decision {
    over(waiting(as_master(asked, id)?)?, FloorEnd::DeniedByMaster)
}

pub(crate) fn release(asked: &Asked<'_>, id: &FloorRequestId) -> Decision {
    over(granted(own(asked, id)?)?, FloorEnd::ReleasedByClassroom)
}

pub(crate) fn revoke(asked: &Asked<'_>, id: &FloorRequestId) -> Decision {
    over(granted(as_master(asked, id)?)?, FloorEnd::RevokedByMaster)
}

pub(crate) fn extend(asked: &Asked<'_>, id: &FloorRequestId, seconds: u32) -> Decision {
    let request = granted(as_master(asked, id)?)?;
    let seconds = if seconds == 0 { EXTEND_SECONDS } else { seconds };
    if seconds > EXTEND_SECONDS_MAX {
        return refuse(ErrorCode::BadMessage, "seconds: at most 600 at a time");
    }
    let from = request.deadline_ms.map_or(asked.now, |deadline| deadline.max(asked.now));
    let deadline_ms = from.saturating_add(i64::from(seconds) * 1_000);
    Ok(vec![Fact::FloorExtended { request: request.id.clone(), deadline_ms }])
}

pub(crate) fn mute(asked: &Asked<'_>, id: &FloorRequestId, on: bool) -> Decision {
    let by_master = *asked.place == Place::Master;
    let request = match by_master {
        true => find(asked, id)?,
        false => as_assistant(asked, id)?,
    };
    let request = granted(request)?;
    let before = if by_master { request.muted_by_master } else { request.muted_by_classroom };
    let fact = Fact::FloorMuted { request: request.id.clone(), on, by_master };
    Ok(if before == on { Vec::new() } else { vec![fact] })
}

pub(crate) fn set_limit(asked: &Asked<'_>, limit: u8) -> Decision {
    asked.master()?;
    if !FLOOR_LIMITS.contains(&limit) {
        return refuse(ErrorCode::BadMessage, "limit: from 1 to 6");
    }
    Ok(if asked.state.floor.limit == limit { Vec::new() } else { vec![Fact::FloorLimitSet { limit }] })
}

fn over(request: &FloorRequest, end: FloorEnd) -> Decision {
    Ok(vec![Fact::FloorEnded { request: request.id.clone(), end }])
}

fn find<'a>(asked: &Asked<'a>, id: &FloorRequestId) -> Result<&'a FloorRequest, Refusal> {
    asked.state.floor.request(id).ok_or(NOT_FOUND)
}

const NOT_FOUND: Refusal = Refusal { code: ErrorCode::NotFound, message: "no such request in this lesson" };

fn as_master<'a>(asked: &Asked<'a>, id: &FloorRequestId) -> Result<&'a FloorRequest, Refusal> {
    asked.master()?;
    find(asked, id)
}

fn as_assistant<'a>(asked: &Asked<'a>, id: &FloorRequestId) -> Result<&'a FloorRequest, Refusal> {
    asked.assistant()?;
    own(asked, id)
}

fn own<'a>(asked: &Asked<'a>, id: &FloorRequestId) -> Result<&'a FloorRequest, Refusal> {
    let Some(classroom) = asked.place.classroom() else {
        return refuse(ErrorCode::Forbidden, "only the classroom or its assistant may do that");
    };
    find(asked, id).and_then(|request| if request.classroom == *classroom { Ok(request) } else { Err(NOT_FOUND) })
}

fn pending(request: &FloorRequest) -> Result<&FloorRequest, Refusal> {
    match request.state == FloorState::Pending {
        true => Ok(request),
        false => refuse(ErrorCode::WrongState, "the hand is not waiting for the assistant"),
    }
}

fn waiting(request: &FloorRequest) -> Result<&FloorRequest, Refusal> {
    match request.is_waiting() {
        true => Ok(request),
        false => refuse(ErrorCode::WrongState, "the hand is not waiting"),
    }
}

fn granted(request: &FloorRequest) -> Result<&FloorRequest, Refusal> {
    match request.is_granted() {
        true => Ok(request),
        false => refuse(ErrorCode::WrongState, "the classroom does not hold the floor"),
    }
}
