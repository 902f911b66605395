//! What each receiving slot shows: one small table for the whole lesson.
//!
//! Video 0 is the studio's camera, 1 its screen; audio 0 is the studio's voice. The rest belong to the classrooms that
//! hold the floor: a floor keeps its slots while it lasts, so that nobody's picture jumps when another one ends.

use crate::id::ClassroomId;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::Studio;
use crate::wire::{SlotKind, SlotView, SourceView};

/// Picture slots for floors. Further floors are heard and not seen until one is free.
const FLOOR_PICTURES: usize = 2;
/// Sound slots for floors, unless the lesson lets more classrooms speak at once: every floor is heard.
const FLOOR_VOICES: usize = 3;

/// Which floor sits on which slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotTable {
    voices: Vec<Option<ClassroomId>>,
    pictures: Vec<Option<ClassroomId>>,
}

impl SlotTable {
    /// An empty table for a lesson that lets `floor_limit` classrooms speak at once.
    pub(crate) fn new(floor_limit: u8) -> Self {
        Self { voices: vec![None; FLOOR_VOICES.max(usize::from(floor_limit))], pictures: vec![None; FLOOR_PICTURES] }
    }

    /// Brings the table in line with the floors, given in the order in which they were granted: takes away who no
    /// longer speaks, keeps who does in place, and puts newcomers on the lowest free slot.
    pub(crate) fn place(&mut self, speaking: &[&ClassroomId]) {
        for slots in [&mut self.voices, &mut self.pictures] {
            for slot in slots.iter_mut() {
                if slot.as_ref().is_some_and(|classroom| !speaking.contains(&classroom)) {
                    *slot = None;
                }
            }
            for classroom in speaking {
                if slots.iter().flatten().any(|placed| placed == *classroom) {
                    continue;
                }
                if let Some(free) = slots.iter_mut().find(|slot| slot.is_none()) {
                    *free = Some((*classroom).clone());
                }
            }
        }
    }

    /// The table as clients see it, audio first. The studio is shown while it is `on_air` and its media arrives.
    pub(crate) fn view(&self, spec: &LessonSpec, studio: &Studio, on_air: bool) -> Vec<SlotView> {
        let shown = |arrives: bool, source: SourceView| (on_air && arrives).then_some(source);
        let floor = |classroom: &Option<ClassroomId>| {
            let classroom = classroom.clone()?;
            let name = spec.classroom(&classroom)?.name.clone();
            Some(SourceView::Classroom { classroom, name })
        };
        let voice = shown(studio.camera.is_some_and(|kinds| kinds.audio), SourceView::Camera);
        let camera = shown(studio.camera.is_some_and(|kinds| kinds.video), SourceView::Camera);
        let screen = shown(studio.screen.is_some_and(|kinds| kinds.video), SourceView::Screen);
        let audio = std::iter::once(voice).chain(self.voices.iter().map(floor));
        let video = [camera, screen].into_iter().chain(self.pictures.iter().map(floor));
        let slots = |kind| move |(index, source)| SlotView { kind, index, source };
        (0..).zip(audio).map(slots(SlotKind::Audio)).chain((0..).zip(video).map(slots(SlotKind::Video))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<ClassroomId> {
        names.iter().map(|name| ClassroomId::new(*name)).collect()
    }

    fn place(table: &mut SlotTable, names: &[&str]) {
        table.place(&ids(names).iter().collect::<Vec<_>>());
    }

    fn names(slots: &[Option<ClassroomId>]) -> Vec<&str> {
        slots.iter().map(|slot| slot.as_ref().map_or("-", ClassroomId::as_str)).collect()
    }

    #[test]
    fn a_floor_keeps_its_slot_while_it_lasts() {
        let mut table = SlotTable::new(3);
        place(&mut table, &["a", "b", "c"]);
        place(&mut table, &["b", "c"]);
        assert_eq!(names(&table.voices), ["-", "b", "c"]);
        place(&mut table, &["b", "c", "d"]);
        assert_eq!(names(&table.voices), ["d", "b", "c"]);
    }

    #[test]
    fn the_third_floor_is_heard_at_once_and_seen_when_a_picture_is_free() {
        let mut table = SlotTable::new(3);
        place(&mut table, &["a", "b", "c"]);
        assert_eq!((names(&table.voices), names(&table.pictures)), (vec!["a", "b", "c"], vec!["a", "b"]));
        place(&mut table, &["a", "c"]);
        assert_eq!((names(&table.voices), names(&table.pictures)), (vec!["a", "-", "c"], vec!["a", "c"]));
    }

    #[test]
    fn every_floor_of_a_larger_limit_is_heard() {
        let mut table = SlotTable::new(6);
        place(&mut table, &["a", "b", "c", "d", "e", "f"]);
        assert!(table.voices.iter().all(Option::is_some));
    }
}
