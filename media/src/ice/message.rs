//! Looking into a STUN binding request without allocating, and writing the two replies (RFC 8489).

use std::net::SocketAddr;

use rtc_crypto::providers::AwsLcRsCrypto;
use rtc_stun::attributes::{ATTR_ERROR_CODE, ATTR_FINGERPRINT, ATTR_MESSAGE_INTEGRITY, ATTR_USERNAME};
use rtc_stun::fingerprint::{FINGERPRINT, fingerprint_value};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_ERROR, BINDING_SUCCESS, MAGIC_COOKIE, Message, Setter, TransactionId};
use rtc_stun::xoraddr::XorMappedAddress;

const HEADER: usize = 20;
const BINDING_REQUEST: u16 = 0x0001;
/// Attributes a request may carry; ICE uses eight.
const MAX_ATTRIBUTES: usize = 32;

/// A binding request whose framing has been checked: cookie, lengths, attributes inside the datagram, and a
/// FINGERPRINT that is last and right. Nothing in it is authenticated yet.
pub(super) struct Request<'a> {
    bytes: &'a [u8],
    /// Where MESSAGE-INTEGRITY starts; attributes behind it are not covered and not looked at.
    integrity_at: usize,
}

/// The attributes of a message: type, value, offset of the attribute. Stops at the first that passes the end.
fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8], usize)> {
    let mut at = HEADER;
    std::iter::from_fn(move || {
        let head = bytes.get(at..at + 4)?;
        let len = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = bytes.get(at + 4..at + 4 + len)?;
        let start = at;
        at += 4 + len.next_multiple_of(4);
        Some((u16::from_be_bytes([head[0], head[1]]), value, start))
    })
    .take(MAX_ATTRIBUTES)
}

/// Whether the header is that of a binding request whose length is the datagram's.
fn is_binding_request(bytes: &[u8]) -> bool {
    bytes.len() >= HEADER
        && bytes.len().is_multiple_of(4)
        && u16::from_be_bytes([bytes[0], bytes[1]]) == BINDING_REQUEST
        && usize::from(u16::from_be_bytes([bytes[2], bytes[3]])) == bytes.len() - HEADER
        && bytes[4..8] == MAGIC_COOKIE.to_be_bytes()
}

/// The first half of the USERNAME of a binding request: this end's ufrag, which names the peer.
///
/// Cheap, for demultiplexing; nothing is authenticated. `None` for anything that is not such a request.
pub fn username_local_ufrag(datagram: &[u8]) -> Option<&str> {
    if !is_binding_request(datagram) {
        return None;
    }
    let (_, username, _) = attributes(datagram).find(|&(kind, ..)| kind == ATTR_USERNAME.0)?;
    let (local, _) = std::str::from_utf8(username).ok()?.split_once(':')?;
    (!local.is_empty() && local.len() <= 256).then_some(local)
}

impl<'a> Request<'a> {
    /// Checks the framing and the FINGERPRINT.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Request<'a>> {
        if !is_binding_request(bytes) {
            return None;
        }
        let mut integrity_at = None;
        let mut end = HEADER;
        let mut last = None;
        for (kind, value, at) in attributes(bytes) {
            if kind == ATTR_MESSAGE_INTEGRITY.0 && integrity_at.is_none() {
                integrity_at = (value.len() == 20).then_some(at);
            }
            end = at + 4 + value.len().next_multiple_of(4);
            last = Some((kind, value, at));
        }
        let (kind, value, at) = last?;
        let has_fingerprint =
            end == bytes.len() && kind == ATTR_FINGERPRINT.0 && *value == fingerprint_value(&bytes[..at]).to_be_bytes();
        Some(Request { bytes, integrity_at: integrity_at.filter(|_| has_fingerprint)? })
    }

    /// An attribute in front of MESSAGE-INTEGRITY.
    pub(super) fn get(&self, attribute: rtc_stun::attributes::AttrType) -> Option<&'a [u8]> {
        attributes(&self.bytes[..self.integrity_at]).find(|&(kind, ..)| kind == attribute.0).map(|(_, value, _)| value)
    }

    /// A comprehension-required attribute that ICE does not know (RFC 8489 section 14).
    pub(super) fn has_unknown_required(&self) -> bool {
        const KNOWN: [u16; 4] = [0x0006, 0x0024, 0x0025, 0x0008];
        attributes(&self.bytes[..self.integrity_at]).any(|(kind, ..)| kind < 0x8000 && !KNOWN.contains(&kind))
    }

    /// Whether MESSAGE-INTEGRITY was made with `pwd`. Compares in constant time.
    pub(super) fn is_signed_with(&self, pwd: &str) -> bool {
        let mut message = Message::new();
        message.unmarshal_binary(self.bytes).is_ok()
            && MessageIntegrity::check(&mut message, pwd.as_bytes(), &AwsLcRsCrypto).is_ok()
    }

    fn transaction(&self) -> TransactionId {
        TransactionId(self.bytes[8..HEADER].try_into().expect("a header holds 12 bytes of transaction id"))
    }

    /// Writes the success response with the address the request came from.
    pub(super) fn write_success(&self, from: SocketAddr, pwd: &str, out: &mut Vec<u8>) -> bool {
        let mapped = XorMappedAddress { ip: from.ip().to_canonical(), port: from.port() };
        self.write(BINDING_SUCCESS, pwd, out, |message| mapped.add_to(message).is_ok())
    }

    /// Writes the error response 487 (Role Conflict), without a phrase to stay shorter than the request.
    pub(super) fn write_role_conflict(&self, pwd: &str, out: &mut Vec<u8>) -> bool {
        self.write(BINDING_ERROR, pwd, out, |message| {
            message.add(ATTR_ERROR_CODE, &[0, 0, 4, 87]);
            true
        })
    }

    fn write(
        &self,
        kind: rtc_stun::message::MessageType,
        pwd: &str,
        out: &mut Vec<u8>,
        body: impl FnOnce(&mut Message) -> bool,
    ) -> bool {
        let mut message = Message::new();
        message.typ = kind;
        message.transaction_id = self.transaction();
        message.write_header();
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(pwd.to_owned(), &AwsLcRsCrypto);
        let is_written =
            body(&mut message) && integrity.add_to(&mut message).is_ok() && FINGERPRINT.add_to(&mut message).is_ok();
        out.clear();
        if is_written {
            out.extend_from_slice(&message.raw);
        }
        is_written
    }
}
