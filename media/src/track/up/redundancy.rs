//! Sound with redundancy (RFC 2198) on its way in: taken apart, used to fill gaps, and made where there is none.
//!
//! A packet leaves here with its bare frame as payload, for the recorder and for receivers that know no redundancy, and
//! with the redundant form beside it, made once for all others.

use std::sync::Arc;

use smallvec::SmallVec;

use super::UpTrack;
use crate::codec::MediaKind;
use crate::rtp::red::{Red, Redundant};
use crate::rtp::{DropReason, Extensions, LayerIndex, Packet};

/// Frames that came with a packet, oldest first.
pub(super) type Earlier = SmallVec<[Redundant; 2]>;

impl UpTrack {
    /// Lost packets of which the one just received had a copy, oldest first.
    pub fn take_recovered(&mut self) -> SmallVec<[Arc<Packet>; 2]> {
        std::mem::take(&mut self.recovered)
    }

    /// Leaves the bare frame as the payload of a redundant packet; gives the frames before it.
    pub(super) fn unpack(&self, packet: &mut Packet) -> Result<Earlier, DropReason> {
        if self.config.red_pt != Some(packet.pt) {
            return Ok(Earlier::new());
        }
        let red = Red::split(&packet.payload, self.config.pt)?;
        packet.pt = self.config.pt;
        packet.red = Some(std::mem::replace(&mut packet.payload, red.primary));
        Ok(red.earlier)
    }

    /// Fills the gap before `packet` with what came along: the n-th frame before it was the n-th packet before it.
    pub(super) fn recover(&mut self, packet: &Packet, layer: LayerIndex, earlier: &Earlier) {
        let Some(state) = self.layers.get_mut(usize::from(layer)) else { return };
        for (frame, back) in earlier.iter().zip((1..=earlier.len() as u64).rev()) {
            let Some(index) = packet.index.checked_sub(back) else { continue };
            let timestamp = packet.timestamp.wrapping_sub(frame.offset);
            // Encoders that leave frames out break the count; a frame from before the last packet is known already.
            let ring = self.source.layer(layer).map(|layer| &layer.ring);
            let known = index.checked_sub(1).and_then(|index| ring?.get(index));
            let is_new = known.is_none_or(|known| (timestamp.wrapping_sub(known.timestamp) as i32) > 0);
            if !is_new || !state.loss.is_missing(index) || !state.seen.insert(index) {
                continue;
            }
            state.loss.found(index);
            state.stats.recovered += 1;
            let copy = Arc::new(Packet {
                seq: packet.seq.wrapping_sub(back as u16),
                timestamp,
                marker: false,
                extensions: Extensions { audio_level: packet.extensions.audio_level, ..Extensions::default() },
                payload: frame.payload.clone(),
                red: None,
                index,
                ..*packet
            });
            self.source.push(&copy);
            self.recovered.push(copy);
        }
    }

    /// Adds the frame before it to sound that came without redundancy.
    pub(super) fn protect(&self, packet: &mut Packet) {
        if self.config.codec.kind() != MediaKind::Audio || packet.red.is_some() {
            return;
        }
        let ring = self.source.layer(packet.layer).map(|layer| &layer.ring);
        let before = packet.index.checked_sub(1).and_then(|index| ring?.get(index));
        packet.red = before.and_then(|before| {
            let offset = packet.timestamp.wrapping_sub(before.timestamp);
            Red::join(self.config.pt, &before.payload, offset, &packet.payload)
        });
    }
}

#[cfg(test)]
mod tests;
