//! What is known about a lesson before anybody joins: its people, its classrooms, its limits.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ClassroomId, ClipId, DeckId, LessonId};
use crate::lesson::seat::Place;

/// The least and the most classrooms that may speak at once.
pub const FLOOR_LIMITS: std::ops::RangeInclusive<u8> = 1..=6;
/// How many classrooms may speak at once unless the lesson says otherwise.
pub const DEFAULT_FLOOR_LIMIT: u8 = 3;
/// How long a granted floor lasts unless it is extended, seconds.
pub const DEFAULT_FLOOR_SECONDS: u32 = 60;
/// How long a classroom may be gone before it loses its hand or its floor, milliseconds.
pub const DEFAULT_LOSS_MS: i64 = 30_000;
/// The most pupils on one class list.
pub const SEATS_MAX: usize = 120;
/// The most decks of one lesson.
pub const DECKS_MAX: usize = 32;
/// The most pages of one deck.
pub const DECK_PAGES_MAX: u16 = 500;

/// An account with the name the lesson shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The account.
    pub account: AccountId,
    /// Name to show.
    pub name: String,
}

/// A classroom of the lesson and the assistant paired with the master there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassroomSpec {
    /// The classroom.
    pub id: ClassroomId,
    /// Its class's name, e.g. 八（3）班.
    pub name: String,
    /// Its school's name.
    pub school: String,
    /// The paired assistant, if one is named.
    pub assistant: Option<Person>,
    /// The class list, at most [`SEATS_MAX`].
    #[serde(default)]
    pub seats: Vec<SeatSpec>,
}

/// A pupil on a class list: a number. Names stay with the school.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatSpec {
    /// Its number, unique in the class.
    pub number: u16,
    /// The group it belongs to.
    pub group: Option<String>,
}

/// A set of slides that the master may open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeckSpec {
    /// The deck.
    pub id: DeckId,
    /// Its title.
    pub title: String,
    /// How many pages it has, 1 to [`DECK_PAGES_MAX`].
    pub pages: u16,
}

/// A lesson as it was planned. The same spec and the same journal give the same [`Lesson`](super::Lesson).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonSpec {
    /// The lesson.
    pub id: LessonId,
    /// Its title, as the stage shows it.
    pub title: String,
    /// The master teacher.
    pub master: Person,
    /// The classrooms, in the order in which lists show them.
    pub classrooms: Vec<ClassroomSpec>,
    /// How many classrooms may speak at once; [`Lesson::new`](super::Lesson::new) brings it into [`FLOOR_LIMITS`].
    pub floor_limit: u8,
    /// How long a granted floor lasts, seconds.
    pub floor_seconds: u32,
    /// How long a classroom may be gone before it loses its hand or its floor, milliseconds.
    pub loss_ms: i64,
    /// Whether the lesson is recorded from start to end.
    pub recorded: bool,
    /// When it is due to begin, UTC ms; device checks count from ten minutes before.
    #[serde(default)]
    pub starts_ms: Option<i64>,
    /// The decks the master prepared, at most [`DECKS_MAX`].
    #[serde(default)]
    pub decks: Vec<DeckSpec>,
    /// The clip assistants may play while the studio is gone.
    #[serde(default)]
    pub fallback: Option<ClipId>,
}

impl ClassroomSpec {
    /// How many pupils are on the list.
    pub fn enrolled(&self) -> u16 {
        u16::try_from(self.seats.len()).unwrap_or(u16::MAX)
    }

    /// Whether a number is on the list.
    pub fn has_seat(&self, number: u16) -> bool {
        self.seats.iter().any(|seat| seat.number == number)
    }
}

impl LessonSpec {
    /// A lesson without classrooms, with the default limits, not recorded.
    pub fn new(id: LessonId, title: impl Into<String>, master: Person) -> Self {
        Self {
            id,
            title: title.into(),
            master,
            classrooms: Vec::new(),
            floor_limit: DEFAULT_FLOOR_LIMIT,
            floor_seconds: DEFAULT_FLOOR_SECONDS,
            loss_ms: DEFAULT_LOSS_MS,
            recorded: false,
            starts_ms: None,
            decks: Vec::new(),
            fallback: None,
        }
    }

    /// Brings every number into its bounds: what is too much is cut off, what is there twice counts once.
    pub(crate) fn bounded(mut self) -> Self {
        self.floor_limit = self.floor_limit.clamp(*FLOOR_LIMITS.start(), *FLOOR_LIMITS.end());
        for classroom in &mut self.classrooms {
            classroom.seats.sort_by_key(|seat| seat.number);
            classroom.seats.dedup_by_key(|seat| seat.number);
            classroom.seats.truncate(SEATS_MAX);
        }
        let mut known = std::collections::BTreeSet::new();
        self.decks.retain(|deck| known.insert(deck.id.clone()));
        self.decks.truncate(DECKS_MAX);
        for deck in &mut self.decks {
            deck.pages = deck.pages.clamp(1, DECK_PAGES_MAX);
        }
        self
    }

    /// The places that belong to an account by this plan: the studio for the master; the assistant's place and the
    /// classroom's screen for a paired assistant. Everything beyond that (observers, paired devices) is the shell's to
    /// add to a [`Visitor`](super::Visitor).
    pub fn places_of(&self, account: &AccountId) -> Vec<Place> {
        let mut places = Vec::new();
        if self.master.account == *account {
            places.push(Place::Master);
        }
        for classroom in &self.classrooms {
            if classroom.assistant.as_ref().is_some_and(|assistant| assistant.account == *account) {
                places.push(Place::Assistant(classroom.id.clone()));
                places.push(Place::Classroom(classroom.id.clone()));
            }
        }
        places
    }

    /// The classroom of that id, if it takes part.
    pub fn classroom(&self, id: &ClassroomId) -> Option<&ClassroomSpec> {
        self.classrooms.iter().find(|classroom| classroom.id == *id)
    }

    /// That classroom's name; empty when it does not take part.
    pub(crate) fn name_of(&self, id: &ClassroomId) -> &str {
        self.classroom(id).map_or("", |classroom| classroom.name.as_str())
    }
}
