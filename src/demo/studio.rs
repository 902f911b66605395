//! The demo's lessons: one is always live, taught by a synthetic studio through the real WHIP door; when it ends the
//! next begins, and its recording is in the library.
//!
//! Whoever goes live in the browser as the demo's master takes the studio over; the synthetic one steps back until the
//! camera is off the air again.

use std::net::SocketAddr;
use std::time::Duration;

use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::{DEFAULT_FLOOR_LIMIT, Place, SourceKey};

use super::bustle::bustle;
use super::prepared::{PrepareError, Prepared};
use crate::accounts::{Scope, token};
use crate::clock;
use crate::conductor::{ConductError, Conductor};
use crate::db::{DbError, LessonRow, NewLesson, new_id};
use crate::http::Shared;
use crate::tools;

const TITLES: [(&str, &str); 4] =
    [("浮力", "物理"), ("阿基米德原理", "物理"), ("物体的浮与沉", "物理"), ("浮力的应用", "物理")];
const PLANNED: (&str, &str) = ("浮力：复习与练习", "物理");
const HOUR_MS: i64 = 3_600_000;
/// How soon the synthetic studio notices that somebody took over: less than its own first retry.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How soon it comes back when the camera is off the air, and how long a failed attempt waits.
const COME_BACK: Duration = Duration::from_secs(3);

#[derive(Debug, thiserror::Error)]
enum StudioError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error(transparent)]
    Lesson(#[from] ConductError),
    #[error("the demo's master is gone")]
    NoMaster,
}

/// Runs the demo's lessons one after another until the server stops. `http` is the server's own plain-HTTP address.
pub async fn conduct(state: Shared, http: SocketAddr) {
    let prepared = match Prepared::make(&state).await {
        Ok(prepared) => prepared,
        Err(error) => return tracing::error!(%error, "the demo's slides"),
    };
    for round in 0_usize.. {
        if let Err(error) = one_lesson(&state, &prepared, http, round).await {
            if state.conductors.stopping() {
                return;
            }
            tracing::warn!(%error, "demo lesson");
            tokio::time::sleep(COME_BACK).await;
        }
    }
}

async fn one_lesson(state: &Shared, prepared: &Prepared, http: SocketAddr, round: usize) -> Result<(), StudioError> {
    let row = open_lesson(state, prepared, round).await?;
    prepared.give(state, &row.id).await?;
    let id = LessonId::new(row.id.as_str());
    let conductor = state.conductors.get(&id).await?;
    conductor.start().await?;
    let now = clock::utc_ms();
    let secret = token::Secret::generate(token::LESSON);
    let scope = Scope::Seat { lesson: id.clone(), place: Place::Master };
    state.db.add_token(&secret.hash(), &row.master, &scope, now, row.ends_ms.max(now) + HOUR_MS).await?;
    let whip = format!("http://{http}/whip/{id}");
    let left = Duration::from_millis(row.ends_ms.saturating_sub(now).max(0).unsigned_abs());
    tokio::select! {
        () = tokio::time::sleep(left) => {}
        () = teach(&conductor, &whip, secret.text()), if state.config.demo_studio => {}
        () = bustle(state, http, &row), if state.config.demo_studio => {}
        // The master in the browser may ring the bell before the time is up.
        () = over(state, &row.id) => return Ok(()),
    }
    conductor.end().await?;
    Ok(())
}

async fn over(state: &Shared, id: &str) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if matches!(state.db.lesson(id).await, Ok(Some(row)) if row.state == "ended") {
            return;
        }
    }
}

/// Publishes whenever nobody else does.
async fn teach(conductor: &Conductor, whip: &str, token: &str) {
    loop {
        if let Ok(Some(_)) = conductor.on_air(SourceKey::Camera).await {
            tokio::time::sleep(COME_BACK).await;
            continue;
        }
        tokio::select! {
            ended = tools::demo::studio(whip, token) => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "the demo's studio");
                }
                tokio::time::sleep(COME_BACK).await;
            }
            () = taken_over(conductor) => tracing::info!("the demo's studio was taken over"),
        }
    }
}

/// Returns when one camera follows another without a break: somebody else went live.
async fn taken_over(conductor: &Conductor) {
    let mut before = None;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Ok(now) = conductor.on_air(SourceKey::Camera).await else { return };
        if before.is_some() && now.is_some() && before != now {
            return;
        }
        before = now;
    }
}

/// The live lesson of the demo, or a new one; and one planned for later, so that the home page has a countdown.
async fn open_lesson(state: &Shared, prepared: &Prepared, round: usize) -> Result<LessonRow, StudioError> {
    let (master, _) = state.db.account_for_sign_in("master").await?.ok_or(StudioError::NoMaster)?;
    let now = clock::utc_ms();
    let rows = state.db.lessons_between(now - HOUR_MS, now + 24 * HOUR_MS).await?;
    let classrooms: Vec<String> = state.db.classrooms().await?.into_iter().map(|room| room.id).collect();
    if !rows.iter().any(|row| row.state == "scheduled" && row.starts_ms > now) {
        let (title, subject) = PLANNED;
        let id = add(state, title, subject, &master.id, now + 2 * HOUR_MS, 40 * 60_000, &classrooms).await?;
        prepared.give(state, &id).await?;
    }
    if let Some(row) = rows.into_iter().find(|row| row.state == "live" && row.master == master.id) {
        return Ok(row);
    }
    let (title, subject) = TITLES[round % TITLES.len()];
    let length = i64::try_from(state.config.demo_lesson_seconds).unwrap_or(600).saturating_mul(1_000);
    let id = add(state, title, subject, &master.id, now, length, &classrooms).await?;
    state.db.lesson(&id).await?.ok_or(StudioError::Lesson(ConductError::NotFound))
}

async fn add(
    state: &Shared,
    title: &str,
    subject: &str,
    master: &str,
    starts_ms: i64,
    length_ms: i64,
    classrooms: &[String],
) -> Result<String, StudioError> {
    let lesson = NewLesson {
        id: new_id(),
        title: title.to_owned(),
        subject: subject.to_owned(),
        master: master.to_owned(),
        starts_ms,
        ends_ms: starts_ms.saturating_add(length_ms),
        recorded: true,
        floor_limit: DEFAULT_FLOOR_LIMIT,
        classrooms: classrooms.to_vec(),
    };
    state.db.add_lesson(&lesson, clock::utc_ms()).await?;
    Ok(lesson.id)
}
