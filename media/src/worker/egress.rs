//! The sending half of a peer: what the fan-out touches for every packet.

use std::net::SocketAddr;

use super::line::Line;
use crate::srtp::Sealer;

/// Address, keys and transport-wide numbering of one receiver. Kept apart from the rest of the peer, so that a round
/// over a thousand receivers walks little memory.
#[derive(Debug)]
pub(crate) struct Egress {
    pub(crate) to: SocketAddr,
    pub(crate) sealer: Sealer,
    /// Transport-wide sequence number of the next packet.
    pub(crate) twcc: u16,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// Estimate and pace, for receivers.
    pub(crate) line: Option<Box<Line>>,
}

impl Egress {
    pub(crate) fn new(to: SocketAddr, sealer: Sealer) -> Self {
        Self { to, sealer, twcc: 0, packets: 0, bytes: 0, line: None }
    }
}
