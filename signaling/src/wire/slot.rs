//! What each receiving slot shows.

use serde::{Deserialize, Serialize};

use crate::id::ClassroomId;

/// What one receiving slot shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// Audio or video.
    pub kind: SlotKind,
    /// The n-th m-line of that kind in a receiver's offer, from 0.
    pub index: u8,
    /// What it shows; null when it is free.
    pub source: Option<SourceView>,
}

/// Kind of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// A source of media in the lesson.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum SourceView {
    /// The studio's camera, or its voice on an audio slot.
    Camera,
    /// The studio's screen share.
    Screen,
    /// The studio's second camera, or its voice on an audio slot.
    Second,
    /// A classroom that holds the floor.
    Classroom { classroom: ClassroomId, name: String },
}
