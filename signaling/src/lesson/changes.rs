//! What one journal line changed, sorted by who has to act on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ClassroomId, FloorRequestId, QuestionId};
use crate::lesson::audience::Audience;
use crate::lesson::effect::{MediaOrder, RecordOrder};
use crate::lesson::mark::Marked;
use crate::lesson::seat::Place;
use crate::wire::{Event, SlotView};

/// What one line changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// What each audience is told, in order.
    pub(crate) events: BTreeMap<Audience, Vec<Event>>,
    /// The same as numbered deltas, once the line is applied.
    pub(crate) deltas: Vec<(Audience, u64, Vec<Event>)>,
    /// Events for one classroom's assistant and nobody else.
    pub(crate) private: Vec<(ClassroomId, Event)>,
    /// The slots table, when it changed.
    pub(crate) map_slots: Option<Vec<SlotView>>,
    /// Orders to the forwarder: gates close first, open last.
    pub(crate) media: Vec<MediaOrder>,
    /// Orders to the recorder.
    pub(crate) record: Vec<RecordOrder>,
}

impl Changes {
    pub(crate) fn tell(&mut self, audience: Audience, event: Event) {
        self.events.entry(audience).or_default().push(event);
    }

    pub(crate) fn stage(&mut self, event: Event) {
        self.tell(Audience::Stage, event);
    }

    /// To the desk and to the classroom it is about.
    pub(crate) fn desk_and_room(&mut self, classroom: &ClassroomId, event: Event) {
        self.tell(Audience::Desk, event.clone());
        self.tell(Audience::Room(classroom.clone()), event);
    }

    /// To the desk and to the classroom's assistant, not to its screen.
    pub(crate) fn desk_and_assistant(&mut self, classroom: &ClassroomId, event: Event) {
        self.tell(Audience::Desk, event.clone());
        self.private.push((classroom.clone(), event));
    }
}

/// What the facts of one line touched; turned into events once all of them are applied.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub(crate) requests: BTreeSet<FloorRequestId>,
    pub(crate) questions: BTreeSet<QuestionId>,
    pub(crate) classrooms: BTreeSet<ClassroomId>,
    /// Classrooms that no longer have the floor.
    pub(crate) closed: Vec<ClassroomId>,
    /// Classrooms that have the floor, or are heard or not heard in it, since this line.
    pub(crate) opened: BTreeSet<ClassroomId>,
    pub(crate) talk_closed: Vec<Place>,
    pub(crate) talk_opened: Vec<Place>,
    pub(crate) marks: Vec<Marked>,
}

impl Touched {
    /// Who talks to the staff changed.
    pub(crate) fn talks(&self) -> bool {
        !self.talk_closed.is_empty() || !self.talk_opened.is_empty()
    }
}
