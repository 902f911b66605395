//! Which layer of a source one receiver gets: the best that its line carries, down at once, up when it is sure.

use std::time::{Duration, Instant};

use crate::rtp::{LayerIndex, MAX_LAYERS};

/// Times a delivery's rate that the budget must reach before it is taken up.
const UP: f64 = 1.2;
/// Share of its rate below which the smallest moving picture is given up, and with which it is taken again: stills are
/// a loss that some lost packets are not.
const LAST_STAY: f64 = 0.85;
const LAST_UP: f64 = 1.0;
/// How long the budget has to stay there: at first, and after failures.
const FIRST_HOLD: Duration = Duration::from_millis(800);
const LONGEST_HOLD: Duration = Duration::from_secs(8);
/// Going down so soon after going up is a failure.
const FAILED_WITHIN: Duration = Duration::from_secs(10);
/// A delivery that has lasted this long makes earlier failures void.
const SETTLED: Duration = Duration::from_secs(30);
/// Share of a layer's rate that its keyframes alone take.
const STILLS_SHARE: f64 = 1.0 / 6.0;

/// What is shown, which decides what goes first when the line is narrow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Content {
    /// People: a smaller picture that moves.
    #[default]
    Camera,
    /// Text: sharp, with fewer frames.
    Screen,
}

/// The layers of a source as its worker measures them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LayerRates {
    /// Bit/s of each layer when it is sent.
    pub bps: [u32; MAX_LAYERS],
    /// Bit n is set when layer n can be had: it comes, or would come again if it was asked for.
    pub available: u8,
}

/// What a receiver is to get of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing: not even keyframes fit.
    Nothing,
    /// The keyframes of a layer.
    Stills(LayerIndex),
    /// A layer.
    All(LayerIndex),
}

/// What [`LayerChooser::choose`] decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What to send from the next keyframe on.
    pub delivery: Delivery,
    /// What is being sent does not fit the line: stop it at the end of its frame.
    pub stop: bool,
    /// Budget with which the best delivery would be taken, in bit/s; the sum over all slots is what to probe for.
    pub wanted_bps: u32,
}

/// Chooses for one slot of one receiver.
#[derive(Debug, Clone)]
pub struct LayerChooser {
    content: Content,
    current: Option<Delivery>,
    since: Option<Instant>,
    /// Since when the budget has been enough for something better, and for what.
    enough: Option<Instant>,
    above: Delivery,
    raised: Option<Instant>,
    hold: Duration,
}

impl LayerRates {
    fn cost(&self, delivery: Delivery) -> f64 {
        let rate = |layer: LayerIndex| f64::from(self.bps.get(usize::from(layer)).copied().unwrap_or(0));
        match delivery {
            Delivery::Nothing => 0.0,
            Delivery::Stills(layer) => rate(layer) * STILLS_SHARE,
            Delivery::All(layer) => rate(layer),
        }
    }

    fn has(&self, delivery: Delivery) -> bool {
        match delivery {
            Delivery::Nothing => true,
            Delivery::Stills(layer) | Delivery::All(layer) => self.available >> layer & 1 == 1,
        }
    }

    /// Budget with which the best delivery of this source would be taken, in bit/s.
    pub fn wanted(&self) -> u32 {
        let rates = self.bps.iter().enumerate().filter(|(layer, _)| self.available >> layer & 1 == 1);
        (1.05 * UP * f64::from(rates.map(|(_, bps)| *bps).max().unwrap_or(0))) as u32
    }

    /// Bit/s below which a moving picture of this source cannot be had.
    pub fn least(&self) -> u32 {
        let least = self.available.trailing_zeros() as usize;
        self.bps.get(least).copied().unwrap_or(0)
    }
}

impl LayerChooser {
    /// A chooser that has not chosen yet.
    pub fn new(content: Content) -> Self {
        let above = Delivery::Nothing;
        Self { content, current: None, since: None, enough: None, above, raised: None, hold: FIRST_HOLD }
    }

    /// Forgets what was chosen, for another source on the slot; what was learnt of the line stays.
    pub fn restart(&mut self, content: Content) {
        (self.content, self.current, self.enough) = (content, None, None);
    }

    /// What is being sent, as far as this chooser knows.
    pub fn current(&self) -> Option<Delivery> {
        self.current
    }

    /// What is shown.
    pub fn content(&self) -> Content {
        self.content
    }

