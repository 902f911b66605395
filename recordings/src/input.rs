//! What a track feeds the recorder: packets in any order, the sender's clock, and the news that something is missing.

use std::time::Instant;

use bytes::Bytes;

/// One item of a track.
#[derive(Debug, Clone)]
pub enum Input {
    /// A packet of the track.
    Packet(RtpPacket),
    /// A sender report: the sender's NTP time (32.32 fixed point since 1900) at an extended RTP timestamp.
    Clock {
        /// Extended RTP timestamp, on the packets' scale.
        timestamp: u64,
        /// NTP time.
        ntp: u64,
    },
    /// Items are missing here for good.
    Lost,
    /// The publisher is gone.
    Ended,
}

/// A packet's payload and the header fields the recorder needs, on scales that never wrap.
#[derive(Debug, Clone)]
pub struct RtpPacket {
    /// Extended sequence number.
    pub seq: u64,
    /// Extended timestamp in units of the codec's clock.
    pub timestamp: u64,
    /// Last packet of a picture.
    pub marker: bool,
    /// When it arrived at the server.
    pub arrived: Instant,
    /// Payload without padding; may be empty.
    pub payload: Bytes,
}

impl From<airclass_media::TapItem> for Input {
    fn from(item: airclass_media::TapItem) -> Self {
        use airclass_media::TapItem;
        match item {
            TapItem::Packet(tapped) => Self::Packet(RtpPacket {
                seq: tapped.seq,
                timestamp: tapped.timestamp,
                marker: tapped.marker,
                arrived: tapped.arrived,
                payload: tapped.packet.payload.clone(),
            }),
            TapItem::Clock { timestamp, ntp } => Self::Clock { timestamp, ntp },
            TapItem::Lost => Self::Lost,
            TapItem::Ended => Self::Ended,
        }
    }
}
