//! One media section of a publisher: numbered, without duplicates, repaired, and kept for its receivers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::allowance::Allowance;
use super::clock::SenderClock;
use super::keyframes::KeyframeRequests;
use super::loss::{Arrival, LossRepair};
use super::reception::Reception;
use super::source::{Source, SourceChange};
use super::window::Window;
use crate::codec::{Codec, MediaKind};
use crate::feedback::{ClockBase, Ntp, ReportBlock, SenderInfo, write};
use crate::rtp::{AudioLevel, DropReason, Extended, LayerIndex, Packet, SequenceExtender, keyframe};

/// A layer without packets for this long has stopped, if another layer of its track goes on.
const LAYER_IDLE: Duration = Duration::from_secs(2);
/// A repair packet may be this far ahead of what came by itself.
const MAX_REPAIR_AHEAD: u64 = 256;

/// What was negotiated for an up-track.
#[derive(Debug, Clone)]
pub struct UpConfig {
    /// The codec.
    pub codec: Codec,
    /// Payload type of the media.
    pub pt: u8,
    /// Number of simulcast layers, 1 to 3.
    pub layers: usize,
    /// The publisher answers generic NACKs.
    pub nack: bool,
    /// Distance of keyframes while [`UpTrack::want_keyframes`] is on.
    pub keyframe_interval: Duration,
    /// Most packets per second and layer; what comes beyond is dropped at the door.
    pub max_packets_per_second: u32,
    /// The server's wall clock.
    pub clock: ClockBase,
}

impl UpConfig {
    /// The usual bounds: a keyframe every 6 s, 1,500 packets/s for a picture (14 Mbit/s), 250 for sound.
    pub fn new(codec: Codec, pt: u8, layers: usize, clock: ClockBase) -> Self {
        let max_packets_per_second = match codec.kind() {
            MediaKind::Audio => 250,
            MediaKind::Video => 1_500,
        };
        let keyframe_interval = Duration::from_secs(6);
        Self { codec, pt, layers, nack: true, keyframe_interval, max_packets_per_second, clock }
    }
}

/// Counters of an up-track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpStats {
    /// Packets taken in, repaired ones included.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// Packets that came back after a request.
    pub recovered: u64,
    /// Sequence numbers asked for, repeats included.
    pub requested: u64,
    /// Packets given up.
    pub given_up: u64,
    /// Keyframe requests sent.
    pub keyframe_requests: u64,
    /// Keyframes seen.
    pub keyframes: u64,
}

#[derive(Debug)]
struct Layer {
    ssrc: Option<u32>,
    extender: SequenceExtender,
    seen: Window<32>,
    loss: LossRepair,
    reception: Reception,
    keyframes: KeyframeRequests,
    guard: Allowance,
    newest_keyframe: Option<u32>,
    heard: Option<Instant>,
    /// What an index differs by from the number on the wire.
    shift: u16,
    /// What came before the next packet is of no use to those who join.
    gap: bool,
}

/// The receiving end of one media section.
#[derive(Debug)]
pub struct UpTrack {
    config: UpConfig,
    source: Source,
    layers: Vec<Layer>,
    changes: VecDeque<SourceChange>,
    wanted: bool,
    /// Smoothed loudness, 0 (silence) to 127, 4 fraction bits.
    loudness: u16,
    stats: UpStats,
    due: Vec<u16>,
}

impl UpTrack {
    /// A track that has received nothing yet.
    pub fn new(config: UpConfig, now: Instant) -> Self {
        let source = Source::new(config.codec, config.layers, config.clock);
        let rate = f64::from(config.max_packets_per_second);
        let layers = source
            .layers()
            .iter()
            .map(|_| Layer {
                ssrc: None,
                extender: SequenceExtender::default(),
                seen: Window::new(),
                loss: LossRepair::new(),
                reception: Reception::new(config.codec.clock_rate(), now),
                keyframes: KeyframeRequests::default(),
                guard: Allowance::new(rate, rate / 2.0, now),
                newest_keyframe: None,
                heard: None,
                shift: 0,
                gap: false,
            })
            .collect();
        let (changes, due, stats) = (VecDeque::new(), Vec::new(), UpStats::default());
        Self { config, source, layers, changes, wanted: false, loudness: 0, stats, due }
    }

