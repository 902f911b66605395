//! What the engine asks of one peer.

use tokio::sync::mpsc;

use crate::engine::{Gate, TapItem};
use crate::ice::Credentials;
use crate::slot::{Slot, UpTrackId};

/// A request to the worker that owns a peer, or to its spec while it is pending.
#[derive(Debug)]
pub(crate) enum PeerCommand {
    /// Slots of a receiver and what they show from now on.
    Map(Vec<(Slot, Option<UpTrackId>)>),
    /// The gate of a publisher.
    Gate(Gate),
    /// A tap on one media section of a publisher.
    Tap { media: u8, items: mpsc::Sender<TapItem> },
    /// A keyframe of every layer in use.
    RequestKeyframe { media: u8 },
    /// ICE restart: new credentials of both ends.
    Restart { local: Credentials, remote: Credentials },
    /// The end.
    Close,
}
