//! Classes and their lists of seats: by hand, pasted from a spreadsheet, or by another program.

use std::collections::BTreeSet;

use airclass_signaling::lesson::SEATS_MAX;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::body::JsonBody;
use super::caller::Caller;
use super::cards::{ClassroomCard, Named, PersonCard};
use super::{ApiError, Shared};
use crate::accounts::AccountRole;
use crate::accounts::names::{self, NAME_LETTERS};
use crate::clock;
use crate::db::{Classroom, School, Seat, new_id};
use crate::rights::{Action, ClassroomFacts, Object, authorize};

/// Longest name of a group, letters.
const GROUP_LETTERS: usize = 16;
/// The numbers a seat may have.
const NUMBERS: std::ops::RangeInclusive<u16> = 1..=999;

/// A class with its list.
#[derive(Debug, Serialize)]
struct ClassCard {
    id: String,
    name: String,
    school: Named,
    assistant: Option<PersonCard>,
    seats: Vec<Seat>,
}

/// The class of that id, if the caller may do that with it; the same 404 for what is missing and what is hidden.
pub(super) async fn allowed(state: &Shared, caller: &Caller, id: &str, action: &Action) -> Result<Classroom, ApiError> {
    let room = state.db.classroom(id).await?.ok_or_else(ApiError::not_found)?;
    authorize(&caller.actor, action, Object::Class(&ClassroomFacts::from(&room)))?;
    Ok(room)
}

async fn card(state: &Shared, room: Classroom) -> Result<Json<Value>, ApiError> {
    let seats = state.db.seats(&room.id).await?;
    let assistant = room.assistant.zip(room.assistant_name).map(|(id, name)| PersonCard { id, display_name: name });
    let school = Named { id: room.school, name: room.school_name };
    let card = ClassCard { id: room.id, name: room.name, school, assistant, seats };
    Ok(Json(serde_json::to_value(card).map_err(ApiError::internal)?))
}

/// `GET /api/classrooms`: the district's, or for assistants those of their school.
pub(super) async fn list(State(state): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    authorize(&caller.actor, &Action::ListClassrooms, Object::District)?;
    let rooms = match &caller.actor.school {
        Some(school) if caller.actor.is(AccountRole::Assistant) => state.db.classrooms_of(school).await?,
        _ => state.db.classrooms().await?,
    };
    let cards: Vec<ClassroomCard> = rooms.into_iter().map(ClassroomCard::from).collect();
    Ok(Json(json!({ "classrooms": cards })))
}

/// `GET /api/schools`: the schools and their assistants, for whoever adds classes and names substitutes.
pub(super) async fn schools(State(state): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    authorize(&caller.actor, &Action::ManageClasses, Object::District)?;
    let accounts = state.db.accounts().await?;
    let of = |school: &School| -> Vec<PersonCard> {
        let own = accounts.iter().filter(|account| account.school.as_ref() == Some(&school.id));
        own.filter(|account| account.role == AccountRole::Assistant)
            .map(|account| PersonCard { id: account.id.clone(), display_name: account.display_name.clone() })
            .collect()
    };
    let schools = state.db.schools().await?;
    let cards: Vec<Value> = schools
        .iter()
        .map(|school| json!({ "id": school.id, "name": school.name, "assistants": of(school) }))
        .collect();
    Ok(Json(json!({ "schools": cards })))
}

