//! From a journal line to a new state, and to what that means for those who watch.
//!
//! Used alike for what happens now and for replay, where the [`Changes`] are dropped: that both give the same state,
//! delta numbers included, is true by construction.

mod announce;
mod board;
mod floor;
mod presence;

use announce::Shown;

use crate::journal::{Fact, JournalLine};
use crate::lesson::audience::Audience;
use crate::lesson::changes::{Changes, Touched};
use crate::lesson::effect::RecordOrder;
use crate::lesson::mark::{Mark, Marked};
use crate::lesson::presence::Kinds;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::State;
use crate::wire::{Event, LessonState, StandInView};

impl State {
    /// Applies one line. Facts about classrooms, requests or questions this lesson does not know are passed over.
    pub(crate) fn apply(&mut self, spec: &LessonSpec, line: &JournalLine) -> Changes {
        let before = Shown::of(spec, self);
        let mut changes = Changes::default();
        let mut touched = Touched::default();
        for fact in &line.facts {
            self.fact(spec, fact, line.at_ms, &mut touched, &mut changes);
        }
        self.place_speakers();
        let moved = self.order_queue(&touched);
        self.announce(spec, &touched, moved, &mut changes);
        self.show(spec, before, &mut touched, &mut changes);
        if touched.talks() {
            changes.tell(Audience::Staff, Event::TalkChanged { talkers: self.staff_talk.view() });
        }
        if spec.recorded && self.started_ms.is_some() {
            let mark = |what| RecordOrder::Mark(Mark { at_ms: line.at_ms, what });
            changes.record.extend(touched.marks.drain(..).map(mark));
            changes.record.extend(line.facts.contains(&Fact::LessonEnded).then_some(RecordOrder::Stop));
        }
        self.order_media(touched, &mut changes);
        for (audience, events) in std::mem::take(&mut changes.events) {
            let n = self.positions.next(&audience);
            changes.deltas.push((audience, n, events));
        }
        changes
    }

