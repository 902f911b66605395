//! Who may speak to whom: the lesson as a pure, event-sourced state machine, and its wire contract.
//!
//! Knows no sockets, no clock and no media.
#![forbid(unsafe_code)]

pub mod id;
pub mod wire;
