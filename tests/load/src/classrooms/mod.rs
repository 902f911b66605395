//! WebSocket seats by the thousand: they join, read what the lesson says, and note when it came.

mod arrivals;
mod seat;

pub(crate) use arrivals::Arrivals;
pub(crate) use seat::{Seat, Speaker};
