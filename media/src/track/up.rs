//! One media section of a publisher: numbered, without duplicates, repaired, and kept for its receivers.

mod config;
mod layer;
mod redundancy;

pub use config::{LayerStats, UpConfig, UpStats};
use layer::Layer;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::clock::SenderClock;
use super::loss::Arrival;
use super::source::{Source, SourceChange};
use crate::codec::MediaKind;
use crate::feedback::{Ntp, ReportBlock, SenderInfo, write};
use crate::rtp::{DropReason, LayerIndex, Packet, keyframe};
use crate::voice::VoiceDetector;

/// A layer without packets for this long has stopped, if another layer of its track goes on; the second time is that
/// of layers that the publisher was told to pause.
const LAYER_IDLE: Duration = Duration::from_secs(2);
const PAUSED_IDLE: Duration = Duration::from_millis(250);

/// The receiving end of one media section.
#[derive(Debug)]
pub struct UpTrack {
    config: UpConfig,
    source: Source,
    layers: Vec<Layer>,
    changes: VecDeque<SourceChange>,
    wanted: bool,
    /// Bit n is set while the publisher was told to pause layer n.
    paused: u8,
    voice: VoiceDetector,
    due: Vec<u16>,
    /// Lost packets of which the last one received had a copy.
    recovered: SmallVec<[Arc<Packet>; 2]>,
}

impl UpTrack {
    /// A track that has received nothing yet.
    pub fn new(config: UpConfig, now: Instant) -> Self {
        let source = Source::new(config.codec, config.layers, config.clock);
        let rate = f64::from(config.max_packets_per_second);
        let layers = source.layers().iter().map(|_| Layer::new(config.codec.clock_rate(), rate, now)).collect();
        let (changes, due) = (VecDeque::new(), Vec::new());
        let recovered = SmallVec::new();
        let voice = VoiceDetector::default();
        Self { config, source, layers, changes, wanted: false, paused: 0, voice, due, recovered }
    }

    /// Takes in a packet that [`Demux`](super::Demux) routed here, and gives it back numbered and kept. What it had
    /// copies of comes from [`take_recovered`](Self::take_recovered).
    ///
    /// # Errors
    /// Why the packet goes no further.
    pub fn receive(
        &mut self,
        mut packet: Packet,
        layer: LayerIndex,
        repair: bool,
        now: Instant,
    ) -> Result<Arc<Packet>, DropReason> {
        let state = self.layers.get_mut(usize::from(layer)).ok_or(DropReason::Ssrc)?;
        if !state.guard.take(1.0, now) {
            return Err(DropReason::Rate);
        }
        let bytes = packet.payload.len();
        let earlier = self.unpack(&mut packet)?;
        let state = &mut self.layers[usize::from(layer)];
        let mut packet = if repair { state.restore(packet, self.config.pt)? } else { state.number(packet, now)? };
        if !state.seen.insert(packet.index) {
            return Err(DropReason::Duplicate);
        }
        packet.layer = layer;
        packet.keyframe = self.config.codec.kind() == MediaKind::Video
            && keyframe::starts_keyframe(self.config.codec, &packet.payload);
        match state.loss.arrived(packet.index, now) {
            Arrival::Normal => {}
            Arrival::Recovered => state.stats.recovered += 1,
            Arrival::Gap => {
                state.gap = true;
                if self.config.codec.kind() == MediaKind::Video {
                    state.keyframes.request(now);
                }
            }
        }
        if packet.keyframe && state.newest_keyframe != Some(packet.timestamp) {
            state.newest_keyframe = Some(packet.timestamp);
            state.keyframes.arrived(now);
            state.stats.keyframes += 1;
        }
        state.heard = Some(now);
        let gap = std::mem::take(&mut state.gap);
        state.stats.packets += 1;
        state.stats.bytes += bytes as u64;
        if let Some(level) = packet.extensions.audio_level {
            self.voice.hear(level, packet.timestamp, now);
        }
        if gap && self.config.codec.kind() == MediaKind::Video {
            self.change(SourceChange::Gap { layer });
        }
        self.recover(&packet, layer, &earlier);
        self.protect(&mut packet);
        let packet = Arc::new(packet);
        self.source.push(&packet);
        Ok(packet)
    }

    /// Takes in a sender report; `ntp` is its time brought to the server's by the publisher's
    /// [`PublisherClock`](super::PublisherClock). Reports about unknown or repair streams are ignored.
    pub fn sender_report(&mut self, info: &SenderInfo, ntp: Ntp, now: Instant) {
        let Some(layer) = self.layers.iter().position(|l| l.ssrc == Some(info.ssrc)) else { return };
        self.layers[layer].reception.sender_report(info.ntp, now);
        let clock = SenderClock { ntp, rtp: info.rtp, exact: true };
        self.change(SourceChange::Clock { layer: layer as LayerIndex, clock });
    }

    /// What receivers on the publisher's own worker read, and what is cloned for other workers.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The next change that replicas on other workers must hear of; the track's own source has it already.
    pub fn poll_change(&mut self) -> Option<SourceChange> {
        self.changes.pop_front()
    }

