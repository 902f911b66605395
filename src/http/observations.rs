//! What observers keep: a sheet of scores and notes with time codes, the teacher's to read once it is released.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, Request, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::body;
use super::caller::Caller;
use super::{ApiError, Shared, lessons};
use crate::accounts::{AccountRole, names};
use crate::clock;
use crate::db::Observation;
use crate::rights::Action;

/// Most criteria of one sheet.
const CRITERIA: usize = 20;
/// Longest name of a criterion, letters.
const CRITERION_LETTERS: usize = 64;
/// Most points.
const POINTS: u8 = 10;
/// Most notes of one sheet.
const NOTES: usize = 200;
/// Longest note, letters.
const NOTE_LETTERS: usize = 500;
/// Longest body, bytes: every note at its longest, escaped.
const SHEET_BYTES: usize = 1024 * 1024;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Score {
    criterion: String,
    points: u8,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    at_ms: i64,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    scores: Vec<Score>,
    notes: Vec<Note>,
    released: bool,
}

fn checked(sheet: Sheet) -> Result<Sheet, ApiError> {
    if sheet.scores.len() > CRITERIA {
        return Err(ApiError::invalid("scores", format!("At most {CRITERIA} criteria.")));
    }
    if sheet.notes.len() > NOTES {
        return Err(ApiError::invalid("notes", format!("At most {NOTES} notes.")));
    }
    let mut known = BTreeSet::new();
    let score = |(row, score): (usize, Score)| {
        let field = |part: &str| format!("scores.{row}.{part}");
        let criterion = names::line(&score.criterion, CRITERION_LETTERS).map_err(|error| {
            ApiError::invalid("scores", format!("The criterion {error}.")).about(field("criterion"))
        })?;
        if !known.insert(criterion.clone()) {
            return Err(ApiError::invalid("scores", "Twice the same criterion.").about(field("criterion")));
        }
        if score.points > POINTS {
            return Err(ApiError::invalid("scores", format!("From 0 to {POINTS} points.")).about(field("points")));
        }
        Ok(Score { criterion, points: score.points })
    };
    let scores = sheet.scores.into_iter().enumerate().map(score).collect::<Result<_, ApiError>>()?;
    let note = |(row, note): (usize, Note)| {
        let field = |part: &str| format!("notes.{row}.{part}");
        let text = airclass_signaling::text::bounded(&note.text, NOTE_LETTERS)
            .map_err(|error| ApiError::invalid("notes", format!("The note: {error}.")).about(field("text")))?;
        if note.at_ms < 0 {
            return Err(ApiError::invalid("notes", "That time is out of range.").about(field("at_ms")));
        }
        Ok(Note { at_ms: note.at_ms, text })
    };
    let notes = sheet.notes.into_iter().enumerate().map(note).collect::<Result<_, ApiError>>()?;
    Ok(Sheet { scores, notes, released: sheet.released })
}

fn parsed(text: &str) -> Result<Value, ApiError> {
    serde_json::from_str(text).map_err(ApiError::internal)
}

fn told(sheet: &Observation) -> Result<Value, ApiError> {
    Ok(json!({
        "scores": parsed(&sheet.scores)?, "notes": parsed(&sheet.notes)?,
        "released": sheet.released, "updated_ms": sheet.updated_ms,
    }))
}

/// `GET /api/lessons/{id}/observation`: the caller's own sheet; empty before the first note.
pub(super) async fn show(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let row = lessons::allowed(&state, &caller, &id, &Action::Observe).await?;
    let empty = json!({ "scores": [], "notes": [], "released": false, "updated_ms": null });
    let sheet = state.db.observation(&row.id, caller.actor.account.as_str()).await?;
    Ok(Json(sheet.map_or(Ok(empty), |sheet| told(&sheet))?))
}

/// `PUT /api/lessons/{id}/observation`.
pub(super) async fn write(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let row = lessons::allowed(&state, &caller, &id, &Action::Observe).await?;
    let sheet = checked(body::json(request, SHEET_BYTES).await?)?;
    let sheet = Observation {
        lesson: row.id,
        account: caller.actor.account.as_str().to_owned(),
        account_name: caller.actor.display_name,
        scores: serde_json::to_string(&sheet.scores).map_err(ApiError::internal)?,
        notes: serde_json::to_string(&sheet.notes).map_err(ApiError::internal)?,
        released: sheet.released,
        updated_ms: clock::utc_ms(),
    };
    state.db.set_observation(&sheet).await?;
    Ok(Json(told(&sheet)?))
}

/// `GET /api/lessons/{id}/observations`: released ones for the master, all for administrators.
pub(super) async fn list(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let row = lessons::allowed(&state, &caller, &id, &Action::SeeObservations).await?;
    let everything = caller.actor.is(AccountRole::Administrator);
    let mut sheets = Vec::new();
    for sheet in state.db.observations(&row.id).await?.iter().filter(|sheet| everything || sheet.released) {
        let mut card = told(sheet)?;
        card["observer"] = json!({ "id": sheet.account, "display_name": sheet.account_name });
        sheets.push(card);
    }
    Ok(Json(json!({ "observations": sheets })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(scores: &[(&str, u8)], notes: &[(i64, &str)]) -> Sheet {
        let scores = scores.iter().map(|(criterion, points)| Score { criterion: (*criterion).into(), points: *points });
        let notes = notes.iter().map(|(at_ms, text)| Note { at_ms: *at_ms, text: (*text).into() });
        Sheet { scores: scores.collect(), notes: notes.collect(), released: false }
    }

    #[test]
    fn sheets_have_bounds() {
        let good = checked(sheet(&[("互动", 10), ("板书", 0)], &[(0, " 好 "), (70_000, "第一行\n第二行")])).unwrap();
        assert_eq!(good.notes[0].text, "好");
        let many: Vec<(String, u8)> = (0..21).map(|n| (n.to_string(), 1)).collect();
        let many: Vec<(&str, u8)> = many.iter().map(|(name, points)| (name.as_str(), *points)).collect();
        let long = "字".repeat(501);
        for (bad, field) in [
            (sheet(&many, &[]), "scores"),
            (sheet(&[], &vec![(0, "a"); 201]), "notes"),
            (sheet(&[("互动", 11)], &[]), "scores.0.points"),
            (sheet(&[("互动", 1), (" 互动", 2)], &[]), "scores.1.criterion"),
            (sheet(&[("", 1)], &[]), "scores.0.criterion"),
            (sheet(&[], &[(0, &long)]), "notes.0.text"),
            (sheet(&[], &[(0, "a\u{202e}b")]), "notes.0.text"),
            (sheet(&[], &[(-1, "a")]), "notes.0.at_ms"),
        ] {
            assert_eq!(checked(bad).unwrap_err().field(), Some(field));
        }
    }
}
