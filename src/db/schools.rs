//! Schools.

use sqlx::Row;

use super::{Db, DbError};

/// A school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct School {
    /// ULID.
    pub id: String,
    /// Name, unique in the district.
    pub name: String,
}

impl Db {
    /// Adds a school.
    ///
    /// # Errors
    /// [`DbError::Taken`] if the name exists.
    pub async fn add_school(&self, school: &School, now_ms: i64) -> Result<(), DbError> {
        sqlx::query("insert into schools (id, name, created_ms) values ($1, $2, $3)")
            .bind(&school.id)
            .bind(&school.name)
            .bind(now_ms)
            .execute(&self.write)
            .await
            .map_err(DbError::from_insert)?;
        Ok(())
    }

    /// Every school, by name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn schools(&self) -> Result<Vec<School>, DbError> {
        let rows = sqlx::query("select id, name from schools order by name").fetch_all(&self.read).await?;
        Ok(rows.iter().map(|row| School { id: row.get("id"), name: row.get("name") }).collect())
    }

    /// The school of that id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn school(&self, id: &str) -> Result<Option<School>, DbError> {
        let row = sqlx::query("select id, name from schools where id = $1").bind(id).fetch_optional(&self.read).await?;
        Ok(row.map(|row| School { id: row.get("id"), name: row.get("name") }))
    }

    /// The school of that name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn school_named(&self, name: &str) -> Result<Option<School>, DbError> {
        let row =
            sqlx::query("select id, name from schools where name = $1").bind(name).fetch_optional(&self.read).await?;
        Ok(row.map(|row| School { id: row.get("id"), name: row.get("name") }))
    }
}
