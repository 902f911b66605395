//! What an up-track is told when it is made, and what it counts.

use std::ops::AddAssign;
use std::time::Duration;

use serde::Serialize;

use crate::codec::{Codec, MediaKind};
use crate::feedback::ClockBase;
use crate::rtp::LayerIndex;

/// What was negotiated for an up-track.
#[derive(Debug, Clone)]
pub struct UpConfig {
    /// The codec.
    pub codec: Codec,
    /// Payload type of the media.
    pub pt: u8,
    /// Payload type of the media with redundancy (RFC 2198).
    pub red_pt: Option<u8>,
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
        Self { codec, pt, red_pt: None, layers, nack: true, keyframe_interval, max_packets_per_second, clock }
    }
}

/// Counters of an up-track, or of one of its layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct UpStats {
    /// Packets taken in, repaired ones included.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// Packets that came back after a request, or as redundancy of a later one.
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

impl AddAssign for UpStats {
    fn add_assign(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.recovered += other.recovered;
        self.requested += other.requested;
        self.given_up += other.given_up;
        self.keyframe_requests += other.keyframe_requests;
        self.keyframes += other.keyframes;
    }
}

/// One layer at this moment. Counters begin anew with the track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct LayerStats {
    /// Which, 0 = the smallest picture.
    pub layer: LayerIndex,
    /// Packets are coming.
    pub active: bool,
    /// Payload received in the last second.
    pub bits_per_second: u64,
    /// Packets that did not come by themselves; those that were only late count until they come.
    pub lost: i64,
    /// Jitter of arrival in milliseconds (RFC 3550 section 6.4.1).
    pub jitter_ms: f64,
    /// Counters.
    #[serde(flatten)]
    pub counted: UpStats,
}
