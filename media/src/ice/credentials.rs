//! User name fragments and passwords.

use std::fmt;

/// ICE letters (RFC 8839 section 5.4); 64 of them, so six random bits choose one.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Letters of a ufrag of this end. With 16 letters every authenticated check is longer than its reply.
const UFRAG_LETTERS: usize = 16;
/// Letters of a password of this end, 144 bits.
const PWD_LETTERS: usize = 24;

/// A user name fragment and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// 4 to 256 ICE characters.
    pub ufrag: String,
    /// 22 to 256 ICE characters.
    pub pwd: String,
}

impl Credentials {
    /// Letters out of caller-given randomness.
    pub fn from_random(random: &[u8; 40]) -> Credentials {
        let letters = |bytes: &[u8]| bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 63)])).collect();
        Credentials {
            ufrag: letters(&random[..UFRAG_LETTERS]),
            pwd: letters(&random[UFRAG_LETTERS..UFRAG_LETTERS + PWD_LETTERS]),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.ufrag)
    }
}
