//! The shapes of the JSON API: what a page needs to show a lesson, a classroom, a recording, an account.

use std::path::Path;

use airclass_recordings::poster::POSTER;
use serde::Serialize;

use crate::accounts::{AccountRole, Actor, role_text};
use crate::db::{Account, Classroom, Device, LessonRow, RecordingRow};
use crate::recordings;
use crate::rights::{self, LessonFacts};

/// An account.
#[derive(Debug, Serialize)]
pub struct AccountCard {
    /// ULID.
    pub id: String,
    /// Sign-in name.
    pub name: String,
    /// Name others see.
    pub display_name: String,
    /// Office.
    pub role: AccountRole,
    /// School, for everybody who belongs to one.
    pub school: Option<Named>,
}

/// Something with an id and a name.
#[derive(Debug, Serialize)]
pub struct Named {
    /// ULID.
    pub id: String,
    /// Name.
    pub name: String,
}

/// A person as others see them.
#[derive(Debug, Serialize)]
pub struct PersonCard {
    /// ULID.
    pub id: String,
    /// Name.
    pub display_name: String,
}

/// A classroom of a lesson, or of the district.
#[derive(Debug, Serialize)]
pub struct ClassroomCard {
    /// ULID.
    pub id: String,
    /// Class name.
    pub name: String,
    /// School name.
    pub school: String,
    /// Paired or usual assistant.
    pub assistant: Option<PersonCard>,
}

/// A lesson, as the asking account may see it.
#[derive(Debug, Serialize)]
pub struct LessonCard {
    /// ULID.
    pub id: String,
    /// Title.
    pub title: String,
    /// Subject.
    pub subject: String,
    /// `scheduled`, `live` or `ended`.
    pub state: String,
    /// Planned start, UTC ms.
    pub starts_ms: i64,
    /// Planned end, UTC ms.
    pub ends_ms: i64,
    /// When it went live.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// The master.
    pub master: PersonCard,
    /// The classrooms, in order.
    pub classrooms: Vec<ClassroomCard>,
    /// What the asking account may join as.
    pub seats: Vec<&'static str>,
    /// The asking assistant's own classroom.
    pub my_classroom: Option<String>,
    /// Whether it is recorded.
    pub recorded: bool,
    /// How many classrooms may talk at once.
    pub floor_limit: u8,
}

/// A paired screen, as it sees itself.
#[derive(Debug, Serialize)]
pub struct ScreenCard {
    /// ULID.
    pub id: String,
    /// Name.
    pub name: String,
    /// The classroom it belongs to.
    pub classroom: OwnClassCard,
}

/// The classroom of a screen.
#[derive(Debug, Serialize)]
pub struct OwnClassCard {
    /// ULID.
    pub id: String,
    /// Class name.
    pub name: String,
    /// Its school.
    pub school: Named,
}

/// A classroom by name and school.
#[derive(Debug, Serialize)]
pub struct PlaceCard {
    /// ULID.
    pub id: String,
    /// Class name.
    pub name: String,
    /// School name.
    pub school: String,
}

/// A recording in a list.
#[derive(Debug, Serialize)]
pub struct RecordingCard {
    /// ULID.
    pub id: String,
    /// Lesson id.
    pub lesson: String,
    /// Lesson title.
    pub title: String,
    /// Subject.
    pub subject: String,
    /// The master.
    pub master: PersonCard,
    /// When it began, UTC ms.
    pub started_ms: i64,
    /// Length, ms; 0 while it runs.
    pub duration_ms: i64,
    /// `recording`, `ready` or `damaged`.
    pub state: String,
    /// Still picture, when there is one.
    pub poster: Option<String>,
}

impl From<Account> for AccountCard {
    fn from(account: Account) -> Self {
        let school = account.school.zip(account.school_name).map(|(id, name)| Named { id, name });
        Self { id: account.id, name: account.name, display_name: account.display_name, role: account.role, school }
    }
}

impl From<Classroom> for ClassroomCard {
    fn from(room: Classroom) -> Self {
        let assistant = room.assistant.zip(room.assistant_name).map(|(id, name)| PersonCard { id, display_name: name });
        Self { id: room.id, name: room.name, school: room.school_name, assistant }
    }
}

impl LessonCard {
    /// The card of `row` for `actor`; its seats are the places rights allow, once each.
    pub fn new(row: LessonRow, actor: &Actor) -> Self {
        let places = rights::places(actor, &LessonFacts::from(&row));
        let mut seats = Vec::new();
        for place in &places {
            let seat = role_text(place.role());
            if !seats.contains(&seat) {
                seats.push(seat);
            }
        }
        let my_classroom = places.iter().find_map(|place| place.classroom()).map(|id| id.as_str().to_owned());
        let classrooms = row.classrooms.into_iter().map(|room| ClassroomCard {
            assistant: room.assistant.zip(room.assistant_name).map(|(id, name)| PersonCard { id, display_name: name }),
            id: room.id,
            name: room.name,
            school: room.school_name,
        });
        Self {
            classrooms: classrooms.collect(),
            id: row.id,
            title: row.title,
            subject: row.subject,
            state: row.state,
            starts_ms: row.starts_ms,
            ends_ms: row.ends_ms,
            started_ms: row.started_ms,
            ended_ms: row.ended_ms,
            master: PersonCard { id: row.master, display_name: row.master_name },
            seats,
            my_classroom,
            recorded: row.recorded,
            floor_limit: row.floor_limit,
        }
    }
}

impl From<Device> for ScreenCard {
    fn from(device: Device) -> Self {
        let school = Named { id: device.school, name: device.school_name };
        let classroom = OwnClassCard { id: device.classroom, name: device.classroom_name, school };
        Self { id: device.id, name: device.name, classroom }
    }
}

impl From<Classroom> for PlaceCard {
    fn from(room: Classroom) -> Self {
        Self { id: room.id, name: room.name, school: room.school_name }
    }
}

impl RecordingCard {
    /// The card of `row`, whose files are below the data folder `data`.
    pub fn new(row: RecordingRow, data: &Path) -> Self {
        // One look per card at a folder that the system has in memory; a page has 24.
        let has_poster = recordings::folder(data, &row.id).join(POSTER).is_file();
        Self {
            poster: has_poster.then(|| format!("/media/recordings/{}/{POSTER}", row.id)),
            id: row.id,
            lesson: row.lesson,
            title: row.title,
            subject: row.subject,
            master: PersonCard { id: row.master, display_name: row.master_name },
            started_ms: row.started_ms,
            duration_ms: row.duration_ms,
            state: row.state,
        }
    }
}
