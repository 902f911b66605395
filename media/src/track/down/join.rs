//! Where a run begins: at which packet, and at which time on the outgoing clock.

use std::time::{Duration, Instant};

use super::keyframe::STILL_SPACING;
use super::{DownTrack, Outgoing, State};
use crate::codec::MediaKind;
use crate::feedback::{fixed_point, ticks};
use crate::rtp::{LayerIndex, Packet};
use crate::track::run::{Joint, Run};
use crate::track::source::Source;

/// Runs remembered for resends; a layer or source switch begins one.
const MAX_RUNS: usize = 8;

impl DownTrack {
    /// A tap takes the ring only once: later it would record frames twice.
    pub(super) fn may_burst(&self) -> bool {
        self.config.kind == MediaKind::Video && (self.config.squeeze || self.last.is_none())
    }

    /// Joins the stream at `packet` if it can be joined there.
    pub(super) fn enter(&mut self, packet: &Packet, source: &Source, now: Instant) -> Option<Outgoing> {
        if self.target != Some(packet.layer) {
            return None;
        }
        let video = self.config.kind == MediaKind::Video;
        if video && !packet.keyframe {
            return None;
        }
        if video && self.start(packet.layer, source, now) {
            let State::Burst { layer, cursor } = self.state else { return None };
            let ring = &source.layer(layer)?.ring;
            // Usually the keyframe's first packet is the newest one, and there is no burst.
            if ring.end() != packet.index + 1 || (cursor..packet.index).any(|index| ring.get(index).is_some()) {
                return None;
            }
        } else {
            let joint = self.joint(packet.layer, packet.timestamp, packet.arrived, 0, source)?;
            self.begin(Run::new(packet.layer, packet.index, self.next_out, packet.timestamp, &joint), now);
        }
        self.state = State::Live { layer: packet.layer, ending: None };
        self.emit(packet, now)
    }

    /// Begins a run at the newest keyframe in the ring of `layer`; false when there is none.
    pub(super) fn start(&mut self, layer: LayerIndex, source: &Source, now: Instant) -> bool {
        let Some(ring) = source.layer(layer).map(|l| &l.ring) else { return false };
        let (Some(cursor), Some(newest)) = (ring.keyframe_start(), ring.newest()) else { return false };
        let Some(first) = ring.since_keyframe().next() else { return false };
        let span = i64::from(newest.timestamp.wrapping_sub(first.timestamp) as i32).max(0);
        let Some(joint) = self.joint(layer, newest.timestamp, newest.arrived, span, source) else { return false };
        self.unpaced = Some(first.timestamp);
        self.begin(Run::new(layer, cursor, self.next_out, newest.timestamp, &joint), now);
        self.state = State::Burst { layer, cursor };
        true
    }

    /// Where a run anchored at source timestamp `anchor` lies on the outgoing clock.
    fn joint(&mut self, layer: LayerIndex, anchor: u32, arrived: Instant, span: i64, source: &Source) -> Option<Joint> {
        let arrived = source.server_time(arrived);
        let captured = source.layer(layer)?.clock.map_or(arrived, |clock| clock.ntp_of(anchor, self.rate));
        // A clock that puts the frame far from its arrival is wrong.
        let plausible = captured.since(arrived).unsigned_abs() < fixed_point(Duration::from_secs(10)).unsigned_abs();
        let ntp = if plausible { captured } else { arrived };
        let live = match self.timeline {
            Some((out, then)) => out.saturating_add_signed(ticks(ntp.since(then), self.rate)),
            None => {
                // Room below for the burst and for what comes out of order.
                let out = (1 << 32) + u64::from(self.config.first_timestamp) + span as u64;
                self.timeline = Some((out, ntp));
                out
            }
        };
        let rigid = self.config.kind == MediaKind::Audio;
        let step = u64::from(self.rate) / if rigid { 50 } else { 1_000 };
        let last = self.last.map(|(timestamp, _)| timestamp);
        Some(Joint { live, span, last, step, squeeze: self.config.squeeze, rigid })
    }

    fn begin(&mut self, run: Run, now: Instant) {
        if self.runs.len() == MAX_RUNS {
            self.runs.pop_front();
        }
        self.runs.push_back(run);
        self.run_began = Some(now);
        self.report_due = Some(now);
        self.ask_again = self.stills.then_some(now + STILL_SPACING);
        self.picture_lost = false;
        self.stats.switches += 1;
    }
}
