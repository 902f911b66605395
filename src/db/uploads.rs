//! Files that are on their way in: how far each has come. A chunk counts when its row says so.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, DbError};

/// What is being uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadKind {
    /// Slides, as PDF.
    Deck,
    /// The clip for when the studio is gone, as MP4.
    Clip,
}

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadState {
    /// Bytes are missing.
    Open,
    /// All bytes are there and are being looked at.
    Checking,
    /// It has become a deck or a clip of the same id.
    Ready,
    /// It is not what it should be.
    Refused,
}

impl UploadKind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deck => "deck",
            Self::Clip => "clip",
        }
    }

    /// The kind of that name.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Deck, Self::Clip].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl UploadState {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Checking => "checking",
            Self::Ready => "ready",
            Self::Refused => "refused",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::Open, Self::Checking, Self::Ready, Self::Refused].into_iter().find(|state| state.as_str() == text)
    }
}

/// An upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// ULID; also the name of its file, and of the deck or clip it becomes.
    pub id: String,
    /// Lesson id.
    pub lesson: String,
    /// Whose it is.
    pub account: String,
    /// What it shall become.
    pub kind: UploadKind,
    /// What its owner calls it.
    pub name: String,
    /// How long it will be.
    pub bytes: u64,
    /// How much of it is stored.
    pub received: u64,
    /// How far it is.
    pub state: UploadState,
    /// Why it was refused: a stable code.
    pub code: Option<String>,
    /// The same in words that are safe to show.
    pub message: Option<String>,
}

/// Most uploads of one account that are not finished.
pub const OPEN_PER_ACCOUNT: i64 = 4;

fn from_row(row: &SqliteRow) -> Result<Upload, DbError> {
    let number = |column: &'static str| u64::try_from(row.get::<i64, _>(column)).map_err(|_| DbError::Value { column });
    Ok(Upload {
        id: row.get("id"),
        lesson: row.get("lesson"),
        account: row.get("account"),
        kind: UploadKind::from_text(row.get("kind")).ok_or(DbError::Value { column: "uploads.kind" })?,
        name: row.get("name"),
        bytes: number("bytes")?,
        received: number("received")?,
        state: UploadState::from_text(row.get("state")).ok_or(DbError::Value { column: "uploads.state" })?,
        code: row.get("code"),
        message: row.get("message"),
    })
}

fn stored(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

impl Db {
    /// Begins an upload. `false` if its owner has [`OPEN_PER_ACCOUNT`] unfinished ones, decided in the same statement.
    ///
    /// # Errors
    /// The database fails.
    pub async fn add_upload(&self, upload: &Upload, now_ms: i64) -> Result<bool, DbError> {
        let done = sqlx::query(
            "insert into uploads (id, lesson, account, kind, name, bytes, created_ms, touched_ms)
             select $1, $2, $3, $4, $5, $6, $7, $7
             where (select count(*) from uploads where account = $3 and state in ('open', 'checking')) < $8",
        )
        .bind(&upload.id)
        .bind(&upload.lesson)
        .bind(&upload.account)
        .bind(upload.kind.as_str())
        .bind(&upload.name)
        .bind(stored(upload.bytes))
        .bind(now_ms)
        .bind(OPEN_PER_ACCOUNT)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// One upload.
    ///
    /// # Errors
    /// The database fails.
    pub async fn upload(&self, id: &str) -> Result<Option<Upload>, DbError> {
        let row = sqlx::query(
            "select id, lesson, account, kind, name, bytes, received, state, code, message from uploads where id = $1",
        )
        .bind(id)
        .fetch_optional(&self.read)
        .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Notes that so much of an open upload is on disk, and how far it is. `false` if that is known differently.
    ///
    /// # Errors
    /// The database fails.
    pub async fn advance_upload(
        &self,
        id: &str,
        from: u64,
        to: u64,
        state: UploadState,
        now_ms: i64,
    ) -> Result<bool, DbError> {
        let done = sqlx::query(
            "update uploads set received = $1, state = $2, touched_ms = $3
             where id = $4 and received = $5 and state = 'open'",
        )
        .bind(stored(to))
        .bind(state.as_str())
        .bind(now_ms)
        .bind(id)
        .bind(stored(from))
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes why an upload that was checked is refused.
    ///
    /// # Errors
    /// The database fails.
    pub async fn refuse_upload(&self, id: &str, code: &str, message: &str, now_ms: i64) -> Result<(), DbError> {
        sqlx::query(
            "update uploads set state = 'refused', code = $1, message = $2, touched_ms = $3
             where id = $4 and state = 'checking'",
        )
        .bind(code)
        .bind(message)
        .bind(now_ms)
        .bind(id)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Forgets an upload.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_upload(&self, id: &str) -> Result<(), DbError> {
        sqlx::query("delete from uploads where id = $1").bind(id).execute(&self.write).await?;
        Ok(())
    }

    /// Ids of the uploads that were complete when the server stopped and whose check must be done again.
    ///
    /// # Errors
    /// The database fails.
    pub async fn unchecked_uploads(&self) -> Result<Vec<String>, DbError> {
        let rows =
            sqlx::query("select id from uploads where state = 'checking' order by id").fetch_all(&self.read).await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    /// Ids of the uploads nobody has touched since `before_ms`, checks under way not counted.
    ///
    /// # Errors
    /// The database fails.
    pub async fn stale_uploads(&self, before_ms: i64) -> Result<Vec<String>, DbError> {
        let rows = sqlx::query("select id from uploads where touched_ms < $1 and state <> 'checking' order by id")
            .bind(before_ms)
            .fetch_all(&self.read)
            .await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }
}
