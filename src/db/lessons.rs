//! Lessons: what is planned, what is live, what is over, and who listens.

use airclass_signaling::lesson::DEFAULT_FLOOR_LIMIT;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, DbError};

/// A lesson with the names a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonRow {
    /// ULID.
    pub id: String,
    /// Title.
    pub title: String,
    /// Subject, e.g. 物理.
    pub subject: String,
    /// Account id of the master.
    pub master: String,
    /// Display name of the master.
    pub master_name: String,
    /// Planned start, UTC ms.
    pub starts_ms: i64,
    /// Planned end, UTC ms.
    pub ends_ms: i64,
    /// When it went live.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// `scheduled`, `live` or `ended`.
    pub state: String,
    /// Whether it is recorded.
    pub recorded: bool,
    /// How many classrooms may talk at once.
    pub floor_limit: u8,
    /// The classrooms, in order.
    pub classrooms: Vec<LessonClassroom>,
}

/// A classroom of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonClassroom {
    /// Classroom id.
    pub id: String,
    /// Class name.
    pub name: String,
    /// School id.
    pub school: String,
    /// School name.
    pub school_name: String,
    /// The paired assistant.
    pub assistant: Option<String>,
    /// That assistant's display name.
    pub assistant_name: Option<String>,
    /// Whether the class agreed to being recorded.
    pub consent: bool,
}

/// A lesson to be planned.
#[derive(Clone, Debug)]
pub struct NewLesson {
    /// ULID.
    pub id: String,
    /// Title.
    pub title: String,
    /// Subject.
    pub subject: String,
    /// Account id of the master.
    pub master: String,
    /// Planned start, UTC ms.
    pub starts_ms: i64,
    /// Planned end, UTC ms.
    pub ends_ms: i64,
    /// Whether to record it.
    pub recorded: bool,
    /// How many classrooms may talk at once.
    pub floor_limit: u8,
    /// Classroom ids, in order; each is paired with its usual assistant.
    pub classrooms: Vec<String>,
}

fn lesson_from_row(row: &SqliteRow) -> LessonRow {
    LessonRow {
        id: row.get("id"),
        title: row.get("title"),
        subject: row.get("subject"),
        master: row.get("master"),
        master_name: row.get("master_name"),
        starts_ms: row.get("starts_ms"),
        ends_ms: row.get("ends_ms"),
        started_ms: row.get("started_ms"),
        ended_ms: row.get("ended_ms"),
        state: row.get("state"),
        recorded: row.get::<i64, _>("recorded") != 0,
        floor_limit: u8::try_from(row.get::<i64, _>("floor_limit")).unwrap_or(DEFAULT_FLOOR_LIMIT),
        classrooms: Vec::new(),
    }
}

fn classroom_from_row(row: &SqliteRow) -> LessonClassroom {
    LessonClassroom {
        id: row.get("id"),
        name: row.get("name"),
        school: row.get("school"),
        school_name: row.get("school_name"),
        assistant: row.get("assistant"),
        assistant_name: row.get("assistant_name"),
        consent: row.get::<i64, _>("consent") != 0,
    }
}

