//! How the lines of some receivers fare, on demand.

use std::time::Duration;

use crate::rtp::LayerIndex;
use crate::slot::{PeerId, Slot};

/// The line to one receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct LineStats {
    /// The receiver.
    pub peer: PeerId,
    /// What it is believed to carry, bit/s; `None` while that is a guess.
    pub estimate_bps: Option<u32>,
    /// Share of the picture (of sound where there is none) lost on the way before repair, 0 to 1, as the last receiver
    /// report says it; `None` before the first.
    pub lost: Option<f32>,
    /// Smoothed round trip.
    pub round_trip: Option<Duration>,
    /// What it gets of each picture it is shown.
    pub pictures: Vec<PictureStats>,
}

/// What a receiver gets of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureStats {
    /// The slot.
    pub slot: Slot,
    /// The layer it is sent; `None` while nothing fits its line, or nothing has come yet.
    pub layer: Option<LayerIndex>,
    /// Only keyframes fit its line.
    pub stills: bool,
    /// Layers that can be had, bit n is layer n.
    pub available: u8,
}
