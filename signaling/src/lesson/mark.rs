//! Points on a recording's timeline: what its replay needs beside sound and picture.
//!
//! Together they are enough to draw slides, board and ink as they stood at any moment: each stroke belongs to the page
//! its surface showed, and stays there when the page is turned.

use serde::{Deserialize, Serialize};

use crate::id::{ClassroomId, DeckId};
use crate::wire::{PointerView, Scene, StrokeView, Surface};

/// A point on the recording's timeline. Carries ids and no names, so that it may be kept whatever a class consented to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When, UTC ms.
    pub at_ms: i64,
    /// What.
    #[serde(flatten)]
    pub what: Marked,
}

/// What happened at a [`Mark`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mark", rename_all = "snake_case")]
pub enum Marked {
    /// The lesson went live.
    LessonStarted,
    /// A classroom got the floor.
    FloorGranted {
        /// The classroom.
        classroom: ClassroomId,
    },
    /// A classroom no longer has the floor.
    FloorEnded {
        /// The classroom.
        classroom: ClassroomId,
    },
    /// A surface shows another page.
    PageTurned {
        /// The surface.
        surface: Surface,
        /// The open deck; `None` for the board, and when the deck was closed.
        deck: Option<DeckId>,
        /// The page, from 1; 0 when the deck was closed.
        page: u16,
        /// What is drawn on it, where the recording began or was taken up again, and the first time it is shown after
        /// that; `None` where the timeline has told of each stroke.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        strokes: Option<Vec<StrokeView>>,
    },
    /// A piece of a stroke on the page a surface shows; it continues the stroke of that number.
    StrokeDrawn {
        /// The surface.
        surface: Surface,
        /// The piece.
        #[serde(flatten)]
        piece: StrokeView,
    },
    /// A stroke is gone from the page a surface shows.
    StrokeErased {
        /// The surface.
        surface: Surface,
        /// Its number.
        stroke: u32,
    },
    /// The page a surface shows is empty.
    BoardCleared {
        /// The surface.
        surface: Surface,
    },
    /// Where the master points. Nobody points at a page that was turned.
    Pointed {
        /// `None` for nowhere.
        pointer: Option<PointerView>,
    },
    /// What is on air.
    SceneShown {
        /// The scene.
        scene: Scene,
    },
    /// No camera of the studio arrives any more.
    StudioLost,
    /// A camera of the studio arrives (again).
    StudioBack,
    /// The screen share began.
    ScreenShown,
    /// The screen share ended.
    ScreenHidden,
    /// The server was restarted in mid-lesson.
    Resumed,
}
