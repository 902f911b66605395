//! One slot of a receiver, or the recorder's tap: what goes out for each source packet, as numbers and no bytes.
//!
//! The outgoing stream keeps its SSRC and counts on without a seam while sources and layers change behind it. Each
//! outgoing index is given out once and never again, which is what makes it safe as the nonce of a seal.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::allowance::Allowance;
use super::layer::LayerChoice;
use super::resend::{REACH, Resends, Verdict};
use super::run::{Joint, Run};
use super::source::Source;
use super::window::Window;
use crate::codec::{Codec, MediaKind};
use crate::feedback::{ClockBase, Ntp, SenderInfo, fixed_point, ticks};
use crate::rtp::{LayerIndex, Packet};

/// Runs remembered for resends; a layer or source switch begins one.
const MAX_RUNS: usize = 8;
/// Distance of two wishes for a keyframe by one down-track.
const ASK_SPACING: Duration = Duration::from_secs(1);
/// A receiver that fell behind waits this long before it may cost the publisher a keyframe.
const BEHIND_PENALTY: Duration = Duration::from_secs(2);
/// How often a receiver may say in the long run that it has lost the picture; a bad network must not cost the others
/// their bits in keyframes. The periodic ones come as well.
const LOSSES_PER_SECOND: f64 = 0.25;
/// A layer that can be joined with so few packets is joined from the ring and not by a new keyframe.
const SHORT_BURST: usize = 64;
/// Distance of sender reports; the first comes earlier, because lip-sync waits for it.
const REPORT_SPACING: Duration = Duration::from_secs(1);
/// A guessed clock is reported only if no better one has come after this time.
const GUESS_AFTER: Duration = Duration::from_secs(3);

/// Payload types of a codec in the receiver's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The codec.
    pub codec: Codec,
    /// Its payload type.
    pub pt: u8,
    /// Payload type of its repair packets; without one nothing is sent again.
    pub rtx_pt: Option<u8>,
}

/// What was negotiated for a down-track.
#[derive(Debug, Clone)]
pub struct DownConfig {
    /// Sound or picture.
    pub kind: MediaKind,
    /// Our SSRC.
    pub ssrc: u32,
    /// Our repair SSRC.
    pub rtx_ssrc: Option<u32>,
    /// What the receiver can take. A source in another codec cannot be shown. Empty: anything (a tap).
    pub formats: SmallVec<[Format; 4]>,
    /// First sequence number; random, below 2^15 so that the first packets do not wrap.
    pub first_seq: u16,
    /// First sequence number of the repair stream.
    pub first_rtx_seq: u16,
    /// First timestamp; random.
    pub first_timestamp: u32,
    /// Squeeze the timestamps of what is sent from before the join. A tap keeps them.
    pub squeeze: bool,
    /// Pace of that burst after its keyframe, in bytes per second.
    pub burst_rate: u32,
}

impl DownConfig {
    /// Usual pace of a burst: 20 Mbit/s.
    pub const BURST_RATE: u32 = 2_500_000;

    /// A tap: any codec, nothing squeezed, no repair, no pacing to speak of.
    pub fn tap(kind: MediaKind) -> Self {
        Self {
            kind,
            ssrc: 0,
            rtx_ssrc: None,
            formats: SmallVec::new(),
            first_seq: 0,
            first_rtx_seq: 0,
            first_timestamp: 0,
            squeeze: false,
            burst_rate: u32::MAX,
        }
    }
}

/// What to write into the header of one outgoing packet; the payload is the source packet's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing {
    /// Our SSRC: the media's or the repair stream's.
    pub ssrc: u32,
    /// Payload type in the receiver's session.
    pub pt: u8,
    /// 48-bit SRTP packet index: rollover counter and sequence number. Unique per SSRC.
    pub index: u64,
    /// Timestamp, extended over its wraps; the wire has the low 32 bits.
    pub timestamp: u64,
    /// Marker bit.
    pub marker: bool,
    /// For repair: the original sequence number that precedes the payload (RFC 4588 section 4).
    pub original: Option<u16>,
}

impl Outgoing {
    /// Sequence number on the wire.
    pub fn seq(&self) -> u16 {
        self.index as u16
    }
}

