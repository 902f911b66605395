//! One error shape: status, a stable code, a message that is safe to show, and the field it is about.
//!
//! Causes go to the log, never to the client.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::accounts::names::NameError;
use crate::db::DbError;
use crate::rights::Refusal;

/// What a handler answers instead of its result.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    field: Option<Cow<'static, str>>,
    retry_after_seconds: Option<u64>,
}

#[derive(Serialize)]
struct Shape<'a> {
    code: &'a str,
    message: &'a str,
    field: Option<&'a str>,
}

impl ApiError {
    /// An error with that status, code and message.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, retry_after_seconds: None }
    }

    /// 401, one wording whatever is wrong with the token.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Sign in, or give a valid token.")
    }

    /// 401 for a wrong name or password, one wording for both.
    pub fn wrong_password() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "wrong_password", "The name or the password is wrong.")
    }

    /// 404, the same for what does not exist and what is hidden.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    /// 403.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Your account may not do that.")
    }

    /// 403 for a request that comes from another site's page.
    pub fn bad_origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "bad_origin", "This request does not come from this site's own pages.")
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "That method does nothing here.")
    }

    /// 413.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request body is too large.")
    }

    /// 415, naming the type that is wanted.
    pub fn unsupported(wanted: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_type", format!("Send {wanted}."))
    }

    /// 429 with the time to wait.
    pub fn too_many(wait_seconds: u64) -> Self {
        let mut error =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts. Wait a little.");
        error.retry_after_seconds = Some(wait_seconds.max(1));
        error
    }

    /// 422 about a field.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message);
        error.field = Some(Cow::Borrowed(field));
        error
    }

    /// The same error, about that field.
    #[must_use]
    pub fn about(mut self, field: impl Into<String>) -> Self {
        self.field = Some(Cow::Owned(field.into()));
        self
    }

    /// 422 about a name.
    pub fn name(field: &'static str) -> impl FnOnce(NameError) -> Self {
        move |error| Self::invalid(field, format!("{field} {error}"))
    }

    /// 409.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 503: the server is stopping or the lesson's task is gone.
    pub fn unavailable() -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not just now; try again soon.");
        error.retry_after_seconds = Some(1);
        error
    }

    /// 500; the cause is logged here.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something broke on the server.")
    }

    /// What it is about.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Taken { .. } => Self::conflict("taken", "That name is taken."),
            other => Self::internal(other),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Hidden => Self::not_found(),
            Refusal::Forbidden => Self::forbidden(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let shape = Shape { code: self.code, message: &self.message, field: self.field.as_deref() };
        let mut response = (self.status, Json(shape)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"airclass\""));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
