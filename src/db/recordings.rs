//! The catalogue of recordings. The media are files; a row says what they belong to and whether they are whole.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, DbError};

/// A recording as the library lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRow {
    /// ULID; also the name of its folder.
    pub id: String,
    /// Lesson id.
    pub lesson: String,
    /// Lesson title.
    pub title: String,
    /// Lesson subject.
    pub subject: String,
    /// Account id of the master.
    pub master: String,
    /// Display name of the master.
    pub master_name: String,
    /// When it began, UTC ms.
    pub started_ms: i64,
    /// Length, ms; 0 while it runs.
    pub duration_ms: i64,
    /// `recording`, `ready` or `damaged`.
    pub state: String,
}

/// Who may see a recording, as far as a query can say it.
#[derive(Clone, Debug)]
pub enum Shelf {
    /// Everything.
    Whole,
    /// What this account taught.
    Master(String),
    /// Lessons in which a classroom of this school took part.
    School(String),
}

const SELECT_BY_ID: &str = "select r.id, r.lesson, l.title, l.subject, l.master, a.display_name as master_name,
            r.started_ms, r.duration_ms, r.state
     from recordings r join lessons l on l.id = r.lesson join accounts a on a.id = l.master
     where r.id = $1";

const SELECT_PAGE: &str = "select r.id, r.lesson, l.title, l.subject, l.master, a.display_name as master_name,
            r.started_ms, r.duration_ms, r.state
     from recordings r join lessons l on l.id = r.lesson join accounts a on a.id = l.master
     where ($1 = '' or l.master = $1)
       and ($2 = '' or exists (select 1 from lesson_classrooms lc join classrooms c on c.id = lc.classroom
                               where lc.lesson = l.id and c.school = $2))
       and r.id < $3 and r.search like $4 escape '\\'
     order by r.id desc limit $5";

fn from_row(row: &SqliteRow) -> RecordingRow {
    RecordingRow {
        id: row.get("id"),
        lesson: row.get("lesson"),
        title: row.get("title"),
        subject: row.get("subject"),
        master: row.get("master"),
        master_name: row.get("master_name"),
        started_ms: row.get("started_ms"),
        duration_ms: row.get("duration_ms"),
        state: row.get("state"),
    }
}

impl Db {
    /// Notes a recording that begins.
    ///
    /// # Errors
    /// The database fails.
    pub async fn add_recording(&self, id: &str, lesson: &str, search: &str, now_ms: i64) -> Result<(), DbError> {
        sqlx::query("insert into recordings (id, lesson, started_ms, search, created_ms) values ($1, $2, $3, $4, $3)")
            .bind(id)
            .bind(lesson)
            .bind(now_ms)
            .bind(search)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Notes how a recording ended.
    ///
    /// # Errors
    /// The database fails.
    pub async fn finish_recording(&self, id: &str, state: &str, duration_ms: i64) -> Result<(), DbError> {
        sqlx::query("update recordings set state = $1, duration_ms = $2 where id = $3")
            .bind(state)
            .bind(duration_ms)
            .bind(id)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Forgets a recording.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_recording(&self, id: &str) -> Result<(), DbError> {
        sqlx::query("delete from recordings where id = $1").bind(id).execute(&self.write).await?;
        Ok(())
    }

    /// One recording.
    ///
    /// # Errors
    /// The database fails.
    pub async fn recording(&self, id: &str) -> Result<Option<RecordingRow>, DbError> {
        let row = sqlx::query(SELECT_BY_ID).bind(id).fetch_optional(&self.read).await?;
        Ok(row.as_ref().map(from_row))
    }

    /// The recording of a lesson that was left open, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_recording_of(&self, lesson: &str) -> Result<Option<String>, DbError> {
        let row = sqlx::query("select id from recordings where lesson = $1 and state = 'recording' order by id desc")
            .bind(lesson)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| row.get("id")))
    }

    /// Every recording that is marked as running: id and lesson.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_recordings(&self) -> Result<Vec<(String, String)>, DbError> {
        let rows = sqlx::query("select id, lesson from recordings where state = 'recording' order by id")
            .fetch_all(&self.read)
            .await?;
        Ok(rows.iter().map(|row| (row.get("id"), row.get("lesson"))).collect())
    }

    /// A page of the library, newest first, `before` an id; `pattern` is a `like` pattern over the search column.
    ///
    /// # Errors
    /// The database fails.
    pub async fn library(
        &self,
        shelf: &Shelf,
        pattern: &str,
        before: &str,
        limit: i64,
    ) -> Result<Vec<RecordingRow>, DbError> {
        let (master, school) = match shelf {
            Shelf::Whole => ("", ""),
            Shelf::Master(account) => (account.as_str(), ""),
            Shelf::School(school) => ("", school.as_str()),
        };
        let rows = sqlx::query(SELECT_PAGE)
            .bind(master)
            .bind(school)
            .bind(before)
            .bind(pattern)
            .bind(limit)
            .fetch_all(&self.read)
            .await?;
        Ok(rows.iter().map(from_row).collect())
    }
}
