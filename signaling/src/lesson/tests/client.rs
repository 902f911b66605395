//! A client that knows nothing but what it was sent, and the rights to hear, said once more from the other side.

use super::*;
use crate::wire::{HelpState, Snapshot, Stream};

/// What a client knows from its last snapshot and the deltas since.
#[derive(Clone, Debug)]
pub(in crate::lesson) struct Client {
    pub(in crate::lesson) snapshot: Snapshot,
}

/// Puts a new version in the place of the one before, or at the end.
fn put<T, K: PartialEq>(list: &mut Vec<T>, item: &T, key: impl Fn(&T) -> K)
where
    T: Clone,
{
    match list.iter_mut().find(|known| key(known) == key(item)) {
        Some(known) => *known = item.clone(),
        None => list.push(item.clone()),
    }
}

impl Client {
    pub(super) fn hear(&mut self, stream: Stream, n: u64, events: &[Event]) {
        let streams = &mut self.snapshot.streams;
        let known = match stream {
            Stream::Stage => Some(&mut streams.stage),
            Stream::Staff => streams.staff.as_mut(),
            Stream::Desk => streams.desk.as_mut(),
            Stream::Room => streams.room.as_mut(),
        };
        let known = known.expect("only streams named in the snapshot");
        assert_eq!(n, *known + 1, "a gap in {stream:?}");
        *known = n;
        events.iter().for_each(|event| self.learn(event));
    }

    /// What a client has to do for each event; the web client does the same.
    pub(super) fn learn(&mut self, event: &Event) {
        let known = &mut self.snapshot;
        match event.clone() {
            Event::LessonChanged { state, at_ms } => {
                known.state = state;
                known.started_ms = known.started_ms.or(Some(at_ms));
            }
            Event::RecordingChanged { recording } => known.recording = recording,
            Event::StudioChanged { studio } => known.studio = studio,
            Event::SlotsChanged { slots } => known.slots = slots,
            Event::ProgrammeChanged { programme } => known.programme = programme,
            Event::ClassroomChanged { classroom } => put(&mut known.classrooms, &classroom, |c| c.id.clone()),
            Event::AttendanceChanged { attendance } => {
                put(&mut known.attendance, &attendance, |a| a.classroom.clone());
            }
            Event::FloorChanged { request } => {
                known.floor.retain(|other| other.id != request.id);
                known.floor.push(request);
            }
            Event::QueueMoved { places } => {
                for place in places {
                    let request = known.floor.iter_mut().find(|request| request.id == place.request);
                    request.expect("who moved was there").position = Some(place.position);
                }
            }
            Event::QueueChanged { queue } => known.queue = queue,
            Event::FloorLimitChanged { floor_limit } => known.floor_limit = floor_limit,
            Event::QuestionChanged { question } => put(&mut known.questions, &question, |q| q.id.clone()),
            Event::AnswerGiven { answer } => known.answers.push(answer),
            Event::StaffSaid { said } => known.staff_talk.push(said),
            Event::TalkChanged { talkers } => known.talkers = talkers,
            Event::HelpChanged { help } => {
                put(&mut known.help, &help, |h| h.id.clone());
                known.help.retain(|help| help.state != HelpState::Settled);
            }
            Event::DeckAdded { deck } => known.decks.push(deck),
            Event::PageTurned { surface } => {
                known.pointer = known.pointer.filter(|pointer| pointer.surface != surface.page.surface);
                known.surfaces.retain(|other| other.page.surface != surface.page.surface);
                known.surfaces.extend((surface.page.page > 0).then_some(surface));
                known.surfaces.sort_by_key(|surface| surface.page.surface);
            }
            Event::StrokeDrawn { surface, stroke } => {
                let page = known.surfaces.iter_mut().find(|known| known.page.surface == surface).expect("a page");
                match page.strokes.iter_mut().find(|known| known.stroke == stroke.stroke) {
                    Some(known) => {
                        known.points.0.extend(&stroke.points.0);
                        known.done = stroke.done;
                    }
                    None => page.strokes.push(stroke),
                }
            }
            Event::StrokeErased { surface, stroke } => {
                let page = known.surfaces.iter_mut().find(|known| known.page.surface == surface).expect("a page");
                page.strokes.retain(|known| known.stroke != stroke);
            }
            Event::BoardCleared { surface } => {
                let page = known.surfaces.iter_mut().find(|known| known.page.surface == surface).expect("a page");
                page.strokes.clear();
            }
            Event::Pointed { pointer } => known.pointer = pointer,
            Event::PollChanged { poll } => {
                if known.poll.as_ref().is_none_or(|before| before.id != poll.id) {
                    known.poll_results.clear();
                }
                known.poll = Some(poll);
            }
            Event::PollResultChanged { poll, result } => {
                assert_eq!(known.poll.as_ref().map(|poll| &poll.id), Some(&poll));
                put(&mut known.poll_results, &result, |r| r.classroom.clone());
            }
            Event::CheckChanged { check } => put(&mut known.checks, &check, |c| c.classroom.clone()),
        }
    }

    /// Checks that it knows what a fresh snapshot would tell it, but for what is over for a while.
    pub(super) fn assert_knows(&self, fresh: &Snapshot) {
        let fresh = Self { snapshot: fresh.clone() }.settled();
        let known = self.clone().settled();
        assert_eq!(known.snapshot, fresh.snapshot);
    }

