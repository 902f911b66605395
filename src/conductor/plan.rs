//! From the database to a lesson: its plan and its journal.

use std::collections::HashMap;

use airclass_signaling::id::{AccountId, ClassroomId, ClipId, DeckId, LessonId};
use airclass_signaling::journal::{JournalError, JournalLine};
use airclass_signaling::lesson::{ClassroomSpec, DeckSpec, Lesson, LessonSpec, Person, SeatSpec};

use super::ConductError;
use crate::db::{Clip, Db, Deck, LessonRow, Seat};

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

/// Everything the database knows of a lesson.
#[derive(Debug)]
pub struct Told {
    /// Its row.
    pub row: LessonRow,
    /// Its plan.
    pub spec: LessonSpec,
    /// What happened, in order.
    pub lines: Vec<JournalLine>,
    /// Its class lists, by classroom.
    pub seats: HashMap<String, Vec<Seat>>,
}

/// Reads a lesson and replays its journal.
pub(super) async fn load(db: &Db, id: &LessonId) -> Result<Plan, ConductError> {
    let Told { row, spec, lines, .. } = told(db, id).await?;
    let next_line = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    Ok(Plan { lesson: Lesson::replay(spec, &lines), row, next_line, down_since_ms: None })
}

/// Reads a lesson and its journal.
///
/// # Errors
/// There is no such lesson, its journal can't be read, or the database fails.
pub async fn told(db: &Db, id: &LessonId) -> Result<Told, ConductError> {
    let row = db.lesson(id.as_str()).await?.ok_or(ConductError::NotFound)?;
    let seats = db.lesson_seats(id.as_str()).await?;
    let decks = db.decks(id.as_str()).await?;
    let clip = db.clip_of(id.as_str()).await?;
    let texts = db.journal(id.as_str()).await?;
    let lines: Vec<JournalLine> =
        texts.iter().map(|text| JournalLine::decode(text)).collect::<Result<_, JournalError>>()?;
    let spec = spec(&row, &seats, &decks, clip.as_ref());
    Ok(Told { row, spec, lines, seats })
}

fn spec(row: &LessonRow, seats: &HashMap<String, Vec<Seat>>, decks: &[Deck], clip: Option<&Clip>) -> LessonSpec {
    let master = Person { account: AccountId::new(row.master.as_str()), name: row.master_name.clone() };
    let mut spec = LessonSpec::new(LessonId::new(row.id.as_str()), row.title.as_str(), master);
    spec.recorded = row.recorded;
    spec.floor_limit = row.floor_limit;
    spec.starts_ms = Some(row.starts_ms);
    spec.fallback = clip.map(|clip| ClipId::new(clip.id.as_str()));
    spec.decks = decks
        .iter()
        .map(|deck| DeckSpec { id: DeckId::new(deck.id.as_str()), title: deck.title.clone(), pages: deck.pages })
        .collect();
    let listed = |id: &str| seats.get(id).map(Vec::as_slice).unwrap_or_default();
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
            seats: listed(&room.id)
                .iter()
                .map(|seat| SeatSpec { number: seat.number, group: seat.group.clone() })
                .collect(),
        })
        .collect();
    spec
}