    /// Somebody needs a keyframe of `layer` soon.
    pub fn request_keyframe(&mut self, layer: LayerIndex, now: Instant) {
        if self.config.codec.kind() == MediaKind::Video
            && let Some(layer) = self.layers.get_mut(usize::from(layer))
        {
            layer.keyframes.request(now);
        }
    }

    /// Whether keyframes should come at the configured interval: the track is recorded or may be joined late.
    pub fn want_keyframes(&mut self, wanted: bool) {
        self.wanted = wanted && self.config.codec.kind() == MediaKind::Video;
    }

    /// The publisher was told to pause these layers (bit n = layer n): one that falls silent has stopped.
    pub fn set_paused(&mut self, layers: u8) {
        self.paused = layers;
    }

    /// Appends the NACKs and keyframe requests that are due, from `sender`, to a compound; and notices layers that
    /// have stopped.
    pub fn poll(&mut self, sender: u32, now: Instant, out: &mut Vec<u8>) {
        let interval = self.interval();
        for state in &mut self.layers {
            let Some(ssrc) = state.ssrc else { continue };
            self.due.clear();
            let shift = state.shift;
            let given_up = state.loss.poll(now, &mut self.due, |index| (index as u16).wrapping_sub(shift));
            state.stats.given_up += given_up as u64;
            if given_up > 0 && self.config.codec.kind() == MediaKind::Video {
                state.keyframes.request(now);
            }
            if self.config.nack {
                state.stats.requested += self.due.len() as u64;
                write::nack(out, sender, ssrc, &self.due);
            }
            let alive = state.heard.is_some_and(|at| now.saturating_duration_since(at) < LAYER_IDLE);
            if state.keyframes.poll(interval.filter(|_| alive), now) {
                state.stats.keyframe_requests += 1;
                write::picture_loss(out, sender, ssrc);
            }
        }
        self.notice_stopped(now);
    }

    /// When [`poll`](Self::poll) next has something to send; a time in the past means now.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let interval = self.interval();
        let heard = self.layers.iter().filter(|l| l.ssrc.is_some());
        heard
            .flat_map(|l| [l.loss.timeout().filter(|_| self.config.nack), l.keyframes.timeout(interval)])
            .flatten()
            .min()
    }

    /// Adds one report block per layer heard of, for the time since the last call (about every second), and
    /// measures the layers' rates over it.
    pub fn report_blocks(&mut self, now: Instant, out: &mut Vec<ReportBlock>) {
        for layer in &mut self.layers {
            layer.measure(now);
            if let Some(ssrc) = layer.ssrc {
                out.extend(layer.reception.block(ssrc, now));
            }
        }
    }

    /// The SSRC of a layer once a packet of it has come.
    pub fn ssrc(&self, layer: LayerIndex) -> Option<u32> {
        self.layers.get(usize::from(layer))?.ssrc
    }

    /// Round trip to the publisher as its repairs show it; 50 ms before the first.
    pub fn round_trip(&self) -> Duration {
        self.layers.iter().map(|l| l.loss.round_trip()).max().unwrap_or_default()
    }

    /// How loud somebody talks, 1 to 127, as the publisher's packets say it (RFC 6464); `None` while nobody does, and
    /// always where the publisher says nothing.
    pub fn voice(&mut self, now: Instant) -> Option<u8> {
        self.voice.poll(now)
    }

    /// Counters, all layers.
    pub fn stats(&self) -> UpStats {
        let mut sum = UpStats::default();
        self.layers.iter().for_each(|layer| sum += layer.stats);
        sum
    }

    /// Each layer that has been heard of, smallest picture first.
    pub fn layer_stats(&self) -> impl Iterator<Item = LayerStats> + '_ {
        let layers = (0..).zip(self.layers.iter().zip(self.source.layers()));
        layers.filter(|(_, (state, _))| state.ssrc.is_some()).map(|(layer, (state, source))| LayerStats {
            layer,
            active: source.active,
            bits_per_second: state.bits_per_second,
            lost: state.reception.lost(),
            jitter_ms: state.reception.jitter_ms(),
            counted: state.stats,
        })
    }

    fn interval(&self) -> Option<Duration> {
        self.wanted.then_some(self.config.keyframe_interval)
    }

    fn notice_stopped(&mut self, now: Instant) {
        let idle = |l: &Layer| l.heard.is_none_or(|at| now.saturating_duration_since(at) >= LAYER_IDLE);
        // A picture that stands still sends little; a layer has stopped only where others go on.
        if self.layers.len() < 2 || self.layers.iter().all(idle) {
            return;
        }
        let silent = |l: &Layer| l.heard.is_none_or(|at| now.saturating_duration_since(at) >= PAUSED_IDLE);
        for layer in 0..self.layers.len() {
            let paused = self.paused >> layer & 1 == 1 && silent(&self.layers[layer]);
            if (paused || idle(&self.layers[layer])) && self.source.layers()[layer].active {
                self.change(SourceChange::Active { layer: layer as LayerIndex, active: false });
            }
        }
    }

    fn change(&mut self, change: SourceChange) {
        /// More than a worker can leave unread between two turns; the oldest go first.
        const MAX_CHANGES: usize = 64;
        self.source.apply(&change);
        if self.changes.len() == MAX_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }
}

#[cfg(test)]
mod tests;
