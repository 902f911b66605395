//! What an account or a paired screen may do: one function, asked for every action on every object.
//!
//! An object an actor has no part in is *hidden*: it answers like one that does not exist. An object the actor can see
//! but not change is *forbidden*.

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::{Place, SourceKey};

use crate::accounts::{AccountRole, Actor, Scope};
use crate::db::{Classroom, LessonRow};

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Plan a lesson.
    PlanLesson,
    /// List classrooms: the district's, or those of the own school.
    ListClassrooms,
    /// Add a class, or change its name or assistant.
    ManageClasses,
    /// See which lessons are about to begin and how their devices are.
    Preflight,
    /// See and change a class list, pair and revoke its screens.
    KeepClass,
    /// Look at a lesson's card.
    SeeLesson,
    /// Open a lesson.
    StartLesson,
    /// Ring the bell.
    EndLesson,
    /// Bring slides and clips, and take them away.
    PrepareLesson,
    /// Sit down in a lesson.
    TakePlace(Place),
    /// Become the assistant of a classroom in the place of another.
    TakeOver(ClassroomId),
    /// Get a token for an encoder or a tool that sits there.
    IssueToken(Place),
    /// Send media as that source.
    Publish(SourceKey),
    /// Receive a lesson's media.
    Receive,
    /// Look at how its media fares.
    SeeStatistics,
    /// Read its report.
    SeeReport,
    /// Keep a sheet of scores and notes.
    Observe,
    /// Read others' sheets.
    SeeObservations,
    /// Open a recording and its files.
    SeeRecording,
}

