//! How the classrooms' lines fare: ephemeral, neither journaled nor numbered.

use serde::{Deserialize, Serialize};

use crate::id::ClassroomId;

/// The line from the server to one classroom's screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineView {
    /// The classroom.
    pub classroom: ClassroomId,
    /// What the line is estimated to carry, kbit/s; null while nothing is known.
    pub estimate_kbit: Option<u32>,
    /// The layer of the studio's picture it gets, 0 = the lowest; null when it gets none.
    pub layer: Option<u8>,
    /// How many layers that picture has.
    pub layers: u8,
    /// Packets lost on the way to it over the last seconds, percent, in tenths.
    pub lost_percent: Option<f64>,
    /// Round trip, ms.
    pub rtt_ms: Option<u32>,
    /// All of it in a word; null when the classroom has no media session.
    pub quality: Option<LineQuality>,
}

/// How well a classroom's line carries the lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineQuality {
    /// The best layer there is, and less than 2 % lost.
    Good,
    /// A lower layer, or less than 5 % lost.
    Fair,
    /// Worse than that.
    Poor,
}
