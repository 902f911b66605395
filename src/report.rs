//! What a lesson was, for those who were in it: the report of its journal, with the names its own schools may see.

use std::collections::{BTreeMap, HashMap};

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::report::{self, LessonReport};

use crate::conductor::{ConductError, Told, told};
use crate::db::{Db, Seat};

pub mod follow_ups;
pub mod table;

/// A report as one reader may see it.
#[derive(Debug)]
pub struct Reading {
    /// What it says; pupils are seat numbers.
    pub report: LessonReport,
    /// The class lists of the classrooms whose pupils the reader may know.
    pub lists: HashMap<ClassroomId, Vec<Seat>>,
}

/// Which part of a report somebody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All classrooms, without names.
    Whole,
    /// All classrooms, with the names of these.
    WholeWithNames(Vec<ClassroomId>),
    /// These classrooms, with their names.
    Only(Vec<ClassroomId>),
}

/// Reads a lesson's report, also while it runs.
///
/// # Errors
/// There is no such lesson, its journal can't be read, or the database fails.
pub async fn read(db: &Db, lesson: &LessonId, part: Part) -> Result<Reading, ConductError> {
    let told = told(db, lesson).await?;
    // A long lesson of many classrooms is replayed: not on a thread that others wait for.
    tokio::task::spawn_blocking(move || reading(told, part)).await.map_err(|_| ConductError::Stopping)
}

fn reading(told: Told, part: Part) -> Reading {
    let whole = report::of(&told.spec, &told.lines);
    let (report, named) = match part {
        Part::Whole => (whole, Vec::new()),
        Part::WholeWithNames(rooms) => (whole, rooms),
        Part::Only(rooms) => (whole.only(&rooms), rooms),
    };
    let lists = told.seats.into_iter().map(|(id, seats)| (ClassroomId::new(id), seats));
    let lists = lists.filter(|(id, _)| named.contains(id)).collect();
    Reading { report, lists }
}

impl Reading {
    /// Names by classroom and seat number.
    pub fn names(&self) -> BTreeMap<&str, BTreeMap<u16, &str>> {
        self.lists.iter().map(|(room, seats)| (room.as_str(), names(seats))).collect()
    }

    /// The pupil of that number, where the reader may know the name.
    pub fn name(&self, classroom: &ClassroomId, seat: u16) -> Option<&str> {
        self.lists.get(classroom)?.iter().find(|pupil| pupil.number == seat).map(|pupil| pupil.name.as_str())
    }
}

fn names(seats: &[Seat]) -> BTreeMap<u16, &str> {
    seats.iter().map(|seat| (seat.number, seat.name.as_str())).collect()
}
