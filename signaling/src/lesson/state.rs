//! Everything a journal brings back: the part of a lesson that is the sum of its facts.

use std::collections::{BTreeMap, VecDeque};

use crate::id::{ClassroomId, FloorRequestId};
use crate::lesson::floor::FloorRequest;
use crate::lesson::slots::SlotTable;
use crate::lesson::spec::{ClassroomSpec, LessonSpec};
use crate::wire::{ClassroomView, FloorRequestView, LessonState, SlotView, StudioState};

/// How many requests that are over are kept, for snapshots.
pub(crate) const ENDED_KEPT: usize = 32;

/// The kinds of media that arrive from a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) audio: bool,
    pub(crate) video: bool,
}

/// What arrives from the studio.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Studio {
    pub(crate) camera: Option<Kinds>,
    pub(crate) screen: Option<Kinds>,
}

impl Studio {
    pub(crate) fn view(&self) -> StudioState {
        StudioState { camera: self.camera.is_some(), screen: self.screen.is_some() }
    }
}

/// A classroom's presence and its share of the talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Presence {
    pub(crate) screen: bool,
    pub(crate) assistant: bool,
    pub(crate) media: Option<Kinds>,
    /// Since when neither its screen nor its media is there, UTC ms; `None` while it is there, or was never.
    pub(crate) gone_since_ms: Option<i64>,
    /// How long it held the floor so far, milliseconds; a running floor counts when it ends.
    pub(crate) spoken_ms: i64,
}

impl Presence {
    const ABSENT: Self = Self { screen: false, assistant: false, media: None, gone_since_ms: None, spoken_ms: 0 };

    /// Its screen or its media is there.
    pub(crate) fn is_there(&self) -> bool {
        self.screen || self.media.is_some()
    }

    /// Starts or stops the clock of its absence after a change of what is there.
    pub(crate) fn note_absence(&mut self, was_there: bool, at_ms: i64) {
        match (was_there, self.is_there()) {
            (true, false) => self.gone_since_ms = Some(at_ms),
            (_, true) => self.gone_since_ms = None,
            (false, false) => {}
        }
    }

    pub(crate) fn view(&self, classroom: &ClassroomSpec) -> ClassroomView {
        ClassroomView {
            id: classroom.id.clone(),
            name: classroom.name.clone(),
            school: classroom.school.clone(),
            assistant_name: classroom.assistant.as_ref().map(|assistant| assistant.name.clone()),
            screen_present: self.screen,
            assistant_present: self.assistant,
            publishing: self.media.is_some(),
        }
    }
}

/// The sum of a lesson's facts. Two lessons with equal states behave alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) phase: LessonState,
    pub(crate) started_ms: Option<i64>,
    pub(crate) ended_ms: Option<i64>,
    pub(crate) recording: bool,
    pub(crate) studio: Studio,
    pub(crate) classrooms: BTreeMap<ClassroomId, Presence>,
    /// Open requests, in the order in which the hands went up. At most one for each classroom.
    pub(crate) open: Vec<FloorRequest>,
    /// Requests that are over, oldest first, at most [`ENDED_KEPT`].
    pub(crate) over: VecDeque<FloorRequest>,
    /// How many requests there were; the next one gets the next number.
    pub(crate) raised: u64,
    pub(crate) table: SlotTable,
    /// Number of the last delta of `stage`.
    pub(crate) stage: u64,
    /// Number of the last delta of `staff`.
    pub(crate) staff: u64,
}

impl State {
    pub(crate) fn new(spec: &LessonSpec) -> Self {
        Self {
            phase: LessonState::Scheduled,
            started_ms: None,
            ended_ms: None,
            recording: false,
            studio: Studio::default(),
            classrooms: spec.classrooms.iter().map(|c| (c.id.clone(), Presence::ABSENT)).collect(),
            open: Vec::new(),
            over: VecDeque::new(),
            raised: 0,
            table: SlotTable::new(spec.floor_limit),
            stage: 0,
            staff: 0,
        }
    }

    pub(crate) fn request(&self, id: &FloorRequestId) -> Option<&FloorRequest> {
        self.open.iter().chain(&self.over).find(|request| request.id == *id)
    }

    pub(crate) fn request_of(&self, classroom: &ClassroomId) -> Option<&FloorRequest> {
        self.open.iter().find(|request| request.classroom == *classroom)
    }

    /// The classrooms that hold the floor, in the order in which it was granted.
    pub(crate) fn speaking(&self) -> Vec<&ClassroomId> {
        let mut granted: Vec<_> = self.open.iter().filter(|request| request.is_granted()).collect();
        granted.sort_by_key(|request| request.granted_ms);
        granted.into_iter().map(|request| &request.classroom).collect()
    }

    pub(crate) fn is_speaking(&self, classroom: &ClassroomId) -> bool {
        self.request_of(classroom).is_some_and(FloorRequest::is_granted)
    }

    pub(crate) fn slots(&self, spec: &LessonSpec) -> Vec<SlotView> {
        self.table.view(spec, &self.studio, self.phase == LessonState::Live)
    }

    pub(crate) fn view_of(&self, spec: &LessonSpec, request: &FloorRequest) -> FloorRequestView {
        request.view(spec.classroom(&request.classroom).map_or("", |classroom| classroom.name.as_str()))
    }
}
