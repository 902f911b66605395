//! What arrives from the studio.

use serde::{Deserialize, Serialize};

/// A picture of the studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudioSource {
    /// The camera.
    Camera,
    /// The screen share.
    Screen,
    /// The second camera, or an encoder.
    Second,
}

/// Whether the master and the studio's media are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudioState {
    /// The master's page is connected.
    pub master_present: bool,
    /// The camera (or encoder) is arriving.
    pub camera: bool,
    /// The screen share is arriving.
    pub screen: bool,
    /// The second camera is arriving.
    pub second: bool,
    /// Since when no camera of a live lesson arrives any more, UTC ms; null while one does, or none ever did.
    pub lost_since_ms: Option<i64>,
}
