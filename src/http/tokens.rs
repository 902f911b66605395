//! Tokens for encoders and tools: bound to one lesson and one seat, good until an hour after its planned end.

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::Place;
use airclass_signaling::wire::Role;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::caller::Caller;
use super::{ApiError, Shared, lessons};
use crate::accounts::{Scope, token};
use crate::clock;
use crate::rights::Action;

const HOUR_MS: i64 = 3_600_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    seat: Role,
    #[serde(default)]
    classroom: Option<String>,
}

/// `POST /api/lessons/{id}/tokens`.
pub(super) async fn issue(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<Value>, ApiError> {
    let place = Place::of(wanted.seat, wanted.classroom.map(ClassroomId::new))
        .ok_or_else(|| ApiError::invalid("classroom", "Assistants and classrooms name a classroom, others none."))?;
    let row = lessons::allowed(&state, &caller, &id, &Action::IssueToken(place.clone())).await?;
    if row.state == "ended" {
        return Err(ApiError::conflict("wrong_state", "The lesson is over."));
    }
    let now = clock::utc_ms();
    let expires_ms = row.ends_ms.max(now).saturating_add(HOUR_MS);
    let secret = token::Secret::generate(token::LESSON);
    let scope = Scope::Seat { lesson: LessonId::new(row.id.as_str()), place };
    state.db.add_token(&secret.hash(), caller.actor.account.as_str(), &scope, now, expires_ms).await?;
    Ok(Json(json!({
        "token": secret.text(),
        "expires_ms": expires_ms,
        "whip": format!("/whip/{}", row.id),
        "whep": format!("/whep/{}", row.id),
        "ws": format!("/ws/{}", row.id),
    })))
}
