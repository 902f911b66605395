//! The session keys of one direction and one stream kind, and the IVs of both profiles.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::EncryptingKey;
use aws_lc_rs::hmac;

use super::key::{Label, MasterKey, Profile, Stream, ctr, ctr_key, derive};

/// The tag did not match.
pub(super) struct BadTag;

/// Session keys for either RTP or RTCP in one direction.
#[expect(clippy::large_enum_variant, reason = "two per peer; a box would cost the packet path a pointer")]
pub(super) enum Cipher {
    Gcm { key: LessSafeKey, salt: [u8; 12] },
    Cm { key: EncryptingKey, salt: [u8; 14], auth: hmac::Key },
}

impl Cipher {
    pub(super) fn new(profile: Profile, master: &MasterKey, stream: Stream) -> Cipher {
        let key: [u8; 16] = derive(master, stream, Label::Encryption);
        match profile {
            Profile::AeadAes128Gcm => Cipher::Gcm {
                key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).expect("a 16-byte key suits AES-128-GCM")),
                salt: derive(master, stream, Label::Salt),
            },
            Profile::AesCm128HmacSha1_80 => {
                let auth: [u8; 20] = derive(master, stream, Label::Authentication);
                Cipher::Cm {
                    key: ctr_key(&key),
                    salt: derive(master, stream, Label::Salt),
                    auth: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &auth),
                }
            }
        }
    }

    pub(super) fn profile(&self) -> Profile {
        match self {
            Cipher::Gcm { .. } => Profile::AeadAes128Gcm,
            Cipher::Cm { .. } => Profile::AesCm128HmacSha1_80,
        }
    }
}

/// RFC 7714 section 8.1 for RTP (`index` = ROC and sequence number) and 9.1 for RTCP (`index` = SRTCP index):
/// both are two zero bytes, the SSRC and a 48-bit index, xored with the salt.
pub(super) fn gcm_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> Nonce {
    let mut iv = *salt;
    for (byte, from) in iv[2..6].iter_mut().zip(ssrc.to_be_bytes()) {
        *byte ^= from;
    }
    for (byte, from) in iv[6..].iter_mut().zip(&index.to_be_bytes()[2..]) {
        *byte ^= from;
    }
    Nonce::assume_unique_for_key(iv)
}

/// RFC 3711 section 4.1.1: salt * 2^16 xor SSRC * 2^64 xor index * 2^16.
fn cm_iv(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    for (byte, from) in iv[4..8].iter_mut().zip(ssrc.to_be_bytes()) {
        *byte ^= from;
    }
    for (byte, from) in iv[8..14].iter_mut().zip(&index.to_be_bytes()[2..]) {
        *byte ^= from;
    }
    iv
}

/// Encrypts `body` under GCM and returns the detached tag.
pub(super) fn gcm_seal(key: &LessSafeKey, nonce: Nonce, aad: &[u8], body: &mut [u8]) -> [u8; 16] {
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(aad), body)
        .expect("a datagram is far below the length limit of GCM");
    tag.as_ref().try_into().expect("a GCM tag has 16 bytes")
}

/// Checks the tag at the end of `body` and decrypts it in place.
pub(super) fn gcm_open(key: &LessSafeKey, nonce: Nonce, aad: &[u8], body: &mut [u8]) -> Result<(), BadTag> {
    key.open_in_place(nonce, Aad::from(aad), body).map(|_| ()).map_err(|_| BadTag)
}

/// Applies the counter-mode key stream of a packet.
pub(super) fn cm_apply(key: &EncryptingKey, salt: &[u8; 14], ssrc: u32, index: u64, body: &mut [u8]) {
    ctr(key, cm_iv(salt, ssrc, index), body);
}

/// HMAC-SHA1 over `packet` and `trailer`, cut to 80 bits.
pub(super) fn cm_tag(auth: &hmac::Key, packet: &[u8], trailer: &[u8]) -> [u8; 10] {
    let mut mac = hmac::Context::with_key(auth);
    mac.update(packet);
    mac.update(trailer);
    mac.sign().as_ref()[..10].try_into().expect("HMAC-SHA1 has 20 bytes")
}
