//! Polls on pupils' own devices: a code instead of an account, and a cookie so that a device answers for one seat.

use std::net::SocketAddr;

use airclass_signaling::id::{ClassroomId, LessonId, PollId};
use airclass_signaling::lesson::{Input, Lesson};
use airclass_signaling::wire::{Answer, ErrorCode, LessonState, PollBy, PollView};
use axum::Json;
use axum::extract::{ConnectInfo, Extension, FromRequest as _, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::body::JsonBody;
use super::caller::{self, Caller, check_origin};
use super::{ApiError, Listener, Shared, lessons};
use crate::accounts::token::{self, Secret};
use crate::clock;
use crate::conductor::Conductor;
use crate::polls::{ClaimError, plain};
use crate::rights::{self, Action, LessonFacts};

/// Cookie of a pupil's device.
const COOKIE: &str = "airclass-pupil";
/// It lasts a school day.
const COOKIE_SECONDS: u64 = 12 * 3_600;

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::SeatTaken => Self::conflict("seat_taken", "Another device answers for that seat."),
            ClaimError::OtherSeat => Self::conflict("other_seat", "This device answers for another seat."),
            ClaimError::Full => Self::too_many(60),
        }
    }
}

/// `GET /api/lessons/{id}/poll-code`: for whoever shows it to a class.
pub(super) async fn code(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let row = lessons::allowed(&state, &caller, &id, &Action::SeeLesson).await?;
    let places = rights::places(&caller.actor, &LessonFacts::from(&row));
    if !places.iter().any(|place| place.is_staff() || place.classroom().is_some()) {
        return Err(ApiError::forbidden());
    }
    Ok(Json(json!({ "code": state.poll_codes.of(&LessonId::new(row.id)) })))
}

/// What a pupil's device is shown.
#[derive(Serialize)]
struct Shown {
    title: String,
    classrooms: Vec<Value>,
    poll: Option<PollView>,
}

fn shown(lesson: &Lesson) -> Shown {
    let spec = lesson.spec();
    let room = |id: &ClassroomId, name: &str, school: &str| json!({ "id": id, "name": name, "school": school });
    Shown {
        title: spec.title.clone(),
        classrooms: spec.classrooms.iter().map(|known| room(&known.id, &known.name, &known.school)).collect(),
        poll: lesson.open_poll().filter(|poll| poll.by == PollBy::Devices),
    }
}

/// The lesson that is on and has that code. Wrong codes are counted, for codes are short.
async fn lesson_of(state: &Shared, address: SocketAddr, code: &str) -> Result<(LessonId, Conductor), ApiError> {
    // Not a possible sign-in name; of the address only, so that nobody locks out others.
    let name = format!("(poll) {}", address.ip());
    let throttle = || state.throttle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(wait) = throttle().wait(&name, address.ip(), clock::instant()) {
        return Err(ApiError::too_many(wait.as_secs() + 1));
    }
    if let Some(code) = plain(code) {
        for id in state.db.live_lessons().await? {
            let id = LessonId::new(id);
            if state.poll_codes.of(&id) == code {
                return Ok((id.clone(), state.conductors.get(&id).await?));
            }
        }
    }
    throttle().failed(&name, address.ip(), clock::instant());
    Err(ApiError::not_found())
}

/// What the device holds, or something new for it to hold.
fn device(parts: &Parts) -> (String, bool) {
    let known = caller::cookie(&parts.headers, COOKIE).filter(|text| token::plausible(text));
    match known {
        Some(text) => (text.to_owned(), true),
        None => (Secret::generate(token::PUPIL).text().to_owned(), false),
    }
}

fn answered(body: impl IntoResponse, listener: Listener, device: &str) -> Result<Response, ApiError> {
    let tail = if listener.secure { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={device}; Path=/api/polls; HttpOnly; SameSite=Strict; Max-Age={COOKIE_SECONDS}{tail}");
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, HeaderValue::try_from(cookie).map_err(ApiError::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `GET /api/polls/{code}`.
pub(super) async fn show(
    State(state): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Extension(listener): Extension<Listener>,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let (_, conductor) = lesson_of(&state, address, &code).await?;
    let shown = conductor.look(shown).await?;
    let (device, _) = device(&parts);
    answered(Json(shown), listener, &device)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    classroom: ClassroomId,
    seat: u16,
    answer: Answer,
}

/// `POST /api/polls/{code}`: an answer, or another one as long as the poll is open.
pub(super) async fn answer(
    State(state): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Extension(listener): Extension<Listener>,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key(header::ORIGIN) {
        check_origin(&parts, &state)?;
    }
    let (device, known) = device(&parts);
    if !known {
        // Without a cookie every answer would be a new device's.
        return Err(ApiError::new(StatusCode::FORBIDDEN, "no_cookie", "Open the poll first, and allow its cookie."));
    }
    let JsonBody(given) = JsonBody::<Given>::from_request(Request::from_parts(parts, body), &()).await?;
    let (id, conductor) = lesson_of(&state, address, &code).await?;
    let (classroom, seat, answer) = (given.classroom.clone(), given.seat, given.answer);
    let taken = conductor.look(move |lesson| taking(lesson, &classroom, seat, answer)).await?;
    let poll = taken.map_err(refused)?;
    let claims = || state.poll_claims.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    claims().claim(&id, &given.classroom, seat, &token::hash(&device))?;
    conductor.tell(Input::DeviceAnswer { poll, classroom: given.classroom, seat, answer }).await?;
    answered(StatusCode::NO_CONTENT, listener, &device)
}

/// The poll that takes this answer.
fn taking(lesson: &Lesson, classroom: &ClassroomId, seat: u16, answer: Answer) -> Result<PollId, ErrorCode> {
    let open = lesson.open_poll().filter(|_| lesson.state() == LessonState::Live).ok_or(ErrorCode::WrongState)?;
    lesson.takes_device_answer(&open.id, classroom, seat, answer)?;
    Ok(open.id)
}

fn refused(code: ErrorCode) -> ApiError {
    match code {
        ErrorCode::NotFound => ApiError::invalid("seat", "That number is not on the class list."),
        ErrorCode::BadMessage => ApiError::invalid("answer", "The poll has no such answer."),
        _ => ApiError::conflict("poll_closed", "There is no poll for devices just now."),
    }
}
