//! One media packet of a publisher: parsed once, shared by reference, never changed again.

use std::time::Instant;

use bytes::Bytes;

use super::{DropReason, ExtensionIds, Extensions, Header};

/// Index of a simulcast layer, 0 = smallest picture.
pub type LayerIndex = u8;

/// Most layers of one up-track.
pub const MAX_LAYERS: usize = 3;

/// A decrypted RTP packet. `layer`, `index` and `keyframe` are filled in by the up-track before
/// the packet is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Synchronization source at the publisher.
    pub ssrc: u32,
    /// Payload type of the publisher's session.
    pub pt: u8,
    /// Sequence number as sent.
    pub seq: u16,
    /// Timestamp as sent, in units of the codec's clock.
    pub timestamp: u32,
    /// Video: last packet of its frame. Sound: first packet of a talkspurt.
    pub marker: bool,
    /// Header extensions as sent.
    pub extensions: Extensions,
    /// The payload without padding. Empty in packets that only probe for bandwidth.
    pub payload: Bytes,
    /// Sound: the same with earlier frames before it (RFC 2198), for receivers that take it.
    pub red: Option<Bytes>,
    /// When the datagram arrived.
    pub arrived: Instant,
    /// Simulcast layer, 0 where there is only one.
    pub layer: LayerIndex,
    /// Sequence number extended over wraps; counts within one layer.
    pub index: u64,
    /// A keyframe starts in this packet.
    pub keyframe: bool,
}

impl Packet {
    /// Parses a decrypted datagram; the payload is copied once.
    ///
    /// # Errors
    /// The [`DropReason`] of the first field that does not fit.
    pub fn parse(datagram: &[u8], ids: &ExtensionIds, now: Instant) -> Result<Self, DropReason> {
        let header = Header::parse(datagram, ids)?;
        let payload = Bytes::copy_from_slice(&datagram[header.payload.clone()]);
        Ok(Self::from_parts(header, payload, now))
    }

    /// Parses a decrypted datagram that is already shared; the payload refers to it.
    ///
    /// # Errors
    /// The [`DropReason`] of the first field that does not fit.
    pub fn parse_shared(datagram: &Bytes, ids: &ExtensionIds, now: Instant) -> Result<Self, DropReason> {
        let header = Header::parse(datagram, ids)?;
        let payload = datagram.slice(header.payload.clone());
        Ok(Self::from_parts(header, payload, now))
    }

    fn from_parts(header: Header, payload: Bytes, now: Instant) -> Self {
        Self {
            ssrc: header.ssrc,
            pt: header.pt,
            seq: header.seq,
            timestamp: header.timestamp,
            marker: header.marker,
            extensions: header.extensions,
            payload,
            red: None,
            arrived: now,
            layer: 0,
            index: u64::from(header.seq),
            keyframe: false,
        }
    }
}
