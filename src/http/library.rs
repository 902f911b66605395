//! The air classroom: recordings by search, newest first, and one recording with its tracks.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::cards::RecordingCard;
use super::{ApiError, Shared};
use crate::accounts::{AccountRole, Actor};
use crate::db::RecordingRow;
use crate::db::recordings::Shelf;
use crate::rights::{Action, LessonFacts, Object, authorize};

/// Sorts after every ULID.
pub(super) const NEWEST: &str = "~";
const PAGE: usize = 24;
/// Longest search, letters.
const QUERY_LETTERS: usize = 64;

#[derive(Debug, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    before: String,
}

/// What of the library an account sees; nothing by a lesson token or from a paired screen.
pub(super) fn shelf(actor: &Actor) -> Option<Shelf> {
    if !actor.signed_in() {
        return None;
    }
    match actor.role? {
        AccountRole::Administrator => Some(Shelf::Whole),
        AccountRole::Master => Some(Shelf::Master(actor.account.as_str().to_owned())),
        AccountRole::Assistant | AccountRole::Pupil => actor.school.clone().map(Shelf::School),
        AccountRole::Observer => Some(actor.school.clone().map_or(Shelf::Whole, Shelf::School)),
    }
}

/// A `like` pattern that finds the words in this order; the escape character is a backslash.
pub(crate) fn pattern(query: &str) -> String {
    let mut pattern = String::from("%");
    for word in query.to_lowercase().split_whitespace() {
        for letter in word.chars() {
            if matches!(letter, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern.push('%');
    }
    pattern
}

/// `GET /api/library`.
pub(super) async fn list(
    State(state): State<Shared>,
    caller: Caller,
    Query(search): Query<Search>,
) -> Result<Json<Value>, ApiError> {
    if search.q.chars().count() > QUERY_LETTERS {
        return Err(ApiError::invalid("q", "That is too long to search for."));
    }
    let before = if search.before.is_empty() { NEWEST } else { &search.before };
    let mut rows = match shelf(&caller.actor) {
        Some(shelf) => {
            let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            state.db.library(&shelf, &pattern(&search.q), before, limit).await?
        }
        None => Vec::new(),
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|row| row.id.clone());
    let cards: Vec<RecordingCard> = rows.into_iter().map(|row| RecordingCard::new(row, &state.config.data)).collect();
    Ok(Json(json!({ "recordings": cards, "next": next })))
}

/// The recording of that id, if the caller may see it.
pub(super) async fn allowed(state: &Shared, caller: &Caller, id: &str) -> Result<RecordingRow, ApiError> {
    let row = state.db.recording(id).await?.ok_or_else(ApiError::not_found)?;
    let lesson = state.db.lesson(&row.lesson).await?.ok_or_else(ApiError::not_found)?;
    authorize(&caller.actor, &Action::SeeRecording, Object::Lesson(&LessonFacts::from(&lesson)))?;
    Ok(row)
}

/// `GET /api/recordings/{id}`.
pub(super) async fn show(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let row = allowed(&state, &caller, &id).await?;
    let folder = state.config.data.join("recordings").join(&row.id);
    let contents = crate::recordings::contents(folder).await;
    let base = format!("/media/recordings/{}", row.id);
    let tracks: Vec<Value> = contents
        .tracks
        .iter()
        .map(|track| json!({ "role": track.role, "playlist": format!("{base}/{}", track.playlist) }))
        .collect();
    let card = serde_json::to_value(RecordingCard::new(row, &state.config.data)).map_err(ApiError::internal)?;
    let Value::Object(mut card) = card else { return Err(ApiError::internal("a card is an object")) };
    card.insert("tracks".to_owned(), Value::Array(tracks));
    card.insert("gaps".to_owned(), serde_json::to_value(contents.gaps).map_err(ApiError::internal)?);
    card.insert("timeline".to_owned(), Value::String(format!("{base}/timeline.jsonl")));
    Ok(Json(Value::Object(card)))
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn patterns_escape_what_like_would_read() {
        for (query, expected) in
            [("", "%"), ("浮力", "%浮力%"), ("浮力 王", "%浮力%王%"), ("50%_\\", "%50\\%\\_\\\\%"), ("ABC", "%abc%")]
        {
            assert_eq!(pattern(query), expected, "{query}");
        }
    }
}
