//! From a journal line to a new state, and to what that means for those who watch.
//!
//! Used alike for what happens now and for replay, where the [`Changes`] are dropped: that both give the same state,
//! delta numbers included, is true by construction.

use std::collections::BTreeSet;

use crate::id::{ClassroomId, FloorRequestId};
use crate::journal::{Fact, JournalLine};
use crate::lesson::effect::{Mark, Marked, MediaOrder, RecordOrder};
use crate::lesson::floor::FloorRequest;
use crate::lesson::input::SourceKey;
use crate::lesson::queue;
use crate::lesson::seat::Place;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::{ENDED_KEPT, Kinds, State};
use crate::wire::{Event, FloorEnd, LessonState};

/// What one line changed, sorted by who has to act on it.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Events of the next `stage` delta.
    pub(crate) stage: Vec<Event>,
    /// Events of the next `staff` delta.
    pub(crate) staff: Vec<Event>,
    /// Classrooms whose own request changed in a way that no stream tells their screen.
    pub(crate) told: BTreeSet<ClassroomId>,
    /// Orders to the forwarder: gates close first, open last.
    pub(crate) media: Vec<MediaOrder>,
    /// Orders to the recorder.
    pub(crate) record: Vec<RecordOrder>,
}

/// What the facts of one line touched; turned into events once all of them are applied.
#[derive(Debug, Default)]
struct Touched {
    requests: Vec<FloorRequestId>,
    classrooms: BTreeSet<ClassroomId>,
    closed: Vec<ClassroomId>,
    opened: Vec<ClassroomId>,
    marks: Vec<Marked>,
}

impl State {
    /// Applies one line. Facts about classrooms or requests this lesson does not know are passed over.
    pub(crate) fn apply(&mut self, spec: &LessonSpec, line: &JournalLine) -> Changes {
        let at_ms = line.at_ms;
        let slots_before = self.slots(spec);
        let studio_before = self.studio.view();
        let mut changes = Changes::default();
        let mut touched = Touched::default();
        for fact in &line.facts {
            match fact {
                Fact::LessonStarted => {
                    self.phase = LessonState::Live;
                    self.started_ms = Some(at_ms);
                    changes.stage.push(Event::LessonChanged { state: self.phase, at_ms });
                    changes.record.extend(spec.recorded.then_some(RecordOrder::Start));
                    touched.marks.push(Marked::LessonStarted);
                }
                Fact::LessonEnded => {
                    self.phase = LessonState::Ended;
                    self.ended_ms = Some(at_ms);
                    changes.stage.push(Event::LessonChanged { state: self.phase, at_ms });
                }
                Fact::RecordingChanged { recording } => {
                    self.recording = *recording;
                    changes.stage.push(Event::RecordingChanged { recording: *recording });
                }
                Fact::SeatTaken { place, .. } => self.seat(place, true, at_ms, &mut touched),
                Fact::SeatLeft { place } => self.seat(place, false, at_ms, &mut touched),
                Fact::SourceArrived { source, audio, video } => {
                    self.source(source, Some(Kinds { audio: *audio, video: *video }), at_ms, &mut touched);
                }
                Fact::SourceGone { source } => self.source(source, None, at_ms, &mut touched),
                Fact::Resumed => self.resumed(spec.recorded, at_ms, &mut touched, &mut changes),
                floor => self.floor(floor, at_ms, &mut touched),
            }
        }
        if self.studio.view() != studio_before {
            changes.stage.push(Event::StudioChanged { studio: self.studio.view() });
        }
        self.order_queue(&mut touched);
        self.announce(spec, &touched, &mut changes);

        let speaking: Vec<_> = self.speaking().into_iter().cloned().collect();
        self.table.place(&speaking.iter().collect::<Vec<_>>());
        let slots = self.slots(spec);
        changes.media.extend(touched.closed.into_iter().map(|classroom| MediaOrder::CloseGate { classroom }));
        if slots != slots_before {
            changes.media.push(MediaOrder::MapSlots(slots.clone()));
            changes.stage.push(Event::SlotsChanged { slots });
        }
        changes.media.extend(touched.opened.into_iter().map(|classroom| MediaOrder::OpenGate { classroom }));

        if spec.recorded && self.started_ms.is_some() {
            let mark = |what| RecordOrder::Mark(Mark { at_ms, what });
            changes.record.extend(touched.marks.into_iter().map(mark));
            if line.facts.contains(&Fact::LessonEnded) {
                changes.record.push(RecordOrder::Stop);
            }
        }
        self.stage += u64::from(!changes.stage.is_empty());
        self.staff += u64::from(!changes.staff.is_empty());
        changes
    }

    fn seat(&mut self, place: &Place, taken: bool, at_ms: i64, touched: &mut Touched) {
        let Some(presence) = place.classroom().and_then(|id| self.classrooms.get_mut(id)) else { return };
        let was_there = presence.is_there();
        let seat = match place {
            Place::Assistant(_) => &mut presence.assistant,
            _ => &mut presence.screen,
        };
        let changed = std::mem::replace(seat, taken) != taken;
        presence.note_absence(was_there, at_ms);
        if changed {
            touched.classrooms.extend(place.classroom().cloned());
        }
    }

