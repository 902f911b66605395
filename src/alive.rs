//! When this server was last seen running: so that a restart in mid-lesson is an interruption of the right length.

use std::time::Duration;

use crate::clock;
use crate::conductor::Conductors;
use crate::db::{Db, DbError};

/// The setting that holds it, UTC ms.
const SETTING: &str = "alive_ms";
/// Distance of two notes: by so much a crash may seem longer than it was.
const EVERY: Duration = Duration::from_secs(5);

/// When the server that used this database before was last seen, UTC ms.
///
/// # Errors
/// The database fails.
pub async fn last(db: &Db) -> Result<Option<i64>, DbError> {
    Ok(db.setting(SETTING).await?.and_then(|text| text.parse().ok()))
}

/// Notes that the server runs.
///
/// # Errors
/// The database fails.
pub async fn note(db: &Db) -> Result<(), DbError> {
    db.set_setting(SETTING, &clock::utc_ms().to_string()).await
}

/// Notes it again and again, as long as there are lessons to interrupt.
pub async fn keep(db: Db, conductors: Conductors) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        if conductors.count() > 0
            && let Err(error) = note(&db).await
        {
            tracing::warn!(%error, "the time could not be noted");
        }
    }
}
