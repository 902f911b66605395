//! What arrives from the studio, and since when it is lost.

use crate::lesson::presence::Kinds;
use crate::wire::StudioState;

/// The studio.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Studio {
    /// The master's page is connected.
    pub(crate) master: bool,
    pub(crate) camera: Option<Kinds>,
    pub(crate) screen: Option<Kinds>,
    pub(crate) second: Option<Kinds>,
    /// Since when no camera arrives in a live lesson, UTC ms; `None` while one does, or none ever did.
    pub(crate) lost_since_ms: Option<i64>,
}

impl Studio {
    /// A camera arrives.
    pub(crate) fn is_there(&self) -> bool {
        self.camera.is_some() || self.second.is_some()
    }

    /// Starts or stops the clock of its absence after a change of what arrives.
    pub(crate) fn note_absence(&mut self, was_there: bool, live: bool, at_ms: i64) {
        match (was_there, self.is_there()) {
            (true, false) if live => self.lost_since_ms = Some(at_ms),
            (_, true) => self.lost_since_ms = None,
            _ => {}
        }
    }

    pub(crate) fn view(&self) -> StudioState {
        StudioState {
            master_present: self.master,
            camera: self.camera.is_some(),
            screen: self.screen.is_some(),
            second: self.second.is_some(),
            lost_since_ms: self.lost_since_ms,
        }
    }
}