    fn source(&mut self, source: &SourceKey, kinds: Option<Kinds>, at_ms: i64, touched: &mut Touched) {
        let (arriving, marks) = match source {
            SourceKey::Camera => (&mut self.studio.camera, [Marked::StudioLost, Marked::StudioBack]),
            SourceKey::Screen => (&mut self.studio.screen, [Marked::ScreenHidden, Marked::ScreenShown]),
            SourceKey::Classroom(id) => {
                let Some(presence) = self.classrooms.get_mut(id) else { return };
                let was_there = presence.is_there();
                let before = std::mem::replace(&mut presence.media, kinds);
                presence.note_absence(was_there, at_ms);
                if before.is_some() != kinds.is_some() {
                    touched.classrooms.insert(id.clone());
                }
                return;
            }
        };
        let before = std::mem::replace(arriving, kinds);
        if before.is_some() != kinds.is_some() {
            let [gone, back] = marks;
            touched.marks.push(if kinds.is_some() { back } else { gone });
        }
    }

    fn resumed(&mut self, recorded: bool, at_ms: i64, touched: &mut Touched, changes: &mut Changes) {
        if self.studio.camera.is_some() {
            touched.marks.push(Marked::StudioLost);
        }
        self.studio = Default::default();
        for (id, presence) in &mut self.classrooms {
            if presence.screen || presence.assistant || presence.media.is_some() {
                touched.classrooms.insert(id.clone());
            }
            (presence.screen, presence.assistant, presence.media) = (false, false, None);
            // Whoever was gone before gets the whole timeout again: it could not have come back while we were away.
            presence.gone_since_ms = Some(at_ms);
        }
        if self.phase == LessonState::Live {
            // A classroom that publishes again gets its gate opened when its media arrives.
            changes.record.extend(recorded.then_some(RecordOrder::Start));
            touched.marks.push(Marked::Resumed);
        }
    }

    fn floor(&mut self, fact: &Fact, at_ms: i64, touched: &mut Touched) {
        if let Fact::HandRaised { request, classroom } = fact {
            self.raised += 1;
            if self.classrooms.contains_key(classroom) {
                self.open.push(FloorRequest::raised(request.clone(), classroom.clone(), at_ms));
                touched.requests.push(request.clone());
            }
            return;
        }
        let (Fact::HandAccepted { request: id }
        | Fact::FloorGranted { request: id, .. }
        | Fact::FloorExtended { request: id, .. }
        | Fact::FloorEnded { request: id, .. }) = fact
        else {
            return;
        };
        let Some(index) = self.open.iter().position(|request| request.id == *id) else { return };
        let request = &mut self.open[index];
        match fact {
            Fact::FloorGranted { deadline_ms, .. } => {
                request.grant(at_ms, *deadline_ms);
                touched.opened.push(request.classroom.clone());
                touched.marks.push(Marked::FloorGranted { classroom: request.classroom.clone() });
            }
            Fact::FloorExtended { deadline_ms, .. } => request.deadline_ms = Some(*deadline_ms),
            Fact::FloorEnded { end, .. } => self.end_request(index, at_ms, *end, touched),
            _ => request.accept(at_ms),
        }
        if !touched.requests.contains(id) {
            touched.requests.push(id.clone());
        }
    }

    fn end_request(&mut self, index: usize, at_ms: i64, end: FloorEnd, touched: &mut Touched) {
        let mut request = self.open.remove(index);
        if request.is_granted() {
            if let Some(presence) = self.classrooms.get_mut(&request.classroom) {
                presence.spoken_ms = presence.spoken_ms.saturating_add(request.spoken_ms(at_ms));
            }
            touched.closed.push(request.classroom.clone());
            touched.marks.push(Marked::FloorEnded { classroom: request.classroom.clone() });
        }
        request.end(at_ms, end);
        self.over.push_back(request);
    }

    fn order_queue(&mut self, touched: &mut Touched) {
        let Self { open, classrooms, .. } = self;
        let spoken_ms = |request: &FloorRequest| classrooms.get(&request.classroom).map_or(0, |p| p.spoken_ms);
        for id in queue::renumber(open, spoken_ms) {
            if !touched.requests.contains(&id) {
                touched.requests.push(id);
            }
        }
    }

    /// Tells those who may know: presence to the staff, requests to the stage once they are public.
    fn announce(&mut self, spec: &LessonSpec, touched: &Touched, changes: &mut Changes) {
        for id in &touched.classrooms {
            if let (Some(presence), Some(classroom)) = (self.classrooms.get(id), spec.classroom(id)) {
                changes.staff.push(Event::ClassroomChanged { classroom: presence.view(classroom) });
            }
        }
        for id in &touched.requests {
            let Some(request) = self.request(id) else { continue };
            let event = Event::FloorChanged { request: self.view_of(spec, request) };
            if request.public {
                changes.stage.push(event);
            } else {
                changes.told.insert(request.classroom.clone());
                changes.staff.push(event);
            }
        }
        while self.over.len() > ENDED_KEPT {
            self.over.pop_front();
        }
    }
}
