//! What observers noted in a lesson: scores and notes, as JSON that only they and the door that checks it read.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, DbError};

/// One observer's sheet for one lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Lesson id.
    pub lesson: String,
    /// Account id of the observer.
    pub account: String,
    /// That person's display name; ignored when it is stored.
    pub account_name: String,
    /// Scores, JSON.
    pub scores: String,
    /// Notes with their times, JSON.
    pub notes: String,
    /// Whether the teacher may see it.
    pub released: bool,
    /// When it was last changed, UTC ms.
    pub updated_ms: i64,
}

/// Most sheets listed for one lesson.
const SHEETS: i64 = 200;

fn from_row(row: &SqliteRow) -> Observation {
    Observation {
        lesson: row.get("lesson"),
        account: row.get("account"),
        account_name: row.get("account_name"),
        scores: row.get("scores"),
        notes: row.get("notes"),
        released: row.get::<i64, _>("released") != 0,
        updated_ms: row.get("updated_ms"),
    }
}

impl Db {
    /// Writes an observer's sheet, replacing what was there.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_observation(&self, sheet: &Observation) -> Result<(), DbError> {
        sqlx::query(
            "insert into observations (lesson, account, scores, notes, released, updated_ms)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (lesson, account) do update set scores = excluded.scores, notes = excluded.notes,
                 released = excluded.released, updated_ms = excluded.updated_ms",
        )
        .bind(&sheet.lesson)
        .bind(&sheet.account)
        .bind(&sheet.scores)
        .bind(&sheet.notes)
        .bind(i64::from(sheet.released))
        .bind(sheet.updated_ms)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The sheets of a lesson, the oldest observer first; at most 200.
    ///
    /// # Errors
    /// The database fails.
    pub async fn observations(&self, lesson: &str) -> Result<Vec<Observation>, DbError> {
        let rows = sqlx::query(
            "select o.lesson, o.account, a.display_name as account_name, o.scores, o.notes, o.released, o.updated_ms
             from observations o join accounts a on a.id = o.account
             where o.lesson = $1 order by o.account limit $2",
        )
        .bind(lesson)
        .bind(SHEETS)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(from_row).collect())
    }

    /// One observer's sheet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn observation(&self, lesson: &str, account: &str) -> Result<Option<Observation>, DbError> {
        let row = sqlx::query(
            "select o.lesson, o.account, a.display_name as account_name, o.scores, o.notes, o.released, o.updated_ms
             from observations o join accounts a on a.id = o.account where o.lesson = $1 and o.account = $2",
        )
        .bind(lesson)
        .bind(account)
        .fetch_optional(&self.read)
        .await?;
        Ok(row.as_ref().map(from_row))
    }
}
