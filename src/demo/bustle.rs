//! Life in the demo's lessons: classrooms nobody sits in ask and raise hands, and while no master is there the desk is
//! looked after, so that whoever comes first sees a lesson and not an empty room.
//!
//! They come in by the doors everybody uses, and give way to everybody: a seat that is taken over stays taken.

use std::net::SocketAddr;
use std::time::Duration;

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::Place;
use tokio::task::JoinSet;

use super::desk::Desk;
use super::room::Room;
use super::school::SIMULATED;
use crate::accounts::{Scope, token};
use crate::clock;
use crate::db::{DbError, LessonRow};
use crate::http::Shared;
use crate::tools::ToolError;
use crate::tools::signaling::SignalingClient;

const HOUR_MS: i64 = 3_600_000;
/// Whoever lost a connection comes back after so long.
const COME_BACK: Duration = Duration::from_secs(5);

/// Why a simulated seat is empty.
#[derive(Debug, thiserror::Error)]
pub(super) enum BustleError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Tool(#[from] ToolError),
}

/// The way into one lesson.
#[derive(Clone, Debug)]
pub(super) struct Entrance {
    state: Shared,
    http: SocketAddr,
    lesson: LessonId,
    ends_ms: i64,
}

impl Entrance {
    pub(super) fn new(state: &Shared, http: SocketAddr, row: &LessonRow) -> Self {
        Self { state: state.clone(), http, lesson: LessonId::new(row.id.as_str()), ends_ms: row.ends_ms }
    }

    pub(super) fn state(&self) -> &Shared {
        &self.state
    }

    pub(super) fn lesson(&self) -> &LessonId {
        &self.lesson
    }

    /// Takes a seat with a token of its own.
    pub(super) async fn sit(&self, account: &str, place: Place) -> Result<SignalingClient, BustleError> {
        let secret = token::Secret::generate(token::LESSON);
        let now = clock::utc_ms();
        let (role, classroom) = (place.role(), place.classroom().cloned());
        let scope = Scope::Seat { lesson: self.lesson.clone(), place };
        let expires = self.ends_ms.max(now).saturating_add(HOUR_MS);
        self.state.db.add_token(&secret.hash(), account, &scope, now, expires).await?;
        let url = format!("ws://{}/ws/{}", self.http, self.lesson);
        Ok(SignalingClient::join(&url, secret.text(), role, classroom).await?)
    }
}

/// Fills the lesson with life until the future is dropped.
pub(super) async fn bustle(state: &Shared, http: SocketAddr, row: &LessonRow) {
    let entrance = Entrance::new(state, http, row);
    let mut seats = JoinSet::new();
    for (n, room) in row.classrooms.iter().enumerate() {
        let Some(account) = room.assistant.clone() else { continue };
        if !room.assistant_name.as_deref().is_some_and(|name| SIMULATED.iter().any(|(_, _, known)| *known == name)) {
            continue;
        }
        let (entrance, classroom) = (entrance.clone(), ClassroomId::new(room.id.as_str()));
        seats.spawn(async move {
            loop {
                if let Err(error) = Room::sit_down(&entrance, &account, &classroom, n).await {
                    tracing::debug!(%error, "a simulated classroom");
                }
                tokio::time::sleep(COME_BACK).await;
            }
        });
    }
    let master = row.master.clone();
    seats.spawn(async move {
        loop {
            if let Err(error) = Desk::look_after(&entrance, &master).await {
                tracing::debug!(%error, "the simulated desk");
            }
            tokio::time::sleep(COME_BACK).await;
        }
    });
    while seats.join_next().await.is_some() {}
}
