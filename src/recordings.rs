//! Recordings between the disk and the catalogue: what is in a folder, and that rows and folders agree.

use std::path::{Path, PathBuf};

use airclass_recordings::{Summary, recover};
use anyhow::Context as _;
use serde::Serialize;

use crate::db::{Db, LessonRow};

/// A playable track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackCard {
    /// `camera` (with the voice) or `screen`.
    pub role: &'static str,
    /// Playlist, below the recording's folder.
    pub playlist: &'static str,
}

/// A part of the lesson that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GapCard {
    /// In which track.
    pub track: String,
    /// Where, ms from the start of the recording.
    pub at_ms: i64,
    /// How much, ms.
    pub duration_ms: i64,
    /// Why.
    pub reason: airclass_recordings::GapReason,
}

/// What a recording's folder holds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Tracks with a playlist.
    pub tracks: Vec<TrackCard>,
    /// Gaps.
    pub gaps: Vec<GapCard>,
}

const PLAYLISTS: [TrackCard; 2] =
    [TrackCard { role: "camera", playlist: "master.m3u8" }, TrackCard { role: "screen", playlist: "screen.m3u8" }];

/// A recording's folder below the data folder.
pub fn folder(data: &Path, id: &str) -> PathBuf {
    data.join("recordings").join(id)
}

/// Looks into a recording's folder; a folder that is not there holds nothing.
pub async fn contents(folder: PathBuf) -> Contents {
    tokio::task::spawn_blocking(move || look(&folder)).await.unwrap_or_default()
}

fn look(folder: &Path) -> Contents {
    let tracks = PLAYLISTS.iter().filter(|track| folder.join(track.playlist).is_file()).cloned().collect();
    let summary = std::fs::read(folder.join("index.json")).ok().and_then(|text| Summary::parse(&text));
    let gaps = summary.map(|summary| summary.gaps).unwrap_or_default();
    let gaps = gaps.into_iter().map(|gap| GapCard {
        track: gap.track,
        at_ms: gap.at_ms,
        duration_ms: gap.duration_ms,
        reason: gap.reason,
    });
    Contents { tracks, gaps: gaps.collect() }
}

/// What the library's search looks at.
pub fn search_text(lesson: &LessonRow) -> String {
    let mut text = format!("{} {} {}", lesson.title, lesson.subject, lesson.master_name);
    for room in &lesson.classrooms {
        text.push(' ');
        text.push_str(&room.school_name);
    }
    text.to_lowercase()
}

/// Closes a recording's folder if need be and writes its row: `ready` with its length, or away with both when nothing
/// was recorded, or `damaged` when the folder can't be read.
///
/// # Errors
/// The database fails.
pub async fn catalogue(db: &Db, root: &Path, id: &str) -> anyhow::Result<()> {
    let folder = root.join(id);
    let repaired = tokio::task::spawn_blocking({
        let folder = folder.clone();
        move || recover::recover(&folder)
    })
    .await
    .context("repair")?;
    match repaired {
        Ok(summary) if summary.duration_ms > 0 => db.finish_recording(id, "ready", summary.duration_ms).await?,
        Ok(_) => forget(db, &folder, id).await?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => forget(db, &folder, id).await?,
        Err(error) => {
            tracing::error!(recording = id, %error, "a recording can't be repaired");
            db.finish_recording(id, "damaged", 0).await?;
        }
    }
    Ok(())
}

/// Nothing was recorded: a lesson without a studio leaves no recording behind.
async fn forget(db: &Db, folder: &Path, id: &str) -> anyhow::Result<()> {
    match tokio::fs::remove_dir_all(folder).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => db.remove_recording(id).await?,
    }
    tracing::info!(recording = id, "nothing was recorded");
    Ok(())
}

/// The start-up scan: closes what a crash left open. Recordings of lessons that are live are left to their conductors,
/// which take them up again.
///
/// # Errors
/// The database fails.
pub async fn recover_all(db: &Db, root: &Path) -> anyhow::Result<()> {
    let live = db.live_lessons().await?;
    for (id, lesson) in db.open_recordings().await? {
        if !live.contains(&lesson) {
            tracing::info!(recording = id, "closing a recording that was left open");
            catalogue(db, root, &id).await?;
        }
    }
    Ok(())
}
