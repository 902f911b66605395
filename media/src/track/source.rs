//! What a worker knows about an up-track: rings, clocks and which layers are alive.
//!
//! The up-track owns one; other workers hold clones, which share the packets, and feed them the same packets and
//! [`SourceChange`]s.

use std::sync::Arc;
use std::time::Instant;

use super::clock::SenderClock;
use super::ring::{Ring, RingLimits};
use crate::codec::{Codec, MediaKind};
use crate::feedback::{ClockBase, Ntp};
use crate::rtp::{LayerIndex, MAX_LAYERS, Packet};

/// One layer of a source.
#[derive(Debug, Clone)]
pub struct LayerSource {
    /// The newest packets.
    pub ring: Ring,
    /// Timestamp and server time of one instant; `None` before the first packet.
    pub clock: Option<SenderClock>,
    /// Packets are coming.
    pub active: bool,
}

/// A change other than a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceChange {
    /// A sender report arrived.
    Clock {
        /// The layer.
        layer: LayerIndex,
        /// Its new mapping.
        clock: SenderClock,
    },
    /// Packets of a layer are missing for good, and too many to go on without a new keyframe.
    Gap {
        /// The layer.
        layer: LayerIndex,
    },
    /// A layer began or stopped.
    Active {
        /// The layer.
        layer: LayerIndex,
        /// Packets are coming.
        active: bool,
    },
}

/// A replica of an up-track's state for its receivers.
#[derive(Debug, Clone)]
pub struct Source {
    codec: Codec,
    base: ClockBase,
    layers: Vec<LayerSource>,
}

impl Source {
    /// A source of `layers` layers (1 to 3) with nothing in it.
    pub fn new(codec: Codec, layers: usize, base: ClockBase) -> Self {
        let limits = match codec.kind() {
            MediaKind::Audio => RingLimits::AUDIO,
            MediaKind::Video => RingLimits::VIDEO,
        };
        Self::with_limits(codec, layers, base, limits)
    }

    /// A source with ring bounds of its own.
    pub fn with_limits(codec: Codec, layers: usize, base: ClockBase, limits: RingLimits) -> Self {
        let layer = LayerSource { ring: Ring::new(limits), clock: None, active: false };
        Self { codec, base, layers: vec![layer; layers.clamp(1, MAX_LAYERS)] }
    }

    /// The codec.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Sound or picture.
    pub fn kind(&self) -> MediaKind {
        self.codec.kind()
    }

    /// RTP clock rate in Hz.
    pub fn clock_rate(&self) -> u32 {
        self.codec.clock_rate()
    }

    /// A layer; `None` when the track has fewer.
    pub fn layer(&self, layer: LayerIndex) -> Option<&LayerSource> {
        self.layers.get(usize::from(layer))
    }

    /// The layers, smallest picture first.
    pub fn layers(&self) -> &[LayerSource] {
        &self.layers
    }

    /// Bit n is set while layer n is active.
    pub fn active_layers(&self) -> u8 {
        self.layers.iter().enumerate().fold(0, |mask, (n, layer)| mask | u8::from(layer.active) << n)
    }

    /// The server's time at `instant`.
    pub fn server_time(&self, instant: Instant) -> Ntp {
        self.base.at(instant)
    }

    /// Keeps a packet of the up-track; comes before the packet is offered to any down-track.
    pub fn push(&mut self, packet: &Arc<Packet>) {
        let rate = self.codec.clock_rate();
        let Some(layer) = self.layers.get_mut(usize::from(packet.layer)) else { return };
        SenderClock::follow(&mut layer.clock, packet.timestamp, self.base.at(packet.arrived), rate);
        layer.active = true;
        layer.ring.push(packet);
    }

    /// Takes over a change of the up-track.
    pub fn apply(&mut self, change: &SourceChange) {
        match *change {
            SourceChange::Clock { layer, clock } => {
                if let Some(layer) = self.layers.get_mut(usize::from(layer)) {
                    layer.clock = Some(clock);
                }
            }
            SourceChange::Gap { layer } => {
                if let Some(layer) = self.layers.get_mut(usize::from(layer)) {
                    layer.ring.forget_keyframe();
                }
            }
            SourceChange::Active { layer, active } => {
                if let Some(layer) = self.layers.get_mut(usize::from(layer)) {
                    layer.active = active;
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;

    pub(crate) fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
        Instant::now()
    }

    pub(crate) fn clock_base() -> ClockBase {
        ClockBase { instant: start(), ntp: Ntp::from_unix(Duration::from_secs(1_700_000_000)) }
    }

    pub(crate) fn packet(index: u64, timestamp: u32, keyframe: bool, bytes: usize) -> Arc<Packet> {
        Arc::new(Packet {
            ssrc: 1,
            pt: 96,
            seq: index as u16,
            timestamp,
            marker: false,
            extensions: crate::rtp::Extensions::default(),
            payload: Bytes::from(vec![0; bytes]),
            red: None,
            arrived: start(),
            layer: 0,
            index,
            keyframe,
        })
    }

    #[test]
    fn replicas_share_packets_and_follow_changes() {
        let mut source = Source::new(Codec::H264, 2, clock_base());
        source.push(&packet(5, 0, true, 10));
        let mut replica = source.clone();
        let change = SourceChange::Active { layer: 0, active: false };
        replica.apply(&change);
        assert_eq!((source.active_layers(), replica.active_layers()), (1, 0));
        let (a, b) = (source.layers()[0].ring.get(5).unwrap(), replica.layers()[0].ring.get(5).unwrap());
        assert!(Arc::ptr_eq(a, b));
    }
}