impl Db {
    /// Plans a lesson.
    ///
    /// # Errors
    /// The database fails; a classroom that does not exist is a foreign-key error.
    pub async fn add_lesson(&self, lesson: &NewLesson, now_ms: i64) -> Result<(), DbError> {
        let mut transaction = self.write.begin().await?;
        sqlx::query(
            "insert into lessons (id, title, subject, master, starts_ms, ends_ms, recorded, floor_limit, created_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&lesson.id)
        .bind(&lesson.title)
        .bind(&lesson.subject)
        .bind(&lesson.master)
        .bind(lesson.starts_ms)
        .bind(lesson.ends_ms)
        .bind(i64::from(lesson.recorded))
        .bind(i64::from(lesson.floor_limit))
        .bind(now_ms)
        .execute(&mut *transaction)
        .await?;
        for (place, classroom) in (0_i64..).zip(&lesson.classrooms) {
            sqlx::query(
                "insert into lesson_classrooms (lesson, classroom, assistant, place)
                 select $1, id, assistant, $3 from classrooms where id = $2",
            )
            .bind(&lesson.id)
            .bind(classroom)
            .bind(place)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// One lesson with its classrooms.
    ///
    /// # Errors
    /// The database fails.
    pub async fn lesson(&self, id: &str) -> Result<Option<LessonRow>, DbError> {
        let row = sqlx::query(
            "select l.id, l.title, l.subject, l.master, a.display_name as master_name, l.starts_ms, l.ends_ms,
                    l.started_ms, l.ended_ms, l.state, l.recorded, l.floor_limit
             from lessons l join accounts a on a.id = l.master where l.id = $1",
        )
        .bind(id)
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut lesson = lesson_from_row(&row);
        lesson.classrooms = self.lesson_classrooms(id).await?;
        Ok(Some(lesson))
    }

    /// Lessons that are live, or whose planned time touches `from_ms..until_ms`, oldest first; at most 500.
    ///
    /// # Errors
    /// The database fails.
    pub async fn lessons_between(&self, from_ms: i64, until_ms: i64) -> Result<Vec<LessonRow>, DbError> {
        let rows = sqlx::query(
            "select l.id, l.title, l.subject, l.master, a.display_name as master_name, l.starts_ms, l.ends_ms,
                    l.started_ms, l.ended_ms, l.state, l.recorded, l.floor_limit
             from lessons l join accounts a on a.id = l.master
             where l.state = 'live' or (l.starts_ms < $2 and l.ends_ms > $1)
             order by l.starts_ms, l.id limit 500",
        )
        .bind(from_ms)
        .bind(until_ms)
        .fetch_all(&self.read)
        .await?;
        let mut lessons = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut lesson = lesson_from_row(row);
            lesson.classrooms = self.lesson_classrooms(&lesson.id).await?;
            lessons.push(lesson);
        }
        Ok(lessons)
    }

    /// Ids of the lessons that are live, for the start of the server.
    ///
    /// # Errors
    /// The database fails.
    pub async fn live_lessons(&self) -> Result<Vec<String>, DbError> {
        let rows = sqlx::query("select id from lessons where state = 'live' order by id").fetch_all(&self.read).await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    /// Notes that a lesson went live, and keeps the class lists as they are now for its report. Noting it twice keeps
    /// the first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn mark_started(&self, id: &str, at_ms: i64) -> Result<(), DbError> {
        let mut transaction = self.write.begin().await?;
        sqlx::query("update lessons set state = 'live', started_ms = $1 where id = $2 and state = 'scheduled'")
            .bind(at_ms)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "update lesson_classrooms
             set seats = (select c.seats from classrooms c where c.id = lesson_classrooms.classroom)
             where lesson = $1 and seats is null",
        )
        .bind(id)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Notes that a lesson is over.
    ///
    /// # Errors
    /// The database fails.
    pub async fn mark_ended(&self, id: &str, at_ms: i64) -> Result<(), DbError> {
        sqlx::query("update lessons set state = 'ended', ended_ms = $1 where id = $2 and state <> 'ended'")
            .bind(at_ms)
            .bind(id)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Another assistant takes care of a classroom of this lesson. `false` if it does not take part.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_lesson_assistant(&self, lesson: &str, classroom: &str, assistant: &str) -> Result<bool, DbError> {
        let done = sqlx::query("update lesson_classrooms set assistant = $1 where lesson = $2 and classroom = $3")
            .bind(assistant)
            .bind(lesson)
            .bind(classroom)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ids of the lessons of a classroom that have not begun.
    ///
    /// # Errors
    /// The database fails.
    pub async fn scheduled_lessons_of(&self, classroom: &str) -> Result<Vec<String>, DbError> {
        let rows = sqlx::query(
            "select l.id from lessons l join lesson_classrooms lc on lc.lesson = l.id
             where lc.classroom = $1 and l.state = 'scheduled' order by l.id",
        )
        .bind(classroom)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    /// Ids of the ended lessons in which `account` was the assistant of a classroom, the newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn ended_lessons_assisted(&self, account: &str, limit: i64) -> Result<Vec<String>, DbError> {
        let rows = sqlx::query(
            "select l.id from lessons l
             where l.state = 'ended'
               and exists (select 1 from lesson_classrooms lc where lc.lesson = l.id and lc.assistant = $1)
             order by l.ended_ms desc, l.id desc limit $2",
        )
        .bind(account)
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    async fn lesson_classrooms(&self, lesson: &str) -> Result<Vec<LessonClassroom>, DbError> {
        let rows = sqlx::query(
            "select c.id, c.name, c.school, s.name as school_name, lc.assistant, a.display_name as assistant_name,
                    c.consent
             from lesson_classrooms lc join classrooms c on c.id = lc.classroom join schools s on s.id = c.school
             left join accounts a on a.id = lc.assistant where lc.lesson = $1 order by lc.place",
        )
        .bind(lesson)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(classroom_from_row).collect())
    }
}
