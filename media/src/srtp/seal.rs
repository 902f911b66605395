//! Protecting outgoing packets: RTP in place in the caller's arena, RTCP appended to a buffer.

use super::cipher::{Cipher, cm_apply, cm_tag, gcm_nonce, gcm_seal};
use super::key::{MasterKey, Profile, Stream};
use super::{RTCP_CLEAR_BYTES, word};

/// Why nothing was sealed. Both are mistakes of the caller, not of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The buffer does not hold the header and the tag.
    #[error("the packet is shorter than its header and tag")]
    TooShort,
    /// The index space is used up; the session must end (RFC 3711 section 9.2).
    #[error("the packet index is used up")]
    IndexExhausted,
}

/// Seals what one peer receives.
pub struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    /// Index of the next SRTCP packet. One counter serves every sender SSRC, so each sees it rise.
    rtcp_index: u32,
}

impl Sealer {
    /// Derives the session keys of the direction `master` belongs to.
    pub fn new(profile: Profile, master: &MasterKey) -> Sealer {
        Sealer {
            rtp: Cipher::new(profile, master, Stream::Rtp),
            rtcp: Cipher::new(profile, master, Stream::Rtcp),
            rtcp_index: 1,
        }
    }

    /// The profile this sealer works with.
    pub fn profile(&self) -> Profile {
        self.rtp.profile()
    }

    /// Bytes of room that [`Sealer::seal_in_place`] needs behind the payload.
    pub fn tag_len(&self) -> usize {
        self.rtp.profile().tag_len()
    }

    /// Encrypts an RTP packet in place and writes its tag. Allocates nothing.
    ///
    /// `packet` is header, payload and [`Sealer::tag_len`] bytes of room; `header_len` counts the fixed header,
    /// CSRCs and extension. `index` is the 48-bit packet index: rollover counter and sequence number. The caller
    /// must never use an index twice with the same SSRC and different bytes.
    ///
    /// # Errors
    /// [`SealError::TooShort`] leaves the packet as it was.
    pub fn seal_in_place(&self, packet: &mut [u8], header_len: usize, index: u64) -> Result<(), SealError> {
        let tag_len = self.tag_len();
        if header_len < 12 || packet.len() < header_len + tag_len {
            return Err(SealError::TooShort);
        }
        if index >> 48 != 0 {
            return Err(SealError::IndexExhausted);
        }
        debug_assert_eq!(packet[2..4], index.to_be_bytes()[6..], "the index ends in the sequence number");
        let ssrc = word(packet, 8);
        let body_end = packet.len() - tag_len;
        match &self.rtp {
            Cipher::Gcm { key, salt } => {
                let (header, rest) = packet.split_at_mut(header_len);
                let (body, room) = rest.split_at_mut(body_end - header_len);
                room.copy_from_slice(&gcm_seal(key, gcm_nonce(salt, ssrc, index), header, body));
            }
            Cipher::Cm { key, salt, auth } => {
                cm_apply(key, salt, ssrc, index, &mut packet[header_len..body_end]);
                let roc = ((index >> 16) as u32).to_be_bytes();
                let tag = cm_tag(auth, &packet[..body_end], &roc);
                packet[body_end..].copy_from_slice(&tag);
            }
        }
        Ok(())
    }

    /// Appends the sealed form of an RTCP compound to `out`.
    ///
    /// # Errors
    /// [`SealError::TooShort`] for less than header and SSRC, [`SealError::IndexExhausted`] after 2^31 packets;
    /// `out` is then unchanged.
    pub fn seal_rtcp(&mut self, compound: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        if compound.len() < RTCP_CLEAR_BYTES {
            return Err(SealError::TooShort);
        }
        if self.rtcp_index >> 31 != 0 {
            return Err(SealError::IndexExhausted);
        }
        let index = self.rtcp_index;
        self.rtcp_index += 1;
        let ssrc = word(compound, 4);
        let esrtcp = (index | 1 << 31).to_be_bytes();
        let start = out.len();
        out.extend_from_slice(compound);
        match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let mut aad = [0; RTCP_CLEAR_BYTES + 4];
                aad[..RTCP_CLEAR_BYTES].copy_from_slice(&compound[..RTCP_CLEAR_BYTES]);
                aad[RTCP_CLEAR_BYTES..].copy_from_slice(&esrtcp);
                let body = &mut out[start + RTCP_CLEAR_BYTES..];
                let tag = gcm_seal(key, gcm_nonce(salt, ssrc, u64::from(index)), &aad, body);
                out.extend_from_slice(&tag);
                out.extend_from_slice(&esrtcp);
            }
            Cipher::Cm { key, salt, auth } => {
                cm_apply(key, salt, ssrc, u64::from(index), &mut out[start + RTCP_CLEAR_BYTES..]);
                let tag = cm_tag(auth, &out[start..], &esrtcp);
                out.extend_from_slice(&esrtcp);
                out.extend_from_slice(&tag);
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("profile", &self.profile()).finish_non_exhaustive()
    }
}
