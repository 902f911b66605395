//! Thousands of receivers in one thread: real sessions, then nothing but reading and counting.
//!
//! Each receiver has its own UDP socket, because the server knows a peer by its address. An epoll loop reads them; with
//! GRO one call brings a whole frame. Every packet is counted by its sequence number, a sample is authenticated and
//! opened, and the publisher's send time inside it gives the delay through the server. Consent checks, receiver
//! reports and transport-wide feedback go out as a browser's would.

mod feedback;
mod picture;
mod pool;
mod receiver;
mod socket;
mod streams;
mod tally;

pub(crate) use picture::{JoinFailure, JoinTimes};
pub(crate) use pool::{Joining, LOOK_EVERY, Pool, PoolOptions, Report};
pub(crate) use receiver::payload_of;
pub(crate) use socket::{Datagrams, open};
pub(crate) use streams::StreamCount;
pub(crate) use tally::{Tally, quantile_ns};
