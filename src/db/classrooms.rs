//! Classrooms: a class in its room, with its assistant and its consent.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, DbError};

/// A receiving classroom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classroom {
    /// ULID.
    pub id: String,
    /// School id.
    pub school: String,
    /// School name.
    pub school_name: String,
    /// Class name, e.g. 八（3）班.
    pub name: String,
    /// Its usual assistant.
    pub assistant: Option<String>,
    /// That assistant's display name.
    pub assistant_name: Option<String>,
    /// Whether the class agreed to being recorded.
    pub consent: bool,
}

fn from_row(row: &SqliteRow) -> Classroom {
    Classroom {
        id: row.get("id"),
        school: row.get("school"),
        school_name: row.get("school_name"),
        name: row.get("name"),
        assistant: row.get("assistant"),
        assistant_name: row.get("assistant_name"),
        consent: row.get::<i64, _>("consent") != 0,
    }
}

const SELECT: &str = "select c.id, c.school, s.name as school_name, c.name, c.assistant,
            a.display_name as assistant_name, c.consent
     from classrooms c join schools s on s.id = c.school left join accounts a on a.id = c.assistant
     where ($1 = '' or c.id = $1) and ($2 = '' or c.school = $2)
     order by s.name, c.name";

impl Db {
    /// Adds a classroom; the names in `classroom` that belong to other tables are ignored.
    ///
    /// # Errors
    /// [`DbError::Taken`] if the school has a class of that name.
    pub async fn add_classroom(&self, classroom: &Classroom, now_ms: i64) -> Result<(), DbError> {
        sqlx::query(
            "insert into classrooms (id, school, name, assistant, consent, created_ms) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&classroom.id)
        .bind(&classroom.school)
        .bind(&classroom.name)
        .bind(&classroom.assistant)
        .bind(i64::from(classroom.consent))
        .bind(now_ms)
        .execute(&self.write)
        .await
        .map_err(DbError::from_insert)?;
        Ok(())
    }

    /// All classrooms of the district, by school and name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn classrooms(&self) -> Result<Vec<Classroom>, DbError> {
        self.select_classrooms("", "").await
    }

    /// A school's classrooms, by name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn classrooms_of(&self, school: &str) -> Result<Vec<Classroom>, DbError> {
        if school.is_empty() { Ok(Vec::new()) } else { self.select_classrooms("", school).await }
    }

    /// One classroom.
    ///
    /// # Errors
    /// The database fails.
    pub async fn classroom(&self, id: &str) -> Result<Option<Classroom>, DbError> {
        if id.is_empty() {
            return Ok(None);
        }
        Ok(self.select_classrooms(id, "").await?.pop())
    }

    async fn select_classrooms(&self, id: &str, school: &str) -> Result<Vec<Classroom>, DbError> {
        let rows = sqlx::query(SELECT).bind(id).bind(school).fetch_all(&self.read).await?;
        Ok(rows.iter().map(from_row).collect())
    }

    /// Gives a classroom another name.
    ///
    /// # Errors
    /// [`DbError::Taken`] if the school has a class of that name.
    pub async fn rename_classroom(&self, id: &str, name: &str) -> Result<(), DbError> {
        let update = sqlx::query("update classrooms set name = $1 where id = $2").bind(name).bind(id);
        update.execute(&self.write).await.map_err(DbError::from_insert)?;
        Ok(())
    }

    /// Gives a classroom another usual assistant, or none, also in its lessons that have not begun and were paired with
    /// the one before.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_assistant(&self, id: &str, assistant: Option<&str>) -> Result<(), DbError> {
        let mut transaction = self.write.begin().await?;
        sqlx::query(
            "update lesson_classrooms set assistant = $1
             where classroom = $2
               and exists (select 1 from lessons l where l.id = lesson_classrooms.lesson and l.state = 'scheduled')
               and coalesce(assistant, '') = coalesce((select c.assistant from classrooms c where c.id = $2), '')",
        )
        .bind(assistant)
        .bind(id)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("update classrooms set assistant = $1 where id = $2")
            .bind(assistant)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
