//! What a receiver's line imposes on its slot: frames that wait, pictures that stop, keyframes only, probes.

use std::sync::Arc;

use super::{DownTrack, Outgoing, State};
use crate::codec::MediaKind;
use crate::rtp::Packet;
use crate::track::source::Source;

impl DownTrack {
    /// Only keyframes are sent from now on, as they come; or everything again, from the next one.
    pub fn set_stills(&mut self, stills: bool) {
        if self.stills && !stills {
            self.ask_again = None;
        }
        self.stills = stills && self.config.kind == MediaKind::Video;
    }

    /// Whether the keyframe that the present run began with is complete, when the run goes on at `cursor`.
    pub(super) fn still_is_sent(&self, cursor: u64) -> bool {
        let begun = self.runs.back().is_some_and(|run| cursor > run.first_source);
        begun && self.last.is_some_and(|(_, open)| !open)
    }

    /// The line cannot carry what is sent: the rest of the frame is sent, and then nothing until a keyframe of the
    /// layer that the cap allows.
    pub fn step_down(&mut self) {
        if self.config.kind == MediaKind::Audio {
            return;
        }
        let open = self.last.filter(|(_, open)| *open).map(|(timestamp, _)| timestamp);
        self.state = match (self.state, open) {
            (State::Live { layer, ending: None }, Some(timestamp)) => State::Live { layer, ending: Some(timestamp) },
            (State::Live { ending: None, .. } | State::Burst { .. }, _) => State::Waiting,
            (state, _) => state,
        };
        self.ask_again = None;
    }

    /// The packets in `fresh`, which `source` has kept, are not to be sent at once: sending goes on from the ring with
    /// [`next_burst`](Self::next_burst). True when it does.
    pub fn defer(&mut self, fresh: &[Arc<Packet>]) -> bool {
        let State::Live { layer, ending: None } = self.state else { return false };
        let Some(cursor) = fresh.iter().filter(|packet| packet.layer == layer).map(|packet| packet.index).min() else {
            return false;
        };
        self.state = State::Burst { layer, cursor };
        self.unpaced = None;
        true
    }

    /// Whether `seq` belongs to what is being shown: what was sent before the last switch, or of a picture that has been
    /// stopped, is not worth a repeat where there is little room.
    pub fn is_shown(&self, seq: u16) -> bool {
        let newest = self.next_out.wrapping_sub(1);
        let back = u64::from((newest as u16).wrapping_sub(seq));
        let present = self.runs.back().is_some_and(|run| newest.saturating_sub(back) >= run.first_out);
        present && (self.stills || self.layer().is_some())
    }

    /// Plans the packet sent `back` packets ago as a repair packet that nobody asked for, to fill a probe. `None` when
    /// it is gone or the receiver knows no repair stream.
    pub fn redundant<'s>(&mut self, back: u64, source: &'s Source) -> Option<(&'s Arc<Packet>, Outgoing)> {
        let (ssrc, pt) = (self.config.rtx_ssrc?, self.format?.rtx_pt?);
        let out = self.next_out.checked_sub(1 + back)?;
        if !self.sent.contains(out) {
            return None;
        }
        let run = self.runs.iter().rev().find(|run| run.first_out <= out)?;
        let packet = source.layer(run.layer)?.ring.get(run.source_index(out)?)?;
        let timestamp = run.timestamp(packet.timestamp);
        let index = self.next_rtx;
        self.next_rtx += 1;
        Some((
            packet,
            Outgoing { ssrc, pt, index, timestamp, marker: packet.marker, original: Some(out as u16), red: None },
        ))
    }

    /// Plans a repair packet of nothing but padding, to fill a probe where there is nothing to repeat. `None` when the
    /// receiver knows no repair stream.
    pub fn padding(&mut self) -> Option<Outgoing> {
        let (ssrc, pt) = (self.config.rtx_ssrc?, self.format?.rtx_pt?);
        let timestamp = self.last.map_or(0, |(timestamp, _)| timestamp);
        let index = self.next_rtx;
        self.next_rtx += 1;
        Some(Outgoing { ssrc, pt, index, timestamp, marker: false, original: None, red: None })
    }
}
