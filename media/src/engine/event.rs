//! What the engine tells its owner without being asked.

use crate::slot::{PeerId, UpTrackId};

/// Something that happened to a peer or a track.
///
/// Events of one peer come in order. The channel is bounded: while it is full a worker keeps its events and tries
/// again every turn; past 4,096 kept events the oldest [`MediaEvent::TrackActive`] and [`MediaEvent::TrackSpeaking`]
/// ones are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaEvent {
    /// ICE and DTLS are done; media flows.
    PeerConnected {
        /// The peer.
        peer: PeerId,
    },
    /// The peer is gone. Sent exactly once for every peer, whoever ended it.
    PeerClosed {
        /// The peer.
        peer: PeerId,
        /// Why it ended.
        reason: CloseReason,
    },
    /// A track began to carry packets, or has carried none for a while.
    TrackActive {
        /// The track.
        track: UpTrackId,
        /// Whether packets arrive.
        active: bool,
    },
    /// Other layers of a track are taken than before: the publisher may pause the rest, and has to send these again
    /// within 300 ms. Only for tracks of more than one layer; the lowest is always wanted.
    LayersWanted {
        /// The track.
        track: UpTrackId,
        /// Bit n is set when somebody takes layer n, in the order of [`UpTrackInfo::rids`](crate::UpTrackInfo::rids).
        layers: u8,
    },
    /// Somebody began or ceased to talk on a track, or goes on and has become louder or quieter; at most once a second
    /// and track, but for the end. Judged by the loudness that packets carry (RFC 6464): a publisher that does not send
    /// it never talks. Behind a closed gate nobody does.
    TrackSpeaking {
        /// The track.
        track: UpTrackId,
        /// Smoothed loudness, 1 to 127 (127 dB above silence); `None` when nobody talks any more.
        loudness: Option<u8>,
    },
}

impl MediaEvent {
    /// Whether the next event of the kind makes up for a lost one.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::TrackActive { .. } | Self::TrackSpeaking { .. })
    }
}

/// Why a peer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// [`Engine::close`](crate::Engine::close) or the shutdown of the engine.
    Requested,
    /// The peer closed its DTLS association.
    Remote,
    /// No authenticated connectivity check came in time after the answer.
    NeverConnected,
    /// Connectivity checks stopped: consent expired (RFC 7675, 30 s).
    ConsentExpired,
    /// The DTLS handshake failed: wrong fingerprint, no common profile, over budget.
    HandshakeFailed,
    /// Handling this peer failed inside the engine.
    Internal,
}
