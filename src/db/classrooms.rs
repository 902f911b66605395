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
        let rows = sqlx::query(
            "select c.id, c.school, s.name as school_name, c.name, c.assistant, a.display_name as assistant_name,
                    c.consent
             from classrooms c join schools s on s.id = c.school left join accounts a on a.id = c.assistant
             order by s.name, c.name",
        )
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(from_row).collect())
    }
}
