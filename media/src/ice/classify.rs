//! Telling STUN, DTLS, RTP and RTCP apart on one port.

/// What a datagram is, by its first bytes (RFC 7983 section 7, RFC 5761 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatagramKind {
    /// STUN.
    Stun,
    /// DTLS.
    Dtls,
    /// SRTP.
    Rtp,
    /// SRTCP.
    Rtcp,
    /// None of these: drop it.
    Unknown,
}

/// Longest datagram that is looked at, in bytes.
const MAX_DATAGRAM_BYTES: usize = 2000;

/// Classifies a datagram without looking further than two bytes. Lengths below 2 and above 2,000 bytes are
/// [`DatagramKind::Unknown`].
pub fn classify(datagram: &[u8]) -> DatagramKind {
    if datagram.len() < 2 || datagram.len() > MAX_DATAGRAM_BYTES {
        return DatagramKind::Unknown;
    }
    match (datagram[0], datagram[1]) {
        (0..=3, _) => DatagramKind::Stun,
        (20..=63, _) => DatagramKind::Dtls,
        // RTCP packet types 192 to 223 against RTP payload types 64 to 95 with the marker bit.
        (128..=191, 192..=223) => DatagramKind::Rtcp,
        (128..=191, _) => DatagramKind::Rtp,
        _ => DatagramKind::Unknown,
    }
}