    /// The layers of `available` (bit n = layer n) that this slot is to get, is about to get, or would fall back to
    /// from a line that has been full of late: what somebody has to send. The best one while nothing is chosen yet.
    pub fn asks_for(&self, available: u8, tight: bool) -> u8 {
        let bit = |delivery: Delivery| match delivery {
            Delivery::Nothing => 0,
            Delivery::Stills(layer) | Delivery::All(layer) => 1_u8.checked_shl(u32::from(layer)).unwrap_or(0),
        };
        let highest = |layers: u8| layers.checked_ilog2().map_or(0, |layer| 1 << layer);
        let Some(current) = self.current else { return highest(available) };
        let rising = self.enough.map_or(0, |_| bit(self.above));
        let below = if tight { highest(available & bit(current).saturating_sub(1)) } else { 0 };
        (bit(current) | rising | below) & available
    }

    /// Chooses among `rates` for a budget in bit/s.
    pub fn choose(&mut self, rates: &LayerRates, budget_bps: u32, congested: bool, now: Instant) -> Decision {
        let budget = f64::from(budget_bps);
        let ladder = self.ladder(rates);
        let wanted_bps = rates.wanted();
        let last = Delivery::All(rates.available.trailing_zeros() as LayerIndex);
        let fits = |factor: f64| {
            let factor = |delivery| if delivery == last { factor.min(LAST_UP) } else { factor };
            let carried = |delivery: &&Delivery| factor(**delivery) * rates.cost(**delivery) <= budget;
            ladder.iter().flatten().rev().find(carried).copied().unwrap_or(Delivery::Nothing)
        };
        let rank = |delivery: Delivery| ladder.iter().position(|step| *step == Some(delivery));
        let Some((current, place)) = self.current.and_then(|current| Some((current, rank(current)?))) else {
            self.take(fits(1.0), now);
            return Decision { delivery: self.current.unwrap_or(Delivery::Nothing), stop: false, wanted_bps };
        };
        let stay = if current == last { LAST_STAY } else { 1.0 };
        if stay * rates.cost(current) > budget {
            let delivery = fits(1.0);
            self.lower(delivery, now);
            return Decision { delivery, stop: true, wanted_bps };
        }
        let above = fits(UP);
        self.above = above;
        if congested || rank(above).is_none_or(|above| above <= place) {
            self.enough = None;
        } else if now.saturating_duration_since(*self.enough.get_or_insert(now)) >= self.hold {
            self.take(above, now);
            self.raised = Some(now);
        }
        Decision { delivery: self.current.unwrap_or(Delivery::Nothing), stop: false, wanted_bps }
    }

    fn take(&mut self, delivery: Delivery, now: Instant) {
        self.current = Some(delivery);
        self.since = Some(now);
        self.enough = None;
    }

    fn lower(&mut self, delivery: Delivery, now: Instant) {
        if self.raised.take().is_some_and(|raised| now.saturating_duration_since(raised) < FAILED_WITHIN) {
            self.hold = (self.hold * 2).min(LONGEST_HOLD);
        } else if self.since.is_some_and(|since| now.saturating_duration_since(since) > SETTLED) {
            self.hold = FIRST_HOLD;
        }
        self.take(delivery, now);
    }

    /// All that can be had of a source, from worst to best.
    fn ladder(&self, rates: &LayerRates) -> [Option<Delivery>; MAX_LAYERS + 2] {
        let mut steps = [None; MAX_LAYERS + 2];
        steps[0] = Some(Delivery::Nothing);
        let (lowest, highest) = (rates.available.trailing_zeros(), 7_u32.wrapping_sub(rates.available.leading_zeros()));
        let all = (0..MAX_LAYERS as LayerIndex).map(Delivery::All).filter(|delivery| rates.has(*delivery));
        let mut at = 1;
        let mut push = |delivery| {
            if let Some(step) = steps.get_mut(at) {
                *step = Some(delivery);
                at += 1;
            }
        };
        if rates.available != 0 && self.content == Content::Camera {
            push(Delivery::Stills(lowest as LayerIndex));
        }
        for delivery in all {
            // Text is read from sharp stills, not from a small picture that moves.
            if self.content == Content::Screen && delivery == Delivery::All(highest as LayerIndex) {
                push(Delivery::Stills(highest as LayerIndex));
            }
            push(delivery);
        }
        steps
    }
}

#[cfg(test)]
#[path = "layers/tests.rs"]
mod tests;
