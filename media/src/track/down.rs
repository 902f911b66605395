//! One slot of a receiver, or the recorder's tap: what goes out for each source packet, as numbers and no bytes.
//!
//! The outgoing stream keeps its SSRC and counts on without a seam while sources and layers change behind it. Each
//! outgoing index is given out once and never again, which is what makes it safe as the nonce of a seal.

mod config;
mod join;
mod keyframe;
mod line;
mod report;

pub use config::{DownConfig, DownStats, Format, Outgoing};

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::allowance::Allowance;
use super::layer::LayerChoice;
use super::resend::{REACH, Resends, Verdict};
use super::run::Run;
use super::source::Source;
use super::window::Window;
use crate::codec::{Codec, MediaKind};
use crate::feedback::Ntp;
use crate::rtp::{LayerIndex, Packet};

/// How often a receiver may say in the long run that it has lost the picture; a bad network must not cost the others
/// their bits in keyframes. The periodic ones come as well.
const LOSSES_PER_SECOND: f64 = 0.25;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is shown.
    Empty,
    /// For a keyframe of the target layer, or any packet of sound.
    Waiting,
    /// Sending from the ring; `cursor` is the next source index to send.
    Burst { layer: LayerIndex, cursor: u64 },
    /// Sending as packets come. With `ending`, only to the end of the frame with this timestamp.
    Live { layer: LayerIndex, ending: Option<u64> },
}

/// The sending end of one slot.
#[derive(Debug)]
pub struct DownTrack {
    config: DownConfig,
    format: Option<Format>,
    rate: u32,
    choice: LayerChoice,
    target: Option<LayerIndex>,
    /// Only keyframes are sent.
    stills: bool,
    state: State,
    runs: VecDeque<Run>,
    sent: Window<32>,
    next_out: u64,
    next_rtx: u64,
    /// Newest timestamp sent, and whether its frame is still open.
    last: Option<(u64, bool)>,
    /// One instant of the server's time on the outgoing clock; holds across sources.
    timeline: Option<(u64, Ntp)>,
    run_began: Option<Instant>,
    report_due: Option<Instant>,
    resends: Resends,
    pace: Allowance,
    /// Timestamp of the keyframe that a burst sends without pacing.
    unpaced: Option<u32>,
    ask_again: Option<Instant>,
    picture_lost: bool,
    losses: Allowance,
    stats: DownStats,
}

impl DownTrack {
    /// A slot that shows nothing yet.
    pub fn new(config: DownConfig, now: Instant) -> Self {
        // A busy worker comes round less often than every 5 ms; what it may send then must still exceed the stream,
        // or the burst never ends.
        let rate = f64::from(config.burst_rate);
        let pace = Allowance::new(rate, rate / 20.0, now).holding(rate / 200.0);
        Self {
            format: None,
            rate: match config.kind {
                MediaKind::Audio => Codec::Opus.clock_rate(),
                MediaKind::Video => Codec::H264.clock_rate(),
            },
            choice: LayerChoice::default(),
            target: None,
            stills: false,
            state: State::Empty,
            runs: VecDeque::new(),
            sent: Window::new(),
            next_out: u64::from(config.first_seq),
            next_rtx: u64::from(config.first_rtx_seq),
            last: None,
            timeline: None,
            run_began: None,
            report_due: None,
            resends: Resends::new(now),
            pace,
            unpaced: None,
            ask_again: None,
            picture_lost: false,
            losses: Allowance::new(LOSSES_PER_SECOND, 3.0, now),
            stats: DownStats::default(),
            config,
        }
    }

