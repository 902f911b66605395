//! What a classroom's own screen shows while the studio is lost.

use serde::{Deserialize, Serialize};

use crate::id::{ClipId, DeckId};

/// What stands in for the studio on one classroom's screen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum StandIn {
    /// The clip that was prepared for the lesson.
    Clip { clip: ClipId },
    /// A page of one of the lesson's decks, from 1, without ink.
    Page { deck: DeckId, page: u16 },
}

/// What stands in, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandInView {
    /// What.
    pub show: StandIn,
    /// Since when, UTC ms: a screen that comes later joins a clip where it is by now.
    pub since_ms: i64,
}
