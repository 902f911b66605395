//! `POST /whep/{lesson}`: a browser or a player receives (draft-ietf-wish-whep).
//!
//! It gets the lesson's slots; with `?talk=1` the staff also hear each other on the last sound line; `?source=check` is
//! the caller's own check and nothing else; `?thumbnails=ROOM,ROOM` gives the desk small stills of classrooms.

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::Place;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::caller::BearerCaller;
use super::{ApiError, Shared, lessons, wish};
use crate::conductor::Wish;
use crate::rights::{self, Action, LessonFacts};

/// Most classrooms whose stills one session shows.
const THUMBNAILS: usize = 8;

/// What the query asks for, if somebody at `place` may have it.
fn wished(query: Option<&str>, place: &Place, facts: &LessonFacts, token: &str) -> Result<Wish, ApiError> {
    let find = |wanted: &str| {
        let mut pairs = url::form_urlencoded::parse(query.unwrap_or("").as_bytes());
        pairs.find(|(key, _)| key == wanted).map(|(_, value)| value.into_owned())
    };
    let allow = |may: bool, wish: Wish| if may { Ok(wish) } else { Err(ApiError::forbidden()) };
    match find("source").as_deref() {
        None => {}
        Some("check") => return allow(*place != Place::Observer, Wish::Check(token.to_owned())),
        Some(_) => return Err(ApiError::invalid("source", "source is check, or not given")),
    }
    if let Some(rooms) = find("thumbnails") {
        let rooms: Vec<ClassroomId> = rooms.split(',').map(ClassroomId::new).collect();
        let known = |room: &ClassroomId| facts.classrooms.iter().any(|classroom| classroom.id == *room);
        if rooms.len() > THUMBNAILS || !rooms.iter().all(known) {
            return Err(ApiError::invalid("thumbnails", "at most eight classrooms of this lesson"));
        }
        return allow(place.is_desk(), Wish::Thumbnails(rooms));
    }
    match find("talk").as_deref() {
        Some("1") => allow(place.is_staff(), Wish::StageAndTalk),
        _ => Ok(Wish::Stage),
    }
}

/// Takes an offer of receive-only sections in and fills its slots with what was asked for.
pub(super) async fn receive(
    State(state): State<Shared>,
    BearerCaller(caller): BearerCaller,
    Path(lesson): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let row = lessons::allowed(&state, &caller, &lesson, &Action::Receive).await?;
    let facts = LessonFacts::from(&row);
    let place = rights::places(&caller.actor, &facts).into_iter().next().unwrap_or(Place::Observer);
    let wished = wished(request.uri().query(), &place, &facts, &caller.hash)?;
    let offer = wish::offer(request).await?;
    let conductor = state.conductors.get(&LessonId::new(lesson.as_str())).await?;
    let answered = conductor.receive(place, wished, caller.opener(), offer).await?;
    wish::created(&state, "whep", &lesson, answered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::ClassroomFacts;

    #[test]
    fn what_is_for_the_staff_is_refused_to_others() {
        let classroom = |id: &str| ClassroomFacts { id: ClassroomId::new(id), school: "s".to_owned(), assistant: None };
        let facts = LessonFacts {
            id: LessonId::new("l"),
            master: "m".to_owned(),
            classrooms: ["a", "b"].map(classroom).to_vec(),
        };
        let (screen, assistant) = (Place::Classroom(ClassroomId::new("a")), Place::Assistant(ClassroomId::new("a")));
        let stills = Wish::Thumbnails(vec![ClassroomId::new("b"), ClassroomId::new("a")]);
        let check = || Some(Wish::Check("hash".to_owned()));
        for (place, query, expected) in [
            (Place::Master, "", Some(Wish::Stage)),
            (Place::Master, "talk=1", Some(Wish::StageAndTalk)),
            (Place::Master, "thumbnails=b,a", Some(stills.clone())),
            (Place::Master, "thumbnails=b,z", None),
            (Place::Master, "thumbnails=a,a,a,a,a,a,a,a,a", None),
            (Place::Duty, "thumbnails=b,a", Some(stills)),
            (assistant.clone(), "talk=1", Some(Wish::StageAndTalk)),
            (assistant, "thumbnails=a", None),
            (screen.clone(), "talk=1", None),
            (screen.clone(), "talk=0", Some(Wish::Stage)),
            (screen, "source=check", check()),
            (Place::Observer, "source=check", None),
            (Place::Observer, "talk=1", None),
            (Place::Observer, "thumbnails=a", None),
        ] {
            assert_eq!(wished(Some(query), &place, &facts, "hash").ok(), expected, "{place:?} {query}");
        }
    }
}
