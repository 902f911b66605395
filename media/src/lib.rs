//! Packets from one to many: sessions, transport, routing and feedback. Knows no lesson.
//!
//! A datagram arrives in a worker's [`shell`], is matched to a peer, opened and parsed once, kept in the ring of its
//! up-track, and leaves as one header and one seal per receiver. [`Engine`] is the handle the server holds; everything
//! behind it but the shell is told the time and the bytes and never asks for them.
#![forbid(unsafe_code)]

pub mod codec;
mod directory;
pub mod dtls;
pub mod engine;
pub mod estimate;
mod exchange;
pub mod feedback;
pub mod ice;
mod peer;
pub mod rtp;
pub mod sdp;
mod shell;
pub mod sim;
pub mod slot;
pub mod srtp;
pub mod track;
pub mod voice;
mod worker;

pub use codec::{Codec, MediaKind};
pub use engine::{
    CloseReason, DELAY_BOUNDS_US, DelayHistogram, DownTrackStats, DropStats, Engine, EngineConfig, EngineError,
    EngineStats, Gate, Limits, LineStats, MediaEvent, Patched, PeerStats, PictureStats, PublishOptions, PublishSession,
    ReceiveOptions, ReceiveSession, SlotInfo, TapItem, TapPacket, TapReceiver, UpTrackInfo, UpTrackStats, WorkerStats,
};
pub use estimate::Content;
pub use slot::{PeerId, Slot, UpTrackId};
pub use track::{LayerStats, UpStats};
#[doc(hidden)]
pub use worker::stage;
