//! Resumable uploads of slides and clips.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{self, JsonBody};
use super::caller::Caller;
use super::{ApiError, Shared, lessons};
use crate::accounts::names::{self, TITLE_LETTERS};
use crate::clock;
use crate::db::{Upload, UploadKind, UploadState, new_id};
use crate::rights::Action;
use crate::uploads::{CHUNK_BYTES, CLIP_BYTES, DECK_BYTES};

/// Where a chunk belongs, as in the draft of resumable uploads (draft-ietf-httpbis-resumable-upload).
const OFFSET: &str = "upload-offset";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Announced {
    kind: String,
    name: String,
    bytes: u64,
}

/// `POST /api/lessons/{id}/uploads`.
pub(super) async fn begin(
    State(state): State<Shared>,
    caller: Caller,
    Path(lesson): Path<String>,
    JsonBody(announced): JsonBody<Announced>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let row = lessons::allowed(&state, &caller, &lesson, &Action::PrepareLesson).await?;
    if row.state == "ended" {
        return Err(ApiError::conflict("wrong_state", "The lesson is over."));
    }
    let kind =
        UploadKind::from_text(&announced.kind).ok_or_else(|| ApiError::invalid("kind", "kind is deck or clip."))?;
    let limit = match kind {
        UploadKind::Deck => DECK_BYTES,
        UploadKind::Clip => CLIP_BYTES,
    };
    if announced.bytes == 0 {
        return Err(ApiError::invalid("bytes", "The file is empty."));
    }
    if announced.bytes > limit {
        let message = format!("A {} has at most {} MB.", kind.as_str(), limit / 1024 / 1024);
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message).about("bytes"));
    }
    let upload = Upload {
        id: new_id(),
        lesson: row.id,
        account: caller.actor.account.as_str().to_owned(),
        kind,
        name: names::line(title(&announced.name), TITLE_LETTERS).map_err(ApiError::name("name"))?,
        bytes: announced.bytes,
        received: 0,
        state: UploadState::Open,
        code: None,
        message: None,
    };
    if !state.db.add_upload(&upload, clock::utc_ms()).await? {
        return Err(ApiError::conflict("too_many_uploads", "Finish or cancel another upload first."));
    }
    let begun = json!({ "id": upload.id, "offset": 0, "bytes": upload.bytes, "chunk_bytes": CHUNK_BYTES });
    Ok((StatusCode::CREATED, Json(begun)))
}

/// A file's name without the ending that says what it is.
fn title(name: &str) -> &str {
    let ending = |ending: &str| {
        name.len() > ending.len()
            && name.is_char_boundary(name.len() - ending.len())
            && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
    };
    [".pdf", ".mp4"].into_iter().find(|known| ending(known)).map_or(name, |known| &name[..name.len() - known.len()])
}

/// The upload of that id, if the caller may prepare its lesson.
async fn allowed(state: &Shared, caller: &Caller, id: &str) -> Result<Upload, ApiError> {
    let upload = state.db.upload(id).await?.ok_or_else(ApiError::not_found)?;
    // Whoever may see the lesson and no more must not learn what is brought there.
    lessons::allowed(state, caller, &upload.lesson, &Action::PrepareLesson)
        .await
        .map_err(|error| if error.status() == StatusCode::FORBIDDEN { ApiError::not_found() } else { error })?;
    Ok(upload)
}

async fn told(state: &Shared, upload: Upload) -> Result<Json<Value>, ApiError> {
    let mut card = json!({
        "id": upload.id, "offset": upload.received, "bytes": upload.bytes, "state": upload.state.as_str(),
    });
    if upload.state == UploadState::Refused {
        card["code"] = json!(upload.code);
        card["message"] = json!(upload.message);
    }
    if upload.state == UploadState::Ready {
        match upload.kind {
            UploadKind::Deck => {
                let deck = state.db.deck(&upload.id).await?;
                card["deck"] = json!(deck.map(|deck| json!({"id": deck.id, "title": deck.title, "pages": deck.pages})));
            }
            UploadKind::Clip => {
                let clip = state.db.clip(&upload.id).await?;
                card["clip"] = json!(clip.map(|clip| json!({"id": clip.id, "duration_ms": clip.duration_ms})));
            }
        }
    }
    Ok(Json(card))
}

/// `GET /api/uploads/{id}`.
pub(super) async fn show(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let upload = allowed(&state, &caller, &id).await?;
    told(&state, upload).await
}

fn offset(headers: &HeaderMap) -> Result<u64, ApiError> {
    let value = headers.get(OFFSET).and_then(|value| value.to_str().ok()?.parse().ok());
    value.ok_or_else(|| {
        ApiError::new(StatusCode::BAD_REQUEST, "bad_offset", "Say where the chunk begins: Upload-Offset.")
    })
}

/// `PATCH /api/uploads/{id}`: the next chunk. It is on disk before it is acknowledged.
pub(super) async fn append(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    // Held until the chunk's row is written: what is read here stays true.
    let turn = state.uploads.turn(&id).ok_or_else(|| ApiError::conflict("upload_busy", "A chunk is being written."))?;
    let mut upload = allowed(&state, &caller, &id).await?;
    let offset = offset(request.headers())?;
    if upload.state != UploadState::Open {
        return Err(ApiError::conflict("wrong_state", "All of it has come already."));
    }
    if offset != upload.received {
        let message = format!("The next chunk begins at {}.", upload.received);
        return Err(ApiError::conflict("upload_offset", message));
    }
    let rest = usize::try_from(upload.bytes - upload.received).unwrap_or(usize::MAX);
    let chunk = body::read(request, CHUNK_BYTES.min(rest)).await?;
    let to = offset + chunk.len() as u64;
    state.uploads.write(&turn, offset, chunk).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", "The server's disk is full.")
        }
        _ => ApiError::internal(error),
    })?;
    let complete = to == upload.bytes;
    let next = if complete { UploadState::Checking } else { UploadState::Open };
    if !state.db.advance_upload(&upload.id, offset, to, next, clock::utc_ms()).await? {
        return Err(ApiError::conflict("upload_offset", "The upload is elsewhere by now; ask how far it is."));
    }
    drop(turn);
    (upload.received, upload.state) = (to, next);
    if complete {
        let (state, upload) = (state.clone(), upload.clone());
        tokio::spawn(async move { state.uploads.settle(&state.db, &state.conductors, &upload).await });
    }
    Ok(told(&state, upload).await?.into_response())
}

/// `DELETE /api/uploads/{id}`: nothing more of it will come. A deck or clip that it has become stays.
pub(super) async fn cancel(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let upload = allowed(&state, &caller, &id).await?;
    let _turn =
        state.uploads.turn(&id).ok_or_else(|| ApiError::conflict("upload_busy", "A chunk is being written."))?;
    if upload.state == UploadState::Checking {
        return Err(ApiError::conflict("wrong_state", "It is being looked at; wait a moment."));
    }
    state.db.remove_upload(&upload.id).await?;
    state.uploads.discard(&upload.id).await;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn titles_have_no_ending() {
        for (name, expected) in [
            ("浮力.pdf", "浮力"),
            ("浮力.PDF", "浮力"),
            ("clip.mp4", "clip"),
            (".pdf", ".pdf"),
            ("浮", "浮"),
            ("a.b", "a.b"),
        ] {
            assert_eq!(title(name), expected);
        }
    }
}
