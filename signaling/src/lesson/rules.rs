//! Who may do what, and when: from a message and the seat it comes from to facts, or to a refusal.
//!
//! Nothing here changes anything. The role is checked before the request is looked up, and another classroom's request
//! is answered like one that does not exist.

use crate::id::{ClassroomId, FloorRequestId};
use crate::journal::Fact;
use crate::lesson::floor::FloorRequest;
use crate::lesson::input::{ConnectionId, SourceKey};
use crate::lesson::seat::{Place, Seats};
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::{Kinds, State, Studio};
use crate::wire::{ClientMessage, ErrorCode, FloorEnd, FloorState, LessonState, Role};

/// Seconds that [`ClientMessage::ExtendFloor`] adds when it says 0.
const EXTEND_SECONDS: u32 = 30;
/// The most seconds one message adds.
const EXTEND_SECONDS_MAX: u32 = 600;

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: &'static str,
}

type Decision = Result<Vec<Fact>, Refusal>;

fn refuse<T>(code: ErrorCode, message: &'static str) -> Result<T, Refusal> {
    Err(Refusal { code, message })
}

/// The place a connection may take with its `join`.
pub(crate) fn join(
    spec: &LessonSpec,
    seats: &Seats,
    conn: ConnectionId,
    role: Role,
    classroom: Option<ClassroomId>,
) -> Result<Place, Refusal> {
    if seats.place(conn).is_some() {
        return refuse(ErrorCode::AlreadyJoined, "this connection holds a seat already");
    }
    let Some(place) = Place::of(role, classroom) else {
        return refuse(ErrorCode::BadMessage, "classroom: needed for assistants and classrooms, and only for them");
    };
    if !seats.visitor(conn).is_some_and(|visitor| visitor.places.contains(&place)) {
        return refuse(ErrorCode::Forbidden, "this account may not take that seat");
    }
    if place.classroom().is_some_and(|id| spec.classroom(id).is_none()) {
        return refuse(ErrorCode::NotFound, "no such classroom in this lesson");
    }
    Ok(place)
}

/// The facts that follow from a message of a joined seat.
pub(crate) fn decide(spec: &LessonSpec, state: &State, place: &Place, message: &ClientMessage, now: i64) -> Decision {
    match message {
        ClientMessage::StartLesson => master(place).and_then(|()| start(spec, state)),
        ClientMessage::EndLesson => master(place).and_then(|()| end(state)),
        ClientMessage::RaiseHand => raise(spec, state, place),
        ClientMessage::LowerHand { request } => {
            let request = waiting(own(state, place, request)?)?;
            over(request, FloorEnd::LoweredByClassroom)
        }
        ClientMessage::AcceptHand { request } => {
            let request = pending(as_assistant(state, place, request)?)?;
            Ok(vec![Fact::HandAccepted { request: request.id.clone() }])
        }
        ClientMessage::DeclineHand { request } => {
            over(pending(as_assistant(state, place, request)?)?, FloorEnd::DeclinedByAssistant)
        }
        ClientMessage::GrantFloor { request } => grant(spec, state, as_master(state, place, request)?, now),
        ClientMessage::DenyFloor { request } => {
            over(waiting(as_master(state, place, request)?)?, FloorEnd::DeniedByMaster)
        }
        ClientMessage::ReleaseFloor { request } => {
            over(granted(own(state, place, request)?)?, FloorEnd::ReleasedByClassroom)
        }
        ClientMessage::RevokeFloor { request } => {
            over(granted(as_master(state, place, request)?)?, FloorEnd::RevokedByMaster)
        }
        ClientMessage::ExtendFloor { request, seconds } => {
            extend(granted(as_master(state, place, request)?)?, *seconds, now)
        }
        // Answered before the rules are asked.
        ClientMessage::Join { .. } | ClientMessage::Snapshot | ClientMessage::Ping { .. } => Ok(Vec::new()),
    }
}

/// Goes live, once.
pub(crate) fn start(spec: &LessonSpec, state: &State) -> Decision {
    if state.phase != LessonState::Scheduled {
        return refuse(ErrorCode::WrongState, "the lesson has begun already");
    }
    let light = spec.recorded.then_some(Fact::RecordingChanged { recording: true });
    Ok(std::iter::once(Fact::LessonStarted).chain(light).collect())
}

/// The bell: every open request ends with the lesson.
pub(crate) fn end(state: &State) -> Decision {
    live(state)?;
    let ended = |request: &FloorRequest| Fact::FloorEnded { request: request.id.clone(), end: FloorEnd::LessonEnded };
    let light = state.recording.then_some(Fact::RecordingChanged { recording: false });
    Ok(state.open.iter().map(ended).chain(light).chain([Fact::LessonEnded]).collect())
}

/// Whether a replayed lesson says something that a restart made untrue.
pub(crate) fn needs_resuming(state: &State) -> bool {
    let somebody = || state.classrooms.values().any(|presence| presence.is_there() || presence.assistant);
    match state.phase {
        LessonState::Scheduled => state.studio != Studio::default() || somebody(),
        LessonState::Live => true,
        LessonState::Ended => false,
    }
}

