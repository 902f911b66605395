//! What happens to a lesson without anybody saying anything: a floor's time is up, a classroom is gone for too long, a
//! push-to-talk key was held for too long, a poll's time is up.

use crate::journal::Fact;
use crate::lesson::floor::FloorRequest;
use crate::lesson::spec::LessonSpec;
use crate::lesson::staff_talk::Talker;
use crate::lesson::state::State;
use crate::wire::FloorEnd;

/// When something happens by itself next, UTC ms.
pub(crate) fn next(spec: &LessonSpec, state: &State) -> Option<i64> {
    let floors = state.floor.open.iter().filter_map(|request| end_of(spec, state, request)).map(|(at_ms, _)| at_ms);
    let talkers = state.staff_talk.talkers.iter().map(Talker::deadline_ms);
    floors.chain(talkers).chain(state.polls.open().and_then(|poll| poll.deadline_ms)).min()
}

/// What has happened by `now`.
pub(crate) fn due(spec: &LessonSpec, state: &State, now: i64) -> Vec<Fact> {
    let ends = state.floor.open.iter().filter_map(|request| Some((request, end_of(spec, state, request)?)));
    let floors = ends
        .filter(|(_, (at_ms, _))| *at_ms <= now)
        .map(|(request, (_, end))| Fact::FloorEnded { request: request.id.clone(), end });
    let talkers = state.staff_talk.talkers.iter().filter(|talker| talker.deadline_ms() <= now);
    let poll = state.polls.open().filter(|poll| poll.deadline_ms.is_some_and(|deadline| deadline <= now));
    floors
        .chain(talkers.map(|talker| Fact::TalkClosed { place: talker.place.clone() }))
        .chain(poll.map(|poll| Fact::PollClosed { poll: poll.id.clone() }))
        .collect()
}

/// When and why a request ends unless something happens before. An escalated question waits for its classroom to come
/// back: it may be answered in writing meanwhile.
fn end_of(spec: &LessonSpec, state: &State, request: &FloorRequest) -> Option<(i64, FloorEnd)> {
    let deadline = request.deadline_ms.map(|at_ms| (at_ms, FloorEnd::TimedOut));
    let presence = state.classrooms.get(&request.classroom)?;
    // An assistant may raise the hand before the screen is there, and nobody could come back while the server was away:
    // the screen then has the whole timeout to come.
    let since = || [presence.gone_since_ms, Some(request.raised_ms), state.resumed_ms].into_iter().flatten().max();
    let can_be_lost = !presence.is_there() && (request.question.is_none() || request.is_granted());
    let lost = can_be_lost.then(since).flatten().map(|since| since.saturating_add(spec.loss_ms));
    [deadline, lost.map(|at_ms| (at_ms, FloorEnd::ClassroomLost))].into_iter().flatten().min_by_key(|(at_ms, _)| *at_ms)
}
