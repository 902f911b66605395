//! Which layers of each track anybody takes, over all workers, and what follows for its publisher.
//!
//! At its turns each receiver says what it gets and is about to get; a worker adds that up and tells the owner of the
//! track. Layers that nobody takes for a while are withheld: the publisher is told to pause them, and they still count
//! as to be had, for they come back when they are asked for. Until they do, receivers stay on what flows.

use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::Core;
use super::track::TrackMedia;
use crate::codec::MediaKind;
use crate::engine::MediaEvent;
use crate::estimate::LayerDemand;
use crate::exchange::Message;
use crate::rtp::LayerIndex;
use crate::track::Source;

/// A layer that was asked for again and has not come after this long is not to be had any more.
const RESUME_WITHIN: Duration = Duration::from_secs(5);
/// What a worker is taken to want until it says.
const ALL: u8 = u8::MAX;

/// The demand for one track as one worker knows it; layers are bits, bit n is layer n.
#[derive(Debug)]
pub(crate) struct Demand {
    /// Asked for since this round of the receivers began.
    asked: u8,
    /// Asked for in the round before, or in this one.
    wanted: u8,
    /// What the owner of the track was told, on other workers.
    told: Option<u8>,
    /// What the other workers want, at the owner.
    others: SmallVec<[(usize, u8); 8]>,
    /// Since when which layers are not taken, at the owner; from when the track is heard of on.
    layers: Option<LayerDemand>,
    /// Layers that are paused, or that were asked for again and have not come yet.
    withheld: u8,
    resumed: Option<Instant>,
}

/// What has changed at the owner of a track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Change {
    /// The layers to pause.
    paused: Option<u8>,
    /// The layers withheld.
    withheld: Option<u8>,
}

impl Default for Demand {
    fn default() -> Self {
        Self { asked: 0, wanted: ALL, told: None, others: SmallVec::new(), layers: None, withheld: 0, resumed: None }
    }
}

impl Demand {
    /// Layers that do not flow but can be had.
    pub(crate) fn withheld(&self) -> u8 {
        self.withheld
    }

    /// At other workers than the owner: takes over what the owner says.
    pub(crate) fn set_withheld(&mut self, layers: u8) {
        self.withheld = layers;
    }

    /// The layers the publisher was told to pause.
    pub(crate) fn paused(&self) -> u8 {
        self.layers.as_ref().map_or(0, LayerDemand::paused)
    }

    /// Another worker serves receivers of the track.
    pub(crate) fn subscribed(&mut self, worker: usize) {
        self.unsubscribed(worker);
        self.others.push((worker, ALL));
    }

    /// It serves none any more.
    pub(crate) fn unsubscribed(&mut self, worker: usize) {
        self.others.retain(|(other, _)| *other != worker);
    }

    /// What another worker's receivers take.
    fn other(&mut self, worker: usize, layers: u8) {
        if let Some((_, known)) = self.others.iter_mut().find(|(other, _)| *other == worker) {
            *known = layers;
        }
    }

    /// A receiver of this worker takes these layers. True when one of them was not wanted so far.
    fn ask(&mut self, layers: u8) -> bool {
        let is_news = layers & !self.wanted != 0;
        self.asked |= layers;
        self.wanted |= layers;
        is_news
    }

    /// Every receiver has had its turn.
    fn end_round(&mut self) {
        self.wanted = std::mem::take(&mut self.asked);
    }

    /// At the owner: what follows while `active` of `all` layers flow and a tap takes `tapped`.
    fn decide(&mut self, active: u8, all: u8, tapped: u8, now: Instant) -> Change {
        let everywhere = self.others.iter().fold(self.wanted | tapped, |sum, (_, layers)| sum | layers);
        let layers = self.layers.get_or_insert_with(|| LayerDemand::new(now));
        let before = layers.paused() & all;
        layers.update(everywhere, now);
        let paused = layers.paused() & all;
        if before & !paused != 0 {
            self.resumed = Some(now);
        }
        let awaited = self.resumed.is_some_and(|at| now.saturating_duration_since(at) < RESUME_WITHIN);
        let coming = if awaited { self.withheld & !active } else { 0 };
        let withheld = paused | coming;
        let change = Change {
            paused: (paused != before).then_some(paused),
            withheld: (withheld != self.withheld).then_some(withheld),
        };
        self.withheld = withheld;
        change
    }
}

impl Core {
    /// A receiver of this worker takes these layers of a track.
    pub(super) fn ask_for_layers(&mut self, index: u32, layers: u8, now: Instant) {
        if self.tracks.get_mut(index).is_some_and(|track| track.demand.ask(layers)) {
            self.demand_turn(index, now);
        }
    }

    /// Every receiver has said what it takes: draws the conclusions for all tracks.
    pub(super) fn end_demand_round(&mut self, now: Instant) {
        for index in 0..self.tracks.bound() {
            if let Some(track) = self.tracks.get_mut(index) {
                track.demand.end_round();
                self.demand_turn(index, now);
            }
        }
    }