/// A source's media arrives; nothing new when it did already.
pub(crate) fn source_arrived(state: &State, source: SourceKey, audio: bool, video: bool) -> Vec<Fact> {
    let known = known(state, &source);
    if known.is_none_or(|before| before == Some(Kinds { audio, video })) {
        return Vec::new();
    }
    vec![Fact::SourceArrived { source, audio, video }]
}

/// A source's media is gone.
pub(crate) fn source_gone(state: &State, source: SourceKey) -> Vec<Fact> {
    if known(state, &source).flatten().is_none() {
        return Vec::new();
    }
    vec![Fact::SourceGone { source }]
}

/// The recorder says whether it runs.
pub(crate) fn recording(state: &State, running: bool) -> Vec<Fact> {
    if state.phase != LessonState::Live || state.recording == running {
        return Vec::new();
    }
    vec![Fact::RecordingChanged { recording: running }]
}

/// What arrives from a source; the outer `None` when the lesson has no such source, or is over.
fn known(state: &State, source: &SourceKey) -> Option<Option<Kinds>> {
    if state.phase == LessonState::Ended {
        return None;
    }
    match source {
        SourceKey::Camera => Some(state.studio.camera),
        SourceKey::Screen => Some(state.studio.screen),
        SourceKey::Classroom(id) => state.classrooms.get(id).map(|presence| presence.media),
    }
}

fn raise(spec: &LessonSpec, state: &State, place: &Place) -> Decision {
    let Some(classroom) = place.classroom() else {
        return refuse(ErrorCode::Forbidden, "only a classroom or its assistant raises a hand");
    };
    live(state)?;
    if state.request_of(classroom).is_some() {
        return refuse(ErrorCode::WrongState, "this classroom's hand is up already");
    }
    let request = FloorRequestId::new(format!("{}-{}", spec.id, state.raised + 1));
    let raised = Fact::HandRaised { request: request.clone(), classroom: classroom.clone() };
    // The assistant is the chair who would have to pass it on: a hand raised by the chair is passed on already.
    let accepted = matches!(place, Place::Assistant(_)).then_some(Fact::HandAccepted { request });
    Ok(std::iter::once(raised).chain(accepted).collect())
}

fn grant(spec: &LessonSpec, state: &State, request: &FloorRequest, now: i64) -> Decision {
    waiting(request)?;
    if state.speaking().len() >= usize::from(spec.floor_limit) {
        return refuse(ErrorCode::FloorFull, "as many classrooms as may speak at once do so already");
    }
    let deadline_ms = now.saturating_add(i64::from(spec.floor_seconds).saturating_mul(1_000));
    Ok(vec![Fact::FloorGranted { request: request.id.clone(), deadline_ms }])
}

fn extend(request: &FloorRequest, seconds: u32, now: i64) -> Decision {
    let seconds = if seconds == 0 { EXTEND_SECONDS } else { seconds };
    if seconds > EXTEND_SECONDS_MAX {
        return refuse(ErrorCode::BadMessage, "seconds: at most 600 at a time");
    }
    let from = request.deadline_ms.map_or(now, |deadline| deadline.max(now));
    let deadline_ms = from.saturating_add(i64::from(seconds) * 1_000);
    Ok(vec![Fact::FloorExtended { request: request.id.clone(), deadline_ms }])
}

fn over(request: &FloorRequest, end: FloorEnd) -> Decision {
    Ok(vec![Fact::FloorEnded { request: request.id.clone(), end }])
}

fn master(place: &Place) -> Result<(), Refusal> {
    match place {
        Place::Master => Ok(()),
        _ => refuse(ErrorCode::Forbidden, "only the master teacher may do that"),
    }
}

fn live(state: &State) -> Result<(), Refusal> {
    match state.phase {
        LessonState::Live => Ok(()),
        LessonState::Scheduled => refuse(ErrorCode::WrongState, "the lesson has not begun"),
        LessonState::Ended => refuse(ErrorCode::WrongState, "the lesson is over"),
    }
}

fn find<'a>(state: &'a State, id: &FloorRequestId) -> Result<&'a FloorRequest, Refusal> {
    state.request(id).ok_or(Refusal { code: ErrorCode::NotFound, message: "no such request in this lesson" })
}

fn as_master<'a>(state: &'a State, place: &Place, id: &FloorRequestId) -> Result<&'a FloorRequest, Refusal> {
    master(place)?;
    find(state, id)
}

fn as_assistant<'a>(state: &'a State, place: &Place, id: &FloorRequestId) -> Result<&'a FloorRequest, Refusal> {
    match place {
        Place::Assistant(_) => own(state, place, id),
        _ => refuse(ErrorCode::Forbidden, "only the classroom's assistant may do that"),
    }
}

fn own<'a>(state: &'a State, place: &Place, id: &FloorRequestId) -> Result<&'a FloorRequest, Refusal> {
    let Some(classroom) = place.classroom() else {
        return refuse(ErrorCode::Forbidden, "only the classroom or its assistant may do that");
    };
    find(state, id).and_then(|request| match request.classroom == *classroom {
        true => Ok(request),
        false => refuse(ErrorCode::NotFound, "no such request in this lesson"),
    })
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
