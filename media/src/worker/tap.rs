//! Taps: the recorder's way to a track.
//!
//! A tap reads its layer's ring in order: it waits for what the publisher still repairs and skips what is lost for
//! good. Numbers and timestamps go on over layer changes and restarts. A slow reader loses items, never time of the
//! worker.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::engine::{TapItem, TapPacket};
use crate::rtp::{LayerIndex, Packet, TimestampExtender};
use crate::track::{LayerSource, Source};

/// How long a missing packet is waited for, from the arrival of what follows it.
const REPAIR_WAIT: Duration = Duration::from_millis(800);

/// The last packet given out.
#[derive(Debug, Clone, Copy)]
struct Last {
    seq: u64,
    timestamp: u64,
    rtp: u32,
    arrived: Instant,
}

/// A layer being read.
#[derive(Debug)]
struct Reading {
    layer: LayerIndex,
    /// Index to give out next.
    next: u64,
    /// Added to indices and extended timestamps to get to the tap's own scales.
    seq_shift: u64,
    timestamp_shift: u64,
    extender: TimestampExtender,
}

/// One tap.
#[derive(Debug)]
pub(crate) struct Tap {
    items: mpsc::Sender<TapItem>,
    reading: Option<Reading>,
    last: Option<Last>,
    /// Items were left out and the reader has not been told yet.
    lost: bool,
}

impl Tap {
    pub(crate) fn new(items: mpsc::Sender<TapItem>) -> Self {
        Self { items, reading: None, last: None, lost: false }
    }

    /// Whether the reader is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.items.is_closed()
    }

    /// Ends the tap.
    pub(crate) fn end(self) {
        // A full channel ends by its closing.
        let _ = self.items.try_send(TapItem::Ended);
    }

    /// The rings were emptied: goes on with whatever comes next.
    pub(crate) fn reset(&mut self) {
        self.reading = None;
    }

    /// Gives out what is there. Gives the items that found no room and the layer a keyframe is needed of.
    pub(crate) fn advance(&mut self, source: &Source, now: Instant) -> (u64, Option<LayerIndex>) {
        let wanted = highest(source.active_layers());
        let needs_keyframe = wanted.filter(|layer| !self.enter(source, *layer));
        let mut dropped = 0;
        while let Some(reading) = &mut self.reading
            && let Some(ring) = source.layer(reading.layer).map(|layer| &layer.ring)
            && reading.next < ring.end()
        {
            let Some(packet) = ring.get(reading.next) else {
                // What follows the gap says how long it has been waited for; a gap that left the ring is over.
                let after = (reading.next + 1..ring.end()).find_map(|index| ring.get(index));
                match after {
                    Some(after) if now.saturating_duration_since(after.arrived) >= REPAIR_WAIT => {
                        reading.next = after.index;
                        continue;
                    }
                    _ => break,
                }
            };
            reading.next += 1;
            // Padding alone probes for bandwidth and has nothing to keep; its number stays a gap of nothing.
            if packet.payload.is_empty() {
                reading.seq_shift = reading.seq_shift.wrapping_sub(1);
                continue;
            }
            let item = TapPacket {
                packet: packet.clone(),
                seq: packet.index.wrapping_add(reading.seq_shift),
                timestamp: reading.extender.extend(packet.timestamp).wrapping_add(reading.timestamp_shift),
                marker: packet.marker,
                arrived: packet.arrived,
            };
            self.last =
                Some(Last { seq: item.seq, timestamp: item.timestamp, rtp: packet.timestamp, arrived: packet.arrived });
            dropped += self.give(TapItem::Packet(item));
        }
        (dropped, needs_keyframe)
    }

    /// Tells the sender's clock of a layer, when that is the layer being read.
    pub(crate) fn clock(&mut self, source: &Source, layer: LayerIndex) -> u64 {
        let Some(reading) = self.reading.as_ref().filter(|reading| reading.layer == layer) else { return 0 };
        let Some(clock) = source.layer(layer).and_then(|layer| layer.clock).filter(|clock| clock.exact) else {
            return 0;
        };
        let Some(last) = self.last else { return 0 };
        let ticks = i64::from(clock.rtp.wrapping_sub(last.rtp) as i32);
        let timestamp = last.timestamp.wrapping_add_signed(ticks);
        debug_assert_eq!(reading.layer, layer);
        self.give(TapItem::Clock { timestamp, ntp: clock.ntp.0 })
    }

    /// Makes `layer` the one being read when it is not; false when it has no keyframe to start from.
    fn enter(&mut self, source: &Source, layer: LayerIndex) -> bool {
        if self.reading.as_ref().is_some_and(|reading| reading.layer == layer) {
            return true;
        }
        let Some(state) = source.layer(layer) else { return true };
        let Some(first) = entry(source, state) else { return false };
        // A layer is left only for a newer picture.
        if self.reading.is_some() && self.last.is_some_and(|last| first.arrived < last.arrived) {
            return false;
        }
        let mut extender = TimestampExtender::default();
        let extended = extender.extend(first.timestamp);
        let (seq, timestamp) = match self.last {
            None => (first.index, extended),
            Some(last) => (last.seq + 1, last.timestamp + self.passed(source, state, &last, first)),
        };
        self.reading = Some(Reading {
            layer,
            next: first.index,
            seq_shift: seq.wrapping_sub(first.index),
            timestamp_shift: timestamp.wrapping_sub(extended),
            extender,
        });
        true
    }

    /// Clock ticks from the last packet to the first of a new layer: by the sender's clocks where both are known,
    /// else by arrival.
    fn passed(&self, source: &Source, new: &LayerSource, last: &Last, first: &Packet) -> u64 {
        let rate = source.clock_rate();
        let old = self.reading.as_ref().and_then(|reading| source.layer(reading.layer)?.clock);
        let ticks = match (old, new.clock) {
            (Some(old), Some(new)) => {
                crate::feedback::ticks(new.ntp_of(first.timestamp, rate).since(old.ntp_of(last.rtp, rate)), rate)
            }
            _ => {
                let passed = first.arrived.saturating_duration_since(last.arrived);
                i64::try_from(passed.as_micros()).unwrap_or(i64::MAX).saturating_mul(i64::from(rate)) / 1_000_000
            }
        };
        ticks.max(1).unsigned_abs()
    }

    fn give(&mut self, item: TapItem) -> u64 {
        if self.lost && self.items.try_send(TapItem::Lost).is_ok() {
            self.lost = false;
        }
        if self.lost || self.items.try_send(item).is_err() {
            self.lost = true;
            return 1;
        }
        0
    }
}

/// Where to start reading a layer: its newest keyframe, or for sound its newest packet.
fn entry<'a>(source: &Source, layer: &'a LayerSource) -> Option<&'a Packet> {
    match source.kind() {
        crate::codec::MediaKind::Audio => layer.ring.newest().map(|packet| &**packet),
        crate::codec::MediaKind::Video => layer.ring.since_keyframe().next().map(|packet| &**packet),
    }
}

fn highest(layers: u8) -> Option<LayerIndex> {
    layers.checked_ilog2().map(|layer| layer as LayerIndex)
}
