//! Home page, planning, opening and ending lessons.

use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::{DEFAULT_FLOOR_LIMIT, FLOOR_LIMITS};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::caller::Caller;
use super::cards::{LessonCard, RecordingCard};
use super::{ApiError, Shared, library};
use crate::accounts::names::{NAME_LETTERS, TITLE_LETTERS};
use crate::accounts::{AccountRole, Scope, names};
use crate::clock;
use crate::db::{LessonRow, NewLesson, new_id};
use crate::rights::{Action, LessonFacts, Object, authorize};

const HOUR_MS: i64 = 3_600_000;
/// Longest lesson.
const LONGEST_MS: i64 = 12 * HOUR_MS;
/// 2100-01-01: times beyond are slips of the pen.
const LATEST_MS: i64 = 4_102_444_800_000;
/// Most classrooms of one lesson.
const CLASSROOMS: usize = 500;
/// Recordings on the home page.
const RECENT: i64 = 6;

/// `GET /api/home`: today's lessons and the newest recordings.
pub(super) async fn home(State(state): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let now = clock::utc_ms();
    let rows = state.db.lessons_between(now - 12 * HOUR_MS, now + 24 * HOUR_MS).await?;
    let pupil = caller.actor.is(AccountRole::Pupil);
    let lessons: Vec<LessonCard> = rows
        .into_iter()
        .filter(|row| !pupil || row.state == "live")
        .filter(|row| authorize(&caller.actor, &Action::SeeLesson, Object::Lesson(&LessonFacts::from(row))).is_ok())
        .map(|row| LessonCard::new(row, &caller.actor))
        .collect();
    let recordings = match library::shelf(&caller.actor) {
        Some(shelf) => state.db.library(&shelf, "%", library::NEWEST, RECENT).await?,
        None => Vec::new(),
    };
    let recordings: Vec<RecordingCard> =
        recordings.into_iter().map(|row| RecordingCard::new(row, &state.config.data)).collect();
    Ok(Json(json!({ "now_ms": now, "demo": state.config.demo, "lessons": lessons, "recordings": recordings })))
}

/// The lesson of that id, if the caller may do that with it; the same 404 for what is missing and what is hidden.
pub(super) async fn allowed(state: &Shared, caller: &Caller, id: &str, action: &Action) -> Result<LessonRow, ApiError> {
    // A token of another lesson is no token here; it says nothing about whether this lesson exists.
    if matches!(&caller.actor.scope, Scope::Seat { lesson, .. } if lesson.as_str() != id) {
        return Err(ApiError::unauthorized());
    }
    let row = state.db.lesson(id).await?.ok_or_else(ApiError::not_found)?;
    authorize(&caller.actor, action, Object::Lesson(&LessonFacts::from(&row)))?;
    Ok(row)
}

/// `GET /api/lessons/{id}`.
pub(super) async fn show(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<LessonCard>, ApiError> {
    let row = allowed(&state, &caller, &id, &Action::SeeLesson).await?;
    Ok(Json(LessonCard::new(row, &caller.actor)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    title: String,
    subject: String,
    starts_ms: i64,
    ends_ms: i64,
    classrooms: Vec<String>,
    #[serde(default = "yes")]
    recorded: bool,
    /// How many classrooms may talk at once.
    #[serde(default = "floors")]
    floor_limit: u8,
    /// The master's sign-in name; administrators plan for others, masters for themselves.
    #[serde(default)]
    master: Option<String>,
}

fn yes() -> bool {
    true
}

fn floors() -> u8 {
    DEFAULT_FLOOR_LIMIT
}

/// `POST /api/lessons`.
pub(super) async fn plan(
    State(state): State<Shared>,
    caller: Caller,
    JsonBody(plan): JsonBody<Plan>,
) -> Result<(StatusCode, Json<LessonCard>), ApiError> {
    authorize(&caller.actor, &Action::PlanLesson, Object::District)?;
    let title = names::line(&plan.title, TITLE_LETTERS).map_err(ApiError::name("title"))?;
    let subject = names::line(&plan.subject, NAME_LETTERS).map_err(ApiError::name("subject"))?;
    if plan.starts_ms < 0 || plan.ends_ms > LATEST_MS {
        return Err(ApiError::invalid("starts_ms", "That time is out of range."));
    }
    if plan.ends_ms <= plan.starts_ms {
        return Err(ApiError::invalid("ends_ms", "A lesson ends after it starts."));
    }
    if plan.ends_ms - plan.starts_ms > LONGEST_MS {
        return Err(ApiError::invalid("ends_ms", "A lesson lasts at most 12 hours."));
    }
    if !FLOOR_LIMITS.contains(&plan.floor_limit) {
        return Err(ApiError::invalid("floor_limit", "From 1 to 6 classrooms may talk at once."));
    }
    let master = master_of(&state, &caller, plan.master.as_deref()).await?;
    let known = state.db.classrooms().await?;
    let mut classrooms: Vec<String> = Vec::new();
    for id in plan.classrooms {
        if !known.iter().any(|room| room.id == id) {
            return Err(ApiError::invalid("classrooms", "There is no such classroom."));
        }
        if !classrooms.contains(&id) {
            classrooms.push(id);
        }
    }
    if classrooms.len() > CLASSROOMS {
        return Err(ApiError::invalid("classrooms", "Those are too many classrooms."));
    }
    let lesson = NewLesson {
        id: new_id(),
        title,
        subject,
        master,
        starts_ms: plan.starts_ms,
        ends_ms: plan.ends_ms,
        recorded: plan.recorded,
        floor_limit: plan.floor_limit,
        classrooms,
    };
    state.db.add_lesson(&lesson, clock::utc_ms()).await?;
    let row = state.db.lesson(&lesson.id).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(LessonCard::new(row, &caller.actor))))
}

async fn master_of(state: &Shared, caller: &Caller, name: Option<&str>) -> Result<String, ApiError> {
    let Some(name) = name else {
        if caller.actor.is(AccountRole::Master) {
            return Ok(caller.actor.account.as_str().to_owned());
        }
        return Err(ApiError::invalid("master", "Say who teaches."));
    };
    let found = state.db.account_for_sign_in(name).await?.map(|(account, _)| account);
    let own = caller.actor.is(AccountRole::Administrator);
    found
        .filter(|account| account.role == AccountRole::Master)
        .filter(|account| own || account.id == caller.actor.account.as_str())
        .map(|account| account.id)
        .ok_or_else(|| ApiError::invalid("master", "There is no such master teacher."))
}

/// `POST /api/lessons/{id}/start`.
pub(super) async fn start(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<LessonCard>, ApiError> {
    let row = allowed(&state, &caller, &id, &Action::StartLesson).await?;
    if row.state == "ended" {
        return Err(ApiError::conflict("wrong_state", "The lesson is over."));
    }
    state.conductors.get(&LessonId::new(id.as_str())).await?.start().await?;
    show(State(state), caller, Path(id)).await
}

/// `POST /api/lessons/{id}/end`.
pub(super) async fn end(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<LessonCard>, ApiError> {
    let row = allowed(&state, &caller, &id, &Action::EndLesson).await?;
    if row.state == "scheduled" {
        return Err(ApiError::conflict("wrong_state", "The lesson has not begun."));
    }
    if row.state == "live" {
        state.conductors.get(&LessonId::new(id.as_str())).await?.end().await?;
    }
    show(State(state), caller, Path(id)).await
}
