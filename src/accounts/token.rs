//! Opaque bearer tokens: 256 random bits behind a short prefix that says what kind it is. Only the hash is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Prefix of login sessions.
pub const SESSION: &str = "acs";
/// Prefix of tokens for encoders and tools, bound to a lesson and kept in the database.
pub const LESSON: &str = "acl";
/// Prefix of a connection's media token, kept in memory.
pub const MEDIA: &str = "acm";
/// Prefix of paired screens' tokens, kept with the device.
pub const DEVICE: &str = "acd";
/// Prefix of the secret by which a screen asks what became of its pairing, kept in memory.
pub const PAIRING: &str = "acp";
/// Prefix of what a pupil's device holds to be known again in a poll.
pub const PUPIL: &str = "acq";
/// Longest text looked at as a token.
const TOKEN_BYTES: usize = 128;

/// A token just made; its text is shown once.
pub struct Secret(String);

impl Secret {
    /// Makes a token with that prefix.
    pub fn generate(prefix: &str) -> Self {
        let random: [u8; 32] = rand::random();
        Self(format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// The text the client keeps.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What the server keeps.
    pub fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a token as hex. Looking it up leaks nothing about other tokens: who can choose a hash can't choose what
/// it is the hash of, so the time of the comparison is of no use.
pub fn hash(token: &str) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(token.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Whether a text could be a token at all; spares the database.
pub fn plausible(token: &str) -> bool {
    token.len() <= TOKEN_BYTES
        && [SESSION, LESSON, MEDIA, DEVICE, PAIRING, PUPIL].iter().any(|prefix| token.starts_with(prefix))
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// The token of an `Authorization: Bearer` value; the scheme's case does not matter (RFC 9110, 11.1).
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_distinct_and_hide_in_debug() {
        let (a, b) = (Secret::generate(SESSION), Secret::generate(SESSION));
        assert_ne!(a.text(), b.text());
        assert_eq!(a.text().len(), SESSION.len() + 1 + 43);
        assert!(plausible(a.text()));
        assert_eq!(a.hash(), hash(a.text()));
        assert_eq!(a.hash().len(), 64);
        assert!(!format!("{a:?}").contains(a.text()));
    }

    #[test]
    fn bearer_values() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
        assert!(!plausible("acs_'; drop table tokens"));
    }
}
