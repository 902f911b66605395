//! What happens to a lesson without anybody saying anything: a floor's time is up, a classroom is gone for too long.

use crate::journal::Fact;
use crate::lesson::floor::FloorRequest;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::State;
use crate::wire::FloorEnd;

/// When the next request ends by itself, UTC ms.
pub(crate) fn next(spec: &LessonSpec, state: &State) -> Option<i64> {
    state.open.iter().filter_map(|request| end_of(spec, state, request)).map(|(at_ms, _)| at_ms).min()
}

/// The requests that are over by `now`.
pub(crate) fn due(spec: &LessonSpec, state: &State, now: i64) -> Vec<Fact> {
    state
        .open
        .iter()
        .filter_map(|request| Some((request, end_of(spec, state, request)?)))
        .filter(|(_, (at_ms, _))| *at_ms <= now)
        .map(|(request, (_, end))| Fact::FloorEnded { request: request.id.clone(), end })
        .collect()
}

/// When and why a request ends unless something happens before.
fn end_of(spec: &LessonSpec, state: &State, request: &FloorRequest) -> Option<(i64, FloorEnd)> {
    let deadline = request.deadline_ms.map(|at_ms| (at_ms, FloorEnd::TimedOut));
    let presence = state.classrooms.get(&request.classroom)?;
    // An assistant may raise the hand before the screen is there; the screen then has the whole timeout to come.
    let gone_since = (!presence.is_there())
        .then(|| presence.gone_since_ms.map_or(request.raised_ms, |gone| gone.max(request.raised_ms)));
    let lost = gone_since.map(|since| (since.saturating_add(spec.loss_ms), FloorEnd::ClassroomLost));
    [deadline, lost].into_iter().flatten().min_by_key(|(at_ms, _)| *at_ms)
}
