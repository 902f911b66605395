//! What a source's layers cost, and which of them anybody takes.

use std::time::{Duration, Instant};

use super::layers::{Content, LayerRates};
use crate::rtp::{LayerIndex, MAX_LAYERS};

/// Distance of two measurements.
const STEP: Duration = Duration::from_millis(500);
/// Weight of a new measurement: a keyframe now and then does not move the rate much, a new scene does in two seconds.
const WEIGHT: f64 = 0.25;
/// The same where frames may wait for the line: slides come in bursts, and what counts is the mean of several seconds.
const PATIENT_WEIGHT: f64 = 0.1;
/// How long nobody must take a layer before its publisher is told to pause it.
const PAUSE_AFTER: Duration = Duration::from_secs(5);

/// Measures the layers of one source.
#[derive(Debug, Clone, Default)]
pub struct LayerMeter {
    bytes: [u64; MAX_LAYERS],
    rates: [f64; MAX_LAYERS],
    since: Option<Instant>,
}

impl LayerMeter {
    /// Counts a packet of `bytes` as it would leave for a receiver.
    pub fn count(&mut self, layer: LayerIndex, bytes: usize) {
        if let Some(sum) = self.bytes.get_mut(usize::from(layer)) {
            *sum += bytes as u64;
        }
    }

    /// Measures when it is time to. A layer that has paused keeps the rate it had; a screen that stands still costs
    /// nothing.
    pub fn turn(&mut self, content: Content, now: Instant) {
        let elapsed = now.saturating_duration_since(*self.since.get_or_insert(now));
        if elapsed < STEP {
            return;
        }
        for (rate, bytes) in self.rates.iter_mut().zip(&mut self.bytes) {
            let measured = std::mem::take(bytes) as f64 * 8.0 / elapsed.as_secs_f64();
            match content {
                Content::Camera if measured > 0.0 && *rate == 0.0 => *rate = measured,
                Content::Camera if measured > 0.0 => *rate += WEIGHT * (measured - *rate),
                Content::Camera => {}
                Content::Screen => *rate += PATIENT_WEIGHT * (measured - *rate),
            }
        }
        self.since = Some(now);
    }

    /// What choosers are told; `available` has bit n set when layer n can be had.
    pub fn rates(&self, available: u8) -> LayerRates {
        LayerRates { bps: self.rates.map(|rate| rate as u32), available }
    }
}

/// Which layers of one source anybody takes.
#[derive(Debug, Clone)]
pub struct LayerDemand {
    taken: [Option<Instant>; MAX_LAYERS],
    paused: u8,
}

impl LayerDemand {
    /// All layers count as taken at first.
    pub fn new(now: Instant) -> Self {
        Self { taken: [Some(now); MAX_LAYERS], paused: 0 }
    }

    /// Takes in which layers all receivers and taps together get or are about to get (bit n = layer n). Gives the new
    /// set of layers to pause when it has changed. A layer in demand leaves it at once; the smallest never enters it.
    pub fn update(&mut self, wanted: u8, now: Instant) -> Option<u8> {
        let mut paused = 0;
        for (layer, taken) in self.taken.iter_mut().enumerate() {
            if layer == 0 || wanted >> layer & 1 == 1 {
                *taken = Some(now);
            }
            if taken.is_none_or(|at| now.saturating_duration_since(at) >= PAUSE_AFTER) {
                paused |= 1 << layer;
            }
        }
        let changed = paused != self.paused;
        self.paused = paused;
        changed.then_some(paused)
    }

    /// The layers to pause.
    pub fn paused(&self) -> u8 {
        self.paused
    }
}

/// Splits a receiver's target among its slots: sound first, then the smallest picture of each slot in their order,
/// then as much as each can use, again in order. `needs` holds (least, wanted) of each slot in bit/s; `budgets` takes
/// the shares.
pub fn apportion(target_bps: u32, sound_bps: u32, needs: &[(u32, u32)], budgets: &mut [u32]) {
    let mut left = target_bps.saturating_sub(sound_bps);
    for (budget, (least, _)) in budgets.iter_mut().zip(needs) {
        *budget = (*least).min(left);
        left -= *budget;
    }
    for (budget, (_, wanted)) in budgets.iter_mut().zip(needs) {
        let more = wanted.saturating_sub(*budget).min(left);
        *budget += more;
        left -= more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::tests::start;

    #[test]
    fn rates_are_measured_and_kept_over_a_pause() {
        let (t0, mut meter) = (start(), LayerMeter::default());
        for ms in 0..20_000_u64 {
            meter.count(0, 20);
            if ms < 10_000 {
                meter.count(2, 200);
            }
            meter.turn(Content::Camera, t0 + Duration::from_millis(ms));
        }
        let rates = meter.rates(0b101);
        assert!((155_000..165_000).contains(&rates.bps[0]) && (1_500_000..1_700_000).contains(&rates.bps[2]));
        assert_eq!((rates.bps[1], rates.available), (0, 0b101));
    }

    #[test]
    fn slides_cost_their_mean() {
        let (t0, mut meter) = (start(), LayerMeter::default());
        for ms in 0..40_000_u64 {
            // 125 kB every ten seconds.
            if ms.is_multiple_of(10_000) {
                meter.count(0, 125_000);
            }
            meter.turn(Content::Screen, t0 + Duration::from_millis(ms));
            let rate = meter.rates(1).bps[0];
            assert!(ms < 1_000 || (20_000..300_000).contains(&rate), "{rate} at {ms}");
        }
    }

    #[test]
    fn untaken_layers_pause_late_and_resume_at_once() {
        let t0 = start();
        let mut demand = LayerDemand::new(t0);
        let at = |ms: u64| t0 + Duration::from_millis(ms);
        assert_eq!(demand.update(0b001, at(4_000)), None);
        assert_eq!(demand.update(0b010, at(5_000)), Some(0b100));
        assert_eq!(demand.update(0, at(9_000)), None);
        assert_eq!(demand.update(0, at(10_000)), Some(0b110));
        assert_eq!(demand.update(0b100, at(10_100)), Some(0b010));
        assert_eq!(demand.paused(), 0b010);
    }

    #[test]
    fn sound_first_then_everybody_a_little_then_the_first_slots() {
        let mut budgets = [0; 3];
        let needs = [(150, 2_000), (100, 1_000), (150, 500)];
        for (target, expected) in [
            (30, [0, 0, 0]),
            (240, [150, 50, 0]),
            (440, [150, 100, 150]),
            (1_000, [710, 100, 150]),
            (9_000, [2_000, 1_000, 500]),
        ] {
            apportion(target, 40, &needs, &mut budgets);
            assert_eq!(budgets, expected, "{target}");
        }
    }
}