    /// Without what comes and goes unannounced, and in one order.
    fn settled(mut self) -> Self {
        let known = &mut self.snapshot;
        (known.now_ms, known.poll_correct) = (0, None);
        known.floor.retain(|request| request.ended.is_none());
        known.floor.sort_by(|a, b| a.id.cmp(&b.id));
        known.questions.retain(|question| question.settled_ms.is_none());
        known.questions.sort_by(|a, b| a.id.cmp(&b.id));
        known.poll_results.retain(|result| result.answered > 0);
        known.poll_results.sort_by(|a, b| a.classroom.cmp(&b.classroom));
        known.checks.sort_by(|a, b| a.classroom.cmp(&b.classroom));
        let newest = known.staff_talk.len().saturating_sub(200);
        known.staff_talk.drain(..newest);
        let newest = known.answers.len().saturating_sub(20);
        known.answers.drain(..newest);
        self
    }

    pub(super) fn question(&self, id: &QuestionId) -> Option<&crate::wire::QuestionView> {
        self.snapshot.questions.iter().find(|question| question.id == *id)
    }
}

/// The rights to hear: which event may reach which place on which stream; `None` is in private.
pub(super) fn may_hear(place: &Place, audience: Option<&Audience>, event: &Event) -> bool {
    let desk = matches!(place, Place::Master | Place::Duty);
    let staff = desk || matches!(place, Place::Assistant(_));
    let is_assistant = matches!(place, Place::Assistant(_));
    let own = |classroom: &ClassroomId| place.classroom() == Some(classroom);
    let desk_or_own = |classroom: &ClassroomId| match audience {
        Some(Audience::Desk) => desk,
        Some(Audience::Room(room)) => own(room) && room == classroom,
        _ => false,
    };
    let on_stage = audience == Some(&Audience::Stage);
    match event {
        Event::LessonChanged { .. }
        | Event::RecordingChanged { .. }
        | Event::StudioChanged { .. }
        | Event::SlotsChanged { .. }
        | Event::ProgrammeChanged { .. }
        | Event::QueueChanged { .. }
        | Event::FloorLimitChanged { .. }
        | Event::AnswerGiven { .. }
        | Event::DeckAdded { .. }
        | Event::PageTurned { .. }
        | Event::StrokeDrawn { .. }
        | Event::StrokeErased { .. }
        | Event::BoardCleared { .. }
        | Event::Pointed { .. } => on_stage,
        Event::PollChanged { poll } => on_stage && (poll.result.is_some() || poll.correct.is_none()),
        Event::ClassroomChanged { classroom } => desk_or_own(&classroom.id),
        Event::AttendanceChanged { attendance } => {
            desk_or_own(&attendance.classroom) && attendance.marks.is_some() == own(&attendance.classroom)
        }
        Event::FloorChanged { request } => match request.granted_ms {
            Some(_) => on_stage,
            None => desk_or_own(&request.classroom),
        },
        Event::QueueMoved { .. } => match audience {
            Some(Audience::Desk) => desk,
            Some(Audience::Room(room)) => own(room),
            _ => false,
        },
        Event::QuestionChanged { question } => {
            desk_or_own(&question.classroom) && (desk || question.classrooms.is_empty())
        }
        Event::PollResultChanged { result, .. } => result.classroom.as_ref().is_some_and(desk_or_own),
        Event::CheckChanged { check } => match &check.classroom {
            Some(classroom) => desk_or_own(classroom),
            None => desk && audience == Some(&Audience::Desk),
        },
        Event::TalkChanged { .. } => staff && audience == Some(&Audience::Staff),
        Event::StaffSaid { said } => match (&said.classroom, audience) {
            (None, Some(Audience::Staff)) => staff,
            (Some(_), Some(Audience::Desk)) => desk,
            (Some(classroom), None) => is_assistant && own(classroom),
            _ => false,
        },
        Event::HelpChanged { help } => match audience {
            Some(Audience::Desk) => desk,
            None => is_assistant && own(&help.classroom),
            _ => false,
        },
    }
}

/// The rights to see: what a snapshot may hold for a place.
pub(super) fn may_see(place: &Place, seen: &Snapshot) -> bool {
    let desk = matches!(place, Place::Master | Place::Duty);
    let is_assistant = matches!(place, Place::Assistant(_));
    let own = |classroom: &ClassroomId| place.classroom() == Some(classroom);
    let mine = |classroom: &ClassroomId| desk || own(classroom);
    let streams = [
        seen.streams.staff.is_some() == (desk || is_assistant),
        seen.streams.desk.is_some() == desk,
        seen.streams.room.is_some() == place.classroom().is_some(),
    ];
    let lists = [
        seen.classrooms.iter().all(|room| mine(&room.id)),
        seen.attendance.iter().all(|room| mine(&room.classroom) && room.marks.is_some() != desk),
        seen.seats.is_empty() || place.classroom().is_some(),
        seen.floor.iter().all(|request| request.granted_ms.is_some() || mine(&request.classroom)),
        seen.questions.iter().all(|question| mine(&question.classroom) && (desk || question.classrooms.is_empty())),
        seen.poll_results.iter().all(|result| result.classroom.as_ref().is_some_and(mine)),
        seen.poll.iter().all(|poll| poll.correct.is_none() || poll.result.is_some()),
        seen.poll_correct.is_none() || desk,
        seen.checks.iter().all(|check| check.classroom.as_ref().map_or(desk, mine)),
        seen.help.iter().all(|help| desk || is_assistant && own(&help.classroom)),
        seen.talkers.is_empty() || desk || is_assistant,
        seen.fallback.is_none() || desk || is_assistant,
        seen.staff_talk.iter().all(|said| match &said.classroom {
            Some(classroom) => desk || is_assistant && own(classroom),
            None => desk || is_assistant,
        }),
    ];
    streams.into_iter().chain(lists).all(|right| right)
}
