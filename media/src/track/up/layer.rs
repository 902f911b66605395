//! One simulcast layer as it arrives: its numbers, and what is known about its packets.

use std::time::Instant;

use super::UpStats;
use crate::rtp::{DropReason, Extended, Packet, SequenceExtender};
use crate::track::allowance::Allowance;
use crate::track::keyframes::KeyframeRequests;
use crate::track::loss::LossRepair;
use crate::track::reception::Reception;
use crate::track::window::Window;

/// A repair packet may be this far ahead of what came by itself.
const MAX_REPAIR_AHEAD: u64 = 256;

#[derive(Debug)]
pub(super) struct Layer {
    pub(super) ssrc: Option<u32>,
    pub(super) extender: SequenceExtender,
    pub(super) seen: Window<32>,
    pub(super) loss: LossRepair,
    pub(super) reception: Reception,
    pub(super) keyframes: KeyframeRequests,
    pub(super) guard: Allowance,
    pub(super) newest_keyframe: Option<u32>,
    pub(super) heard: Option<Instant>,
    /// What an index differs by from the number on the wire.
    pub(super) shift: u16,
    /// What came before the next packet is of no use to those who join.
    pub(super) gap: bool,
    pub(super) stats: UpStats,
    /// When the rate was last measured, at which number of bytes, and what it was.
    measured: (Instant, u64),
    pub(super) bits_per_second: u64,
}

impl Layer {
    /// A layer of a clock of `rate` Hz that takes `packets` per second.
    pub(super) fn new(rate: u32, packets: f64, now: Instant) -> Self {
        Self {
            ssrc: None,
            extender: SequenceExtender::default(),
            seen: Window::new(),
            loss: LossRepair::new(),
            reception: Reception::new(rate, now),
            keyframes: KeyframeRequests::default(),
            guard: Allowance::new(packets, packets / 2.0, now),
            newest_keyframe: None,
            heard: None,
            shift: 0,
            gap: false,
            stats: UpStats::default(),
            measured: (now, 0),
            bits_per_second: 0,
        }
    }

    /// Extends the number of a packet that came by itself.
    pub(super) fn number(&mut self, mut packet: Packet, now: Instant) -> Result<Packet, DropReason> {
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
    pub(super) fn restore(&mut self, mut packet: Packet, pt: u8) -> Result<Packet, DropReason> {
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

    /// Measures the rate since the last call.
    pub(super) fn measure(&mut self, now: Instant) {
        let (since, before) = self.measured;
        let elapsed = now.saturating_duration_since(since);
        if !elapsed.is_zero() {
            self.bits_per_second = ((self.stats.bytes - before) as f64 * 8.0 / elapsed.as_secs_f64()) as u64;
            self.measured = (now, self.stats.bytes);
        }
    }

    fn restarted(&mut self, now: Instant) {
        self.loss.restart();
        self.gap = true;
        self.keyframes.request(now);
    }
}
