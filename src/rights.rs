//! What an account may do: one function, asked for every action on every object.
//!
//! An object an actor has no part in is *hidden*: it answers like one that does not exist. An object the actor can see
//! but not change is *forbidden*.

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::{Place, SourceKey};

use crate::accounts::{AccountRole, Actor, Scope};
use crate::db::LessonRow;

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Plan a lesson.
    PlanLesson,
    /// List the district's classrooms.
    ListClassrooms,
    /// Look at a lesson's card.
    SeeLesson,
    /// Open a lesson.
    StartLesson,
    /// Ring the bell.
    EndLesson,
    /// Sit down in a lesson.
    TakePlace(Place),
    /// Get a token for an encoder or a tool that sits there.
    IssueToken(Place),
    /// Send media as that source.
    Publish(SourceKey),
    /// Receive a lesson's media.
    Receive,
    /// Look at how its media fares.
    SeeStatistics,
    /// Open a recording and its files.
    SeeRecording,
}

/// What it is to be done to.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    /// The district as a whole.
    District,
    /// A lesson, or a recording of it.
    Lesson(&'a LessonFacts),
}

/// What rights depend on in a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonFacts {
    /// The lesson.
    pub id: LessonId,
    /// Account id of its master.
    pub master: String,
    /// Its classrooms.
    pub classrooms: Vec<ClassroomFacts>,
}

/// What rights depend on in a classroom of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassroomFacts {
    /// The classroom.
    pub id: ClassroomId,
    /// Id of its school.
    pub school: String,
    /// Account id of the paired assistant; without one, any assistant of the school may stand in.
    pub assistant: Option<String>,
}

impl From<&LessonRow> for LessonFacts {
    fn from(row: &LessonRow) -> Self {
        let classrooms = row.classrooms.iter().map(|classroom| ClassroomFacts {
            id: ClassroomId::new(classroom.id.clone()),
            school: classroom.school.clone(),
            assistant: classroom.assistant.clone(),
        });
        Self { id: LessonId::new(row.id.clone()), master: row.master.clone(), classrooms: classrooms.collect() }
    }
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// As if it did not exist.
    Hidden,
    /// It is there, but that is not for this actor.
    Forbidden,
}

/// The places an actor may take in a lesson; empty means the lesson is hidden from them.
pub fn places(actor: &Actor, lesson: &LessonFacts) -> Vec<Place> {
    let account = actor.account.as_str();
    let mut places = Vec::new();
    if lesson.master == account {
        places.push(Place::Master);
    }
    for classroom in &lesson.classrooms {
        let own_school = actor.school.as_ref().is_some_and(|school| *school == classroom.school);
        let sits_there = match &classroom.assistant {
            Some(assistant) => assistant == account,
            None => actor.role == AccountRole::Assistant && own_school,
        };
        if sits_there {
            places.push(Place::Assistant(classroom.id.clone()));
            places.push(Place::Classroom(classroom.id.clone()));
        }
    }
    if !places.is_empty() || actor.role == AccountRole::Administrator || takes_part(actor, lesson) {
        places.push(Place::Observer);
    }
    if actor.role == AccountRole::Administrator {
        places.push(Place::Duty);
    }
    match &actor.scope {
        Scope::Everything => places,
        Scope::Seat { lesson: bound, place } if *bound == lesson.id => {
            places.retain(|candidate| candidate == place);
            places
        }
        Scope::Seat { .. } => Vec::new(),
    }
}

/// Whether the actor's school has a class in the lesson. Masters of other lessons are not meant.
fn takes_part(actor: &Actor, lesson: &LessonFacts) -> bool {
    matches!(actor.role, AccountRole::Pupil | AccountRole::Assistant)
        && actor.school.as_ref().is_some_and(|school| lesson.classrooms.iter().any(|room| room.school == *school))
}

/// Decides whether `actor` may do `action` to `object`.
///
/// # Errors
/// [`Refusal`] says whether the object may even be known about.
pub fn authorize(actor: &Actor, action: &Action, object: Object<'_>) -> Result<(), Refusal> {
    let signed_in = actor.scope == Scope::Everything;
    let lesson = match (action, object) {
        (Action::PlanLesson | Action::ListClassrooms, Object::District) => {
            let may = signed_in && matches!(actor.role, AccountRole::Administrator | AccountRole::Master);
            return if may { Ok(()) } else { Err(Refusal::Forbidden) };
        }
        (_, Object::Lesson(lesson)) => lesson,
        (_, Object::District) => return Err(Refusal::Forbidden),
    };
    let places = places(actor, lesson);
    if places.is_empty() {
        return Err(Refusal::Hidden);
    }
    let administrator = signed_in && actor.role == AccountRole::Administrator;
    let may = match action {
        Action::PlanLesson | Action::ListClassrooms => false,
        Action::SeeLesson | Action::Receive => true,
        Action::StartLesson | Action::EndLesson => administrator || places.contains(&Place::Master),
        Action::SeeStatistics => {
            administrator || places.iter().any(|place| matches!(place, Place::Master | Place::Assistant(_)))
        }
        Action::TakePlace(place) => places.contains(place),
        Action::IssueToken(place) => signed_in && places.contains(place),
        Action::Publish(SourceKey::Camera | SourceKey::Screen | SourceKey::Second) => places.contains(&Place::Master),
        Action::Publish(SourceKey::Classroom(id)) => places.contains(&Place::Classroom(id.clone())),
        Action::SeeRecording => signed_in,
    };
    if may { Ok(()) } else { Err(Refusal::Forbidden) }
}

#[cfg(test)]
#[path = "rights/tests.rs"]
mod tests;
