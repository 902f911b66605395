//! The engine: what the rest of the server sees of media.

mod config;
mod error;
mod event;
mod session;
mod stats;
mod tap;

use std::net::SocketAddr;

use tokio::sync::mpsc;

pub use config::{EngineConfig, Limits};
pub use error::EngineError;
pub use event::{CloseReason, MediaEvent};
pub use session::{Patched, PublishOptions, PublishSession, ReceiveOptions, ReceiveSession, SlotInfo, UpTrackInfo};
pub use stats::{DownTrackStats, DropStats, EngineStats, PeerStats, UpTrackStats, WorkerStats};
pub use tap::{TapItem, TapPacket, TapReceiver};

use crate::slot::{PeerId, Slot, UpTrackId};

/// Handle of a running engine; clones are cheap and refer to the same engine.
#[derive(Debug, Clone)]
pub struct Engine {}

impl Engine {
    /// Opens the sockets and starts the workers. The receiver yields what happens to peers.
    ///
    /// # Errors
    /// [`EngineError::Socket`] when the address cannot be bound.
    pub fn start(_config: EngineConfig) -> Result<(Engine, mpsc::Receiver<MediaEvent>), EngineError> {
        unimplemented!()
    }

    /// The bound UDP address.
    pub fn local_addr(&self) -> SocketAddr {
        unimplemented!()
    }

    /// The host candidates put into answers, most preferred first.
    pub fn candidates(&self) -> Vec<SocketAddr> {
        unimplemented!()
    }

    /// Answers a WHIP offer (RFC 9725). The peer ends by [`Engine::close`], by itself or by expiry.
    ///
    /// # Errors
    /// [`EngineError::Sdp`] for offers that cannot be answered, [`EngineError::Full`] at the bound on peers.
    pub fn publish(&self, _offer: &str, _options: PublishOptions) -> Result<PublishSession, EngineError> {
        unimplemented!()
    }

    /// Answers a WHEP offer: receive-only sections become slots, in order.
    ///
    /// # Errors
    /// As [`Engine::publish`].
    pub fn receive(&self, _offer: &str, _options: ReceiveOptions) -> Result<ReceiveSession, EngineError> {
        unimplemented!()
    }

    /// Handles the body of a WHIP or WHEP PATCH: candidates, or an ICE restart when its credentials are new.
    /// `if_match` is the entity tag without quotes; `None` or `*` match any.
    ///
    /// # Errors
    /// [`EngineError::UnknownPeer`] (404), [`EngineError::EtagMismatch`] (412), [`EngineError::Sdp`] (400).
    pub fn trickle(&self, _peer: PeerId, _fragment: &str, _if_match: Option<&str>) -> Result<Patched, EngineError> {
        unimplemented!()
    }

    /// Ends a peer; of an unknown one nothing happens.
    pub fn close(&self, _peer: PeerId) {
        unimplemented!()
    }

    /// Says what the given slots of a receiver show from now on; slots not named keep what they show. A track may
    /// be mapped before its publisher has connected.
    pub fn map_slots(&self, _peer: PeerId, _slots: Vec<(Slot, Option<UpTrackId>)>) {
        unimplemented!()
    }

    /// Opens or closes the gate of a publisher. Closed: its authentic packets are counted and dropped before any
    /// receiver or tap.
    pub fn set_gate(&self, _publisher: PeerId, _open: bool) {
        unimplemented!()
    }

    /// Taps a track: its packets from the last keyframe on. An unknown track yields [`TapItem::Ended`] at once.
    pub fn tap(&self, _track: UpTrackId) -> TapReceiver {
        unimplemented!()
    }

    /// Asks the publisher for a keyframe of every layer in use, merged with all other requests.
    pub fn request_keyframe(&self, _track: UpTrackId) {
        unimplemented!()
    }

    /// Figures of all workers and peers at this moment.
    pub async fn stats(&self) -> EngineStats {
        unimplemented!()
    }

    /// Ends all peers and joins the worker threads. Blocks for at most a few milliseconds.
    pub fn shutdown(self) {
        unimplemented!()
    }
}
