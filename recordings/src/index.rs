//! `index.json`: what the recorder knows about a recording beyond its playlists, kept durable while it runs.

use serde::{Deserialize, Serialize};

/// What a track holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Picture {
    /// The studio's camera.
    Camera,
    /// The studio's screen.
    Screen,
}

impl Picture {
    /// The track's folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Screen => "screen",
        }
    }
}

/// The folder of the mixed sound.
pub const VOICE: &str = "voice";
/// All folders a recording can have.
pub const TRACKS: [&str; 3] = ["camera", "screen", VOICE];

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Packets were lost or damaged; the picture came back with the next keyframe.
    Loss,
    /// The studio sent nothing.
    Absent,
    /// The disk refused.
    Disk,
    /// The server was restarted.
    Restart,
}

/// A stretch of media time for which a track holds nothing of its own (the last picture stands).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The track's folder.
    pub track: String,
    /// Media time in milliseconds.
    pub at_ms: i64,
    /// Length in milliseconds.
    pub duration_ms: i64,
    /// Why.
    pub reason: GapReason,
}

/// What is known of one track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackSummary {
    /// The track's folder: `camera`, `screen`, `voice`.
    pub name: String,
    /// RFC 6381 codec string.
    pub codec: String,
    /// Pixels; 0 for sound.
    pub width: u32,
    /// Pixels; 0 for sound.
    pub height: u32,
    /// Media time of the first sample in milliseconds.
    pub start_ms: i64,
    /// Media time of the end in milliseconds.
    pub end_ms: i64,
    /// Segments listed.
    pub segments: usize,
    /// Bytes of media.
    pub bytes: u64,
    /// Peak bits per second over a segment.
    pub bits_per_second: u64,
}

/// Gaps kept; a track that is worse than that is not told hole by hole.
const MAX_GAPS: usize = 1000;

/// The file's content, and what [`crate::recover`] and `finish` report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Format of this file.
    pub version: u32,
    /// Wall time of media time 0, UTC milliseconds.
    pub started_ms: i64,
    /// Nothing will be added.
    pub closed: bool,
    /// Media time at which the longest track ends.
    pub duration_ms: i64,
    /// The tracks there are.
    pub tracks: Vec<TrackSummary>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// Bytes of all tracks.
    pub bytes: u64,
}

impl Summary {
    pub(crate) fn new(started_ms: i64) -> Self {
        Self { version: 1, started_ms, closed: false, duration_ms: 0, tracks: Vec::new(), gaps: Vec::new(), bytes: 0 }
    }

    /// Reads the file's text.
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    pub(crate) fn render(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("numbers and strings serialise")
    }

    pub(crate) fn track(&mut self, name: &str) -> &mut TrackSummary {
        if let Some(at) = self.tracks.iter().position(|track| track.name == name) {
            return &mut self.tracks[at];
        }
        self.tracks.push(TrackSummary {
            name: name.to_owned(),
            codec: "mp4a.40.2".to_owned(),
            width: 0,
            height: 0,
            start_ms: 0,
            end_ms: 0,
            segments: 0,
            bytes: 0,
            bits_per_second: 0,
        });
        self.tracks.last_mut().expect("pushed above")
    }

    pub(crate) fn add_gap(&mut self, track: &str, from_micros: i64, to_micros: i64, reason: GapReason) {
        let duration_ms = (to_micros - from_micros) / 1000;
        if duration_ms > 0 && self.gaps.len() < MAX_GAPS {
            self.gaps.push(Gap { track: track.to_owned(), at_ms: from_micros / 1000, duration_ms, reason });
        }
    }

    pub(crate) fn total(&mut self) {
        self.duration_ms = self.tracks.iter().map(|track| track.end_ms).max().unwrap_or(0);
        self.bytes = self.tracks.iter().map(|track| track.bytes).sum();
    }
}
