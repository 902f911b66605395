//! `POST /whip/{lesson}`: an encoder or a browser publishes (RFC 9725).

use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::{Place, SourceKey};
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::caller::BearerCaller;
use super::{ApiError, Shared, lessons, wish};
use crate::rights::{self, Action, LessonFacts, Object, authorize};

/// What `?source=` asks for; the camera when it says nothing.
fn studio_source(query: Option<&str>) -> Result<SourceKey, ApiError> {
    let wanted = url::form_urlencoded::parse(query.unwrap_or("").as_bytes()).find(|(key, _)| key == "source");
    match wanted.as_ref().map(|(_, value)| value.as_ref()) {
        None | Some("camera") => Ok(SourceKey::Camera),
        Some("screen") => Ok(SourceKey::Screen),
        Some("second") => Ok(SourceKey::Second),
        Some(_) => Err(ApiError::invalid("source", "source is camera, screen or second")),
    }
}

/// Takes an offer in as the caller's own source: the studio's for the master, the room's for a classroom.
pub(super) async fn publish(
    State(state): State<Shared>,
    BearerCaller(caller): BearerCaller,
    Path(lesson): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let row = lessons::allowed(&state, &caller, &lesson, &Action::Receive).await?;
    let facts = LessonFacts::from(&row);
    let places = rights::places(&caller.actor, &facts);
    let source = if places.contains(&Place::Master) {
        studio_source(request.uri().query())?
    } else {
        let own = places.iter().find_map(|place| match place {
            Place::Classroom(id) => Some(id.clone()),
            _ => None,
        });
        SourceKey::Classroom(own.ok_or_else(ApiError::forbidden)?)
    };
    authorize(&caller.actor, &Action::Publish(source.clone()), Object::Lesson(&facts))?;
    let offer = wish::offer(request).await?;
    let conductor = state.conductors.get(&LessonId::new(lesson.as_str())).await?;
    let answered = conductor.publish(source, caller.opener(), offer).await?;
    wish::created(&state, "whip", &lesson, answered)
}
