//! Files of recordings: playlists, segments, timeline. Every file needs the right to its recording.

use std::path::PathBuf;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mime_guess::Mime;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use super::caller::Caller;
use super::permits::Permit;
use super::{ApiError, Shared, assets, library, whole_file};
use crate::clock;

/// What may be served, and as what. The recorder's own state is not among them.
const TYPES: &[(&str, &str)] = &[
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4s", "video/iso.segment"),
    ("mp4", "video/mp4"),
    ("jsonl", "application/x-ndjson"),
    ("jpg", "image/jpeg"),
    ("vtt", "text/vtt"),
];

/// Most ranges of one request (RFC 9110, 14.2 allows to refuse more); players ask for one.
const RANGES: usize = 1;

/// `GET /media/recordings/{id}/{path}`.
pub(super) async fn file(
    State(state): State<Shared>,
    caller: Caller,
    Path((recording, path)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let permit = permit(&state, &caller, &recording).await?;
    let mime = type_of(&path).ok_or_else(ApiError::not_found)?;
    // The row's id, not the one in the address, names the folder.
    let path = state.config.data.join("recordings").join(&permit.id).join(&path);
    let settled = permit.settled && path.extension().is_some_and(|end| end == "m4s" || end == "mp4");
    let mut response = ranged(path, &mime, request).await?;
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(response);
    }
    let cache = if settled { "private, max-age=86400" } else { "private, no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

/// The file at `path`, or the range of it that is asked for; answers errors in the one shape.
pub(super) async fn ranged(path: PathBuf, mime: &Mime, request: Request) -> Result<Response, ApiError> {
    let ranges = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if ranges.matches(',').count() >= RANGES {
        return Err(ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "bad_range", "One range at a time."));
    }
    let response = if whole_file::is_wanted(request.method(), request.headers()) {
        whole_file::response(path, mime).await?
    } else {
        let served = ServeFile::new_with_mime(&path, mime).oneshot(request).await;
        served.map_err(ApiError::internal)?.into_response()
    };
    match response.status() {
        StatusCode::NOT_FOUND => Err(ApiError::not_found()),
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let range = response.headers().get(header::CONTENT_RANGE).cloned();
            let mut refused = ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "bad_range", "That range is not there.")
                .into_response();
            if let Some(range) = range {
                refused.headers_mut().insert(header::CONTENT_RANGE, range);
            }
            Ok(refused)
        }
        _ => Ok(response),
    }
}

async fn permit(state: &Shared, caller: &Caller, recording: &str) -> Result<Permit, ApiError> {
    if let Some(permit) = state.permits.get(&caller.hash, recording, clock::instant()) {
        return Ok(permit);
    }
    let row = library::allowed(state, caller, recording).await?;
    let permit = Permit { settled: row.state != "recording", id: row.id };
    state.permits.put(&caller.hash, recording, permit.clone(), clock::instant());
    Ok(permit)
}

fn type_of(path: &str) -> Option<Mime> {
    if !assets::is_plain(path) || path.split('/').any(|part| part.is_empty() || part.starts_with('.')) {
        return None;
    }
    let end = path.rsplit('/').next()?.rsplit_once('.')?.1;
    TYPES.iter().find(|(known, _)| *known == end)?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::type_of;

    #[test]
    fn only_media_below_the_recording() {
        for path in ["master.m3u8", "camera/00001.m4s", "camera/init-0.mp4", "timeline.jsonl"] {
            assert!(type_of(path).is_some(), "{path}");
        }
        for path in ["index.json", "../x.m4s", "camera/../../airclass.db", "a//b.m4s", ".x.m4s", "x", "", "a\\b.m4s"] {
            assert!(type_of(path).is_none(), "{path}");
        }
    }
}
