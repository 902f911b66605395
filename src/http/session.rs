//! Signing in and out.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::body::JsonBody;
use super::caller::{Caller, check_origin, cookie_token, set_cookie};
use super::cards::{AccountCard, ScreenCard};
use super::{ApiError, Listener, Shared};
use crate::accounts::names::PASSWORD_BYTES;
use crate::accounts::{Scope, names, password, token};
use crate::clock;
use crate::db::Account;

/// How long a paired screen keeps its cookie, seconds: as long as browsers allow.
pub(super) const DEVICE_SECONDS: u64 = 400 * 24 * 3_600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    name: String,
    password: String,
}

/// `POST /api/session`.
pub(super) async fn sign_in(State(state): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    // Also without a cookie: another site must not sign a visitor in as somebody else.
    if parts.headers.contains_key(header::ORIGIN) {
        check_origin(&parts, &state)?;
    }
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let address = address.ok_or_else(|| ApiError::internal("no peer address"))?.ip();
    let secure = parts.extensions.get::<Listener>().is_some_and(|listener| listener.secure);
    let JsonBody(given) = JsonBody::<SignIn>::from_request(Request::from_parts(parts, body), &()).await?;
    // A name that can't exist is treated like one that does not.
    let name = names::sign_in_name(&given.name).unwrap_or_default();
    if let Some(wait) = lock(&state).wait(&name, address, clock::instant()) {
        return Err(ApiError::too_many(wait.as_secs() + 1));
    }
    let found = if given.password.len() > PASSWORD_BYTES { None } else { state.db.account_for_sign_in(&name).await? };
    let (account, stored) = found.unzip();
    let right = password::verify(&given.password, stored).await.map_err(ApiError::internal)?;
    let Some(account) = account.filter(|_| right) else {
        lock(&state).failed(&name, address, clock::instant());
        return Err(ApiError::wrong_password());
    };
    lock(&state).succeeded(&name);
    open(&state, account, secure, StatusCode::OK).await
}

/// Opens a session and answers with the account and the cookie.
pub(super) async fn open(
    state: &Shared,
    account: Account,
    secure: bool,
    status: StatusCode,
) -> Result<Response, ApiError> {
    let secret = token::Secret::generate(token::SESSION);
    let now = clock::utc_ms();
    let life = state.config.session_life();
    let expires = now.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
    state.db.add_token(&secret.hash(), &account.id, &Scope::Everything, now, expires).await?;
    let cookie = set_cookie(secure, secret.text(), life.as_secs());
    let body = Json(json!({ "account": AccountCard::from(account), "device": null }));
    Ok((status, [(header::SET_COOKIE, cookie)], body).into_response())
}

/// `GET /api/session`: who am I. Using a session keeps it alive.
pub(super) async fn show(
    State(state): State<Shared>,
    Extension(listener): Extension<Listener>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    if caller.actor.screen_of.is_some() {
        let (parts, _) = request.into_parts();
        return show_screen(&state, &caller, listener, cookie_token(&parts)).await;
    }
    let now = clock::utc_ms();
    let row = state.db.token(&caller.hash, now).await?.ok_or_else(ApiError::unauthorized)?;
    let life = i64::try_from(state.config.session_life().as_millis()).unwrap_or(i64::MAX);
    if row.scope == Scope::Everything && row.expires_ms.saturating_sub(now) < life / 2 {
        state.db.extend_token(&caller.hash, now.saturating_add(life)).await?;
    }
    Ok(Json(json!({ "account": AccountCard::from(row.account), "device": null })).into_response())
}

async fn show_screen(
    state: &Shared,
    caller: &Caller,
    listener: Listener,
    cookie: Option<&str>,
) -> Result<Response, ApiError> {
    let device = state.db.device(caller.actor.account.as_str()).await?.ok_or_else(ApiError::unauthorized)?;
    let card = Json(json!({ "account": null, "device": ScreenCard::from(device) }));
    let mut response = card.into_response();
    // Browsers forget a cookie after 400 days at most: a screen that is in use keeps it.
    if let Some(text) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, set_cookie(listener.secure, text, DEVICE_SECONDS));
    }
    Ok(response)
}

/// `DELETE /api/session`. Signing out twice is no error.
pub(super) async fn sign_out(
    State(state): State<Shared>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let secure = parts.extensions.get::<Listener>().is_some_and(|listener| listener.secure);
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(token::bearer);
    let text = match bearer {
        Some(text) => Some(text),
        None => {
            let text = cookie_token(&parts);
            if text.is_some() {
                check_origin(&parts, &state)?;
            }
            text
        }
    };
    if let Some(text) = text {
        let session = token::hash(text);
        if text.starts_with(token::DEVICE) {
            // A screen that signs out is paired no more.
            if let Some(device) = state.db.device_with_token(&session).await? {
                state.db.remove_device(&device.id).await?;
            }
        }
        state.db.remove_token(&session).await?;
        state.conductors.signed_out(&session).await;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(secure, "", 0))]).into_response())
}

fn lock(state: &Shared) -> std::sync::MutexGuard<'_, crate::accounts::throttle::Throttle> {
    state.throttle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
