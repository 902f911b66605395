//! What workers say to each other: batches of packets by reference, subscriptions, strays.
//!
//! Each ordered pair of workers has one bounded ring; the reader is woken once per turn of the writer. Nothing here
//! takes a lock.

mod message;
mod port;

pub(crate) use message::{Batch, Message, TrackFacts};
pub(crate) use port::{Port, Wake, connect};
