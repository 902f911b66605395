//! Who calls: a bearer token or the session cookie, turned into an [`Actor`].
//!
//! A token in the query string is refused even when it is valid: addresses end up in logs and histories.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use super::error::ApiError;
use super::{Listener, Shared, origin};
use crate::accounts::{Actor, token};
use crate::clock;
use crate::conductor::Opener;

/// Distance of the notes when a paired screen was last heard of, ms: each is a write.
const SEEN_EVERY_MS: i64 = 300_000;

/// A caller with a valid token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// Hash of the token.
    pub hash: String,
}

impl Caller {
    /// The caller as the owner of a media session.
    pub(super) fn opener(self) -> Opener {
        Opener { account: self.actor.account, token: self.hash }
    }
}

/// A caller that must use a bearer token; the WHIP and WHEP doors take no cookies, because any page may call them.
#[derive(Clone, Debug)]
pub struct BearerCaller(pub Caller);

/// Cookie name: the `__Host-` prefix needs `Secure`, which plain HTTP can't have.
pub(super) fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-airclass" } else { "airclass" }
}

/// A `Set-Cookie` value; an empty token takes the cookie away.
pub(super) fn set_cookie(secure: bool, token: &str, seconds: u64) -> HeaderValue {
    let name = cookie_name(secure);
    let tail = if secure { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{tail}");
    HeaderValue::try_from(text).expect("tokens are letters, digits, - and _")
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn has_query_token(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or("");
    url::form_urlencoded::parse(query.as_bytes()).any(|(key, _)| {
        ["token", "access_token", "bearer", "authorization", "jwt"].contains(&key.to_ascii_lowercase().as_str())
    })
}

/// The cookie's token, whatever it is worth; for signing out.
pub(super) fn cookie_token(parts: &Parts) -> Option<&str> {
    let secure = parts.extensions.get::<Listener>().is_some_and(|listener| listener.secure);
    cookie(&parts.headers, cookie_name(secure))
}

async fn actor_of(state: &Shared, text: &str) -> Result<Caller, ApiError> {
    if !token::plausible(text) {
        return Err(ApiError::unauthorized());
    }
    let hash = token::hash(text);
    if let Some(actor) = state.media_tokens.actor(&hash) {
        return Ok(Caller { actor, hash });
    }
    let now = clock::utc_ms();
    if text.starts_with(token::DEVICE) {
        let device = state.db.device_with_token(&hash).await?.ok_or_else(ApiError::unauthorized)?;
        if device.last_seen_ms.is_none_or(|seen| now.saturating_sub(seen) >= SEEN_EVERY_MS) {
            state.db.touch_device(&device.id, now).await?;
        }
        return Ok(Caller { actor: Actor::screen(device), hash });
    }
    let row = state.db.token(&hash, now).await?.ok_or_else(ApiError::unauthorized)?;
    Ok(Caller { actor: Actor { scope: row.scope, ..Actor::person(row.account) }, hash })
}

/// Checks the origin of a request that carries a cookie; for handlers that need no session, such as signing in.
pub(super) fn check_origin(parts: &Parts, state: &Shared) -> Result<(), ApiError> {
    let secure = parts.extensions.get::<Listener>().is_some_and(|listener| listener.secure);
    if origin::needs_check(parts) && !origin::is_own(parts, secure, &state.config.origins) {
        return Err(ApiError::bad_origin());
    }
    Ok(())
}

/// The text of the bearer token, whatever it is worth; for the secret of a pairing, which is nobody's session.
pub(super) fn bearer_token(parts: &Parts) -> Option<&str> {
    if has_query_token(parts) {
        return None;
    }
    parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(token::bearer)
}

async fn by_bearer(parts: &Parts, state: &Shared) -> Result<Option<Caller>, ApiError> {
    if has_query_token(parts) {
        return Err(ApiError::unauthorized());
    }
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(token::bearer).ok_or_else(ApiError::unauthorized)?;
    actor_of(state, token).await.map(Some)
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        if let Some(caller) = by_bearer(parts, state).await? {
            return Ok(caller);
        }
        let token = cookie_token(parts).ok_or_else(ApiError::unauthorized)?;
        let caller = actor_of(state, token).await?;
        check_origin(parts, state)?;
        Ok(caller)
    }
}

impl FromRequestParts<Shared> for BearerCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        by_bearer(parts, state).await?.map(Self).ok_or_else(ApiError::unauthorized)
    }
}