    /// Shows another source, or nothing. A picture starts from the ring if a keyframe is there: drain
    /// [`next_burst`](Self::next_burst) next. False when the receiver cannot take the source's codec; then the slot
    /// shows nothing.
    pub fn show(&mut self, source: Option<&Source>, now: Instant) -> bool {
        self.state = State::Empty;
        self.target = None;
        self.ask_again = None;
        self.picture_lost = false;
        // The numbers of these runs lead into the rings of another source.
        self.runs.clear();
        self.stats.switches += 1;
        let Some(source) = source else { return true };
        let tap = Format { codec: source.codec(), pt: 0, rtx_pt: None, red_pt: None };
        let format = self.config.formats.iter().find(|f| f.codec == source.codec()).copied();
        self.format = format.or_else(|| self.config.formats.is_empty().then_some(tap));
        if self.format.is_none() || source.kind() != self.config.kind {
            return false;
        }
        self.rate = source.clock_rate();
        self.state = State::Waiting;
        self.target = self.choice.choose(source.active_layers());
        if self.may_burst()
            && let Some(layer) = self.target
        {
            self.start(layer, source, now);
        }
        true
    }

    /// Sets the highest layer to send, as a bandwidth estimate finds it; takes effect at a keyframe.
    pub fn set_layer_cap(&mut self, cap: LayerIndex) {
        self.choice.set_cap(cap);
    }

    /// Plans a packet that `source` has just kept. `None`: it is not for this receiver, or will come with the burst.
    pub fn forward(&mut self, packet: &Packet, source: &Source, now: Instant) -> Option<Outgoing> {
        match self.state {
            State::Empty => None,
            State::Waiting => {
                self.target = self.choice.choose(source.active_layers());
                self.enter(packet, source, now)
            }
            State::Burst { layer, cursor } => {
                // A packet that was missing when the burst passed its place goes out at once.
                if packet.layer == layer && packet.index < cursor { self.emit(packet, now) } else { None }
            }
            State::Live { layer, ending } => {
                if packet.layer != layer {
                    if !packet.keyframe {
                        return None;
                    }
                    self.target = self.choice.choose(source.active_layers());
                    return self.enter(packet, source, now);
                }
                let still = || self.last.filter(|_| self.stills).map(|(timestamp, _)| timestamp);
                let Some(ending) = ending.or_else(still) else { return self.emit(packet, now) };
                if self.runs.back()?.timestamp(packet.timestamp) > ending {
                    self.state = State::Waiting;
                    return None;
                }
                let out = self.emit(packet, now);
                if packet.marker {
                    self.state = State::Waiting;
                }
                out
            }
        }
    }

