//! The journal of live lessons: lines in order, opaque to the database.

use sqlx::Row;

use super::{Db, DbError};

impl Db {
    /// Appends lines, the first with number `first`, in one transaction. They are on disk when this returns.
    ///
    /// # Errors
    /// The database fails, or a number is taken: then nothing of the batch is stored.
    pub async fn append_journal(&self, lesson: &str, first: i64, at_ms: i64, lines: &[String]) -> Result<(), DbError> {
        let mut transaction = self.write.begin().await?;
        for (n, line) in (first..).zip(lines) {
            sqlx::query("insert into journal (lesson, n, at_ms, line) values ($1, $2, $3, $4)")
                .bind(lesson)
                .bind(n)
                .bind(at_ms)
                .bind(line)
                .execute(&mut *transaction)
                .await
                .map_err(DbError::from_insert)?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// All lines of a lesson, in order.
    ///
    /// # Errors
    /// The database fails.
    pub async fn journal(&self, lesson: &str) -> Result<Vec<String>, DbError> {
        let rows = sqlx::query("select line from journal where lesson = $1 order by n")
            .bind(lesson)
            .fetch_all(&self.read)
            .await?;
        Ok(rows.iter().map(|row| row.get("line")).collect())
    }
}
