//! A substitute takes over a classroom in one step, also in mid-lesson.

use airclass_signaling::id::{AccountId, ClassroomId, LessonId};
use airclass_signaling::lesson::{Input, Person};
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::body::JsonBody;
use super::caller::Caller;
use super::cards::LessonCard;
use super::{ApiError, Shared, lessons};
use crate::accounts::AccountRole;
use crate::rights::Action;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    classroom: String,
    /// Account id of the substitute; administrators name one, assistants take over themselves.
    #[serde(default)]
    assistant: Option<String>,
}

/// `POST /api/lessons/{id}/takeover`.
pub(super) async fn take_over(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<LessonCard>, ApiError> {
    let classroom = ClassroomId::new(wanted.classroom);
    let row = lessons::allowed(&state, &caller, &id, &Action::TakeOver(classroom.clone())).await?;
    if row.state == "ended" {
        return Err(ApiError::conflict("wrong_state", "The lesson is over."));
    }
    let unknown = || ApiError::invalid("assistant", "There is no such assistant at this school.");
    let wanted = match (wanted.assistant, caller.actor.is(AccountRole::Administrator)) {
        (None, false) => caller.actor.account.as_str().to_owned(),
        (Some(account), true) => account,
        (Some(account), false) if account == caller.actor.account.as_str() => account,
        (Some(_), false) => return Err(ApiError::forbidden()),
        (None, true) => return Err(unknown()),
    };
    let room = row.classrooms.iter().find(|room| room.id == classroom.as_str()).ok_or_else(ApiError::not_found)?;
    let account = state
        .db
        .account(&wanted)
        .await?
        .filter(|account| account.role == AccountRole::Assistant && account.school.as_ref() == Some(&room.school));
    let account = account.ok_or_else(unknown)?;
    if !state.db.set_lesson_assistant(&row.id, classroom.as_str(), &account.id).await? {
        return Err(ApiError::not_found());
    }
    if let Some(conductor) = state.conductors.running(&LessonId::new(row.id.as_str())) {
        let assistant = Some(Person { account: AccountId::new(account.id), name: account.display_name });
        conductor.tell(Input::AssistantChanged { classroom, assistant }).await?;
    }
    let row = state.db.lesson(&row.id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(LessonCard::new(row, &caller.actor)))
}
