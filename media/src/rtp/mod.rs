//! Being laid out.

/// A received packet.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Payload bytes.
    pub payload: bytes::Bytes,
}
