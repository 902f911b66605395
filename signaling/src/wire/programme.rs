//! What is on air.

use serde::{Deserialize, Serialize};

use crate::id::ClassroomId;

/// What the stage shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "scene", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum Scene {
    /// The studio's camera.
    Camera,
    /// The slides.
    Slides,
    /// Both, side by side.
    SlidesAndCamera,
    /// The blank board.
    Board,
    /// The studio's screen share.
    Screen,
    /// A classroom that has the floor, beside the studio or in its place.
    Classroom { classroom: ClassroomId, large: bool },
    /// Two classrooms that have the floor, side by side.
    TwoClassrooms { a: ClassroomId, b: ClassroomId },
}

/// Which of the studio's cameras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudioCamera {
    /// The first.
    #[default]
    Camera,
    /// The second, or an encoder.
    Second,
}

/// What the master chose, and what is on air because that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammeView {
    /// What the master chose. It is on air again as soon as its source is back.
    pub chosen: Scene,
    /// What is on air.
    pub on_air: Scene,
    /// The camera the master chose.
    pub camera: StudioCamera,
    /// The camera on air.
    pub camera_on_air: StudioCamera,
}
