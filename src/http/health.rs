//! Probes for whoever watches the process.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{ApiError, Shared};

/// The process answers.
pub(super) async fn live() -> Json<Value> {
    Json(json!({ "live": true }))
}

/// The server can take work: its database answers and it is not stopping.
pub(super) async fn ready(State(state): State<Shared>) -> Result<Json<Value>, ApiError> {
    if state.conductors.stopping() {
        return Err(ApiError::unavailable());
    }
    state.db.ping().await?;
    Ok(Json(json!({ "ready": true })))
}
