//! Pairing a classroom's screen: the screen's side needs nobody signed in, the other side is the school's staff.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::caller::{Caller, bearer_token, check_origin, set_cookie};
use super::cards::{PlaceCard, ScreenCard};
use super::{ApiError, Listener, Shared, classrooms, session};
use crate::accounts::token::{self, Secret};
use crate::accounts::{AccountRole, names};
use crate::clock;
use crate::db::{Device, NewDevice, new_id};
use crate::pairing::{Outcome, PairingError, Pairings};
use crate::rights::{Action, Object, authorize};

impl From<PairingError> for ApiError {
    fn from(error: PairingError) -> Self {
        match error {
            PairingError::Unknown => Self::not_found(),
            PairingError::Decided => Self::conflict("wrong_state", "That screen was confirmed or refused already."),
            PairingError::Full => Self::too_many(60),
        }
    }
}

fn lock(state: &Shared) -> std::sync::MutexGuard<'_, Pairings> {
    state.pairings.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// `POST /api/pairing`: a screen asks for a code.
pub(super) async fn begin(
    State(state): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    if parts.headers.contains_key(header::ORIGIN) {
        check_origin(&parts, &state)?;
    }
    let offer = lock(&state).offer(address.ip(), clock::utc_ms())?;
    let body = json!({ "code": offer.code, "secret": offer.secret.text(), "expires_ms": offer.expires_ms });
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, no_store, Json(body)).into_response())
}

/// `GET /api/pairing/{code}`: a screen asks what became of its code, and becomes the device once it is confirmed.
pub(super) async fn look(
    State(state): State<Shared>,
    Extension(listener): Extension<Listener>,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let secret = bearer_token(&parts).ok_or_else(ApiError::unauthorized)?;
    let outcome = lock(&state).outcome(&code, secret, clock::utc_ms())?;
    let mut response = match outcome {
        Outcome::Waiting => Json(json!({ "state": "waiting" })).into_response(),
        Outcome::Refused => Json(json!({ "state": "refused" })).into_response(),
        Outcome::Confirmed { device, token } => {
            // Revoked before it was collected: there is nothing to become.
            let Some(device) = state.db.device(&device).await? else {
                return Ok(Json(json!({ "state": "refused" })).into_response());
            };
            state.db.touch_device(&device.id, clock::utc_ms()).await?;
            let cookie = set_cookie(listener.secure, &token, session::DEVICE_SECONDS);
            let body = json!({ "state": "confirmed", "device": ScreenCard::from(device) });
            ([(header::SET_COOKIE, cookie)], Json(body)).into_response()
        }
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A code, looked up for somebody of a school's staff; wrong ones are counted, for codes are short.
async fn decide<T>(
    state: &Shared,
    caller: &Caller,
    address: SocketAddr,
    look: impl FnOnce(&mut Pairings) -> Result<T, PairingError>,
) -> Result<T, ApiError> {
    authorize(&caller.actor, &Action::ListClassrooms, Object::District)?;
    if caller.actor.is(AccountRole::Master) {
        return Err(ApiError::forbidden());
    }
    // Not a possible sign-in name, so that guessing codes locks nobody out.
    let name = format!("(pairing) {}", caller.actor.account);
    let throttle = || state.throttle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(wait) = throttle().wait(&name, address.ip(), clock::instant()) {
        return Err(ApiError::too_many(wait.as_secs() + 1));
    }
    let found = look(&mut lock(state));
    if matches!(found, Err(PairingError::Unknown)) {
        throttle().failed(&name, address.ip(), clock::instant());
    }
    Ok(found?)
}

/// `GET /api/pairing/{code}/offer`: the classrooms the caller may pair that screen with.
pub(super) async fn offer(
    State(state): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let expires_ms = decide(&state, &caller, address, |pairings| pairings.waiting(&code, clock::utc_ms())).await?;
    let rooms = match &caller.actor.school {
        Some(school) if caller.actor.is(AccountRole::Assistant) => state.db.classrooms_of(school).await?,
        None if caller.actor.is(AccountRole::Assistant) => Vec::new(),
        _ => state.db.classrooms().await?,
    };
    let rooms: Vec<PlaceCard> = rooms.into_iter().map(PlaceCard::from).collect();
    Ok(Json(json!({ "expires_ms": expires_ms, "classrooms": rooms })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    classroom: String,
    name: String,
}

/// `POST /api/pairing/{code}/confirm`.
pub(super) async fn confirm(
    State(state): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    caller: Caller,
    Path(code): Path<String>,
    JsonBody(given): JsonBody<Confirmation>,
) -> Result<Json<Value>, ApiError> {
    decide(&state, &caller, address, |pairings| pairings.waiting(&code, clock::utc_ms())).await?;
    let room = classrooms::allowed(&state, &caller, &given.classroom, &Action::KeepClass).await?;
    let name = names::display_name(&given.name).map_err(ApiError::name("name"))?;
    let secret = Secret::generate(token::DEVICE);
    let new = NewDevice {
        id: new_id(),
        name,
        classroom: room.id,
        token_hash: secret.hash(),
        paired_by: caller.actor.account.as_str().to_owned(),
    };
    let now = clock::utc_ms();
    if !state.db.add_device(&new, now).await? {
        return Err(ApiError::conflict("too_many_devices", "This classroom has too many paired screens; revoke one."));
    }
    // Somebody else may have decided meanwhile; then this device was never anybody's.
    let confirmed = lock(&state).confirm(&code, new.id.clone(), secret, now);
    if let Err(error) = confirmed {
        state.db.remove_device(&new.id).await?;
        return Err(error.into());
    }
    let device = state.db.device(&new.id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({ "device": ScreenCard::from(device) })))
}

/// `POST /api/pairing/{code}/refuse`.
pub(super) async fn refuse(
    State(state): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<StatusCode, ApiError> {
    decide(&state, &caller, address, |pairings| pairings.refuse(&code, clock::utc_ms())).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn listed(device: Device) -> Value {
    json!({
        "id": device.id,
        "name": device.name,
        "classroom": {
            "id": device.classroom, "name": device.classroom_name,
            "school": { "id": device.school, "name": device.school_name },
        },
        "paired_ms": device.paired_ms,
        "paired_by": { "id": device.paired_by, "display_name": device.paired_by_name },
        "last_seen_ms": device.last_seen_ms,
    })
}

/// `GET /api/devices`: the district's, or for assistants those of their school.
pub(super) async fn devices(State(state): State<Shared>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let devices = match (caller.actor.signed_in(), caller.actor.role, &caller.actor.school) {
        (true, Some(AccountRole::Administrator), _) => state.db.devices(None).await?,
        (true, Some(AccountRole::Assistant), Some(school)) => state.db.devices(Some(school)).await?,
        _ => return Err(ApiError::forbidden()),
    };
    Ok(Json(json!({ "devices": devices.into_iter().map(listed).collect::<Vec<_>>() })))
}

/// `DELETE /api/devices/{id}`: the screen is nobody's any more, and is sent away at once where it sits.
pub(super) async fn revoke(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let device = state.db.device(&id).await?.ok_or_else(ApiError::not_found)?;
    classrooms::allowed(&state, &caller, &device.classroom, &Action::KeepClass).await?;
    state.db.remove_device(&device.id).await?;
    state.permits.forget(&device.token_hash);
    state.conductors.signed_out(&device.token_hash).await;
    Ok(StatusCode::NO_CONTENT)
}
