//! Is the queue growing? The slope of one-way delay over time, against a threshold that adapts.

use super::groups::Variation;

/// Groups of one line.
const WINDOW: usize = 20;
/// Share of the old value in the smoothed delay.
const SMOOTHING: f32 = 0.9;
/// Scales a slope to the threshold's units.
const GAIN: f32 = 4.0;
/// Groups after which a slope counts in full.
const FULL_COUNT: u32 = 60;
/// How fast the threshold follows a larger and a smaller trend, per millisecond.
const FOLLOW_UP: f32 = 0.0087;
const FOLLOW_DOWN: f32 = 0.039;
/// A trend must last this long to be overuse.
const LASTING_US: i64 = 10_000;

/// What the delay says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Usage {
    /// The queue stands still.
    #[default]
    Normal,
    /// The queue grows.
    Over,
    /// The queue drains.
    Under,
}

/// The trendline estimator of libwebrtc's published design: least squares over smoothed accumulated delay, and the
/// adaptive threshold of draft-ietf-rmcat-gcc-02 section 5.4.
#[derive(Debug)]
pub(super) struct Trend {
    /// (arrival in ms since `first`, smoothed delay in ms).
    points: [(f32, f32); WINDOW],
    count: u32,
    first: i64,
    last: i64,
    accumulated: f32,
    smoothed: f32,
    threshold: f32,
    slope: f32,
    over_us: i64,
    over_count: u32,
    usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            points: [(0.0, 0.0); WINDOW],
            count: 0,
            first: 0,
            last: 0,
            accumulated: 0.0,
            smoothed: 0.0,
            threshold: 12.5,
            slope: 0.0,
            over_us: 0,
            over_count: 0,
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    /// Takes the next variation in.
    pub(super) fn update(&mut self, variation: Variation) -> Usage {
        if self.count == 0 {
            self.first = variation.at;
            self.last = variation.at;
        }
        let apart_us = (variation.at - self.last).clamp(0, 1_000_000);
        self.last = variation.at;
        self.rebase();
        self.accumulated += (variation.arrived - variation.sent) as f32 / 1_000.0;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        let at_ms = (variation.at - self.first) as f32 / 1_000.0;
        self.points[self.count as usize % WINDOW] = (at_ms, self.smoothed);
        self.count = self.count.saturating_add(1);
        let slope = if self.count as usize >= WINDOW { self.fit() } else { 0.0 };
        self.detect(slope, apart_us);
        self.usage
    }

    /// What the last update found.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Milliseconds of delay gained per millisecond: one less the share of what is sent that gets through.
    pub(super) fn slope(&self) -> f32 {
        self.slope
    }

    /// Moves the origin on, so that the times stay small enough for their type, and the delay with it.
    fn rebase(&mut self) {
        const SPAN_US: i64 = 60_000_000;
        if self.last - self.first > SPAN_US {
            let by_ms = (self.last - self.first) as f32 / 1_000.0;
            self.first = self.last;
            for (at_ms, delay) in &mut self.points {
                *at_ms -= by_ms;
                *delay -= self.smoothed;
            }
            self.accumulated -= self.smoothed;
            self.smoothed = 0.0;
        }
    }

    fn fit(&self) -> f32 {
        let n = WINDOW as f32;
        let (sum_x, sum_y) = self.points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (mean_x, mean_y) = (sum_x / n, sum_y / n);
        let (mut over, mut under) = (0.0, 0.0);
        for (x, y) in &self.points {
            over += (x - mean_x) * (y - mean_y);
            under += (x - mean_x) * (x - mean_x);
        }
        if under > 0.0 { over / under } else { self.slope }
    }

    fn detect(&mut self, slope: f32, apart_us: i64) {
        let trend = self.count.min(FULL_COUNT) as f32 * slope * GAIN;
        if trend > self.threshold {
            self.over_us += apart_us;
            self.over_count += 1;
            if self.over_us > LASTING_US && self.over_count > 1 && slope >= self.slope {
                self.over_us = 0;
                self.over_count = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_us = 0;
            self.over_count = 0;
            self.usage = if trend < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.slope = slope;
        // A spike far above the threshold is an event, not the line's usual jitter.
        let excess = trend.abs() - self.threshold;
        if excess <= 15.0 {
            let follow = if excess < 0.0 { FOLLOW_DOWN } else { FOLLOW_UP };
            let apart_ms = (apart_us as f32 / 1_000.0).min(100.0);
            self.threshold = (self.threshold + follow * excess * apart_ms).clamp(6.0, 600.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Random;

    /// Frames 33 ms apart, each delayed by `extra` microseconds more than the one before, and `jitter` at most.
    fn run(trend: &mut Trend, from: i64, frames: i64, extra: i64, jitter: f64) -> (i64, Option<i64>) {
        let mut random = Random::new(9);
        let (mut at, mut before, mut first_over) = (from, 0, None);
        for n in 0..frames {
            let shake = (random.unit() * jitter) as i64;
            let arrived = 33_000 + extra + shake - before;
            before = shake;
            at += arrived;
            if trend.update(Variation { sent: 33_000, arrived, at }) == Usage::Over && first_over.is_none() {
                first_over = Some(n);
            }
        }
        (at, first_over)
    }

    #[test]
    fn growing_delay_is_found_within_ten_frames_and_forgotten() {
        let mut trend = Trend::default();
        let (at, over) = run(&mut trend, 0, 100, 0, 3_000.0);
        assert_eq!(over, None);
        let (at, over) = run(&mut trend, at, 30, 20_000, 3_000.0);
        assert!(over.is_some_and(|n| n <= 10), "{over:?}");
        let (at, _) = run(&mut trend, at, 20, -20_000, 3_000.0);
        assert_eq!(trend.usage(), Usage::Under);
        run(&mut trend, at, 60, 0, 3_000.0);
        assert_eq!(trend.usage(), Usage::Normal);
    }

    #[test]
    fn jitter_and_drifting_clocks_are_not_overuse() {
        let mut trend = Trend::default();
        // 100 ppm of drift for ten minutes.
        let (_, over) = run(&mut trend, 0, 18_000, 3, 20_000.0);
        assert_eq!(over, None);
    }
}
