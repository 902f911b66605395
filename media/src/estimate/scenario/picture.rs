//! A studio's camera: three layers of frames, with keyframes at times and on demand.

use std::time::{Duration, Instant};

use crate::estimate::LayerRates;
use crate::sim::Random;

pub(super) const FRAME: Duration = Duration::from_micros(33_333);
/// Bit/s of the layers.
pub(super) const LAYERS: [u32; 3] = [150_000, 500_000, 1_700_000];
/// What choosers are told: the layers with their headers and tags.
pub(super) const RATES: LayerRates = LayerRates { bps: [160_000, 520_000, 1_750_000], available: 0b111 };
/// Times a usual frame that a keyframe has.
const KEYFRAME: f64 = 6.0;
/// Usual distance of keyframes in frames.
const INTERVAL: u64 = 180;
/// From a request to the frame that answers it.
const ANSWER: Duration = Duration::from_millis(60);

/// One frame of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) number: u64,
    pub(super) layer: u8,
    pub(super) bytes: usize,
    pub(super) keyframe: bool,
}

/// The camera.
#[derive(Debug)]
pub(super) struct Camera {
    random: Random,
    next: Instant,
    number: u64,
    wanted: [Option<Instant>; 3],
}

impl Camera {
    pub(super) fn new(seed: u64, now: Instant) -> Self {
        Self { random: Random::new(seed), next: now, number: 0, wanted: [Some(now); 3] }
    }

    /// Asks for a keyframe of a layer.
    pub(super) fn request(&mut self, layer: u8, now: Instant) {
        self.wanted[usize::from(layer)].get_or_insert(now + ANSWER);
    }

    /// The frames of all layers when it is time for them.
    pub(super) fn poll(&mut self, now: Instant) -> Option<[Frame; 3]> {
        if now < self.next {
            return None;
        }
        self.next += FRAME;
        self.number += 1;
        let number = self.number;
        Some([0, 1, 2].map(|layer: u8| {
            let wanted = &mut self.wanted[usize::from(layer)];
            let asked = wanted.is_some_and(|at| at <= now);
            let keyframe = asked || (number + 7 * u64::from(layer)).is_multiple_of(INTERVAL);
            if keyframe {
                *wanted = None;
            }
            let mean = f64::from(LAYERS[usize::from(layer)]) / 8.0 * FRAME.as_secs_f64() * 0.97;
            let factor = if keyframe { KEYFRAME } else { 0.75 + 0.5 * self.random.unit() };
            Frame { number, layer, bytes: (mean * factor) as usize, keyframe }
        }))
    }
}
