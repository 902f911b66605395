//! RTCP (RFC 3550, RFC 4585, RFC 5104): what peers say about streams, and what the server says back.
//!
//! Reading is tolerant and borrows: [`read`] yields typed messages until the first malformed one, from which on the
//! rest of the compound is dropped. Writing appends to a buffer that its caller reuses. Nothing here decides; the
//! tracks do.

mod clock;
mod nack;
mod read;
mod report;
mod twcc;
mod twcc_record;
pub mod write;

pub use clock::{ClockBase, Ntp};
pub(crate) use clock::{distance, fixed_point, ticks};
pub use nack::NackSequences;
pub use read::{FirEntry, Message, Messages, read};
pub use report::{ReportBlock, ReportBlocks, SenderInfo};
pub use twcc::{TwccArrivals, TwccFeedback};
pub use twcc_record::TwccRecorder;

#[cfg(test)]
mod tests;
