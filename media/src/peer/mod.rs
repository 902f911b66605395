//! One remote end: its transport, what it publishes or receives, and its life before a worker adopts it.

mod command;
pub(crate) mod slab;
mod spec;
mod transport;

pub(crate) use command::PeerCommand;
pub(crate) use slab::Slab;
pub(crate) use spec::{PeerSpec, RoleSpec};
pub(crate) use transport::{Queued, Step, Transport};
