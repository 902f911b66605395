//! Opening incoming packets: authenticate, refuse replays, decrypt in place.
//!
//! State for an SSRC exists only after one of its packets has authenticated, and for a limited number of
//! SSRCs, so forged packets cost no memory.

use std::collections::HashMap;

use subtle::ConstantTimeEq;

use super::cipher::{Cipher, cm_apply, cm_tag, gcm_nonce, gcm_open};
use super::key::{MasterKey, Profile, Stream};
use super::replay::{Window, estimate_index};
use super::{RTCP_CLEAR_BYTES, SRTCP_INDEX_BYTES, rtp_header_len, word};

/// Why a datagram is dropped. None of these ends a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Shorter than header and tag, or the header's lengths pass the end.
    #[error("malformed packet")]
    Malformed,
    /// The authentication tag does not match.
    #[error("authentication failed")]
    BadTag,
    /// Seen before, or older than the replay window.
    #[error("replayed packet")]
    Replayed,
    /// As many SSRCs as allowed are already open.
    #[error("too many SSRCs")]
    TooManySsrcs,
    /// SRTCP without the E flag; WebRTC encrypts all RTCP.
    #[error("unencrypted SRTCP")]
    NotEncrypted,
}

/// Opens what one peer sends.
pub struct Opener {
    rtp: Cipher,
    rtcp: Cipher,
    max_ssrcs: usize,
    rtp_windows: HashMap<u32, Window>,
    rtcp_windows: HashMap<u32, Window>,
}

impl Opener {
    /// Derives the session keys of the direction `master` belongs to. At most `max_ssrcs` SSRCs are opened for
    /// RTP and as many for RTCP.
    pub fn new(profile: Profile, master: &MasterKey, max_ssrcs: usize) -> Opener {
        Opener {
            rtp: Cipher::new(profile, master, Stream::Rtp),
            rtcp: Cipher::new(profile, master, Stream::Rtcp),
            max_ssrcs,
            rtp_windows: HashMap::new(),
            rtcp_windows: HashMap::new(),
        }
    }

    /// Number of SSRCs that hold RTP state.
    pub fn ssrc_count(&self) -> usize {
        self.rtp_windows.len()
    }

    /// Opens an SRTP packet in place; the plain packet is the first `n` bytes of `datagram`.
    ///
    /// # Errors
    /// See [`OpenError`]; `datagram` may then hold anything.
    pub fn open_rtp(&mut self, datagram: &mut [u8]) -> Result<usize, OpenError> {
        let tag_len = self.rtp.profile().tag_len();
        let header_len = rtp_header_len(datagram).ok_or(OpenError::Malformed)?;
        if datagram.len() < header_len + tag_len {
            return Err(OpenError::Malformed);
        }
        let sequence = u16::from_be_bytes([datagram[2], datagram[3]]);
        let ssrc = word(datagram, 8);
        let index = match self.rtp_windows.get(&ssrc) {
            Some(window) => {
                let index = estimate_index(window.highest(), sequence).ok_or(OpenError::Malformed)?;
                if !window.is_fresh(index) {
                    return Err(OpenError::Replayed);
                }
                index
            }
            None if self.rtp_windows.len() >= self.max_ssrcs => return Err(OpenError::TooManySsrcs),
            None => u64::from(sequence),
        };
        let body_end = datagram.len() - tag_len;
        match &self.rtp {
            Cipher::Gcm { key, salt } => {
                let (header, body) = datagram.split_at_mut(header_len);
                gcm_open(key, gcm_nonce(salt, ssrc, index), header, body).map_err(|_| OpenError::BadTag)?;
            }
            Cipher::Cm { key, salt, auth } => {
                let (packet, tag) = datagram.split_at_mut(body_end);
                let expected = cm_tag(auth, packet, &((index >> 16) as u32).to_be_bytes());
                if !bool::from(expected.ct_eq(tag)) {
                    return Err(OpenError::BadTag);
                }
                cm_apply(key, salt, ssrc, index, &mut packet[header_len..]);
            }
        }
        accept(&mut self.rtp_windows, ssrc, index);
        Ok(body_end)
    }

    /// Opens an SRTCP packet in place; the plain compound is the first `n` bytes of `datagram`.
    ///
    /// # Errors
    /// See [`OpenError`]; `datagram` may then hold anything.
    pub fn open_rtcp(&mut self, datagram: &mut [u8]) -> Result<usize, OpenError> {
        let tag_len = self.rtcp.profile().tag_len();
        if datagram.len() < RTCP_CLEAR_BYTES + tag_len + SRTCP_INDEX_BYTES || datagram[0] >> 6 != 2 {
            return Err(OpenError::Malformed);
        }
        let plain_len = datagram.len() - tag_len - SRTCP_INDEX_BYTES;
        // GCM puts the index word last, HMAC profiles put the tag last (RFC 7714 section 9.3, RFC 3711 section 3.4).
        let index_at = match self.rtcp {
            Cipher::Gcm { .. } => datagram.len() - SRTCP_INDEX_BYTES,
            Cipher::Cm { .. } => plain_len,
        };
        let esrtcp = word(datagram, index_at);
        if esrtcp >> 31 == 0 {
            return Err(OpenError::NotEncrypted);
        }
        let index = u64::from(esrtcp & 0x7fff_ffff);
        let ssrc = word(datagram, 4);
        match self.rtcp_windows.get(&ssrc) {
            Some(window) if !window.is_fresh(index) => return Err(OpenError::Replayed),
            None if self.rtcp_windows.len() >= self.max_ssrcs => return Err(OpenError::TooManySsrcs),
            _ => {}
        }
        match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let mut aad = [0; RTCP_CLEAR_BYTES + SRTCP_INDEX_BYTES];
                aad[..RTCP_CLEAR_BYTES].copy_from_slice(&datagram[..RTCP_CLEAR_BYTES]);
                aad[RTCP_CLEAR_BYTES..].copy_from_slice(&esrtcp.to_be_bytes());
                let body = &mut datagram[RTCP_CLEAR_BYTES..index_at];
                gcm_open(key, gcm_nonce(salt, ssrc, index), &aad, body).map_err(|_| OpenError::BadTag)?;
            }
            Cipher::Cm { key, salt, auth } => {
                let (packet, trailer) = datagram.split_at_mut(plain_len);
                let (esrtcp, tag) = trailer.split_at(SRTCP_INDEX_BYTES);
                if !bool::from(cm_tag(auth, packet, esrtcp).ct_eq(tag)) {
                    return Err(OpenError::BadTag);
                }
                cm_apply(key, salt, ssrc, index, &mut packet[RTCP_CLEAR_BYTES..]);
            }
        }
        accept(&mut self.rtcp_windows, ssrc, index);
        Ok(plain_len)
    }

    /// Drops the RTP state of an SSRC that its sender has left for good, making room for another.
    ///
    /// Its old packets could then be replayed once more, so callers also stop accepting the SSRC.
    pub fn forget(&mut self, ssrc: u32) {
        self.rtp_windows.remove(&ssrc);
    }
}

fn accept(windows: &mut HashMap<u32, Window>, ssrc: u32, index: u64) {
    windows.entry(ssrc).and_modify(|window| window.accept(index)).or_insert_with(|| Window::starting_at(index));
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").field("ssrcs", &self.rtp_windows.len()).finish_non_exhaustive()
    }
}
