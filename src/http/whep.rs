//! `POST /whep/{lesson}`: a browser or a player receives (draft-ietf-wish-whep).

use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::Place;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::caller::BearerCaller;
use super::{ApiError, Shared, lessons, wish};
use crate::rights::{self, Action, LessonFacts};

/// Takes an offer of receive-only sections in and fills its slots with what the lesson shows.
pub(super) async fn receive(
    State(state): State<Shared>,
    BearerCaller(caller): BearerCaller,
    Path(lesson): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let row = lessons::allowed(&state, &caller, &lesson, &Action::Receive).await?;
    let place = rights::places(&caller.actor, &LessonFacts::from(&row)).into_iter().next().unwrap_or(Place::Observer);
    let offer = wish::offer(request).await?;
    let conductor = state.conductors.get(&LessonId::new(lesson.as_str())).await?;
    let answered = conductor.receive(place, caller.opener(), offer).await?;
    wish::created(&state, "whep", &lesson, answered)
}
