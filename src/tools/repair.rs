//! Turns retransmissions back into the packets they repeat (RFC 4588, section 4) before anything counts them.
//!
//! The `webrtc` crate does this too, but after its generator of negative acknowledgements, which then asks for packets
//! that have arrived already. This interceptor sits before the generator.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

/// The original stream of a repair stream.
#[derive(Clone, Copy)]
struct Original {
    ssrc: u32,
    payload_type: u8,
}

/// The interceptor.
#[derive(Default)]
pub(crate) struct Repair {
    originals: HashMap<u32, Original>,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Repair {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtp(packet) = &mut message.message.packet
            && let Some(original) = self.originals.get(&packet.header.ssrc)
        {
            let [high, low, ..] = packet.payload[..] else {
                // Padding only, as bandwidth probes are: nothing to repair.
                return Ok(());
            };
            packet.header.ssrc = original.ssrc;
            packet.header.payload_type = original.payload_type;
            packet.header.sequence_number = u16::from_be_bytes([high, low]);
            packet.header.padding = false;
            packet.payload = packet.payload.slice(2..);
        }
        self.reads.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.writes.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl Interceptor for Repair {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        if let Some(repair) = info.ssrc_rtx {
            self.originals.insert(repair, Original { ssrc: info.ssrc, payload_type: info.payload_type });
        }
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        if let Some(repair) = info.ssrc_rtx {
            self.originals.remove(&repair);
        }
    }
}
