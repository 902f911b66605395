//! SRTP and SRTCP: sealing what leaves and opening what arrives.
//!
//! Keys come from the DTLS handshake ([`SrtpKeys`]). [`Sealer`] protects packets in place in the caller's
//! arena; [`Opener`] authenticates, decrypts in place and refuses replays. Both know two profiles:
//! AEAD_AES_128_GCM (RFC 7714) and AES_CM_128_HMAC_SHA1_80 (RFC 3711). Neither knows sockets, tracks or time.

mod cipher;
mod key;
mod open;
mod replay;
mod seal;

pub use key::{MasterKey, Profile, SrtpKeys};
pub use open::{OpenError, Opener};
pub use seal::{SealError, Sealer};

/// Bytes the SRTCP trailer adds besides the tag: the E flag and the 31-bit index (RFC 3711 section 3.4).
const SRTCP_INDEX_BYTES: usize = 4;
/// Bytes at the front of an RTCP packet that stay in clear: header word and sender SSRC.
const RTCP_CLEAR_BYTES: usize = 8;

/// Length of an RTP header with its CSRCs and extension, or `None` when the bytes do not hold one.
fn rtp_header_len(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    if packet.len() < 12 || first >> 6 != 2 {
        return None;
    }
    let mut len = 12 + usize::from(first & 0x0f) * 4;
    if first & 0x10 != 0 {
        let words = packet.get(len + 2..len + 4)?;
        len += 4 + usize::from(u16::from_be_bytes([words[0], words[1]])) * 4;
    }
    (len <= packet.len()).then_some(len)
}

/// The big-endian 32-bit word at `at`; the caller has checked the length.
fn word(packet: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]])
}

#[cfg(test)]
mod tests;