    /// The next packet of a burst from the ring, if the pace allows one now. Call it after [`show`](Self::show), after
    /// the packets of a batch have been forwarded, and at [`burst_timeout`](Self::burst_timeout), until it has no more.
    pub fn next_burst<'s>(&mut self, source: &'s Source, now: Instant) -> Option<(&'s Arc<Packet>, Outgoing)> {
        while let State::Burst { layer, cursor } = self.state {
            if self.stills && self.still_is_sent(cursor) {
                self.state = State::Waiting;
                return None;
            }
            let ring = &source.layer(layer)?.ring;
            if cursor >= ring.end() {
                self.state = State::Live { layer, ending: None };
                return None;
            }
            let Some(packet) = ring.get(cursor) else {
                self.state = State::Burst { layer, cursor: cursor + 1 };
                continue;
            };
            let bytes = packet.payload.len() as f64;
            if self.unpaced != Some(packet.timestamp) && !self.pace.overdraw(bytes, now) {
                return None;
            }
            self.state = State::Burst { layer, cursor: cursor + 1 };
            if let Some(out) = self.emit(packet, now) {
                return Some((packet, out));
            }
        }
        None
    }

    /// When the burst goes on; `None` when there is none.
    pub fn burst_timeout(&self, now: Instant) -> Option<Instant> {
        /// One turn of a pacing worker.
        const TURN: Duration = Duration::from_millis(5);
        matches!(self.state, State::Burst { .. }).then_some(now + TURN)
    }

    /// Plans the answer to a NACK for `seq` as a repair packet. `None`: it was never sent, is gone, was repeated too
    /// often or too recently, the repeats have used up their share, or the receiver knows no repair stream.
    pub fn resend<'s>(&mut self, seq: u16, source: &'s Source, now: Instant) -> Option<(&'s Arc<Packet>, Outgoing)> {
        self.stats.asked += 1;
        let (ssrc, pt) = (self.config.rtx_ssrc?, self.format?.rtx_pt?);
        let newest = self.next_out.checked_sub(1)?;
        let back = u64::from((newest as u16).wrapping_sub(seq));
        let out = newest.checked_sub(back)?;
        if back >= REACH || !self.sent.contains(out) {
            return None;
        }
        let run = self.runs.iter().rev().find(|run| run.first_out <= out)?;
        let packet = source.layer(run.layer)?.ring.get(run.source_index(out)?)?;
        let timestamp = run.timestamp(packet.timestamp);
        let bytes = packet.payload.len();
        match self.resends.take(out, bytes, now) {
            Verdict::Send => {}
            Verdict::Hold => return None,
            Verdict::Exhausted => {
                // The receiver waits in vain for this packet: a keyframe now spares it the time to find out.
                self.picture_loss(now);
                return None;
            }
        }
        let index = self.next_rtx;
        self.next_rtx += 1;
        self.stats.resent += 1;
        self.stats.resent_bytes += bytes as u64;
        Some((packet, Outgoing { ssrc, pt, index, timestamp, marker: packet.marker, original: Some(seq), red: None }))
    }

    /// Sets the receiver's round trip, which spaces repeats; 40 ms before it is known.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.resends.round_trip = round_trip.clamp(Duration::from_millis(5), Duration::from_millis(500));
    }

    /// The layer being sent.
    pub fn layer(&self) -> Option<LayerIndex> {
        match self.state {
            State::Burst { layer, .. } | State::Live { layer, .. } => Some(layer),
            State::Empty | State::Waiting => None,
        }
    }

    /// Our SSRC.
    pub fn ssrc(&self) -> u32 {
        self.config.ssrc
    }

    /// Our repair SSRC.
    pub fn rtx_ssrc(&self) -> Option<u32> {
        self.config.rtx_ssrc
    }

    /// Counters.
    pub fn stats(&self) -> DownStats {
        self.stats
    }

    /// Reads what [`forward`](Self::forward) will read and change, so that it is in the cache.
    pub(crate) fn warm(&self) -> u64 {
        let state = u64::from(self.state == State::Empty) + u64::from(self.stills);
        let format = u64::from(self.format.is_some()) + u64::from(self.config.ssrc);
        let last = self.last.map_or(0, |(last, _)| last);
        let began = u64::from(self.run_began.is_some());
        let numbers = self.next_out.wrapping_add(self.sent.warm(self.next_out)).wrapping_add(last);
        let counters = self.stats.packets.wrapping_add(self.resends.warm());
        let run = self.runs.back().map_or(0, Run::warm);
        (state + format + began).wrapping_add(numbers).wrapping_add(counters).wrapping_add(run)
    }

    /// Gives out the packet's index in the current run, once.
    fn emit(&mut self, packet: &Packet, now: Instant) -> Option<Outgoing> {
        let format = self.format?;
        let run = self.runs.back_mut()?;
        let index = run.out_index(packet.index)?;
        if !self.sent.insert(index) {
            return None;
        }
        let timestamp = run.timestamp(packet.timestamp);
        run.advance(packet.timestamp);
        // The first packet of sound after a switch is marked, so that the receiver's buffer may adapt.
        let seam = self.config.kind == MediaKind::Audio && self.run_began == Some(now) && index == run.first_out;
        if index < self.next_out {
            self.resends.left_late(index, now);
        }
        self.next_out = self.next_out.max(index + 1);
        if self.last.is_none_or(|(last, _)| timestamp >= last) {
            self.last = Some((timestamp, !packet.marker));
        }
        let marker = packet.marker || seam;
        let (pt, red) = match format.red_pt {
            Some(pt) if packet.red.is_some() => (pt, Some(format.pt)),
            _ => (format.pt, None),
        };
        let out = Outgoing { ssrc: self.config.ssrc, pt, index, timestamp, marker, original: None, red };
        let bytes = out.payload(packet).len();
        self.stats.packets += 1;
        self.stats.bytes += bytes as u64;
        self.resends.earn(bytes);
        Some(out)
    }
}

#[cfg(test)]
mod tests;
