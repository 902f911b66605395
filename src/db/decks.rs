//! What a master prepared for a lesson: sets of slides, and the clip for when the studio is gone. The files lie below
//! the data folder under the row's id.

use airclass_signaling::lesson::DECKS_MAX;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Db, DbError};

/// A set of slides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deck {
    /// ULID; also the name of its file.
    pub id: String,
    /// Lesson id.
    pub lesson: String,
    /// Title.
    pub title: String,
    /// How many pages.
    pub pages: u16,
    /// Length of the file.
    pub bytes: i64,
}

/// A prepared clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// ULID; also the name of its file.
    pub id: String,
    /// Lesson id.
    pub lesson: String,
    /// How long it plays, ms.
    pub duration_ms: i64,
    /// Length of the file.
    pub bytes: i64,
}

fn deck_from_row(row: &SqliteRow) -> Deck {
    Deck {
        id: row.get("id"),
        lesson: row.get("lesson"),
        title: row.get("title"),
        pages: u16::try_from(row.get::<i64, _>("pages")).unwrap_or(1),
        bytes: row.get("bytes"),
    }
}

fn clip_from_row(row: &SqliteRow) -> Clip {
    Clip { id: row.get("id"), lesson: row.get("lesson"), duration_ms: row.get("duration_ms"), bytes: row.get("bytes") }
}

async fn finish_upload(connection: &mut SqliteConnection, id: &str, now_ms: i64) -> Result<(), DbError> {
    sqlx::query("update uploads set state = 'ready', touched_ms = $1 where id = $2 and state = 'checking'")
        .bind(now_ms)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

impl Db {
    /// Adds a deck; an upload of the same id is ready with it. `false` if the lesson has [`DECKS_MAX`] others already,
    /// decided in the same statement. Adding it again changes nothing.
    ///
    /// # Errors
    /// The database fails.
    pub async fn add_deck(&self, deck: &Deck, now_ms: i64) -> Result<bool, DbError> {
        let mut transaction = self.write.begin().await?;
        let done = sqlx::query(
            "insert into decks (id, lesson, title, pages, bytes, created_ms)
             select $1, $2, $3, $4, $5, $6
             where (select count(*) from decks where lesson = $2 and id <> $1) < $7
             on conflict (id) do update set created_ms = decks.created_ms",
        )
        .bind(&deck.id)
        .bind(&deck.lesson)
        .bind(&deck.title)
        .bind(i64::from(deck.pages))
        .bind(deck.bytes)
        .bind(now_ms)
        .bind(i64::try_from(DECKS_MAX).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        finish_upload(&mut transaction, &deck.id, now_ms).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A lesson's decks, in the order in which they came.
    ///
    /// # Errors
    /// The database fails.
    pub async fn decks(&self, lesson: &str) -> Result<Vec<Deck>, DbError> {
        let rows = sqlx::query("select id, lesson, title, pages, bytes from decks where lesson = $1 order by id")
            .bind(lesson)
            .fetch_all(&self.read)
            .await?;
        Ok(rows.iter().map(deck_from_row).collect())
    }

    /// One deck.
    ///
    /// # Errors
    /// The database fails.
    pub async fn deck(&self, id: &str) -> Result<Option<Deck>, DbError> {
        let row = sqlx::query("select id, lesson, title, pages, bytes from decks where id = $1")
            .bind(id)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.as_ref().map(deck_from_row))
    }

    /// Forgets a deck.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_deck(&self, id: &str) -> Result<(), DbError> {
        sqlx::query("delete from decks where id = $1").bind(id).execute(&self.write).await?;
        Ok(())
    }

    /// Gives a lesson its clip, and an upload of the same id is ready with it; the ids of those it had before, whose files may go.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_clip(&self, clip: &Clip, now_ms: i64) -> Result<Vec<String>, DbError> {
        let mut transaction = self.write.begin().await?;
        let rows = sqlx::query("select id from clips where lesson = $1 and id <> $2")
            .bind(&clip.lesson)
            .bind(&clip.id)
            .fetch_all(&mut *transaction)
            .await?;
        sqlx::query("delete from clips where lesson = $1").bind(&clip.lesson).execute(&mut *transaction).await?;
        sqlx::query("insert into clips (id, lesson, duration_ms, bytes, created_ms) values ($1, $2, $3, $4, $5)")
            .bind(&clip.id)
            .bind(&clip.lesson)
            .bind(clip.duration_ms)
            .bind(clip.bytes)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?;
        finish_upload(&mut transaction, &clip.id, now_ms).await?;
        transaction.commit().await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    /// A lesson's clip.
    ///
    /// # Errors
    /// The database fails.
    pub async fn clip_of(&self, lesson: &str) -> Result<Option<Clip>, DbError> {
        let row = sqlx::query("select id, lesson, duration_ms, bytes from clips where lesson = $1 order by id desc")
            .bind(lesson)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.as_ref().map(clip_from_row))
    }

    /// One clip.
    ///
    /// # Errors
    /// The database fails.
    pub async fn clip(&self, id: &str) -> Result<Option<Clip>, DbError> {
        let row = sqlx::query("select id, lesson, duration_ms, bytes from clips where id = $1")
            .bind(id)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.as_ref().map(clip_from_row))
    }

    /// Ids of every deck and every clip, for the start-up scan of their folders.
    ///
    /// # Errors
    /// The database fails.
    pub async fn prepared_ids(&self) -> Result<Vec<String>, DbError> {
        let rows = sqlx::query("select id from decks union all select id from clips").fetch_all(&self.read).await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }
}
