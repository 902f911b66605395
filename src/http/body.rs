//! Request bodies: JSON with a bound, and errors in the one shape.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// Longest JSON body, bytes.
pub const JSON_BYTES: usize = 64 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

/// Whether the content type is `wanted`, whatever its parameters.
pub(super) fn is_type(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case(wanted))
}

/// Reads at most `limit` bytes.
///
/// # Errors
/// 413 beyond that; 400 if the client breaks off.
pub(super) async fn read(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(ApiError::too_large());
    }
    axum::body::to_bytes(request.into_body(), limit).await.map_err(|_| ApiError::too_large())
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        json(request, JSON_BYTES).await.map(Self)
    }
}

/// Reads a JSON body of at most `limit` bytes.
///
/// # Errors
/// 415, 413, 400 `bad_json`, 422 `invalid`.
pub(super) async fn json<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, ApiError> {
    if !is_type(request.headers(), "application/json") {
        return Err(ApiError::unsupported("application/json"));
    }
    let bytes = read(request, limit).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        if error.is_data() {
            // Names a field or a type, never echoes what was sent beyond that.
            let message = "A field is missing, unknown or of the wrong type.";
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
        } else {
            ApiError::new(StatusCode::BAD_REQUEST, "bad_json", "The body is not JSON.")
        }
    })
}
