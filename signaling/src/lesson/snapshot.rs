//! The lesson as one seat may see it.
//!
//! Staff see all presence and all hands. The others see what the `stage` stream tells, and what is their own. A snapshot
//! plus the deltas that follow gives what a fresh snapshot would show, but for two things nobody needs at once: the
//! presence of a screen's own classroom (deltas of presence are for staff), and requests that are over for a while.

use crate::lesson::floor::FloorRequest;
use crate::lesson::seat::Place;
use crate::lesson::spec::{ClassroomSpec, LessonSpec};
use crate::lesson::state::State;
use crate::wire::{ClassroomView, SeatView, Snapshot, StreamPositions};

/// How long a request that is over stays in snapshots, milliseconds: long enough to read why it ended.
const JUST_ENDED_MS: i64 = 15_000;

/// The snapshot for the seat at `place`, at `now` (UTC ms). Its `media_token` is left empty.
pub(crate) fn of(spec: &LessonSpec, state: &State, place: &Place, seat: SeatView, now: i64) -> Snapshot {
    let visible =
        |request: &&FloorRequest| place.is_staff() || request.public || place.classroom() == Some(&request.classroom);
    let just_ended = |request: &&FloorRequest| now.saturating_sub(request.changed_ms) < JUST_ENDED_MS;
    let floor = state.open.iter().chain(state.over.iter().filter(just_ended)).filter(visible);
    Snapshot {
        lesson: spec.id.clone(),
        title: spec.title.clone(),
        master_name: spec.master.name.clone(),
        seat,
        media_token: String::new(),
        now_ms: now,
        streams: StreamPositions { stage: state.stage, staff: place.is_staff().then_some(state.staff) },
        state: state.phase,
        started_ms: state.started_ms,
        recording: state.recording,
        studio: state.studio.view(),
        classrooms: spec.classrooms.iter().filter(|c| sees(place, c)).filter_map(|c| view(state, c)).collect(),
        floor: floor.map(|request| state.view_of(spec, request)).collect(),
        floor_limit: spec.floor_limit,
        slots: state.slots(spec),
    }
}

fn sees(place: &Place, classroom: &ClassroomSpec) -> bool {
    place.is_staff() || place.classroom() == Some(&classroom.id)
}

fn view(state: &State, classroom: &ClassroomSpec) -> Option<ClassroomView> {
    Some(state.classrooms.get(&classroom.id)?.view(classroom))
}
