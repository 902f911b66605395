//! Master keys and the key derivation of RFC 3711 section 4.3.

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

/// A protection profile, as negotiated by DTLS `use_srtp` (RFC 5764, RFC 7714).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// AEAD_AES_128_GCM, 16-byte tag.
    AeadAes128Gcm,
    /// AES_CM_128_HMAC_SHA1_80, 10-byte tag.
    AesCm128HmacSha1_80,
}

impl Profile {
    /// Bytes of the authentication tag, the same for RTP and RTCP.
    pub const fn tag_len(self) -> usize {
        match self {
            Profile::AeadAes128Gcm => 16,
            Profile::AesCm128HmacSha1_80 => 10,
        }
    }

    /// Bytes of the master salt.
    pub const fn salt_len(self) -> usize {
        match self {
            Profile::AeadAes128Gcm => 12,
            Profile::AesCm128HmacSha1_80 => 14,
        }
    }

    /// Bytes of keying material to export from DTLS: two keys and two salts (RFC 5764 section 4.2).
    pub const fn exported_len(self) -> usize {
        2 * (16 + self.salt_len())
    }
}

/// The master key and salt of one direction. A salt shorter than 14 bytes is padded with zeros on the right.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    /// AES-128 master key.
    pub key: [u8; 16],
    /// Master salt, left aligned.
    pub salt: [u8; 14],
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// What a finished DTLS handshake yields: the profile and both directions' master keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SrtpKeys {
    /// The negotiated profile.
    pub profile: Profile,
    /// Key for what this end seals.
    pub local: MasterKey,
    /// Key for what this end opens.
    pub remote: MasterKey,
}

impl SrtpKeys {
    /// Splits exported keying material (client key, server key, client salt, server salt; RFC 5764 section 4.2).
    ///
    /// `None` when `material` is not exactly [`Profile::exported_len`] bytes.
    pub fn from_exported(profile: Profile, material: &[u8], is_client: bool) -> Option<SrtpKeys> {
        if material.len() != profile.exported_len() {
            return None;
        }
        let (keys, salts) = material.split_at(32);
        let master = |server: bool| {
            let n = usize::from(server);
            let mut master = MasterKey { key: [0; 16], salt: [0; 14] };
            master.key.copy_from_slice(&keys[n * 16..n * 16 + 16]);
            let len = profile.salt_len();
            master.salt[..len].copy_from_slice(&salts[n * len..n * len + len]);
            master
        };
        Some(SrtpKeys { profile, local: master(!is_client), remote: master(is_client) })
    }
}

/// What a session key is for; the value is the label of RFC 3711 section 4.3.1 for RTP, plus 3 for RTCP.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(super) enum Label {
    Encryption = 0,
    Authentication = 1,
    Salt = 2,
}

/// Which packets a session key protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Rtp,
    Rtcp,
}

/// Derives a session key: the AES-CM key stream for the salt with the label folded in (RFC 3711 section 4.3.3,
/// key derivation rate 0).
pub(super) fn derive<const N: usize>(master: &MasterKey, stream: Stream, label: Label) -> [u8; N] {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(&master.salt);
    iv[7] ^= label as u8 + if stream == Stream::Rtcp { 3 } else { 0 };
    let mut out = [0; N];
    ctr(&ctr_key(&master.key), iv, &mut out);
    out
}

/// An AES-128 counter-mode key.
pub(super) fn ctr_key(key: &[u8; 16]) -> EncryptingKey {
    UnboundCipherKey::new(&AES_128, key)
        .and_then(EncryptingKey::ctr)
        .expect("a 16-byte key suits AES-128 in counter mode")
}

/// Applies the key stream that starts at `iv` to `data` in place.
pub(super) fn ctr(key: &EncryptingKey, iv: [u8; 16], data: &mut [u8]) {
    key.less_safe_encrypt(data, EncryptionContext::Iv128(FixedLength::from(iv)))
        .expect("counter mode takes any length with a 128-bit IV");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    /// RFC 3711 appendix B.3.
    #[test]
    fn derivation_matches_rfc_3711_b3() {
        let master = MasterKey {
            key: hex("E1F97A0D3E018BE0D64FA32C06DE4139").try_into().unwrap(),
            salt: hex("0EC675AD498AFEEBB6960B3AABE6").try_into().unwrap(),
        };
        assert_eq!(
            derive::<16>(&master, Stream::Rtp, Label::Encryption).to_vec(),
            hex("C61E7A93744F39EE10734AFE3FF7A087")
        );
        assert_eq!(derive::<14>(&master, Stream::Rtp, Label::Salt).to_vec(), hex("30CBBC08863D8C85D49DB34A9AE1"));
        let auth = hex(concat!(
            "CEBE321F6FF7716B6FD4AB49AF256A15",
            "6D38BAA48F0A0ACF3C34E2359E6CDBCE",
            "E049646C43D9327AD175578EF7227098",
            "6371C10C9A369AC2F94A8C5FBCDDDC25",
            "6D6E919A48B610EF17C2041E47403576",
            "6B68642C59BBFC2F34DB60DBDFB2"
        ));
        assert_eq!(derive::<94>(&master, Stream::Rtp, Label::Authentication).to_vec(), auth);
    }

    #[test]
    fn exported_material_is_split_by_role() {
        let material: Vec<u8> = (0..56).collect();
        let client = SrtpKeys::from_exported(Profile::AeadAes128Gcm, &material, true).unwrap();
        let server = SrtpKeys::from_exported(Profile::AeadAes128Gcm, &material, false).unwrap();
        assert_eq!(client.local, server.remote);
        assert_eq!(client.local.key[0], 0);
        assert_eq!(server.local.key[0], 16);
        assert_eq!(client.local.salt[..12], material[32..44]);
        assert_eq!(server.local.salt[..12], material[44..56]);
        assert!(SrtpKeys::from_exported(Profile::AeadAes128Gcm, &material[1..], true).is_none());
    }
}
