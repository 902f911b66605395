//! What each receiver is sent of each source, by what its line carries.

use std::time::Instant;

use smallvec::SmallVec;

use super::Core;
use super::demand::bit;
use super::peer::Role;
use crate::codec::MediaKind;
use crate::estimate::{Delivery, LayerRates, apportion};

/// A slot with a picture.
struct Picture {
    down: u32,
    track: u32,
    /// What its source can give.
    rates: LayerRates,
}

impl Core {
    /// Looks at a receiver's estimate, chooses what its slots get, probes for more, and asks for what that takes.
    pub(super) fn estimate_turn(&mut self, index: u32, now: Instant) {
        let (pictures, sound_bps) = self.pictures_of(index);
        self.choose_all(index, &pictures, sound_bps, now);
        let line = self.egress.get(index as usize).and_then(|egress| egress.as_ref()?.line.as_ref());
        let tight = line.is_some_and(|line| line.is_tight());
        for picture in &pictures {
            let Some(down) = self.downs.get(picture.down) else { continue };
            let layers = bit(down.plan.layer()) | down.chooser.asks_for(picture.rates.available, tight);
            self.ask_for_layers(picture.track, layers, now);
        }
    }

    fn choose_all(&mut self, index: u32, pictures: &[Picture], sound_bps: u32, now: Instant) {
        let Some(egress) = self.egress.get_mut(index as usize).and_then(Option::as_mut) else { return };
        let Some(line) = &mut egress.line else { return };
        let sum = |rate: fn(&LayerRates) -> u32| {
            pictures.iter().fold(sound_bps, |sum, picture| sum.saturating_add(rate(&picture.rates)))
        };
        line.estimator().set_wanted(sum(LayerRates::wanted), sum(LayerRates::least));
        let update = line.poll(now);
        if let Some(plan) = update.probe {
            match pictures.iter().map(|picture| picture.down).find(|down| self.can_probe(*down)) {
                Some(down) => self.rounds.probe(down, plan, now),
                None => self.try_without_probe(index, now),
            }
        }
        let settled = self.egress[index as usize].as_ref().and_then(|egress| egress.line.as_ref());
        if !settled.is_some_and(|line| line.is_settled(now)) {
            return;
        }
        let needs: SmallVec<[(u32, u32); 8]> =
            pictures.iter().map(|picture| (picture.rates.least(), picture.rates.wanted())).collect();
        let mut budgets: SmallVec<[u32; 8]> = SmallVec::from_elem(0, needs.len());
        apportion(update.target_bps, sound_bps, &needs, &mut budgets);
        for (picture, budget) in pictures.iter().zip(budgets) {
            self.choose(picture.down, &picture.rates, budget, update.congested, now);
        }
    }

    /// The pictures a receiver is shown, in the order of its slots, and what its sound takes in bit/s.
    fn pictures_of(&self, index: u32) -> (SmallVec<[Picture; 8]>, u32) {
        let (mut pictures, mut sound_bps) = (SmallVec::new(), 0_u32);
        let Some(Role::Receiver(slots)) = self.peers.get(index).map(|peer| &peer.role) else {
            return (pictures, 0);
        };
        for slot in slots {
            let Some(down) = slot.down else { continue };
            let Some(track_index) = self.downs.get(down).and_then(|down| down.track) else { continue };
            let Some(track) = self.tracks.get(track_index) else { continue };
            let Some(source) = track.source() else { continue };
            let rates = track.meter.rates(track.available_layers());
            match source.kind() {
                MediaKind::Audio => sound_bps = sound_bps.saturating_add(rates.bps[0]),
                MediaKind::Video => pictures.push(Picture { down, track: track_index, rates }),
            }
        }
        (pictures, sound_bps)
    }

    fn can_probe(&self, down_index: u32) -> bool {
        self.downs.get(down_index).is_some_and(|down| down.twcc && down.plan.rtx_ssrc().is_some())
    }

    fn try_without_probe(&mut self, index: u32, now: Instant) {
        if let Some(line) = self.egress.get_mut(index as usize).and_then(|egress| egress.as_mut()?.line.as_mut()) {
            line.estimator().on_probe_impossible(now);
        }
    }

    fn choose(&mut self, down_index: u32, rates: &LayerRates, budget: u32, congested: bool, now: Instant) {
        let Some(down) = self.downs.get_mut(down_index) else { return };
        let decision = down.chooser.choose(rates, budget, congested, now);
        if decision.stop {
            down.plan.step_down();
        }
        down.blank = decision.delivery == Delivery::Nothing;
        down.plan.set_stills(matches!(decision.delivery, Delivery::Stills(_)));
        if let Delivery::Stills(layer) | Delivery::All(layer) = decision.delivery {
            down.plan.set_layer_cap(layer);
        }
    }
}

#[cfg(test)]
mod tests;
