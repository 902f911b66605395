//! WebSocket seats by the thousand: they sit down, read what the lesson says, and note when it came.

mod arrivals;
mod entrance;
mod frame;
mod pool;
mod seat;

pub(crate) use arrivals::Arrivals;
pub(crate) use entrance::{Entrance, Seated};
pub(crate) use pool::Seats;
pub(crate) use seat::Speaker;
