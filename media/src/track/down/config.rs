//! What a down-track is told when it is made, and the plans it gives out.

use smallvec::SmallVec;

use crate::codec::{Codec, MediaKind};
use crate::rtp::Packet;

/// Payload types of a codec in the receiver's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The codec.
    pub codec: Codec,
    /// Its payload type.
    pub pt: u8,
    /// Payload type of its repair packets; without one nothing is sent again.
    pub rtx_pt: Option<u8>,
    /// Payload type of the codec with redundancy (RFC 2198); without one frames are sent bare.
    pub red_pt: Option<u8>,
}

/// What was negotiated for a down-track.
#[derive(Debug, Clone)]
pub struct DownConfig {
    /// Sound or picture.
    pub kind: MediaKind,
    /// Our SSRC.
    pub ssrc: u32,
    /// Our repair SSRC.
    pub rtx_ssrc: Option<u32>,
    /// What the receiver can take. A source in another codec cannot be shown. Empty: anything (a tap).
    pub formats: SmallVec<[Format; 4]>,
    /// First sequence number; random, below 2^15 so that the first packets do not wrap.
    pub first_seq: u16,
    /// First sequence number of the repair stream.
    pub first_rtx_seq: u16,
    /// First timestamp; random.
    pub first_timestamp: u32,
    /// Squeeze the timestamps of what is sent from before the join. A tap keeps them.
    pub squeeze: bool,
    /// Pace of that burst after its keyframe, in bytes per second.
    pub burst_rate: u32,
}

impl DownConfig {
    /// Usual pace of a burst: 20 Mbit/s.
    pub const BURST_RATE: u32 = 2_500_000;

    /// A tap: any codec, nothing squeezed, no repair, no pacing to speak of.
    pub fn tap(kind: MediaKind) -> Self {
        Self {
            kind,
            ssrc: 0,
            rtx_ssrc: None,
            formats: SmallVec::new(),
            first_seq: 0,
            first_rtx_seq: 0,
            first_timestamp: 0,
            squeeze: false,
            burst_rate: u32::MAX,
        }
    }
}

/// What to write into the header of one outgoing packet; the payload is the source packet's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing {
    /// Our SSRC: the media's or the repair stream's.
    pub ssrc: u32,
    /// Payload type in the receiver's session.
    pub pt: u8,
    /// 48-bit SRTP packet index: rollover counter and sequence number. Unique per SSRC.
    pub index: u64,
    /// Timestamp, extended over its wraps; the wire has the low 32 bits.
    pub timestamp: u64,
    /// Marker bit.
    pub marker: bool,
    /// For repair: the original sequence number that precedes the payload (RFC 4588 section 4).
    pub original: Option<u16>,
    /// The payload is the packet's redundant form, and its frames are to be labelled with this payload type.
    pub red: Option<u8>,
}

impl Outgoing {
    /// Sequence number on the wire.
    pub fn seq(&self) -> u16 {
        self.index as u16
    }

    /// What follows the header.
    pub fn payload<'p>(&self, packet: &'p Packet) -> &'p [u8] {
        match &packet.red {
            Some(red) if self.red.is_some() => red,
            _ => &packet.payload,
        }
    }
}

/// Counters of a down-track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DownStats {
    /// Packets sent, without repeats.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// Packets asked for again.
    pub asked: u64,
    /// Packets sent again.
    pub resent: u64,
    /// Their payload bytes.
    pub resent_bytes: u64,
    /// Times the receiver could not keep up.
    pub behind: u64,
    /// Source and layer switches.
    pub switches: u64,
}
