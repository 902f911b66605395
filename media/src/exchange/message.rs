//! The messages themselves.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::estimate::{Content, LayerMeter};
use crate::rtp::{LayerIndex, Packet};
use crate::slot::{PeerId, UpTrackId};
use crate::track::{Source, SourceChange};

/// Packets of one track that one read brought, in order.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) track: UpTrackId,
    pub(crate) packets: Vec<Arc<Packet>>,
}

/// What else there is to know of a track.
#[derive(Debug, Clone)]
pub(crate) struct TrackFacts {
    pub(crate) content: Content,
    /// What its layers cost.
    pub(crate) meter: LayerMeter,
    pub(crate) withheld: u8,
}

/// One message between two workers.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Worker of the sender owns this publisher now; whoever waits for its tracks subscribes.
    Adopted { peer: PeerId },
    /// The publisher is gone.
    Gone { peer: PeerId },
    /// `worker` serves receivers of this track; meant for its owner, all others ignore it.
    Subscribe { track: UpTrackId, worker: usize },
    /// `worker` serves none any more.
    Unsubscribe { track: UpTrackId, worker: usize },
    /// Answer to `Subscribe`: the track so far. Batches and changes follow.
    Snapshot { track: UpTrackId, source: Arc<Source>, facts: Box<TrackFacts> },
    /// Packets of a subscribed track.
    Batch(Arc<Batch>),
    /// A change of a subscribed track.
    Change { track: UpTrackId, change: SourceChange },
    /// The track starts anew (its gate was closed meanwhile): what is in the rings must not be sent any more.
    Reset { track: UpTrackId },
    /// A receiver elsewhere needs a keyframe.
    RequestKeyframe { track: UpTrackId, layer: LayerIndex },
    /// Receivers of `worker` take these layers of a track (bit n = layer n); meant for its owner.
    Demand { track: UpTrackId, worker: usize, layers: u8 },
    /// These layers of a subscribed track do not flow because nobody takes them; they can be had.
    Withheld { track: UpTrackId, layers: u8 },
    /// A stray datagram for a peer that the receiver of this message owns.
    Datagram { from: SocketAddr, bytes: Arc<[u8]> },
    /// Datagrams from this address belong to `owner`, or to nobody any more.
    Address { address: SocketAddr, owner: Option<usize> },
}

impl Message {
    /// Whether a full ring may swallow it.
    pub(crate) fn is_droppable(&self) -> bool {
        matches!(self, Self::Batch(_) | Self::Datagram { .. } | Self::RequestKeyframe { .. })
    }
}