/// `GET /api/classrooms/{id}`.
pub(super) async fn show(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let room = allowed(&state, &caller, &id, &Action::KeepClass).await?;
    card(&state, room).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClass {
    name: String,
    school: String,
}

/// `POST /api/classrooms`.
pub(super) async fn add(
    State(state): State<Shared>,
    caller: Caller,
    JsonBody(new): JsonBody<NewClass>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    authorize(&caller.actor, &Action::ManageClasses, Object::District)?;
    let name = names::display_name(&new.name).map_err(ApiError::name("name"))?;
    let unknown = || ApiError::invalid("school", "There is no such school.");
    let school = state.db.school(&new.school).await?.ok_or_else(unknown)?;
    let room = Classroom {
        id: new_id(),
        school: school.id,
        school_name: school.name,
        name,
        assistant: None,
        assistant_name: None,
        consent: false,
    };
    state.db.add_classroom(&room, clock::utc_ms()).await?;
    Ok((StatusCode::CREATED, card(&state, room).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    #[serde(default)]
    name: Option<String>,
    /// Absent: as it is. Null: nobody.
    #[serde(default, deserialize_with = "present")]
    assistant: Option<Option<String>>,
}

/// Tells a field that is null from one that is not there.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `PATCH /api/classrooms/{id}`.
pub(super) async fn change(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Value>, ApiError> {
    let room = allowed(&state, &caller, &id, &Action::ManageClasses).await?;
    let name = change.name.as_deref().map(names::display_name).transpose().map_err(ApiError::name("name"))?;
    if let Some(Some(assistant)) = &change.assistant {
        let account = state.db.account(assistant).await?;
        let fits = |account: &crate::db::Account| {
            account.role == AccountRole::Assistant && account.school.as_ref() == Some(&room.school)
        };
        if !account.as_ref().is_some_and(fits) {
            return Err(ApiError::invalid("assistant", "There is no such assistant at this school."));
        }
    }
    if let Some(name) = name {
        state.db.rename_classroom(&room.id, &name).await?;
    }
    if let Some(assistant) = change.assistant {
        state.db.set_assistant(&room.id, assistant.as_deref()).await?;
    }
    replan(&state, &room.id).await?;
    let room = allowed(&state, &caller, &id, &Action::ManageClasses).await?;
    card(&state, room).await
}

/// Lessons that are waiting for their start begin with what was changed.
async fn replan(state: &Shared, classroom: &str) -> Result<(), ApiError> {
    let lessons = state.db.scheduled_lessons_of(classroom).await?;
    state.conductors.replan_all(&lessons).await;
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSeats {
    seats: Vec<Seat>,
}

fn bad_seats(field: impl Into<String>, message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_seats", message).about(field)
}

/// A class list as it may be stored: by number, every number once, names normalised.
fn checked(seats: Vec<Seat>) -> Result<Vec<Seat>, ApiError> {
    if seats.len() > SEATS_MAX {
        return Err(bad_seats("seats", format!("A class has at most {SEATS_MAX} pupils.")));
    }
    let mut known = BTreeSet::new();
    let mut list = Vec::with_capacity(seats.len());
    for (row, seat) in seats.into_iter().enumerate() {
        let field = |part: &str| format!("seats.{row}.{part}");
        if !NUMBERS.contains(&seat.number) {
            return Err(bad_seats(field("number"), "Numbers go from 1 to 999."));
        }
        if !known.insert(seat.number) {
            return Err(bad_seats(field("number"), "Two pupils have the same number."));
        }
        let name = names::line(&seat.name, NAME_LETTERS)
            .map_err(|error| bad_seats(field("name"), format!("The name {error}.")))?;
        let group = seat.group.filter(|group| !group.trim().is_empty());
        let group = group.map(|group| names::line(&group, GROUP_LETTERS)).transpose();
        let group = group.map_err(|error| bad_seats(field("group"), format!("The group {error}.")))?;
        list.push(Seat { number: seat.number, name, group });
    }
    list.sort_by_key(|seat| seat.number);
    Ok(list)
}

/// `PUT /api/classrooms/{id}/seats`: the whole list. A lesson that is live goes on with the list it began with.
pub(super) async fn set_seats(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(new): JsonBody<NewSeats>,
) -> Result<Json<Value>, ApiError> {
    let room = allowed(&state, &caller, &id, &Action::KeepClass).await?;
    state.db.set_seats(&room.id, &checked(new.seats)?).await?;
    replan(&state, &room.id).await?;
    card(&state, room).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(number: u16, name: &str, group: Option<&str>) -> Seat {
        Seat { number, name: name.to_owned(), group: group.map(str::to_owned) }
    }

    #[test]
    fn lists_are_sorted_and_normalised() {
        let list = checked(vec![seat(17, " 张伟 ", Some(" ")), seat(3, "e\u{301}lise", Some("A组"))]).unwrap();
        assert_eq!(list, [seat(3, "élise", Some("A组")), seat(17, "张伟", None)]);
        assert_eq!(checked(Vec::new()).unwrap(), []);
        let full: Vec<Seat> = (1..=120).map(|number| seat(number, "学生", None)).collect();
        assert_eq!(checked(full).unwrap().len(), 120);
    }

    #[test]
    fn bad_lists_name_their_row() {
        let long: Vec<Seat> = (1..=121).map(|number| seat(number, "学生", None)).collect();
        for (list, field) in [
            (long, "seats"),
            (vec![seat(0, "张伟", None)], "seats.0.number"),
            (vec![seat(1000, "张伟", None)], "seats.0.number"),
            (vec![seat(1, "张伟", None), seat(1, "王芳", None)], "seats.1.number"),
            (vec![seat(1, "张伟", None), seat(2, "  ", None)], "seats.1.name"),
            (vec![seat(1, "a\u{202e}b", None)], "seats.0.name"),
            (vec![seat(1, &"伟".repeat(65), None)], "seats.0.name"),
            (vec![seat(1, "张伟", Some("a\nb"))], "seats.0.group"),
            (vec![seat(1, "张伟", Some(&"组".repeat(17)))], "seats.0.group"),
        ] {
            assert_eq!(checked(list).unwrap_err().field(), Some(field));
        }
    }
}
