//! `POST /whip/{lesson}`: an encoder or a browser publishes (RFC 9725).
//!
//! `?source=` says as what: `camera`, `screen` or `second` of the studio, the `classroom`, `talk` for a microphone that
//! only the staff hear, `check` for a device that looks at itself. Without it the caller's own source is meant.

use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::{Place, SourceKey};
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::caller::BearerCaller;
use super::{ApiError, Shared, lessons, wish};
use crate::conductor::Origin;
use crate::rights::{self, Action, LessonFacts, Object, authorize};

/// Where the media comes from, by what `?source=` asks for and where the caller sits.
fn origin(query: Option<&str>, places: &[Place], token: &str) -> Result<Origin, ApiError> {
    let asked = url::form_urlencoded::parse(query.unwrap_or("").as_bytes()).find(|(key, _)| key == "source");
    let asked = asked.as_ref().map(|(_, value)| value.as_ref());
    let own = || places.iter().find(|place| matches!(place, Place::Classroom(_)));
    let in_studio = places.contains(&Place::Master);
    match asked {
        Some("talk") => {
            let talker = places.iter().find(|place| matches!(place, Place::Master | Place::Assistant(_)));
            talker.cloned().map(Origin::Talk).ok_or_else(ApiError::forbidden)
        }
        Some("check") => match places.iter().any(|place| *place != Place::Observer) {
            true => Ok(Origin::Check(token.to_owned())),
            false => Err(ApiError::forbidden()),
        },
        Some("classroom") | None | Some("") if !in_studio => match own() {
            Some(Place::Classroom(id)) => Ok(Origin::Source(SourceKey::Classroom(id.clone()))),
            _ => Err(ApiError::forbidden()),
        },
        None | Some("camera") => Ok(Origin::Source(SourceKey::Camera)),
        Some("screen") => Ok(Origin::Source(SourceKey::Screen)),
        Some("second") => Ok(Origin::Source(SourceKey::Second)),
        Some(_) => Err(ApiError::invalid("source", "source is camera, screen, second, classroom, talk or check")),
    }
}

/// Takes an offer in as one of the caller's own sources.
pub(super) async fn publish(
    State(state): State<Shared>,
    BearerCaller(caller): BearerCaller,
    Path(lesson): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let row = lessons::allowed(&state, &caller, &lesson, &Action::Receive).await?;
    let facts = LessonFacts::from(&row);
    let places = rights::places(&caller.actor, &facts);
    let origin = origin(request.uri().query(), &places, &caller.hash)?;
    if let Origin::Source(source) = &origin {
        authorize(&caller.actor, &Action::Publish(source.clone()), Object::Lesson(&facts))?;
    }
    let offer = wish::offer(request).await?;
    let conductor = state.conductors.get(&LessonId::new(lesson.as_str())).await?;
    let answered = conductor.publish(origin, caller.opener(), offer).await?;
    wish::created(&state, "whip", &lesson, answered)
}

#[cfg(test)]
mod tests {
    use airclass_signaling::id::ClassroomId;

    use super::*;

    #[test]
    fn everybody_publishes_what_is_their_own() {
        let room = ClassroomId::new("a");
        let (screen, assistant) = (Place::Classroom(room.clone()), Place::Assistant(room.clone()));
        let source = |key| Some(Origin::Source(key));
        let check = || Some(Origin::Check("hash".to_owned()));
        for (place, query, expected) in [
            (Place::Master, None, source(SourceKey::Camera)),
            (Place::Master, Some("source=second"), source(SourceKey::Second)),
            (Place::Master, Some("source=talk"), Some(Origin::Talk(Place::Master))),
            (Place::Master, Some("source=check"), check()),
            (Place::Master, Some("source=other"), None),
            (screen.clone(), None, source(SourceKey::Classroom(room.clone()))),
            (screen.clone(), Some("source=talk"), None),
            (screen, Some("source=check"), check()),
            (assistant.clone(), Some("source=talk"), Some(Origin::Talk(assistant.clone()))),
            (assistant, None, None),
            (Place::Observer, Some("source=check"), None),
            (Place::Duty, Some("source=talk"), None),
        ] {
            let found = origin(query, std::slice::from_ref(&place), "hash").ok();
            assert_eq!(found, expected, "{place:?} {query:?}");
        }
    }
}