    /// Takes in a packet that [`Demux`](super::Demux) routed here, and gives it back numbered and kept.
    ///
    /// # Errors
    /// Why the packet goes no further.
    pub fn receive(
        &mut self,
        packet: Packet,
        layer: LayerIndex,
        repair: bool,
        now: Instant,
    ) -> Result<Arc<Packet>, DropReason> {
        let state = self.layers.get_mut(usize::from(layer)).ok_or(DropReason::Ssrc)?;
        if !state.guard.take(1.0, now) {
            return Err(DropReason::Rate);
        }
        let mut packet = if repair { state.restore(packet, self.config.pt)? } else { state.number(packet, now)? };
        if !state.seen.insert(packet.index) {
            return Err(DropReason::Duplicate);
        }
        packet.layer = layer;
        packet.keyframe = self.config.codec.kind() == MediaKind::Video
            && keyframe::starts_keyframe(self.config.codec, &packet.payload);
        match state.loss.arrived(packet.index, now) {
            Arrival::Normal => {}
            Arrival::Recovered => self.stats.recovered += 1,
            Arrival::Gap => {
                state.gap = true;
                state.keyframes.request(now);
            }
        }
        if packet.keyframe && state.newest_keyframe != Some(packet.timestamp) {
            state.newest_keyframe = Some(packet.timestamp);
            state.keyframes.arrived(now);
            self.stats.keyframes += 1;
        }
        state.heard = Some(now);
        let gap = std::mem::take(&mut state.gap);
        self.stats.packets += 1;
        self.stats.bytes += packet.payload.len() as u64;
        if let Some(level) = packet.extensions.audio_level {
            self.hear(level);
        }
        if gap && self.config.codec.kind() == MediaKind::Video {
            self.change(SourceChange::Gap { layer });
        }
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

    /// Appends the NACKs and keyframe requests that are due, from `sender`, to a compound; and notices layers that
    /// have stopped.
    pub fn poll(&mut self, sender: u32, now: Instant, out: &mut Vec<u8>) {
        let interval = self.interval();
        for state in &mut self.layers {
            let Some(ssrc) = state.ssrc else { continue };
            if self.config.nack {
                self.due.clear();
                let shift = state.shift;
                let given_up = state.loss.poll(now, &mut self.due, |index| (index as u16).wrapping_sub(shift));
                if given_up > 0 && self.config.codec.kind() == MediaKind::Video {
                    state.keyframes.request(now);
                }
                self.stats.given_up += given_up as u64;
                self.stats.requested += self.due.len() as u64;
                write::nack(out, sender, ssrc, &self.due);
            }
            let alive = state.heard.is_some_and(|at| now.saturating_duration_since(at) < LAYER_IDLE);
            if state.keyframes.poll(interval.filter(|_| alive), now) {
                self.stats.keyframe_requests += 1;
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

    /// Adds one report block per layer heard of, for the time since the last call (about every second).
    pub fn report_blocks(&mut self, now: Instant, out: &mut Vec<ReportBlock>) {
        for layer in &mut self.layers {
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

    /// Smoothed loudness, 0 (silence) to 127, as the publisher's packets say it.
    pub fn loudness(&self) -> u8 {
        (self.loudness >> 4) as u8
    }

    /// Packets that did not come by themselves, all layers.
    pub fn lost(&self) -> i64 {
        self.layers.iter().map(|l| l.reception.lost()).sum()
    }

    /// Counters.
    pub fn stats(&self) -> UpStats {
        self.stats
    }

    fn interval(&self) -> Option<Duration> {
        self.wanted.then_some(self.config.keyframe_interval)
    }

    fn hear(&mut self, level: AudioLevel) {
        let loudness = u16::from(127 - level.level) << 4;
        self.loudness = (self.loudness * 7 + loudness) / 8;
    }

    fn notice_stopped(&mut self, now: Instant) {
        let idle = |l: &Layer| l.heard.is_none_or(|at| now.saturating_duration_since(at) >= LAYER_IDLE);
        // A picture that stands still sends little; a layer has stopped only where others go on.
        if self.layers.len() < 2 || self.layers.iter().all(idle) {
            return;
        }
        for layer in 0..self.layers.len() {
            if idle(&self.layers[layer]) && self.source.layers()[layer].active {
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

impl Layer {
    /// Extends the number of a packet that came by itself.
    fn number(&mut self, mut packet: Packet, now: Instant) -> Result<Packet, DropReason> {
        if self.ssrc != Some(packet.ssrc) {
            if self.ssrc.is_some()
                && let Some(newest) = self.extender.newest()
            {
                // The sender took a new SSRC for the layer: what follows is a new stream with the numbering going on.
                self.extender = SequenceExtender::resume(newest, packet.seq);
                self.restarted(now);
            }
            self.ssrc = Some(packet.ssrc);
        }
        packet.index = match self.extender.extend(packet.seq) {
            Extended::Index(index) => index,
            Extended::Restarted(index) => {
                self.restarted(now);
                index
            }
            Extended::Unconfirmed => return Err(DropReason::Late),
        };
        self.shift = (packet.index as u16).wrapping_sub(packet.seq);
        self.reception.packet(packet.index, packet.timestamp, now);
        Ok(packet)
    }

    /// Takes the original out of a repair packet (RFC 4588 section 4).
    fn restore(&mut self, mut packet: Packet, pt: u8) -> Result<Packet, DropReason> {
        let [a, b, ..] = *packet.payload else { return Err(DropReason::Probe) };
        packet.seq = u16::from_be_bytes([a, b]);
        let newest = self.extender.newest().ok_or(DropReason::Late)?;
        packet.index = self.extender.locate(packet.seq).ok_or(DropReason::Late)?;
        if packet.index > newest + MAX_REPAIR_AHEAD || packet.index + 2_048 <= newest {
            return Err(DropReason::Late);
        }
        packet.ssrc = self.ssrc.ok_or(DropReason::Late)?;
        packet.pt = pt;
        packet.payload = packet.payload.slice(2..);
        Ok(packet)
    }

    fn restarted(&mut self, now: Instant) {
        self.loss.restart();
        self.gap = true;
        self.keyframes.request(now);
    }
}

#[cfg(test)]
mod tests;
