//! From the database to a lesson: its plan and its journal.

use airclass_signaling::id::{AccountId, ClassroomId, LessonId};
use airclass_signaling::journal::{JournalError, JournalLine};
use airclass_signaling::lesson::{ClassroomSpec, Lesson, LessonSpec, Person};

use super::ConductError;
use crate::db::{Db, LessonRow};

/// What a task starts from.
#[derive(Debug)]
pub(super) struct Plan {
    /// The lesson as its journal says.
    pub(super) lesson: Lesson,
    /// Its row.
    pub(super) row: LessonRow,
    /// Number of the next journal line.
    pub(super) next_line: i64,
    /// Since when the server was down, UTC ms; `None` when that is not known, or it was not.
    pub(super) down_since_ms: Option<i64>,
}

/// Reads a lesson and replays its journal.
pub(super) async fn load(db: &Db, id: &LessonId) -> Result<Plan, ConductError> {
    let row = db.lesson(id.as_str()).await?.ok_or(ConductError::NotFound)?;
    let texts = db.journal(id.as_str()).await?;
    let lines: Vec<JournalLine> =
        texts.iter().map(|text| JournalLine::decode(text)).collect::<Result<_, JournalError>>()?;
    let next_line = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    Ok(Plan { lesson: Lesson::replay(spec(&row), &lines), row, next_line, down_since_ms: None })
}

fn spec(row: &LessonRow) -> LessonSpec {
    let master = Person { account: AccountId::new(row.master.as_str()), name: row.master_name.clone() };
    let mut spec = LessonSpec::new(LessonId::new(row.id.as_str()), row.title.as_str(), master);
    spec.recorded = row.recorded;
    spec.starts_ms = Some(row.starts_ms);
    spec.classrooms = row
        .classrooms
        .iter()
        .map(|room| ClassroomSpec {
            id: ClassroomId::new(room.id.as_str()),
            name: room.name.clone(),
            school: room.school_name.clone(),
            assistant: room
                .assistant
                .clone()
                .zip(room.assistant_name.clone())
                .map(|(account, name)| Person { account: AccountId::new(account), name }),
            seats: Vec::new(),
        })
        .collect();
    spec
}
