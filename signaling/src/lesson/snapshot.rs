//! The lesson as one seat may see it.
//!
//! A snapshot plus the deltas that follow gives what a fresh snapshot would show, but for what nobody needs at once:
//! requests and questions that are over for a while.

use crate::id::ClassroomId;
use crate::lesson::floor::FloorRequest;
use crate::lesson::questions::{Question, SETTLED_SHOWN};
use crate::lesson::seat::Place;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::State;
use crate::wire::{PupilSeatView, QuestionView, SeatView, Snapshot};

/// How long a request that is over stays in snapshots, milliseconds: long enough to read why it ended.
const JUST_ENDED_MS: i64 = 15_000;

/// The snapshot for the seat at `place`, at `now` (UTC ms). Its `media_token` is left empty.
pub(crate) fn of(spec: &LessonSpec, state: &State, place: &Place, seat: SeatView, now: i64) -> Snapshot {
    let sees = |classroom: &ClassroomId| place.is_desk() || place.classroom() == Some(classroom);
    let visible = |request: &&FloorRequest| request.public || sees(&request.classroom);
    let just_ended = |request: &&FloorRequest| now.saturating_sub(request.changed_ms) < JUST_ENDED_MS;
    let floor = state.floor.open.iter().chain(state.floor.over.iter().filter(just_ended)).filter(visible);
    let rooms = || spec.classrooms.iter().filter(|classroom| sees(&classroom.id));
    let is_assistant = matches!(place, Place::Assistant(_));
    let pupils = rooms().filter(|_| place.classroom().is_some()).flat_map(|classroom| &classroom.seats);
    let poll = state.polls.newest();
    Snapshot {
        lesson: spec.id.clone(),
        title: spec.title.clone(),
        master_name: spec.master.name.clone(),
        seat,
        media_token: String::new(),
        now_ms: now,
        streams: state.positions.of(place),
        state: state.phase,
        started_ms: state.started_ms,
        recording: state.recording,
        studio: state.studio.view(),
        classrooms: rooms().filter_map(|room| Some(state.classrooms.get(&room.id)?.view(room))).collect(),
        attendance: rooms()
            .filter_map(|room| Some(state.attendance.get(&room.id)?.view(room, !place.is_desk())))
            .collect(),
        seats: pupils.map(|seat| PupilSeatView { seat: seat.number, group: seat.group.clone() }).collect(),
        floor: floor.map(|request| state.request_view(spec, request)).collect(),
        floor_limit: state.floor.limit,
        queue: state.floor.queue(spec),
        slots: state.slots(spec),
        programme: state.programme_view(),
        questions: questions(spec, state, place, |question| sees(&question.classroom)),
        answers: state.questions.answers().cloned().collect(),
        decks: state.board.decks(),
        surfaces: state.board.surfaces(),
        pointer: state.board.pointer,
        poll: poll.map(|poll| poll.view(spec)),
        poll_correct: poll.filter(|_| place.is_desk()).and_then(|poll| poll.correct),
        poll_results: poll
            .map(|poll| rooms().map(|room| poll.result(spec, &room.id)).filter(|result| result.answered > 0).collect())
            .unwrap_or_default(),
        staff_talk: state.staff_talk.said_to(place),
        talkers: if place.is_staff() { state.staff_talk.view() } else { Vec::new() },
        help: state
            .help
            .open
            .iter()
            .filter(|call| (place.is_desk() || is_assistant) && sees(&call.classroom))
            .cloned()
            .collect(),
        checks: state.checks.seen(|classroom| classroom.map_or(place.is_desk(), sees)),
        fallback: spec.fallback.clone().filter(|_| place.is_staff()),
    }
}

/// What is not settled, and the newest that is, in the order in which it was asked.
fn questions(spec: &LessonSpec, state: &State, place: &Place, sees: impl Fn(&Question) -> bool) -> Vec<QuestionView> {
    let mut settled = 0;
    let mut shown: Vec<_> = state
        .questions
        .iter()
        .rev()
        .filter(|question| sees(question))
        .filter(|question| {
            settled += usize::from(question.is_settled());
            !question.is_settled() || settled <= SETTLED_SHOWN
        })
        .map(|question| match place.is_desk() {
            true => state.question_view(spec, question),
            false => state.question_in_room(spec, question),
        })
        .collect();
    shown.reverse();
    shown
}
