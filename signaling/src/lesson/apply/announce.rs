//! What follows once all facts of a line are applied: the queue's order, who is shown where, and who is told.

use std::collections::BTreeMap;

use crate::id::ClassroomId;
use crate::lesson::audience::Audience;
use crate::lesson::changes::{Changes, Touched};
use crate::lesson::effect::MediaOrder;
use crate::lesson::mark::Marked;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::State;
use crate::wire::{Event, ProgrammeView, QueuePlace, QueueView, SlotView, StudioState};

/// What every seat is shown and what follows from many facts: told again when it differs after a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    studio: StudioState,
    slots: Vec<SlotView>,
    programme: ProgrammeView,
    queue: QueueView,
}

impl Shown {
    pub(super) fn of(spec: &LessonSpec, state: &State) -> Self {
        Self {
            studio: state.studio.view(),
            slots: state.slots(spec),
            programme: state.programme_view(),
            queue: state.floor.queue(spec),
        }
    }
}

impl State {
    /// Brings programme and slots in line with the floors.
    pub(super) fn place_speakers(&mut self) {
        let speaking: Vec<ClassroomId> = self.floor.speaking().into_iter().cloned().collect();
        let speaking: Vec<&ClassroomId> = speaking.iter().collect();
        self.programme.settle(&speaking);
        self.floor.table.place(&speaking, &self.programme.shown());
    }

    /// Numbers the queue; the places that moved of requests that are otherwise as they were.
    pub(super) fn order_queue(&mut self, touched: &Touched) -> Vec<(ClassroomId, QueuePlace)> {
        // Nothing else moves the queue, and it may be long while a pen draws.
        if touched.requests.is_empty() {
            return Vec::new();
        }
        let Self { floor, classrooms, .. } = self;
        let mut moved = floor.renumber(|id| classrooms.get(id).map_or(0, |presence| presence.spoken_ms));
        moved.retain(|(_, place)| !touched.requests.contains(&place.request));
        moved
    }

    /// Tells those who may know: presence, questions and waiting hands to the desk and the own classroom, floors to all.
    pub(super) fn announce(
        &mut self,
        spec: &LessonSpec,
        touched: &Touched,
        moved: Vec<(ClassroomId, QueuePlace)>,
        changes: &mut Changes,
    ) {
        for id in &touched.classrooms {
            if let (Some(presence), Some(room)) = (self.classrooms.get(id), spec.classroom(id)) {
                changes.desk_and_room(id, Event::ClassroomChanged { classroom: presence.view(room) });
            }
        }
        for question in touched.questions.iter().filter_map(|id| self.questions.get(id)) {
            let event = |question| Event::QuestionChanged { question };
            changes.tell(Audience::Desk, event(self.question_view(spec, question)));
            let room = Audience::Room(question.classroom.clone());
            changes.tell(room, event(self.question_in_room(spec, question)));
        }
        for request in touched.requests.iter().filter_map(|id| self.floor.request(id)) {
            let event = Event::FloorChanged { request: self.request_view(spec, request) };
            if request.public {
                changes.stage(event);
            } else {
                changes.desk_and_room(&request.classroom, event);
            }
        }
        let mut rooms: BTreeMap<&ClassroomId, Vec<QueuePlace>> = BTreeMap::new();
        for (classroom, place) in &moved {
            rooms.entry(classroom).or_default().push(place.clone());
        }
        for (classroom, places) in rooms {
            changes.tell(Audience::Room(classroom.clone()), Event::QueueMoved { places });
        }
        if !moved.is_empty() {
            let places = moved.into_iter().map(|(_, place)| place).collect();
            changes.tell(Audience::Desk, Event::QueueMoved { places });
        }
        self.floor.forget();
    }

    /// Tells every seat what it is shown now, where that differs.
    pub(super) fn show(&self, spec: &LessonSpec, before: Shown, touched: &mut Touched, changes: &mut Changes) {
        let Shown { studio, slots, programme, queue } = Shown::of(spec, self);
        if studio != before.studio {
            changes.stage(Event::StudioChanged { studio });
        }
        if programme != before.programme {
            if programme.on_air != before.programme.on_air {
                touched.marks.push(Marked::SceneShown { scene: programme.on_air.clone() });
            }
            changes.stage(Event::ProgrammeChanged { programme });
        }
        if queue != before.queue {
            changes.stage(Event::QueueChanged { queue });
        }
        if slots != before.slots {
            changes.map_slots = Some(slots.clone());
            changes.stage(Event::SlotsChanged { slots });
        }
    }

    /// The orders to the forwarder: silence first, sound last.
    pub(super) fn order_media(&self, touched: Touched, changes: &mut Changes) {
        let mut orders: Vec<_> =
            touched.closed.into_iter().map(|classroom| MediaOrder::CloseGate { classroom }).collect();
        orders.extend(touched.talk_closed.into_iter().map(|place| MediaOrder::CloseTalk { place }));
        orders.extend(changes.map_slots.take().map(MediaOrder::MapSlots));
        for classroom in touched.opened {
            if let Some(request) = self.floor.granted_to(&classroom) {
                orders.push(MediaOrder::OpenGate { classroom, sound: request.is_heard() });
            }
        }
        orders.extend(touched.talk_opened.into_iter().map(|place| MediaOrder::OpenTalk { place }));
        changes.media = orders;
    }
}
