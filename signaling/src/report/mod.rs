//! The report of a lesson, from its journal: who was there, what was asked and how long it waited, who talked, what was
//! polled, what broke, and what is left to follow up.
//!
//! It is a view: nothing of it is stored, and the same spec and journal give the same report. Pupils are seat numbers.

mod attendance;
pub mod csv;
mod interruptions;
mod polls;
mod questions;

use serde::{Deserialize, Serialize};

pub use attendance::ClassroomReport;
pub use interruptions::{Interrupted, Interruption};
pub use polls::PollReport;
pub use questions::{FollowUp, Outcome, QuestionReport};

use crate::id::{ClassroomId, LessonId};
use crate::journal::JournalLine;
use crate::lesson::{Lesson, LessonSpec};
use interruptions::Watch;
use questions::Ladder;

/// What a lesson was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonReport {
    /// The lesson.
    pub lesson: LessonId,
    /// Its title.
    pub title: String,
    /// The master teacher's name.
    pub master_name: String,
    /// When it went live, UTC ms.
    pub started_ms: Option<i64>,
    /// When it ended, UTC ms; null while it runs.
    pub ended_ms: Option<i64>,
    /// All of it in numbers.
    pub totals: Totals,
    /// Each classroom, in the order of the plan.
    pub classrooms: Vec<ClassroomReport>,
    /// Each question, in the order in which it was asked.
    pub questions: Vec<QuestionReport>,
    /// Questions that nobody answered, by classroom: its assistant's list.
    pub follow_ups: Vec<FollowUp>,
    /// Each poll, in order.
    pub polls: Vec<PollReport>,
    /// What was gone for a while, in order.
    pub interruptions: Vec<Interruption>,
}

/// A lesson in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Classrooms of the plan.
    pub classrooms: u32,
    /// Pupils on all class lists.
    pub enrolled: u32,
    /// Pupils who were there.
    pub present: u32,
    /// Pupils who were not.
    pub absent: u32,
    /// Pupils who came late.
    pub late: u32,
    /// Pupils who left early.
    pub left_early: u32,
    /// Questions asked.
    pub asked: u32,
    /// Questions that became part of another one.
    pub merged: u32,
    /// Questions that were put before the master, each once whoever else asked it.
    pub escalated: u32,
    /// Questions settled on the spot, with those that were part of them.
    pub answered_here: u32,
    /// Questions settled with the floor, with those that were part of them.
    pub answered_on_floor: u32,
    /// Questions settled in writing, with those that were part of them.
    pub answered_in_text: u32,
    /// Questions taken back.
    pub withdrawn: u32,
    /// Questions that nobody answered.
    pub follow_ups: u32,
    /// How often a classroom had the floor.
    pub floors: u32,
    /// How long classrooms had it, milliseconds.
    pub talk_ms: i64,
    /// Polls.
    pub polls: u32,
    /// How often the studio was gone.
    pub studio_interruptions: u32,
}

/// The report of a lesson that ended or still runs. `lines` is its whole journal.
pub fn of<'a>(spec: &LessonSpec, lines: impl IntoIterator<Item = &'a JournalLine>) -> LessonReport {
    let mut ladder = Ladder::default();
    let mut watch = Watch::default();
    let lesson = Lesson::retell(spec.clone(), lines, |line, state, changes| {
        ladder.note(line, &changes);
        watch.note(line, state);
    });
    let (spec, state) = (lesson.spec(), lesson.facts());
    let (questions, floors) = ladder.finish(spec);
    let presence = watch.finish(state.ended_ms);
    let classrooms: Vec<_> = spec
        .classrooms
        .iter()
        .map(|room| attendance::of(room, state, &questions, floors.get(&room.id), &presence))
        .collect();
    let mut report = LessonReport {
        lesson: spec.id.clone(),
        title: spec.title.clone(),
        master_name: spec.master.name.clone(),
        started_ms: state.started_ms,
        ended_ms: state.ended_ms,
        totals: Totals::default(),
        follow_ups: questions::follow_ups(spec, &questions),
        polls: polls::of(spec, state),
        interruptions: presence.interruptions,
        classrooms,
        questions,
    };
    report.totals = totals(&report);
    report
}

impl LessonReport {
    /// What concerns some classrooms: for their assistants and their schools. The studio's and the server's
    /// interruptions stay.
    pub fn only(&self, classrooms: &[ClassroomId]) -> Self {
        let mut report = self.clone();
        report.classrooms.retain(|room| classrooms.contains(&room.attendance.classroom));
        report.questions.retain(|question| classrooms.contains(&question.classroom));
        report.follow_ups.retain(|question| classrooms.contains(&question.classroom));
        for poll in &mut report.polls {
            poll.classrooms.retain(|result| result.classroom.as_ref().is_some_and(|room| classrooms.contains(room)));
        }
        report.interruptions.retain(|gap| match &gap.what {
            Interrupted::Classroom { classroom } => classrooms.contains(classroom),
            Interrupted::Studio | Interrupted::Server => true,
        });
        report.totals = totals(&report);
        report
    }
}

fn totals(report: &LessonReport) -> Totals {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let rooms = |of: fn(&ClassroomReport) -> u16| report.classrooms.iter().map(|room| u32::from(of(room))).sum();
    let outcome = |wanted| count(report.questions.iter().filter(|question| question.outcome == wanted).count());
    let own = |question: &&QuestionReport| question.merged_into.is_none() && question.escalated_ms.is_some();
    Totals {
        classrooms: count(report.classrooms.len()),
        enrolled: rooms(|room| room.attendance.enrolled),
        present: rooms(|room| room.attendance.present),
        absent: rooms(|room| room.attendance.absent),
        late: rooms(|room| room.attendance.late),
        left_early: rooms(|room| room.attendance.left_early),
        asked: count(report.questions.len()),
        merged: count(report.questions.iter().filter(|question| question.merged_into.is_some()).count()),
        escalated: count(report.questions.iter().filter(own).count()),
        answered_here: outcome(Outcome::AnsweredHere),
        answered_on_floor: outcome(Outcome::AnsweredOnFloor),
        answered_in_text: outcome(Outcome::AnsweredInText),
        withdrawn: outcome(Outcome::Withdrawn),
        follow_ups: outcome(Outcome::Open),
        floors: report.classrooms.iter().map(|room| room.floors).sum(),
        talk_ms: report.classrooms.iter().map(|room| room.talk_ms).sum(),
        polls: count(report.polls.len()),
        studio_interruptions: count(report.interruptions.iter().filter(|gap| gap.what == Interrupted::Studio).count()),
    }
}
