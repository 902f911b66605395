//! Who may do what, and when: from a message and the seat it comes from to facts, or to a refusal.
//!
//! Nothing here changes anything. Each message is decided beside the noun it is about; here is what they share, and what
//! is about the lesson as a whole.

use crate::id::ClassroomId;
use crate::journal::Fact;
use crate::lesson::floor::FloorRequest;
use crate::lesson::input::{ConnectionId, SourceKey};
use crate::lesson::presence::Kinds;
use crate::lesson::rights::{Asked, Decision, Refusal, live, refuse};
use crate::lesson::seat::{Place, Seats};
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::State;
use crate::lesson::studio::Studio;
use crate::lesson::{attendance, board, floor, help, polls, programme, questions, staff_talk, stand_in};
use crate::wire::{ClientMessage, ErrorCode, FloorEnd, Ink, LessonState, Role};

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
pub(crate) fn decide(asked: &Asked<'_>, message: &ClientMessage) -> Decision {
    use ClientMessage as Says;
    match message {
        Says::StartLesson => asked.master().and_then(|()| start(asked.spec, asked.state)),
        Says::EndLesson => asked.master().and_then(|()| end(asked.state)),

        Says::RaiseHand => floor::raise(asked),
        Says::LowerHand { request } => floor::lower(asked, request),
        Says::AcceptHand { request } => floor::accept(asked, request),
        Says::DeclineHand { request } => floor::decline(asked, request),
        Says::GrantFloor { request } => floor::grant(asked, request),
        Says::DenyFloor { request } => floor::deny(asked, request),
        Says::ReleaseFloor { request } => floor::release(asked, request),
        Says::RevokeFloor { request } => floor::revoke(asked, request),
        Says::ExtendFloor { request, seconds } => floor::extend(asked, request, *seconds),
        Says::MuteFloor { request, on } => floor::mute(asked, request, *on),
        Says::SetFloorLimit { limit } => floor::set_limit(asked, *limit),

        Says::TakeAttendance { marks } => attendance::take(asked, marks),

        Says::AskQuestion { seat, text, wants_to_speak } => {
            questions::ask(asked, *seat, text.as_deref(), *wants_to_speak)
        }
        Says::AnswerHere { question } => questions::answer_here(asked, question),
        Says::MergeQuestion { question, into } => questions::merge(asked, question, into),
        Says::EscalateQuestion { question } => questions::escalate(asked, question),
        Says::WithdrawQuestion { question } => questions::withdraw(asked, question),
        Says::AnswerQuestion { question, text, to } => questions::answer(asked, question, text, *to),
        Says::PutOffQuestion { question } => questions::put_off(asked, question),

        Says::SayToStaff { text, classroom } => staff_talk::say(asked, text, classroom.as_ref()),
        Says::HoldTalk { on } => staff_talk::hold(asked, *on),
        Says::CallHelp { kind, text } => help::call(asked, *kind, text.as_deref()),
        Says::TakeHelp { help } => help::take(asked, help),
        Says::SettleHelp { help } => help::settle(asked, help),

        Says::StandIn { classroom, show } => stand_in::show(asked, classroom, show.as_ref()),

        Says::OpenDeck { deck } => board::open_deck(asked, deck),
        Says::CloseDeck => board::close_deck(asked),
        Says::TurnPage { surface, page } => board::turn(asked, *surface, *page),
        Says::DrawStroke { surface, stroke, tool, colour, width, points, done } => {
            let ink = Ink { tool: *tool, colour: *colour, width: *width };
            board::draw(asked, *surface, *stroke, ink, points, *done)
        }
        Says::EraseStroke { surface, stroke } => board::erase(asked, *surface, *stroke),
        Says::ClearBoard { surface } => board::clear(asked, *surface),
        Says::Point { surface, at } => board::point(asked, *surface, *at),

        Says::OpenPoll { question, kind, by, correct, seconds } => {
            polls::open(asked, question, kind, *by, *correct, *seconds)
        }
        Says::ExtendPoll { poll, seconds } => polls::extend(asked, poll, *seconds),
        Says::AnswerPoll { poll, counts } => polls::count(asked, poll, counts),
        Says::AnswerPollSeat { poll, seat, answer } => polls::answer_seat(asked, poll, *seat, *answer),
        Says::ClosePoll { poll } => polls::close(asked, poll),
        Says::ShowPollResult { poll, on } => polls::show(asked, poll, *on),

        Says::SetProgramme { scene, camera } => programme::set(asked, scene, *camera),

        // Answered before the rules are asked.
        Says::Join { .. } | Says::Snapshot | Says::Ping { .. } => Ok(Vec::new()),
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

/// The bell: every open request and poll ends with the lesson. Questions that are not settled stay so, to be followed
/// up.
pub(crate) fn end(state: &State) -> Decision {
    live(state)?;
    let ended = |request: &FloorRequest| Fact::FloorEnded { request: request.id.clone(), end: FloorEnd::LessonEnded };
    let closed = state.polls.open().map(|poll| Fact::PollClosed { poll: poll.id.clone() });
    let light = state.recording.then_some(Fact::RecordingChanged { recording: false });
    Ok(state.floor.open.iter().map(ended).chain(closed).chain(light).chain([Fact::LessonEnded]).collect())
}

/// Whether a replayed lesson says something that a restart made untrue.
pub(crate) fn needs_resuming(state: &State) -> bool {
    let somebody = || state.classrooms.values().any(|presence| presence.is_there() || presence.assistant);
    let talking = || !state.staff_talk.talkers.is_empty();
    match state.phase {
        LessonState::Scheduled => state.studio != Studio::default() || somebody() || talking(),
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
        SourceKey::Second => Some(state.studio.second),
        SourceKey::Classroom(id) => state.classrooms.get(id).map(|presence| presence.media),
    }
}
