//! What was prepared for a lesson: its list, and the files for everybody who may be in it.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use mime_guess::Mime;
use serde_json::{Value, json};

use super::caller::Caller;
use super::permits::Permit;
use super::{ApiError, Shared, files, lessons};
use crate::clock;
use crate::db::UploadKind;
use crate::rights::Action;

/// `GET /api/lessons/{id}/decks`.
pub(super) async fn list(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let row = lessons::allowed(&state, &caller, &id, &Action::SeeLesson).await?;
    let decks = state.db.decks(&row.id).await?;
    let decks: Vec<Value> = decks
        .into_iter()
        .map(|deck| json!({"id": deck.id, "title": deck.title, "pages": deck.pages, "bytes": deck.bytes}))
        .collect();
    let clip = state.db.clip_of(&row.id).await?;
    let fallback = clip.map(|clip| json!({"id": clip.id, "duration_ms": clip.duration_ms}));
    Ok(Json(json!({ "decks": decks, "fallback": fallback })))
}

/// `DELETE /api/lessons/{id}/decks/{deck}`.
pub(super) async fn remove(
    State(state): State<Shared>,
    caller: Caller,
    Path((id, deck)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let row = lessons::allowed(&state, &caller, &id, &Action::PrepareLesson).await?;
    let deck = state.db.deck(&deck).await?.filter(|deck| deck.lesson == row.id).ok_or_else(ApiError::not_found)?;
    if row.state == "live" {
        return Err(ApiError::conflict("wrong_state", "The lesson is live: its slides stay until it ends."));
    }
    state.db.remove_deck(&deck.id).await?;
    state.uploads.remove(UploadKind::Deck, &deck.id).await;
    state.conductors.replan_all(&[row.id]).await;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /media/decks/{deck}`.
pub(super) async fn deck(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    serve(&state, &caller, UploadKind::Deck, &id, request).await
}

/// `GET /media/clips/{clip}`.
pub(super) async fn clip(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    serve(&state, &caller, UploadKind::Clip, &id, request).await
}

async fn serve(
    state: &Shared,
    caller: &Caller,
    kind: UploadKind,
    id: &str,
    request: Request,
) -> Result<Response, ApiError> {
    let id = permitted(state, caller, kind, id).await?;
    let mime: Mime = match kind {
        UploadKind::Deck => mime_guess::mime::APPLICATION_PDF,
        UploadKind::Clip => "video/mp4".parse().map_err(ApiError::internal)?,
    };
    let mut response = files::ranged(state.uploads.kept(kind, &id), &mime, request).await?;
    // A deck never changes: another one has another id.
    let cache = HeaderValue::from_static("private, max-age=31536000, immutable");
    if response.status().is_success() {
        response.headers_mut().insert(header::CACHE_CONTROL, cache);
    }
    Ok(response)
}

/// The id as the database has it, if the caller may be in its lesson.
async fn permitted(state: &Shared, caller: &Caller, kind: UploadKind, id: &str) -> Result<String, ApiError> {
    let key = format!("{} {id}", kind.as_str());
    if let Some(permit) = state.permits.get(&caller.hash, &key, clock::instant()) {
        return Ok(permit.id);
    }
    let found = match kind {
        UploadKind::Deck => state.db.deck(id).await?.map(|deck| (deck.id, deck.lesson)),
        UploadKind::Clip => state.db.clip(id).await?.map(|clip| (clip.id, clip.lesson)),
    };
    let (id, lesson) = found.ok_or_else(ApiError::not_found)?;
    lessons::allowed(state, caller, &lesson, &Action::Receive).await?;
    state.permits.put(&caller.hash, &key, Permit { id: id.clone(), settled: true }, clock::instant());
    Ok(id)
}
