//! What each receiving slot shows: one small table for the whole lesson, of the same size in every lesson, so that a
//! receiver's one offer fits whatever the master changes later.
//!
//! Video 0 is the studio's camera on air, 1 its screen; audio 0 is the studio's voice. The rest belong to the classrooms
//! that hold the floor: a floor keeps its slots while it lasts, so that nobody's picture jumps when another one ends.

use crate::id::ClassroomId;
use crate::lesson::presence::Kinds;
use crate::lesson::spec::{FLOOR_LIMITS, LessonSpec};
use crate::lesson::studio::Studio;
use crate::wire::{SlotKind, SlotView, SourceView, StudioCamera};

/// Picture slots for floors. Further floors are heard and not seen until one is free, or the programme shows them.
const FLOOR_PICTURES: usize = 2;

/// Which floor sits on which slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotTable {
    voices: Vec<Option<ClassroomId>>,
    pictures: Vec<Option<ClassroomId>>,
}

impl SlotTable {
    /// An empty table: every floor there may be is heard.
    pub(crate) fn new() -> Self {
        let voices = usize::from(*FLOOR_LIMITS.end());
        Self { voices: vec![None; voices], pictures: vec![None; FLOOR_PICTURES] }
    }

    /// Brings the table in line with the floors, given in the order in which they were granted: takes away who no
    /// longer speaks, keeps who does in place, and puts newcomers on the lowest free slot. Who is `shown` by the
    /// programme gets a picture even when the newest floor that is not has to give up its own.
    pub(crate) fn place(&mut self, speaking: &[&ClassroomId], shown: &[&ClassroomId]) {
        for slots in [&mut self.voices, &mut self.pictures] {
            for slot in slots.iter_mut() {
                if slot.as_ref().is_some_and(|classroom| !speaking.contains(&classroom)) {
                    *slot = None;
                }
            }
        }
        let in_order = |slot: &Option<ClassroomId>| {
            slot.as_ref().map(|placed| speaking.iter().position(|classroom| *classroom == placed))
        };
        for classroom in shown.iter().filter(|classroom| speaking.contains(classroom)) {
            let full = self.pictures.iter().all(|slot| slot.as_ref().is_some_and(|placed| placed != *classroom));
            let spare = self.pictures.iter_mut().filter(|slot| !slot.iter().any(|placed| shown.contains(&placed)));
            if full && let Some(newest) = spare.max_by_key(|slot| in_order(slot)) {
                *newest = None;
            }
            fill(&mut self.pictures, classroom);
        }
        for classroom in speaking {
            fill(&mut self.voices, classroom);
            fill(&mut self.pictures, classroom);
        }
    }

    /// The table as clients see it, audio first. The studio is shown while it is `on_air` and its media arrives; its
    /// voice is the first camera's, or the second's where the first has none.
    pub(crate) fn view(&self, spec: &LessonSpec, studio: &Studio, camera: StudioCamera, on_air: bool) -> Vec<SlotView> {
        let shown = |arrives: bool, source: SourceView| (on_air && arrives).then_some(source);
        let floor = |classroom: &Option<ClassroomId>| {
            let classroom = classroom.clone()?;
            let name = spec.classroom(&classroom)?.name.clone();
            Some(SourceView::Classroom { classroom, name })
        };
        let sound = |kinds: Option<Kinds>| kinds.is_some_and(|kinds| kinds.audio);
        let picture = |kinds: Option<Kinds>| kinds.is_some_and(|kinds| kinds.video);
        let second = !sound(studio.camera) && sound(studio.second);
        let voice = match second {
            true => shown(true, SourceView::Second),
            false => shown(sound(studio.camera), SourceView::Camera),
        };
        let camera = match camera {
            StudioCamera::Camera => shown(picture(studio.camera), SourceView::Camera),
            StudioCamera::Second => shown(picture(studio.second), SourceView::Second),
        };
        let screen = shown(picture(studio.screen), SourceView::Screen);
        let audio = std::iter::once(voice).chain(self.voices.iter().map(floor));
        let video = [camera, screen].into_iter().chain(self.pictures.iter().map(floor));
        let slots = |kind| move |(index, source)| SlotView { kind, index, source };
        (0..).zip(audio).map(slots(SlotKind::Audio)).chain((0..).zip(video).map(slots(SlotKind::Video))).collect()
    }
}

/// Puts a classroom on the lowest free slot, unless it is on one or none is free.
fn fill(slots: &mut [Option<ClassroomId>], classroom: &ClassroomId) {
    if slots.iter().flatten().any(|placed| placed == classroom) {
        return;
    }
    if let Some(free) = slots.iter_mut().find(|slot| slot.is_none()) {
        *free = Some(classroom.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<ClassroomId> {
        names.iter().map(|name| ClassroomId::new(*name)).collect()
    }

    fn place(table: &mut SlotTable, names: &[&str], shown: &[&str]) {
        let (names, shown) = (ids(names), ids(shown));
        table.place(&names.iter().collect::<Vec<_>>(), &shown.iter().collect::<Vec<_>>());
    }

    fn names(slots: &[Option<ClassroomId>]) -> String {
        slots.iter().map(|slot| slot.as_ref().map_or("-", ClassroomId::as_str)).collect()
    }

    #[test]
    fn a_floor_keeps_its_slot_while_it_lasts() {
        let mut table = SlotTable::new();
        place(&mut table, &["a", "b", "c"], &[]);
        place(&mut table, &["b", "c"], &[]);
        assert_eq!(names(&table.voices), "-bc---");
        place(&mut table, &["b", "c", "d"], &[]);
        assert_eq!(names(&table.voices), "dbc---");
    }

    #[test]
    fn the_third_floor_is_heard_at_once_and_seen_when_a_picture_is_free() {
        let mut table = SlotTable::new();
        place(&mut table, &["a", "b", "c"], &[]);
        assert_eq!((names(&table.voices), names(&table.pictures)), ("abc---".to_owned(), "ab".to_owned()));
        place(&mut table, &["a", "c"], &[]);
        assert_eq!((names(&table.voices), names(&table.pictures)), ("a-c---".to_owned(), "ac".to_owned()));
    }

    #[test]
    fn as_many_floors_as_there_may_be_are_heard() {
        let mut table = SlotTable::new();
        place(&mut table, &["a", "b", "c", "d", "e", "f"], &[]);
        assert_eq!(names(&table.voices), "abcdef");
    }

    #[test]
    fn who_is_shown_takes_the_picture_of_the_newest_who_is_not() {
        let mut table = SlotTable::new();
        place(&mut table, &["a", "b", "c", "d"], &["c"]);
        assert_eq!(names(&table.pictures), "ca");
        place(&mut table, &["a", "b", "c", "d"], &["c", "d"]);
        assert_eq!(names(&table.pictures), "cd");
        place(&mut table, &["a", "b", "c", "d"], &["a", "d"]);
        assert_eq!(names(&table.pictures), "ad");
        place(&mut table, &["a", "b", "c"], &["stranger"]);
        assert_eq!(names(&table.pictures), "ab");
    }
}
