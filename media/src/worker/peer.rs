//! The part of a peer that is not touched for every packet sent.

use std::time::{Duration, Instant};

use super::bucket::Bucket;
use super::publish::Publisher;
use super::slots::SlotState;
use crate::peer::Transport;
use crate::slot::PeerId;

/// One adopted peer.
pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) label: String,
    pub(crate) transport: Transport,
    pub(crate) role: Role,
    pub(crate) ingress: Bucket,
    pub(crate) packets_in: u64,
    pub(crate) bytes_in: u64,
    /// Smoothed round-trip time from report blocks.
    pub(crate) round_trip: Option<Duration>,
    /// When the next sender report (receivers) or receiver report (publishers) is due.
    pub(crate) report_due: Instant,
}

/// What a peer is here for.
pub(crate) enum Role {
    /// Sends media.
    Publisher(Box<Publisher>),
    /// Receives media on slots.
    Receiver(Vec<SlotState>),
}

impl Peer {
    /// Takes a new measurement of the round trip in (RFC 6298's gain).
    pub(crate) fn measured(&mut self, trip: Duration) {
        self.round_trip = Some(self.round_trip.map_or(trip, |smooth| (smooth * 7 + trip) / 8));
    }
}
