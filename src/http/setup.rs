//! The first administrator, by the code the server printed at its first start.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::{ApiError, Listener, Shared, session};
use crate::accounts::{AccountRole, names, password, setup};
use crate::clock;
use crate::db::{NewAccount, new_id};

/// Under this name wrong codes are counted; not a possible sign-in name.
const THROTTLED_AS: &str = "(setup code)";

/// `GET /api/setup`.
pub(super) async fn needed(State(state): State<Shared>) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({ "needed": !state.db.has_administrator().await? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    code: String,
    name: String,
    display_name: String,
    password: String,
}

/// `POST /api/setup`.
pub(super) async fn first_administrator(
    State(state): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Extension(listener): Extension<Listener>,
    JsonBody(given): JsonBody<First>,
) -> Result<Response, ApiError> {
    let address = address.ip();
    let throttle = || state.throttle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(wait) = throttle().wait(THROTTLED_AS, address, clock::instant()) {
        return Err(ApiError::too_many(wait.as_secs() + 1));
    }
    if !setup::code_fits(&state.db, &given.code).await? {
        throttle().failed(THROTTLED_AS, address, clock::instant());
        return Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_code", "That is not the setup code."));
    }
    let name = names::sign_in_name(&given.name).map_err(ApiError::name("name"))?;
    let display_name = names::display_name(&given.display_name).map_err(ApiError::name("display_name"))?;
    names::new_password(&given.password).map_err(ApiError::name("password"))?;
    let account = NewAccount {
        id: new_id(),
        name,
        display_name,
        role: AccountRole::Administrator,
        school: None,
        password_hash: password::hash(&given.password).await.map_err(ApiError::internal)?,
    };
    if !state.db.add_first_administrator(&account, clock::utc_ms()).await? {
        return Err(ApiError::conflict("taken", "There is an administrator already."));
    }
    setup::forget_code(&state.db).await?;
    let (account, _) = state
        .db
        .account_for_sign_in(&account.name)
        .await?
        .ok_or_else(|| ApiError::internal("the new administrator is gone"))?;
    session::open(&state, account, listener.secure, StatusCode::CREATED).await
}
