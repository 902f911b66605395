//! Tokens: login sessions and lesson-bound bearer tokens. Only hashes are stored.

use airclass_signaling::id::{ClassroomId, LessonId};
use sqlx::Row;

use super::{Account, Db, DbError};
use crate::accounts::{Scope, place_from_text, role_text};

/// A token that was found and has not expired.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Whose it is.
    pub account: Account,
    /// What it is good for.
    pub scope: Scope,
    /// When it ends, UTC ms.
    pub expires_ms: i64,
}

impl Db {
    /// Stores the hash of a new token.
    ///
    /// # Errors
    /// The database fails.
    pub async fn add_token(
        &self,
        hash: &str,
        account: &str,
        scope: &Scope,
        now_ms: i64,
        expires_ms: i64,
    ) -> Result<(), DbError> {
        let (lesson, seat, classroom) = match scope {
            Scope::Everything => (None, None, None),
            Scope::Seat { lesson, place } => {
                (Some(lesson.as_str()), Some(role_text(place.role())), place.classroom().map(ClassroomId::as_str))
            }
        };
        sqlx::query(
            "insert into tokens (hash, account, lesson, seat, classroom, created_ms, expires_ms)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(hash)
        .bind(account)
        .bind(lesson)
        .bind(seat)
        .bind(classroom)
        .bind(now_ms)
        .bind(expires_ms)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Finds a token by its hash, with its account as it is now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn token(&self, hash: &str, now_ms: i64) -> Result<Option<TokenRow>, DbError> {
        let row = sqlx::query(
            "select t.lesson, t.seat, t.classroom, t.expires_ms, a.id as account_id, a.name as account_name,
                    a.display_name, a.role, a.school, s.name as school_name
             from tokens t join accounts a on a.id = t.account left join schools s on s.id = a.school
             where t.hash = $1 and t.expires_ms > $2",
        )
        .bind(hash)
        .bind(now_ms)
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let lesson: Option<String> = row.get("lesson");
        let seat: Option<String> = row.get("seat");
        let classroom: Option<String> = row.get("classroom");
        let scope = match (lesson, seat) {
            (Some(lesson), Some(seat)) => Scope::Seat {
                lesson: LessonId::new(lesson),
                place: place_from_text(&seat, classroom).ok_or(DbError::Value { column: "tokens.seat" })?,
            },
            (None, None) => Scope::Everything,
            _ => return Err(DbError::Value { column: "tokens.lesson" }),
        };
        Ok(Some(TokenRow { account: Account::from_row(&row)?, scope, expires_ms: row.get("expires_ms") }))
    }

    /// Moves the end of a token.
    ///
    /// # Errors
    /// The database fails.
    pub async fn extend_token(&self, hash: &str, expires_ms: i64) -> Result<(), DbError> {
        sqlx::query("update tokens set expires_ms = $1 where hash = $2")
            .bind(expires_ms)
            .bind(hash)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Ends a token.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_token(&self, hash: &str) -> Result<(), DbError> {
        sqlx::query("delete from tokens where hash = $1").bind(hash).execute(&self.write).await?;
        Ok(())
    }

    /// Forgets tokens that have expired.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sweep_tokens(&self, now_ms: i64) -> Result<u64, DbError> {
        let done = sqlx::query("delete from tokens where expires_ms <= $1").bind(now_ms).execute(&self.write).await?;
        Ok(done.rows_affected())
    }
}
