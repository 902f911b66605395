//! What WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) share: offers in, answers out, PATCH, DELETE, OPTIONS, CORS.

use airclass_media::Patched;
use airclass_signaling::id::LessonId;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, patch};

use super::body::{is_type, read};
use super::caller::BearerCaller;
use super::{ApiError, Shared};
use crate::conductor::Answered;

/// Longest offer or fragment, bytes.
const SDP_BYTES: usize = 64 * 1024;
const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// Reads the SDP offer of a POST.
pub(super) async fn offer(request: Request) -> Result<String, ApiError> {
    text(request, SDP).await
}

async fn text(request: Request, wanted: &'static str) -> Result<String, ApiError> {
    if !is_type(request.headers(), wanted) {
        return Err(ApiError::unsupported(wanted));
    }
    let bytes = read(request, SDP_BYTES)
        .await
        .map_err(|error| ApiError::new(error.status(), "bad_sdp", "The session description is larger than 64 KiB."))?;
    String::from_utf8(bytes.into())
        .map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "bad_sdp", "The session description is not text."))
}

/// 201 with the answer, where the session is, its entity tag and the configured ICE servers.
pub(super) fn created(state: &Shared, door: &str, lesson: &str, answered: Answered) -> Result<Response, ApiError> {
    let location = format!("/{door}/{lesson}/{}", answered.resource);
    let mut response = (StatusCode::CREATED, answered.answer).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::LOCATION, value(location)?);
    headers.insert(header::ETAG, value(format!("\"{}\"", answered.etag))?);
    headers.insert(ACCEPT_PATCH, HeaderValue::from_static(FRAGMENT));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for server in &state.config.ice_servers {
        headers.append(header::LINK, value(format!("<{server}>; rel=\"ice-server\""))?);
    }
    Ok(response)
}

fn value(text: String) -> Result<HeaderValue, ApiError> {
    HeaderValue::try_from(text).map_err(ApiError::internal)
}

/// `OPTIONS` on a door.
pub(super) async fn endpoint_options() -> Response {
    (StatusCode::NO_CONTENT, [(ACCEPT_POST, SDP), (header::ALLOW, "POST, OPTIONS")]).into_response()
}

/// The routes of a session's own address.
pub(super) fn resource_routes() -> MethodRouter<Shared> {
    patch(patch_resource).delete(delete_resource).options(resource_options)
}

async fn resource_options() -> Response {
    (StatusCode::NO_CONTENT, [(ACCEPT_PATCH, FRAGMENT), (header::ALLOW, "PATCH, DELETE, OPTIONS")]).into_response()
}

/// The entity tag of `If-Match`, without quotes; `None` for `*`.
fn if_match(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let precondition = || {
        ApiError::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", "Say which ICE session: If-Match.")
    };
    let value = headers.get(header::IF_MATCH).ok_or_else(precondition)?;
    let value = value.to_str().map_err(|_| precondition())?.trim();
    if value == "*" {
        return Ok(None);
    }
    let first = value.split(',').next().unwrap_or("").trim();
    // If-Match compares strongly: a weak tag never matches (RFC 9110, 13.1.1).
    Ok(Some(first.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or("\u{0}").to_owned()))
}

async fn patch_resource(
    State(state): State<Shared>,
    BearerCaller(caller): BearerCaller,
    Path((lesson, resource)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let conductor = state.conductors.running(&LessonId::new(lesson)).ok_or_else(ApiError::not_found)?;
    conductor.owns(&resource, &caller.actor.account).await?;
    if !is_type(request.headers(), FRAGMENT) {
        return Err(ApiError::unsupported(FRAGMENT));
    }
    let if_match = if_match(request.headers())?;
    let fragment = text(request, FRAGMENT).await?;
    match conductor.patch(resource, caller.actor.account, fragment, if_match).await? {
        Patched::NoContent => Ok(StatusCode::NO_CONTENT.into_response()),
        Patched::Restarted { fragment, etag } => {
            let mut response = (StatusCode::OK, fragment).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(FRAGMENT));
            response.headers_mut().insert(header::ETAG, value(format!("\"{etag}\""))?);
            Ok(response)
        }
    }
}

async fn delete_resource(
    State(state): State<Shared>,
    BearerCaller(caller): BearerCaller,
    Path((lesson, resource)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let conductor = state.conductors.running(&LessonId::new(lesson)).ok_or_else(ApiError::not_found)?;
    conductor.delete(resource, caller.actor.account).await?;
    Ok(StatusCode::OK)
}

/// Any page may use these doors: they take bearer tokens only, so there is nothing to forge.
pub(super) async fn cors(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let door = path.starts_with("/whip/") || path.starts_with("/whep/");
    let preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if !door {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Location, ETag, Link, Accept-Post, Accept-Patch, WWW-Authenticate, Retry-After"),
    );
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, PATCH, DELETE, OPTIONS"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Authorization, Content-Type, If-Match"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
    response
}