/// What it is to be done to.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    /// The district as a whole.
    District,
    /// A class.
    Class(&'a ClassroomFacts),
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

/// What rights depend on in a classroom, by itself or in a lesson.
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

impl From<&Classroom> for ClassroomFacts {
    fn from(row: &Classroom) -> Self {
        Self { id: ClassroomId::new(row.id.clone()), school: row.school.clone(), assistant: row.assistant.clone() }
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
    let mut places = match &actor.screen_of {
        Some(classroom) => screens_place(classroom, lesson).into_iter().collect(),
        None => persons_places(actor, lesson),
    };
    match &actor.scope {
        Scope::Everything => places,
        Scope::Seat { lesson: bound, place } if *bound == lesson.id => {
            places.retain(|candidate| candidate == place);
            places
        }
        Scope::Seat { .. } => Vec::new(),
    }
}

/// A paired screen sits where it belongs, in whatever lesson.
fn screens_place(classroom: &ClassroomId, lesson: &LessonFacts) -> Option<Place> {
    let takes_part = lesson.classrooms.iter().any(|room| room.id == *classroom);
    takes_part.then(|| Place::Classroom(classroom.clone()))
}

fn persons_places(actor: &Actor, lesson: &LessonFacts) -> Vec<Place> {
    let account = actor.account.as_str();
    let mut places = Vec::new();
    if lesson.master == account {
        places.push(Place::Master);
    }
    for classroom in &lesson.classrooms {
        let sits_there = match &classroom.assistant {
            Some(assistant) => assistant == account,
            None => actor.is(AccountRole::Assistant) && of_school(actor, &classroom.school),
        };
        if sits_there {
            places.push(Place::Assistant(classroom.id.clone()));
            places.push(Place::Classroom(classroom.id.clone()));
        }
    }
    if !places.is_empty() || actor.is(AccountRole::Administrator) || takes_part(actor, lesson) {
        places.push(Place::Observer);
    }
    if actor.is(AccountRole::Administrator) {
        places.push(Place::Duty);
    }
    places
}

fn of_school(actor: &Actor, school: &str) -> bool {
    actor.school.as_deref() == Some(school)
}

/// Whether the actor's school has a class in the lesson, or the actor looks on for the whole district. Masters of other
/// lessons are not meant.
fn takes_part(actor: &Actor, lesson: &LessonFacts) -> bool {
    let school = || lesson.classrooms.iter().any(|room| of_school(actor, &room.school));
    match actor.role {
        Some(AccountRole::Pupil | AccountRole::Assistant) => school(),
        Some(AccountRole::Observer) => actor.school.is_none() || school(),
        _ => false,
    }
}

/// Whether the actor is of the staff of a class's school: its assistants, and administrators.
pub fn keeps_class(actor: &Actor, school: &str) -> bool {
    let assistant = actor.is(AccountRole::Assistant) && of_school(actor, school);
    actor.signed_in() && (actor.is(AccountRole::Administrator) || assistant)
}

/// The classrooms of a lesson whose pupils' names and report an actor may read; not asked for masters, who read of all
/// classrooms, without names. An assistant who is paired with one reads of that one, others of their school's.
pub fn own_classrooms(actor: &Actor, lesson: &LessonFacts) -> Vec<ClassroomId> {
    let kept = lesson.classrooms.iter().filter(|room| keeps_class(actor, &room.school));
    if actor.is(AccountRole::Administrator) {
        return kept.map(|room| room.id.clone()).collect();
    }
    let paired = |room: &&ClassroomFacts| room.assistant.as_deref() == Some(actor.account.as_str());
    let own: Vec<ClassroomId> = kept.clone().filter(paired).map(|room| room.id.clone()).collect();
    if own.is_empty() { kept.map(|room| room.id.clone()).collect() } else { own }
}

/// Decides whether `actor` may do `action` to `object`.
///
/// # Errors
/// [`Refusal`] says whether the object may even be known about.
pub fn authorize(actor: &Actor, action: &Action, object: Object<'_>) -> Result<(), Refusal> {
    match object {
        Object::District => in_district(actor, action),
        Object::Class(class) => to_class(actor, action, class),
        Object::Lesson(lesson) => in_lesson(actor, action, lesson),
    }
}

fn decided(may: bool) -> Result<(), Refusal> {
    if may { Ok(()) } else { Err(Refusal::Forbidden) }
}

fn in_district(actor: &Actor, action: &Action) -> Result<(), Refusal> {
    let one_of = |roles: &[AccountRole]| actor.signed_in() && roles.iter().any(|role| actor.is(*role));
    decided(match action {
        Action::PlanLesson => one_of(&[AccountRole::Administrator, AccountRole::Master]),
        Action::ListClassrooms => one_of(&[AccountRole::Administrator, AccountRole::Master, AccountRole::Assistant]),
        Action::ManageClasses | Action::Preflight => one_of(&[AccountRole::Administrator]),
        _ => false,
    })
}

fn to_class(actor: &Actor, action: &Action, class: &ClassroomFacts) -> Result<(), Refusal> {
    // Masters plan lessons with every class: they know that it is there, and no more.
    let knows = actor.signed_in() && actor.is(AccountRole::Master);
    let keeps = keeps_class(actor, &class.school);
    if !knows && !keeps {
        return Err(Refusal::Hidden);
    }
    decided(match action {
        Action::KeepClass => keeps,
        Action::ManageClasses => keeps && actor.is(AccountRole::Administrator),
        _ => false,
    })
}

fn in_lesson(actor: &Actor, action: &Action, lesson: &LessonFacts) -> Result<(), Refusal> {
    let places = places(actor, lesson);
    if places.is_empty() {
        return Err(Refusal::Hidden);
    }
    let signed_in = actor.signed_in();
    let administrator = signed_in && actor.is(AccountRole::Administrator);
    let master = places.contains(&Place::Master);
    decided(match action {
        Action::PlanLesson | Action::ListClassrooms | Action::ManageClasses | Action::Preflight | Action::KeepClass => {
            false
        }
        Action::SeeLesson | Action::Receive => true,
        Action::StartLesson | Action::EndLesson => administrator || master,
        Action::PrepareLesson => administrator || (signed_in && master),
        Action::SeeStatistics => administrator || master || places.iter().any(|p| matches!(p, Place::Assistant(_))),
        Action::TakePlace(place) => places.contains(place),
        Action::TakeOver(id) => lesson.classrooms.iter().any(|room| room.id == *id && keeps_class(actor, &room.school)),
        Action::IssueToken(place) => signed_in && places.contains(place),
        Action::Publish(SourceKey::Camera | SourceKey::Screen | SourceKey::Second) => master,
        Action::Publish(SourceKey::Classroom(id)) => places.contains(&Place::Classroom(id.clone())),
        Action::SeeReport => signed_in && (master || !own_classrooms(actor, lesson).is_empty()),
        Action::Observe => signed_in && (administrator || actor.is(AccountRole::Observer)),
        Action::SeeObservations => signed_in && (administrator || master),
        Action::SeeRecording => signed_in,
    })
}

#[cfg(test)]
#[path = "rights/tests.rs"]
mod tests;
