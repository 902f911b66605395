//! The lesson as one connection has been told it: the last snapshot, and every delta since.

use airclass_signaling::id::ClassroomId;
use airclass_signaling::wire::{
    Event, FloorRequestView, FloorState, HelpState, LessonState, SlotKind, Snapshot, SourceView, Stream, StrokeView,
    Surface, SurfaceView,
};

use super::ToolError;

/// Takes a delta in; it must be the next of its stream.
///
/// # Errors
/// [`ToolError::Frame`] for a gap in the numbers, and for a stream this seat should not hear.
pub(super) fn hear(view: &mut Snapshot, stream: Stream, n: u64, events: &[Event]) -> Result<(), ToolError> {
    let known = match stream {
        Stream::Stage => Some(&mut view.streams.stage),
        Stream::Staff => view.streams.staff.as_mut(),
        Stream::Desk => view.streams.desk.as_mut(),
        Stream::Room => view.streams.room.as_mut(),
    };
    let known = known.ok_or_else(|| ToolError::Frame(format!("{stream:?} is not for this seat")))?;
    if n != *known + 1 {
        return Err(ToolError::Frame(format!("{stream:?} jumped from {known} to {n}")));
    }
    *known = n;
    events.iter().for_each(|event| learn(view, event));
    Ok(())
}

/// Takes one event in.
pub(super) fn learn(view: &mut Snapshot, event: &Event) {
    match event.clone() {
        Event::LessonChanged { state, at_ms } => {
            view.state = state;
            if state == LessonState::Live {
                view.started_ms = Some(at_ms);
            }
        }
        Event::RecordingChanged { recording } => view.recording = recording,
        Event::StudioChanged { studio } => view.studio = studio,
        Event::SlotsChanged { slots } => view.slots = slots,
        Event::ProgrammeChanged { programme } => view.programme = programme,
        Event::ClassroomChanged { classroom } => put(&mut view.classrooms, classroom, |known| known.id.clone()),
        Event::AttendanceChanged { attendance } => {
            put(&mut view.attendance, attendance, |known| known.classroom.clone());
        }
        Event::FloorChanged { request } => put(&mut view.floor, request, |known| known.id.clone()),
        Event::QueueMoved { places } => {
            for place in places {
                if let Some(request) = view.floor.iter_mut().find(|request| request.id == place.request) {
                    request.position = Some(place.position);
                }
            }
        }
        Event::QueueChanged { queue } => view.queue = queue,
        Event::FloorLimitChanged { floor_limit } => view.floor_limit = floor_limit,
        Event::QuestionChanged { question } => put(&mut view.questions, question, |known| known.id.clone()),
        Event::AnswerGiven { answer } => view.answers.push(answer),
        Event::StaffSaid { said } => view.staff_talk.push(said),
        Event::TalkChanged { talkers } => view.talkers = talkers,
        Event::HelpChanged { help } => {
            put(&mut view.help, help, |known| known.id.clone());
            view.help.retain(|help| help.state != HelpState::Settled);
        }
        Event::DeckAdded { deck } => view.decks.push(deck),
        Event::PageTurned { surface } => turn(view, surface),
        Event::StrokeDrawn { surface, stroke } => draw(view, surface, stroke),
        Event::StrokeErased { surface, stroke } => {
            if let Some(page) = page(view, surface) {
                page.strokes.retain(|known| known.stroke != stroke);
            }
        }
        Event::BoardCleared { surface } => {
            if let Some(page) = page(view, surface) {
                page.strokes.clear();
            }
        }
        Event::Pointed { pointer } => view.pointer = pointer,
        Event::PollChanged { poll } => {
            if view.poll.as_ref().is_none_or(|before| before.id != poll.id) {
                view.poll_results.clear();
            }
            view.poll = Some(poll);
        }
        Event::PollResultChanged { result, .. } => put(&mut view.poll_results, result, |known| known.classroom.clone()),
        Event::CheckChanged { check } => put(&mut view.checks, check, |known| known.classroom.clone()),
    }
}

/// What a slot shows in `view`.
#[must_use]
pub fn source(view: &Snapshot, kind: SlotKind, index: u8) -> Option<&SourceView> {
    let shown = view.slots.iter().find(|slot| slot.kind == kind && slot.index == index);
    shown.and_then(|slot| slot.source.as_ref())
}

/// The newest request of a classroom in this state.
#[must_use]
pub fn find<'a>(view: &'a Snapshot, classroom: &ClassroomId, state: FloorState) -> Option<&'a FloorRequestView> {
    view.floor.iter().rev().find(|request| request.classroom == *classroom && request.state == state)
}

/// A surface as this connection knows it.
#[must_use]
pub fn surface(view: &Snapshot, surface: Surface) -> Option<&SurfaceView> {
    view.surfaces.iter().find(|known| known.page.surface == surface)
}

/// Puts a new version in the place of the one before, or at the end.
fn put<T, K: PartialEq>(list: &mut Vec<T>, item: T, key: impl Fn(&T) -> K) {
    match list.iter_mut().find(|known| key(known) == key(&item)) {
        Some(known) => *known = item,
        None => list.push(item),
    }
}

fn page(view: &mut Snapshot, surface: Surface) -> Option<&mut SurfaceView> {
    view.surfaces.iter_mut().find(|known| known.page.surface == surface)
}

fn turn(view: &mut Snapshot, surface: SurfaceView) {
    view.pointer = view.pointer.filter(|pointer| pointer.surface != surface.page.surface);
    view.surfaces.retain(|other| other.page.surface != surface.page.surface);
    // A deck that was closed is a page 0.
    view.surfaces.extend((surface.page.page > 0).then_some(surface));
    view.surfaces.sort_by_key(|surface| surface.page.surface);
}

fn draw(view: &mut Snapshot, surface: Surface, stroke: StrokeView) {
    let Some(page) = page(view, surface) else { return };
    match page.strokes.iter_mut().find(|known| known.stroke == stroke.stroke) {
        Some(known) => {
            known.points.0.extend(stroke.points.0);
            known.done = stroke.done;
        }
        None => page.strokes.push(stroke),
    }
}
