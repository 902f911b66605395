//! Small facts about this installation: key and value.

use sqlx::Row;

use super::{Db, DbError};

impl Db {
    /// Reads a setting.
    ///
    /// # Errors
    /// The database fails.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, DbError> {
        let row = sqlx::query("select value from settings where key = $1").bind(key).fetch_optional(&self.read).await?;
        Ok(row.map(|row| row.get("value")))
    }

    /// Writes a setting, replacing what was there.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), DbError> {
        sqlx::query(
            "insert into settings (key, value) values ($1, $2)
             on conflict (key) do update set value = excluded.value",
        )
        .bind(key)
        .bind(value)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Forgets a setting.
    ///
    /// # Errors
    /// The database fails.
    pub async fn clear_setting(&self, key: &str) -> Result<(), DbError> {
        sqlx::query("delete from settings where key = $1").bind(key).execute(&self.write).await?;
        Ok(())
    }
}
