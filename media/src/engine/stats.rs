//! Figures on demand.

use serde::Serialize;

use super::histogram::DelayHistogram;
use crate::codec::{Codec, MediaKind};
use crate::estimate::EstimateStats;
use crate::slot::{PeerId, Slot, UpTrackId};
use crate::track::LayerStats;

/// Figures of the whole engine.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EngineStats {
    /// Sessions answered but not heard of yet.
    pub pending: usize,
    /// One entry per worker.
    pub workers: Vec<WorkerStats>,
    /// One entry per connected or connecting peer.
    pub peers: Vec<PeerStats>,
}

/// Figures of one worker since its start.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WorkerStats {
    /// Datagrams read from the socket.
    pub datagrams_in: u64,
    /// Datagrams written to the socket.
    pub datagrams_out: u64,
    /// Messages (runs of datagrams) handed to the kernel.
    pub messages_out: u64,
    /// System calls for them.
    pub send_calls: u64,
    /// Datagrams of strays handed to the worker that owns their peer.
    pub handed_over: u64,
    /// Whether segmentation offload is in use.
    pub gso: bool,
    /// Peers owned.
    pub peers: usize,
    /// Keyframes asked of publishers.
    pub keyframe_requests: u64,
    /// From reading the first packet of a batch to handing the last copy of the batch to the kernel; one measurement
    /// per batch and worker.
    pub delay: DelayHistogram,
    /// What was dropped, by reason.
    pub drops: DropStats,
}

macro_rules! drops {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What was dropped, by reason. A bad packet is a number here, never a line in the log.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
        pub struct DropStats { $($(#[$doc])* pub $name: u64,)* }

        impl DropStats {
            /// Adds another set of figures.
            pub fn add(&mut self, other: &DropStats) { $(self.$name += other.$name;)* }
            /// The name of each reason and its figure.
            pub fn by_reason(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),*].into_iter()
            }
            /// Everything dropped for whatever reason.
            pub fn total(&self) -> u64 { 0 $(+ self.$name)* }
        }
    };
}

drops! {
    /// Empty, oversized or outside of RFC 7983's first bytes.
    unknown_kind,
    /// DTLS, SRTP or SRTCP from an address without an authenticated check.
    unknown_source,
    /// STUN for a user fragment nobody has.
    stun_unknown_user,
    /// STUN that is malformed, unauthenticated or out of place.
    stun_invalid,
    /// DTLS over its budget, malformed or after the end.
    dtls,
    /// RTP or RTCP before the keys are there.
    before_keys,
    /// SRTP or SRTCP whose tag is wrong or that is malformed.
    srtp_invalid,
    /// SRTP or SRTCP seen before.
    srtp_replay,
    /// RTP malformed inside, or of an undeclared payload type or SSRC.
    rtp_undeclared,
    /// RTP that came twice or too late.
    rtp_stale,
    /// RTCP that could not be read (from the bad part on).
    rtcp_invalid,
    /// Over the ingress bound of one peer.
    ingress_rate,
    /// Authentic media of a publisher whose gate is closed.
    gate_closed,
    /// Not sent because the socket's buffer was full.
    send_full,
    /// Not sent because the network refused it.
    send_failed,
    /// Batches or hand-overs for another worker whose queue was full.
    exchange_full,
    /// Items for a tap whose reader is too slow.
    tap_full,
    /// Media for a receiver whose backlog was full; it was dropped to the next keyframe.
    backlog_full,
}

/// Figures of one peer.
#[derive(Debug, Clone, Serialize)]
pub struct PeerStats {
    /// The peer.
    pub peer: PeerId,
    /// The caller's name for it.
    pub label: String,
    /// Whether its handshake is done.
    pub connected: bool,
    /// Address media goes to.
    pub address: Option<std::net::SocketAddr>,
    /// Worker that owns it.
    pub worker: usize,
    /// Datagrams that came in.
    pub packets_in: u64,
    /// Bytes that came in.
    pub bytes_in: u64,
    /// Media packets sent.
    pub packets_out: u64,
    /// Media bytes sent, headers and tags included.
    pub bytes_out: u64,
    /// Round-trip time in milliseconds, from RTCP.
    pub rtt_ms: Option<f64>,
    /// Authentic media dropped because the gate is closed.
    pub gated: u64,
    /// What its line carries, for receivers.
    pub estimate: Option<EstimateStats>,
    /// Tracks it publishes.
    pub up: Vec<UpTrackStats>,
    /// Slots it receives on.
    pub down: Vec<DownTrackStats>,
}

/// Figures of one published track.
#[derive(Debug, Clone, Serialize)]
pub struct UpTrackStats {
    /// The track.
    pub track: UpTrackId,
    /// Sound or picture.
    pub kind: MediaKind,
    /// Codec.
    pub codec: Codec,
    /// Packets accepted, all layers.
    pub packets: u64,
    /// Bytes of payload accepted, all layers.
    pub bytes: u64,
    /// Layers that were heard of, smallest picture first.
    pub layers: Vec<LayerStats>,
    /// Keyframes requested from the publisher.
    pub keyframe_requests: u64,
}

/// Figures of one slot of a receiver.
#[derive(Debug, Clone, Serialize)]
pub struct DownTrackStats {
    /// The slot.
    pub slot: Slot,
    /// What it shows.
    pub track: Option<UpTrackId>,
    /// Packets forwarded.
    pub packets: u64,
    /// Packets resent on request.
    pub resent: u64,
    /// Fraction lost in the last receiver report, 0 to 255 (RFC 3550 section 6.4.1).
    pub fraction_lost: u8,
    /// The layer being sent.
    pub layer: Option<u8>,
}
