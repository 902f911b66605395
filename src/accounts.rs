//! Who signs in and how: passwords, tokens, names, the first administrator.
//!
//! Nothing here knows HTTP. What an account may *do* is decided in [`crate::rights`].

use airclass_signaling::id::{AccountId, ClassroomId, LessonId};
use airclass_signaling::lesson::Place;
use airclass_signaling::wire::Role;
use serde::{Deserialize, Serialize};

use crate::db::{Account, Device};

pub mod names;
pub mod password;
pub mod setup;
pub mod throttle;
pub mod token;

/// Office of an account in the district.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    /// Plans lessons, sees everything.
    Administrator,
    /// Teaches from a studio.
    Master,
    /// Stands beside the class.
    Assistant,
    /// Watches live and replays.
    Pupil,
    /// Looks on and marks: a researcher of the district, or a school's principal.
    Observer,
}

impl AccountRole {
    /// Every office.
    pub const ALL: [Self; 5] = [Self::Administrator, Self::Master, Self::Assistant, Self::Pupil, Self::Observer];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Master => "master",
            Self::Assistant => "assistant",
            Self::Pupil => "pupil",
            Self::Observer => "observer",
        }
    }

    /// The office of that name.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All its account may do: a login session.
    Everything,
    /// One place in one lesson, for encoders, tools and media.
    Seat {
        /// The lesson.
        lesson: LessonId,
        /// The place.
        place: Place,
    },
}

/// Who asks. Made from a token and the account or device as it is now, never from a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account, or the id of the paired screen.
    pub account: AccountId,
    /// Name others see.
    pub display_name: String,
    /// Office; a paired screen has none.
    pub role: Option<AccountRole>,
    /// School id.
    pub school: Option<String>,
    /// The classroom a paired screen belongs to.
    pub screen_of: Option<ClassroomId>,
    /// What the token allows.
    pub scope: Scope,
}

impl Actor {
    /// A person with a login session.
    pub fn person(account: Account) -> Self {
        Self {
            account: AccountId::new(account.id),
            display_name: account.display_name,
            role: Some(account.role),
            school: account.school,
            screen_of: None,
            scope: Scope::Everything,
        }
    }

    /// A paired screen.
    pub fn screen(device: Device) -> Self {
        Self {
            account: AccountId::new(device.id),
            display_name: device.name,
            role: None,
            school: Some(device.school),
            screen_of: Some(ClassroomId::new(device.classroom)),
            scope: Scope::Everything,
        }
    }

    /// Whether it is a person who is signed in, and not a screen or the holder of a lesson token.
    pub fn signed_in(&self) -> bool {
        self.scope == Scope::Everything && self.screen_of.is_none()
    }

    /// Whether it is somebody of that office, by whatever token.
    pub fn is(&self, role: AccountRole) -> bool {
        self.role == Some(role)
    }
}

/// A lesson role as stored.
pub fn role_text(role: Role) -> &'static str {
    match role {
        Role::Master => "master",
        Role::Assistant => "assistant",
        Role::Classroom => "classroom",
        Role::Duty => "duty",
        Role::Observer => "observer",
    }
}

/// The place a stored role and classroom mean; `None` if they don't fit together.
pub fn place_from_text(role: &str, classroom: Option<String>) -> Option<Place> {
    let role = [Role::Master, Role::Assistant, Role::Classroom, Role::Duty, Role::Observer]
        .into_iter()
        .find(|candidate| role_text(*candidate) == role)?;
    Place::of(role, classroom.map(ClassroomId::new))
}
