//! The database: every SQL statement of the server, one file per aggregate.
//!
//! SQLite in WAL mode: one connection writes, a pool reads beside it. The SQL keeps to what SQLite and PostgreSQL
//! share. Migrations only go forward and are part of the binary.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Row, SqliteConnection, SqlitePool};

pub mod accounts;
pub mod classrooms;
pub mod decks;
pub mod devices;
pub mod journal;
pub mod lessons;
pub mod observations;
pub mod recordings;
pub mod schools;
pub mod seats;
pub mod settings;
pub mod tokens;
pub mod uploads;

pub use accounts::{Account, NewAccount};
pub use classrooms::Classroom;
pub use decks::{Clip, Deck};
pub use devices::{Device, NewDevice};
pub use lessons::{LessonClassroom, LessonRow, NewLesson};
pub use observations::Observation;
pub use recordings::RecordingRow;
pub use schools::School;
pub use seats::Seat;
pub use tokens::TokenRow;
pub use uploads::{Upload, UploadKind, UploadState};

/// Migrations in order. A published one never changes; a new one is appended.
const MIGRATIONS: &[(i64, &str)] =
    &[(1, include_str!("db/migrations/0001_init.sql")), (2, include_str!("db/migrations/0002_classroom.sql"))];

/// How long a reader waits for a lock before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    write: SqlitePool,
    read: SqlitePool,
}

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// SQLite refused or broke.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// A unique constraint: something with that name exists.
    #[error("already exists ({constraint})")]
    Taken {
        /// The column or constraint as the database names it.
        constraint: String,
    },
    /// The file was written by a newer airclass.
    #[error("the database is at version {found}, this program knows {known}")]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
    /// A value in the file that this program does not know.
    #[error("unexpected value in `{column}`")]
    Value {
        /// Table and column.
        column: &'static str,
    },
}

impl DbError {
    /// Turns a unique violation into [`DbError::Taken`].
    fn from_insert(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(cause) if cause.is_unique_violation() => Self::Taken { constraint: cause.message().to_owned() },
            _ => Self::Sql(error),
        }
    }
}

impl Db {
    /// Opens the file, creating it if needed, and brings it to the newest version.
    ///
    /// # Errors
    /// The file can't be opened, is not a database, or is newer than this program.
    pub async fn open(path: &Path) -> Result<Self, DbError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Every commit is synced: what was acknowledged survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT);
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        migrate(&write).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options.pragma("query_only", "on"))
            .await?;
        Ok(Self { write, read })
    }

    /// Whether the database answers; for `/readyz`.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        sqlx::query("select 1").execute(&self.read).await?;
        Ok(())
    }

    /// Writes the WAL back into the file and closes both pools.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

async fn migrate(pool: &SqlitePool) -> Result<(), DbError> {
    sqlx::query("create table if not exists schema_version (version bigint not null)").execute(pool).await?;
    let row = sqlx::query("select coalesce(max(version), 0) as version from schema_version").fetch_one(pool).await?;
    let found: i64 = row.get("version");
    let known = MIGRATIONS.last().map_or(0, |(version, _)| *version);
    if found > known {
        return Err(DbError::Newer { found, known });
    }
    let mut connection = pool.acquire().await?;
    // A table that others refer to can only be made anew while nobody looks (sqlite.org/lang_altertable.html, 7), and
    // the switch does nothing inside a transaction.
    sqlx::query("pragma foreign_keys = off").execute(&mut *connection).await?;
    let migrated = migrate_from(&mut connection, found).await;
    sqlx::query("pragma foreign_keys = on").execute(&mut *connection).await?;
    migrated
}

async fn migrate_from(connection: &mut SqliteConnection, found: i64) -> Result<(), DbError> {
    for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
        let mut transaction = connection.begin().await?;
        sqlx::raw_sql(*sql).execute(&mut *transaction).await?;
        if sqlx::query("pragma foreign_key_check").fetch_optional(&mut *transaction).await?.is_some() {
            return Err(DbError::Value { column: "a foreign key" });
        }
        sqlx::query("insert into schema_version (version) values ($1)")
            .bind(*version)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// A new ULID as text; sorts by the time it was made.
pub fn new_id() -> String {
    ulid::Ulid::generate().to_string()
}

#[cfg(test)]
pub(crate) async fn scratch() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("airclass.db")).await.unwrap();
    (folder, db)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn opening_twice_migrates_once() {
        let (folder, db) = scratch().await;
        db.close().await;
        let db = Db::open(&folder.path().join("airclass.db")).await.unwrap();
        let row = sqlx::query("select count(*) as n from schema_version").fetch_one(&db.read).await.unwrap();
        assert_eq!(row.get::<i64, _>("n"), MIGRATIONS.len() as i64);
    }

    #[tokio::test]
    async fn a_folder_of_the_first_version_keeps_everything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("airclass.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).foreign_keys(true);
        let old = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        sqlx::raw_sql(MIGRATIONS[0].1).execute(&old).await.unwrap();
        sqlx::raw_sql(
            "create table schema_version (version bigint not null); insert into schema_version values (1);
             insert into schools values ('s', '良乡二中', 0);
             insert into accounts values ('a', 'li', '李老师', 'assistant', 's', 'x', 0);
             insert into classrooms values ('c', 's', '八（3）班', 'a', 1, 0);
             insert into tokens values ('h', 'a', null, null, null, 0, 9);",
        )
        .execute(&old)
        .await
        .unwrap();
        old.close().await;
        let db = Db::open(&path).await.unwrap();
        assert_eq!(db.token("h", 1).await.unwrap().unwrap().account.display_name, "李老师");
        assert_eq!(db.classrooms().await.unwrap()[0].assistant_name.as_deref(), Some("李老师"));
        // Foreign keys are minded again, and point at the new table.
        let orphan = sqlx::query("insert into tokens values ('i', 'nobody', null, null, null, 0, 9)");
        assert!(orphan.execute(&db.write).await.is_err());
        sqlx::query("update accounts set role = 'observer'").execute(&db.write).await.unwrap();
        assert!(sqlx::query("update accounts set role = 'king'").execute(&db.write).await.is_err());
    }

    #[tokio::test]
    async fn a_newer_file_is_refused() {
        let (folder, db) = scratch().await;
        sqlx::query("insert into schema_version (version) values (99)").execute(&db.write).await.unwrap();
        db.close().await;
        let error = Db::open(&folder.path().join("airclass.db")).await.unwrap_err();
        assert!(matches!(error, DbError::Newer { found: 99, .. }));
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let (_folder, db) = scratch().await;
        assert!(sqlx::query("delete from schools").execute(&db.read).await.is_err());
    }
}
