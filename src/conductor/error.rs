//! Why a lesson's task could not do what it was asked, and how HTTP says so.

use airclass_media::EngineError;
use airclass_signaling::journal::JournalError;
use axum::http::StatusCode;

use crate::db::DbError;
use crate::http::ApiError;

/// Why not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConductError {
    /// No such lesson, or no such media session in it.
    #[error("not found")]
    NotFound,
    /// The lesson is over.
    #[error("the lesson is over")]
    Ended,
    /// The account has more receiving sessions in this lesson than anybody needs.
    #[error("too many media sessions")]
    TooManySessions,
    /// The server is going down, or the task broke while it was asked.
    #[error("the server is stopping")]
    Stopping,
    /// The media engine refused.
    #[error(transparent)]
    Media(#[from] EngineError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The journal can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl From<ConductError> for ApiError {
    fn from(error: ConductError) -> Self {
        match error {
            ConductError::NotFound => Self::not_found(),
            ConductError::Ended => Self::conflict("lesson_ended", "The lesson is over."),
            ConductError::TooManySessions => Self::too_many(5),
            ConductError::Stopping => Self::unavailable(),
            ConductError::Media(error) => from_media(&error),
            ConductError::Db(error) => error.into(),
            ConductError::Journal(error) => Self::internal(error),
        }
    }
}

fn from_media(error: &EngineError) -> ApiError {
    match error {
        EngineError::Sdp(_) => ApiError::new(StatusCode::BAD_REQUEST, error.code(), error.to_string()),
        EngineError::UnknownPeer => ApiError::not_found(),
        EngineError::EtagMismatch => ApiError::new(StatusCode::PRECONDITION_FAILED, error.code(), error.to_string()),
        EngineError::Full | EngineError::Stopped => {
            tracing::warn!(%error, "media session refused");
            ApiError::unavailable()
        }
        _ => ApiError::internal(error),
    }
}
