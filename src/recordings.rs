//! What is on disk of a recording, as the library shows it.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// A playable track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackCard {
    /// `camera` or `screen`.
    pub role: &'static str,
    /// Playlist, below the recording's folder.
    pub playlist: &'static str,
}

/// A part of the lesson that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GapCard {
    /// Where, ms from the start of the recording.
    pub at_ms: i64,
    /// How much, ms.
    pub duration_ms: i64,
    /// Why, as a word.
    pub reason: String,
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

/// Looks into a recording's folder; a folder that is not there holds nothing.
pub async fn contents(folder: PathBuf) -> Contents {
    tokio::task::spawn_blocking(move || look(&folder)).await.unwrap_or_default()
}

fn look(folder: &Path) -> Contents {
    let tracks = PLAYLISTS.iter().filter(|track| folder.join(track.playlist).is_file()).cloned().collect();
    Contents { tracks, gaps: Vec::new() }
}
