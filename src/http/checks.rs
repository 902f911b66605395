//! Results of device checks on their way in, and the board that shows them before the lessons of the next hour.

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::{Input, Place};
use airclass_signaling::text;
use airclass_signaling::wire::{CheckResult, CheckView, ClassroomView};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::caller::Caller;
use super::cards::{LessonCard, PersonCard, PlaceCard};
use super::{ApiError, Shared, lessons};
use crate::clock;
use crate::db::{LessonClassroom, LessonRow};
use crate::rights::{self, Action, LessonFacts, Object, authorize};

/// Longest reason, letters.
const REASON_LETTERS: usize = 64;
/// The board shows lessons that begin within so long, ms.
const AHEAD_MS: i64 = 60 * 60_000;
/// Most lessons on the board.
const LESSONS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checked {
    classroom: Option<ClassroomId>,
    result: CheckResult,
}

/// `POST /api/lessons/{id}/checks`: from whoever may sit at the place that was checked.
pub(super) async fn note(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(checked): JsonBody<Checked>,
) -> Result<StatusCode, ApiError> {
    let row = lessons::allowed(&state, &caller, &id, &Action::SeeLesson).await?;
    let places = rights::places(&caller.actor, &LessonFacts::from(&row));
    let may = match &checked.classroom {
        None => places.contains(&Place::Master),
        Some(id) => [Place::Assistant(id.clone()), Place::Classroom(id.clone())].iter().any(|p| places.contains(p)),
    };
    if !may {
        return Err(ApiError::forbidden());
    }
    if row.state == "ended" {
        return Err(ApiError::conflict("wrong_state", "The lesson is over."));
    }
    let result = &checked.result;
    let all = [&result.camera, &result.microphone, &result.echo, &result.loss, &result.path, &result.clock];
    let reasons = all.iter().filter_map(|check| check.reason.as_deref());
    if !reasons.into_iter().all(|reason| text::bounded(reason, REASON_LETTERS).is_ok()) {
        return Err(ApiError::invalid("result", "A reason is a word of at most 64 letters."));
    }
    let input = Input::CheckResult { classroom: checked.classroom, result: checked.result };
    state.conductors.get(&LessonId::new(row.id)).await?.tell(input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a running lesson knows of its devices.
#[derive(Default)]
struct Readiness {
    master_present: bool,
    classrooms: Vec<ClassroomView>,
    checks: Vec<CheckView>,
}

/// `GET /api/preflight`: lessons that are live or begin within the hour, with what was checked in them.
pub(super) async fn board(State(state): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    authorize(&caller.actor, &Action::Preflight, Object::District)?;
    let now_ms = clock::utc_ms();
    let mut rows = state.db.lessons_between(now_ms, now_ms.saturating_add(AHEAD_MS)).await?;
    rows.retain(|row| row.state != "ended");
    rows.truncate(LESSONS);
    let mut lessons = Vec::with_capacity(rows.len());
    for row in rows {
        let readiness = readiness(&state, &row.id).await;
        lessons.push(lesson(row, readiness, &caller)?);
    }
    Ok(Json(json!({ "now_ms": now_ms, "lessons": lessons })))
}

/// A lesson whose task can't be asked shows nothing checked; the board is for the others, too.
async fn readiness(state: &Shared, lesson: &str) -> Readiness {
    let look = |lesson: &airclass_signaling::lesson::Lesson| Readiness {
        master_present: lesson.studio().master_present,
        classrooms: lesson.classrooms(),
        checks: lesson.checks(),
    };
    match state.conductors.get(&LessonId::new(lesson)).await {
        Ok(conductor) => conductor.look(look).await.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(lesson, %error, "a lesson is missing from the preflight board");
            Readiness::default()
        }
    }
}

fn lesson(row: LessonRow, readiness: Readiness, caller: &Caller) -> Result<Value, ApiError> {
    let check = |classroom: Option<&str>| {
        readiness.checks.iter().find(|check| check.classroom.as_ref().map(ClassroomId::as_str) == classroom)
    };
    let room = |room: &LessonClassroom| {
        let view = readiness.classrooms.iter().find(|view| view.id.as_str() == room.id);
        let assistant = room.assistant.clone().zip(room.assistant_name.clone());
        json!({
            "classroom":
                PlaceCard { id: room.id.clone(), name: room.name.clone(), school: room.school_name.clone() },
            "assistant": assistant.map(|(id, display_name)| PersonCard { id, display_name }),
            "check": check(Some(&room.id)),
            "screen_present": view.is_some_and(|view| view.screen_present),
            "assistant_present": view.is_some_and(|view| view.assistant_present),
        })
    };
    let classrooms: Vec<Value> = row.classrooms.iter().map(room).collect();
    let studio = json!({ "check": check(None), "present": readiness.master_present });
    let card = serde_json::to_value(LessonCard::new(row, &caller.actor)).map_err(ApiError::internal)?;
    Ok(json!({ "lesson": card, "studio": studio, "classrooms": classrooms }))
}
