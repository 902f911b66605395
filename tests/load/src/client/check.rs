//! Connectivity checks of the controlling side (RFC 8445 section 7.2.2).

use rtc_crypto::providers::AwsLcRsCrypto;
use rtc_stun::attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter, TransactionId};

use super::Credentials;

/// Priority of a peer-reflexive candidate of component 1.
const PRIORITY: u32 = 110 << 24 | 0xffff << 8 | 255;

/// A binding request from `local` to `remote` that nominates the pair. `None` only if the attributes are too long.
pub(crate) fn binding_request(local: &Credentials, remote: &Credentials) -> Option<Vec<u8>> {
    request(local, remote, true)
}

/// A binding request that only keeps the pair alive.
pub(crate) fn repeated_check(local: &Credentials, remote: &Credentials) -> Option<Vec<u8>> {
    request(local, remote, false)
}

fn request(local: &Credentials, remote: &Credentials, nominates: bool) -> Option<Vec<u8>> {
    let mut message = Message::new();
    message.typ = BINDING_REQUEST;
    message.transaction_id = TransactionId(rand::random());
    message.write_header();
    message.add(ATTR_USERNAME, format!("{}:{}", remote.ufrag, local.ufrag).as_bytes());
    message.add(ATTR_ICE_CONTROLLING, &[1; 8]);
    message.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
    if nominates {
        message.add(ATTR_USE_CANDIDATE, &[]);
    }
    MessageIntegrity::new_short_term_integrity_with_provider(remote.pwd.clone(), &AwsLcRsCrypto)
        .add_to(&mut message)
        .ok()?;
    FINGERPRINT.add_to(&mut message).ok()?;
    Some(message.raw)
}

/// Whether a datagram is the success response to some binding request.
pub(crate) fn is_success_response(datagram: &[u8]) -> bool {
    datagram.len() >= 20 && datagram[..2] == [1, 1]
}
