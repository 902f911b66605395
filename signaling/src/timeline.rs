//! A lesson's stage once more, from its journal: what every seat was told, and when. The replay of a recorded lesson
//! shows slides, board, polls and floors from it exactly as they were.

use serde::{Deserialize, Serialize};

use crate::journal::JournalLine;
use crate::lesson::{Audience, Lesson, LessonSpec};
use crate::wire::Event;

/// What every seat was told at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When, UTC ms.
    pub at_ms: i64,
    /// What, in order.
    pub events: Vec<Event>,
}

/// The moments of a lesson, in order; nothing of rooms, desk and staff is in them.
pub fn of<'a>(spec: LessonSpec, lines: impl IntoIterator<Item = &'a JournalLine>) -> Vec<Moment> {
    let mut moments = Vec::new();
    Lesson::retell(spec, lines, |line, _, changes| {
        let stage = changes.deltas.into_iter().find(|(audience, ..)| *audience == Audience::Stage);
        moments.extend(stage.map(|(_, _, events)| Moment { at_ms: line.at_ms, events }));
    });
    moments
}
