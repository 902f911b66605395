//! One classroom's part of a lesson.

use serde::{Deserialize, Serialize};

use super::interruptions::Presences;
use super::questions::{Outcome, QuestionReport};
use crate::lesson::{ClassroomSpec, State};
use crate::wire::AttendanceView;

/// What one classroom did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassroomReport {
    /// Its class's name.
    pub name: String,
    /// Its school's name.
    pub school: String,
    /// Name of the assistant at the end.
    pub assistant_name: Option<String>,
    /// Attendance with all marks.
    pub attendance: AttendanceView,
    /// How long its screen or its media was there while the lesson was live, milliseconds.
    pub present_ms: i64,
    /// How often it was gone for a while.
    pub interruptions: u32,
    /// How often it had the floor.
    pub floors: u32,
    /// How long it had it, milliseconds.
    pub talk_ms: i64,
    /// Questions it asked.
    pub asked: u32,
    /// Of these, settled on the spot.
    pub answered_here: u32,
    /// Of these, answered by the master, on the floor or in writing.
    pub answered_by_master: u32,
    /// Of these, not answered.
    pub follow_ups: u32,
}

pub(super) fn of(
    room: &ClassroomSpec,
    state: &State,
    questions: &[QuestionReport],
    floors: Option<&u32>,
    presence: &Presences,
) -> ClassroomReport {
    let count = |wanted: &[Outcome]| {
        let asked = questions.iter().filter(|question| question.classroom == room.id);
        u32::try_from(asked.filter(|question| wanted.contains(&question.outcome)).count()).unwrap_or(u32::MAX)
    };
    let known = state.classrooms.get(&room.id);
    let person = known.and_then(|presence| presence.person.as_ref());
    let attendance = state.attendance.get(&room.id).cloned().unwrap_or_default();
    ClassroomReport {
        name: room.name.clone(),
        school: room.school.clone(),
        assistant_name: person.map(|person| person.name.clone()),
        attendance: attendance.view(room, true),
        present_ms: presence.present_ms.get(&room.id).copied().unwrap_or_default(),
        interruptions: presence.count(&room.id),
        floors: floors.copied().unwrap_or_default(),
        talk_ms: known.map_or(0, |presence| presence.spoken_ms),
        asked: count(&Outcome::ALL),
        answered_here: count(&[Outcome::AnsweredHere]),
        answered_by_master: count(&[Outcome::AnsweredOnFloor, Outcome::AnsweredInText]),
        follow_ups: count(&[Outcome::Open]),
    }
}