    /// Another worker says what its receivers take.
    pub(super) fn demanded(&mut self, index: u32, worker: usize, layers: u8, now: Instant) {
        if let Some(track) = self.tracks.get_mut(index) {
            track.demand.other(worker, layers);
            self.demand_turn(index, now);
        }
    }

    fn demand_turn(&mut self, index: u32, now: Instant) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        let (kind, all) = match track.source() {
            Some(source) => (source.kind(), (1_u16 << source.layers().len()).wrapping_sub(1) as u8),
            None => return,
        };
        if kind == MediaKind::Audio || all == 1 {
            return;
        }
        let (id, available) = (track.id, track.available_layers());
        let tapped = if track.taps.is_empty() { 0 } else { highest(available) };
        match &mut track.media {
            TrackMedia::Awaited => {}
            TrackMedia::Own { up, .. } => {
                let change = track.demand.decide(up.source().active_layers(), all, tapped, now);
                if let Some(layers) = change.withheld {
                    for worker in track.subscribers.clone() {
                        self.port.send(worker, Message::Withheld { track: id, layers });
                    }
                }
                if let Some(paused) = change.paused {
                    up.set_paused(paused);
                    self.emit(MediaEvent::LayersWanted { track: id, layers: all & !paused });
                }
            }
            TrackMedia::Replica(_) => {
                let layers = track.demand.wanted & all;
                if track.demand.told != Some(layers) {
                    track.demand.told = Some(layers);
                    let worker = self.port.worker();
                    self.port.broadcast(&Message::Demand { track: id, worker, layers });
                }
            }
        }
    }
}

/// The best of some layers.
fn highest(layers: u8) -> u8 {
    layers.checked_ilog2().map_or(0, |layer| 1 << layer)
}

/// The layers of `source` and those that are `withheld`.
pub(super) fn available(source: &Source, withheld: u8) -> u8 {
    let all = (1_u16 << source.layers().len()).wrapping_sub(1) as u8;
    source.active_layers() | withheld & all
}

/// The bit of a layer.
pub(super) fn bit(layer: Option<LayerIndex>) -> u8 {
    layer.map_or(0, |layer| 1_u8.checked_shl(u32::from(layer)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
        Instant::now()
    }

    #[test]
    fn what_any_worker_takes_flows() {
        let (t0, mut demand) = (start(), Demand::default());
        let at = |ms: u64| t0 + Duration::from_millis(ms);
        demand.subscribed(3);
        let mut now = 0;
        let mut run = |demand: &mut Demand, own: u8, ms: u64| {
            let (mut paused, until) = (Vec::new(), now + ms);
            while now < until {
                now += 100;
                demand.ask(own);
                demand.end_round();
                paused.extend(demand.decide(0b111, 0b111, 0, at(now)).paused);
            }
            paused
        };
        // A worker that has said nothing yet wants everything.
        assert!(run(&mut demand, 0b001, 10_000).is_empty());
        demand.other(3, 0b010);
        assert_eq!(run(&mut demand, 0b001, 10_000), [0b100]);
        assert_eq!((demand.paused(), demand.withheld()), (0b100, 0b100));
        demand.unsubscribed(3);
        assert_eq!(run(&mut demand, 0b001, 10_000), [0b110]);
        // A single receiver that is about to need a layer brings it back at once.
        assert!(demand.ask(0b100) && !demand.ask(0b100));
        assert_eq!(run(&mut demand, 0b100, 100), [0b010]);
    }

    #[test]
    fn a_layer_asked_for_again_counts_until_it_comes_or_for_a_while() {
        for comes in [true, false] {
            let (t0, mut demand) = (start(), Demand::default());
            let at = |ms: u64| t0 + Duration::from_millis(ms);
            let mut turn = |ms: u64, wanted: u8, active: u8| {
                demand.ask(wanted);
                demand.end_round();
                let change = demand.decide(active, 0b11, 0, at(ms));
                (change, demand.withheld())
            };
            turn(0, 0b01, 0b11);
            assert_eq!(turn(6_000, 0b01, 0b11), (Change { paused: Some(0b10), withheld: Some(0b10) }, 0b10));
            assert_eq!(turn(6_500, 0b01, 0b01), (Change::default(), 0b10));
            assert_eq!(turn(7_000, 0b11, 0b01), (Change { paused: Some(0), withheld: None }, 0b10));
            assert_eq!(turn(7_100, 0b11, 0b01).1, 0b10);
            let active = if comes { 0b11 } else { 0b01 };
            assert_eq!(turn(7_200, 0b11, active).1, if comes { 0 } else { 0b10 });
            assert_eq!(turn(12_100, 0b11, active).1, 0);
        }
    }
}