    fn fact(&mut self, spec: &LessonSpec, fact: &Fact, at_ms: i64, touched: &mut Touched, changes: &mut Changes) {
        match fact {
            Fact::LessonStarted => {
                self.phase = LessonState::Live;
                self.started_ms = Some(at_ms);
                changes.stage(Event::LessonChanged { state: self.phase, at_ms });
                changes.record.extend(spec.recorded.then_some(RecordOrder::Start));
                touched.marks.push(Marked::LessonStarted);
                self.mark_surfaces(touched);
            }
            Fact::LessonEnded => {
                self.phase = LessonState::Ended;
                self.ended_ms = Some(at_ms);
                changes.stage(Event::LessonChanged { state: self.phase, at_ms });
                self.silence(touched);
                self.end_stand_ins(touched);
            }
            Fact::RecordingChanged { recording } => {
                self.recording = *recording;
                changes.stage(Event::RecordingChanged { recording: *recording });
            }
            Fact::SeatTaken { place, .. } => self.seat(place, true, at_ms, touched),
            Fact::SeatLeft { place } => self.seat(place, false, at_ms, touched),
            Fact::SourceArrived { source, audio, video } => {
                self.source(source, Some(Kinds { audio: *audio, video: *video }), at_ms, touched);
            }
            Fact::SourceGone { source } => self.source(source, None, at_ms, touched),
            Fact::Resumed { .. } => self.resumed(spec.recorded, at_ms, touched, changes),
            Fact::AssistantChanged { classroom, assistant } => {
                if let Some(presence) = self.classrooms.get_mut(classroom) {
                    presence.person.clone_from(assistant);
                    touched.classrooms.insert(classroom.clone());
                }
            }
            Fact::StandInShown { classroom, show } => {
                if let Some(presence) = self.classrooms.get_mut(classroom) {
                    presence.stand_in = show.clone().map(|show| StandInView { show, since_ms: at_ms });
                    touched.classrooms.insert(classroom.clone());
                }
            }
            Fact::AttendanceTaken { classroom, marks } => {
                if let (Some(attendance), Some(room)) = (self.attendance.get_mut(classroom), spec.classroom(classroom))
                {
                    attendance.apply(marks, at_ms);
                    let told = |with_marks| Event::AttendanceChanged { attendance: attendance.view(room, with_marks) };
                    changes.tell(Audience::Desk, told(false));
                    changes.tell(Audience::Room(classroom.clone()), told(true));
                }
            }
            Fact::FloorLimitSet { limit } => {
                self.floor.limit = *limit;
                changes.stage(Event::FloorLimitChanged { floor_limit: *limit });
            }
            Fact::HandRaised { .. }
            | Fact::HandAccepted { .. }
            | Fact::FloorGranted { .. }
            | Fact::FloorExtended { .. }
            | Fact::FloorMuted { .. }
            | Fact::FloorEnded { .. } => self.floor_fact(fact, at_ms, touched),
            Fact::QuestionAsked { .. }
            | Fact::QuestionAnsweredHere { .. }
            | Fact::QuestionMerged { .. }
            | Fact::QuestionEscalated { .. }
            | Fact::QuestionWithdrawn { .. }
            | Fact::QuestionAnswered { .. }
            | Fact::QuestionPutOff { .. } => self.question_fact(spec, fact, at_ms, touched, changes),
            Fact::StaffSaid { place, name, classroom, text } => {
                let said = self.staff_talk.say(place, name, classroom.as_ref(), text, at_ms);
                let event = Event::StaffSaid { said };
                match classroom {
                    None => changes.tell(Audience::Staff, event),
                    Some(classroom) => changes.desk_and_assistant(classroom, event),
                }
            }
            Fact::TalkOpened { place, name } => {
                if self.staff_talk.open(place, name, at_ms) {
                    touched.talk_opened.push(place.clone());
                }
            }
            Fact::TalkClosed { place } => self.close_talk(place, touched),
            Fact::HelpCalled { .. } | Fact::HelpTaken { .. } | Fact::HelpSettled { .. } => {
                if let Some(help) = self.help.apply(fact, at_ms) {
                    changes.desk_and_assistant(&help.classroom.clone(), Event::HelpChanged { help });
                }
            }
            Fact::PollOpened { poll, .. }
            | Fact::PollExtended { poll, .. }
            | Fact::PollClosed { poll }
            | Fact::PollShown { poll, .. }
            | Fact::PollCounted { poll, .. }
            | Fact::PollAnswered { poll, .. } => {
                self.polls.apply(fact, at_ms);
                let Some(poll) = self.polls.get(poll) else { return };
                match fact {
                    Fact::PollCounted { classroom, .. } | Fact::PollAnswered { classroom, .. } => {
                        if self.classrooms.contains_key(classroom) {
                            let result = poll.result(spec, classroom);
                            let event = Event::PollResultChanged { poll: poll.id.clone(), result };
                            changes.desk_and_room(classroom, event);
                        }
                    }
                    _ => changes.stage(Event::PollChanged { poll: poll.view(spec) }),
                }
            }
            Fact::ProgrammeSet { scene, camera } => self.programme.set(scene, *camera),
            Fact::DevicesChecked { classroom, result } => {
                let check = self.checks.note(classroom.as_ref(), result, at_ms);
                let event = Event::CheckChanged { check };
                match classroom {
                    None => changes.tell(Audience::Desk, event),
                    Some(id) if self.classrooms.contains_key(id) => changes.desk_and_room(id, event),
                    Some(_) => {}
                }
            }
            Fact::DeckAdded { .. }
            | Fact::DeckOpened { .. }
            | Fact::DeckClosed
            | Fact::PageTurned { .. }
            | Fact::StrokeDrawn { .. }
            | Fact::StrokeErased { .. }
            | Fact::BoardCleared { .. }
            | Fact::Pointed { .. } => self.board_fact(fact, touched, changes),
        }
    }
}