/// Counters of a down-track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DownStats {
    /// Packets sent, without repeats.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// Packets asked for again.
    pub asked: u64,
    /// Packets sent again.
    pub resent: u64,
    /// Their payload bytes.
    pub resent_bytes: u64,
    /// Times the receiver could not keep up.
    pub behind: u64,
    /// Source and layer switches.
    pub switches: u64,
}

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
        let pace_limit = f64::from(config.burst_rate) / 200.0;
        Self {
            format: None,
            rate: match config.kind {
                MediaKind::Audio => Codec::Opus.clock_rate(),
                MediaKind::Video => Codec::H264.clock_rate(),
            },
            choice: LayerChoice::default(),
            target: None,
            state: State::Empty,
            runs: VecDeque::with_capacity(MAX_RUNS),
            sent: Window::new(),
            next_out: u64::from(config.first_seq),
            next_rtx: u64::from(config.first_rtx_seq),
            last: None,
            timeline: None,
            run_began: None,
            report_due: None,
            resends: Resends::new(now),
            pace: Allowance::new(f64::from(config.burst_rate), pace_limit, now),
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
        let tap = Format { codec: source.codec(), pt: 0, rtx_pt: None };
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
                let Some(ending) = ending else { return self.emit(packet, now) };
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

    /// The receiver cannot keep up: it gets the rest of the frame it is in, and then nothing until a keyframe.
    pub fn fall_behind(&mut self, now: Instant) {
        if self.config.kind == MediaKind::Audio {
            return;
        }
        let open = self.last.filter(|(_, open)| *open).map(|(timestamp, _)| timestamp);
        match (self.state, open) {
            (State::Live { layer, ending: None }, Some(timestamp)) => {
                self.state = State::Live { layer, ending: Some(timestamp) };
            }
            (State::Live { ending: None, .. } | State::Burst { .. }, _) => self.state = State::Waiting,
            _ => return,
        }
        self.stats.behind += 1;
        self.ask_again = Some(now + BEHIND_PENALTY);
    }

    /// The receiver has lost the picture (PLI or FIR). Those who say so all the time are not heard each time.
    pub fn picture_loss(&mut self, now: Instant) {
        if matches!(self.state, State::Live { .. }) && self.losses.take(1.0, now) {
            self.picture_lost = true;
        }
    }

    /// The layer of which this receiver needs a keyframe now, to be passed to
    /// [`UpTrack::request_keyframe`](super::UpTrack::request_keyframe). Call it every 50 to 100 ms, and after
    /// [`picture_loss`](Self::picture_loss); it also leaves layers that have stopped, so look for a burst afterwards.
    pub fn poll_keyframe(&mut self, source: &Source, now: Instant) -> Option<LayerIndex> {
        if self.config.kind == MediaKind::Audio || self.state == State::Empty {
            return None;
        }
        self.target = self.choice.choose(source.active_layers());
        let target = self.target?;
        match self.state {
            State::Waiting => self.ask(target, now),
            State::Live { layer, .. } if layer != target => {
                let stopped = source.active_layers() >> layer & 1 == 0;
                let near =
                    || source.layer(target).is_some_and(|l| l.ring.since_keyframe().take(65).count() <= SHORT_BURST);
                if self.config.squeeze && (stopped || near()) && self.start(target, source, now) {
                    return None;
                }
                self.ask(target, now)
            }
            State::Live { layer, .. } if std::mem::take(&mut self.picture_lost) => Some(layer),
            _ => None,
        }
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
        Some((packet, Outgoing { ssrc, pt, index, timestamp, marker: packet.marker, original: Some(seq) }))
    }

    /// Sets the receiver's round trip, which spaces repeats; 40 ms before it is known.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.resends.round_trip = round_trip.clamp(Duration::from_millis(5), Duration::from_millis(500));
    }

    /// The sender information for a report if one is due (every second, sooner after a switch). All slots of a
    /// receiver speak of the server's time, so that sound and picture of one publisher stay together.
    pub fn poll_report(&mut self, source: &Source, clock: &ClockBase, now: Instant) -> Option<SenderInfo> {
        if self.report_due.is_none_or(|due| now < due) {
            return None;
        }
        let run = self.runs.back()?;
        let sender = source.layer(run.layer)?.clock?;
        if !sender.exact && self.run_began.is_none_or(|began| now.saturating_duration_since(began) < GUESS_AFTER) {
            return None;
        }
        self.report_due = Some(now + REPORT_SPACING);
        let ntp = clock.at(now);
        let rtp = run.live_timestamp(sender.rtp_at(ntp, self.rate)) as u32;
        let (packets, bytes) = (self.stats.packets as u32, self.stats.bytes as u32);
        Some(SenderInfo { ssrc: self.config.ssrc, ntp, rtp, packets, bytes })
    }

    /// One instant on the outgoing clock and in the server's time, as the source's last sender report has it; `None`
    /// before anything was sent or while the source has not reported.
    pub fn clock(&self, source: &Source) -> Option<(u64, Ntp)> {
        let run = self.runs.back()?;
        let sender = source.layer(run.layer)?.clock.filter(|clock| clock.exact)?;
        Some((run.live_timestamp(sender.rtp), sender.ntp))
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

    /// Joins the stream at `packet` if it can be joined there.
    fn enter(&mut self, packet: &Packet, source: &Source, now: Instant) -> Option<Outgoing> {
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
    fn start(&mut self, layer: LayerIndex, source: &Source, now: Instant) -> bool {
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
        self.ask_again = None;
        self.picture_lost = false;
        self.stats.switches += 1;
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
        self.stats.packets += 1;
        self.stats.bytes += packet.payload.len() as u64;
        self.resends.earn(packet.payload.len());
        let marker = packet.marker || seam;
        Some(Outgoing { ssrc: self.config.ssrc, pt: format.pt, index, timestamp, marker, original: None })
    }

    fn ask(&mut self, layer: LayerIndex, now: Instant) -> Option<LayerIndex> {
        if self.ask_again.is_some_and(|at| now < at) {
            return None;
        }
        self.ask_again = Some(now + ASK_SPACING);
        Some(layer)
    }

    /// A tap takes the ring only once: later it would record frames twice.
    fn may_burst(&self) -> bool {
        self.config.kind == MediaKind::Video && (self.config.squeeze || self.last.is_none())
    }
}

#[cfg(test)]
mod tests;
