//! The streams of deltas. Each is encoded once for its audience and numbered on its own.

use serde::{Deserialize, Serialize};

/// The audience of a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Every seat: what is on air, who talks, slides and board, polls, how long the queue is.
    Stage,
    /// The master, the assistants and the administrator on duty: staff talk.
    Staff,
    /// The master and the administrator on duty: presence, attendance and questions of all classrooms, the whole
    /// queue, results of polls, calls for help, device checks.
    Desk,
    /// One classroom's screen and assistant: its own presence, attendance, questions, hands and results. Numbered for
    /// each classroom on its own.
    Room,
}

/// Where the streams stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamPositions {
    /// Number of the last delta of `stage`.
    pub stage: u64,
    /// Number of the last delta of `staff`; null for seats that do not get it.
    pub staff: Option<u64>,
    /// Number of the last delta of `desk`; null for seats that do not get it.
    pub desk: Option<u64>,
    /// Number of the last delta of this classroom's `room`; null for seats that do not get it.
    pub room: Option<u64>,
}
