//! The report of a lesson as a page reads it, as tables, and what is left to follow up.

use airclass_signaling::id::{ClassroomId, LessonId};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::{ApiError, Shared, lessons};
use crate::accounts::AccountRole;
use crate::report::table::{self, Language, Table};
use crate::report::{self, Part, Reading};
use crate::rights::{self, Action, LessonFacts};

/// Most questions of one list.
const FOLLOW_UPS: usize = 100;
/// Most lessons looked through for them.
const LESSONS: i64 = 200;

/// The part of a lesson's report that is the caller's to read.
async fn reading(state: &Shared, caller: &Caller, id: &str) -> Result<Reading, ApiError> {
    let row = lessons::allowed(state, caller, id, &Action::SeeReport).await?;
    let facts = LessonFacts::from(&row);
    let own = rights::own_classrooms(&caller.actor, &facts);
    let part = if caller.actor.is(AccountRole::Administrator) {
        Part::WholeWithNames(own)
    } else if facts.master == caller.actor.account.as_str() {
        Part::Whole
    } else {
        Part::Only(own)
    };
    Ok(report::read(&state.db, &LessonId::new(row.id), part).await?)
}

/// `GET /api/lessons/{id}/report`.
pub(super) async fn show(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let reading = reading(&state, &caller, &id).await?;
    let mut report = serde_json::to_value(&reading.report).map_err(ApiError::internal)?;
    report["names"] = serde_json::to_value(reading.names()).map_err(ApiError::internal)?;
    Ok(Json(report))
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    table: String,
    #[serde(default)]
    language: String,
}

/// `GET /api/lessons/{id}/report.csv`.
pub(super) async fn csv(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    let table = Table::from_text(&wanted.table).ok_or_else(|| {
        let known: Vec<&str> = Table::ALL.iter().map(|table| table.as_str()).collect();
        ApiError::invalid("table", format!("table is one of {}.", known.join(", ")))
    })?;
    let language = match wanted.language.as_str() {
        "" => Language::Chinese,
        text => Language::from_text(text).ok_or_else(|| ApiError::invalid("language", "language is zh or en."))?,
    };
    let reading = reading(&state, &caller, &id).await?;
    let name = format!("attachment; filename=\"report-{}.csv\"", table.as_str());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(ApiError::internal)?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, table::text(&reading, table, language)).into_response())
}

/// `GET /api/follow-ups`: what the caller's classes asked and nobody answered, the newest lesson first.
pub(super) async fn follow_ups(State(state): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    if !caller.actor.signed_in() || !caller.actor.is(AccountRole::Assistant) {
        return Err(ApiError::forbidden());
    }
    let account = caller.actor.account.as_str();
    let mut questions: Vec<Value> = Vec::new();
    for id in state.db.ended_lessons_assisted(account, LESSONS).await? {
        if questions.len() >= FOLLOW_UPS {
            break;
        }
        let left = state.follow_ups.of(&state.db, &LessonId::new(id.as_str())).await?;
        if left.is_empty() {
            continue;
        }
        let Some(row) = state.db.lesson(&id).await? else { continue };
        let lists = state.db.lesson_seats(&id).await?;
        for left in left.iter() {
            let own = |room: &&crate::db::LessonClassroom| {
                room.id == left.classroom.as_str() && room.assistant.as_deref() == Some(account)
            };
            let Some(room) = row.classrooms.iter().find(own) else { continue };
            let pupil = lists.get(&room.id).into_iter().flatten().find(|pupil| Some(pupil.number) == left.seat);
            questions.push(json!({
                "lesson": row.id, "title": row.title, "ended_ms": row.ended_ms,
                "classroom": ClassroomId::new(room.id.as_str()), "classroom_name": room.name,
                "question": left.question, "seat": left.seat, "name": pupil.map(|pupil| &pupil.name),
                "text": left.text, "escalated": left.escalated,
            }));
        }
    }
    questions.truncate(FOLLOW_UPS);
    Ok(Json(json!({ "questions": questions })))
}
