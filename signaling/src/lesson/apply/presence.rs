//! Facts about who and what is connected.

use crate::lesson::changes::{Changes, Touched};
use crate::lesson::effect::RecordOrder;
use crate::lesson::input::SourceKey;
use crate::lesson::mark::Marked;
use crate::lesson::presence::Kinds;
use crate::lesson::seat::Place;
use crate::lesson::state::State;
use crate::wire::LessonState;

impl State {
    pub(super) fn seat(&mut self, place: &Place, taken: bool, at_ms: i64, touched: &mut Touched) {
        // Whoever left, or sits there on another device now, does not hold the key.
        self.close_talk(place, touched);
        if *place == Place::Master {
            self.studio.master = taken;
            return;
        }
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

    pub(super) fn source(&mut self, source: &SourceKey, kinds: Option<Kinds>, at_ms: i64, touched: &mut Touched) {
        let was_there = self.studio.is_there();
        let arriving = match source {
            SourceKey::Camera => &mut self.studio.camera,
            SourceKey::Second => &mut self.studio.second,
            SourceKey::Screen => {
                let before = std::mem::replace(&mut self.studio.screen, kinds);
                if before.is_some() != kinds.is_some() {
                    touched.marks.push(if kinds.is_some() { Marked::ScreenShown } else { Marked::ScreenHidden });
                }
                return;
            }
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
        *arriving = kinds;
        self.studio.note_absence(was_there, self.phase == LessonState::Live, at_ms);
        if was_there != self.studio.is_there() {
            touched.marks.push(if was_there { Marked::StudioLost } else { Marked::StudioBack });
            if !was_there {
                self.end_stand_ins(touched);
            }
        }
    }

    pub(super) fn resumed(&mut self, recorded: bool, at_ms: i64, touched: &mut Touched, changes: &mut Changes) {
        self.resumed_ms = Some(at_ms);
        let studio = std::mem::take(&mut self.studio);
        self.studio.lost_since_ms = studio.lost_since_ms;
        if studio.is_there() {
            self.studio.note_absence(true, self.phase == LessonState::Live, at_ms);
            touched.marks.push(Marked::StudioLost);
        }
        for (id, presence) in &mut self.classrooms {
            if presence.is_there() || presence.assistant {
                touched.classrooms.insert(id.clone());
            }
            let was_there = presence.is_there();
            (presence.screen, presence.assistant, presence.media) = (false, false, None);
            presence.note_absence(was_there, at_ms);
        }
        self.silence(touched);
        if self.phase == LessonState::Live {
            // A classroom that publishes again gets its gate opened when its media arrives.
            changes.record.extend(recorded.then_some(RecordOrder::Start));
            touched.marks.push(Marked::Resumed);
            self.mark_surfaces(touched);
        }
    }

    /// The studio is back, or the lesson is over: every screen shows the lesson again.
    pub(super) fn end_stand_ins(&mut self, touched: &mut Touched) {
        for (id, presence) in &mut self.classrooms {
            if presence.stand_in.take().is_some() {
                touched.classrooms.insert(id.clone());
            }
        }
    }

    pub(super) fn close_talk(&mut self, place: &Place, touched: &mut Touched) {
        if self.staff_talk.close(place) {
            touched.talk_closed.push(place.clone());
        }
    }

    pub(super) fn silence(&mut self, touched: &mut Touched) {
        touched.talk_closed.extend(self.staff_talk.close_all());
    }
}
