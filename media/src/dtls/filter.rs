//! Looking through datagrams before the DTLS crate sees them.
//!
//! The crate keeps handshake fragments without a bound and reassembles them recursively, so a megabyte of tiny
//! fragments would end the process, without any key. Records that a client of this server never sends are dropped
//! here, and what is left is counted against a budget.

use super::error::DtlsError;

/// Datagrams a handshake may take; a clean one takes four, a lossy one twenty.
const MAX_HANDSHAKE_DATAGRAMS: usize = 64;
/// Bytes a handshake may take.
const MAX_HANDSHAKE_BYTES: usize = 64 * 1024;
/// Handshake fragments a peer may send in clear; bounds the recursion of the reassembly.
const MAX_FRAGMENTS: usize = 128;
/// Datagrams in clear that are looked at after the handshake: repeats of the last flight.
const MAX_LATE_CLEAR_DATAGRAMS: usize = 16;
/// Encrypted datagrams that are looked at after the handshake: repeats and alerts.
const MAX_LATE_DATAGRAMS: usize = 64;
/// Longest handshake message; a certificate has about 400 bytes.
const MAX_MESSAGE_BYTES: usize = 8 * 1024;
/// Highest message sequence; a client sends six or seven messages.
const MAX_MESSAGE_SEQUENCE: u16 = 15;

const RECORD_HEADER: usize = 13;
const HANDSHAKE_HEADER: usize = 12;
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

/// Why a datagram was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// Not DTLS records, or lengths that pass the end.
    Malformed,
    /// A record that has no place here: an alert or data in clear, a fragment without bytes, a hello after the
    /// handshake, application data.
    Unexpected,
    /// More than is looked at after the handshake.
    OverBudget,
    /// The session is over.
    Closed,
}

/// The budget of one peer.
#[derive(Debug, Default)]
pub(super) struct Filter {
    datagrams: usize,
    bytes: usize,
    fragments: usize,
    late_clear: usize,
    late: usize,
}

/// What a look through a datagram found.
struct Found {
    has_clear: bool,
    fragments: usize,
}

impl Filter {
    /// Whether a datagram goes on to the crate. `Ok(Err(reason))` drops it.
    ///
    /// # Errors
    /// [`DtlsError::BudgetExhausted`] when the handshake can no longer succeed.
    pub(super) fn admit(&mut self, datagram: &[u8], is_connected: bool) -> Result<Result<(), DropReason>, DtlsError> {
        let found = match look_through(datagram, is_connected) {
            Ok(found) => found,
            Err(reason) => return Ok(Err(reason)),
        };
        if is_connected {
            let (count, max) = if found.has_clear {
                (&mut self.late_clear, MAX_LATE_CLEAR_DATAGRAMS)
            } else {
                (&mut self.late, MAX_LATE_DATAGRAMS)
            };
            *count += 1;
            return Ok(if *count > max { Err(DropReason::OverBudget) } else { Ok(()) });
        }
        self.datagrams += 1;
        self.bytes += datagram.len();
        self.fragments += found.fragments;
        let is_over = self.datagrams > MAX_HANDSHAKE_DATAGRAMS
            || self.bytes > MAX_HANDSHAKE_BYTES
            || self.fragments > MAX_FRAGMENTS;
        if is_over { Err(DtlsError::BudgetExhausted) } else { Ok(Ok(())) }
    }
}

fn look_through(datagram: &[u8], is_connected: bool) -> Result<Found, DropReason> {
    let mut found = Found { has_clear: false, fragments: 0 };
    let mut rest = datagram;
    if rest.is_empty() {
        return Err(DropReason::Malformed);
    }
    while !rest.is_empty() {
        let header = rest.get(..RECORD_HEADER).ok_or(DropReason::Malformed)?;
        let body_len = usize::from(u16::from_be_bytes([header[11], header[12]]));
        let body = rest.get(RECORD_HEADER..RECORD_HEADER + body_len).ok_or(DropReason::Malformed)?;
        rest = &rest[RECORD_HEADER + body_len..];
        if header[1] != 0xfe || !matches!(header[2], 0xfd | 0xff) || body.is_empty() {
            return Err(DropReason::Malformed);
        }
        let kind = header[0];
        match u16::from_be_bytes([header[3], header[4]]) {
            0 => {
                found.has_clear = true;
                match kind {
                    CHANGE_CIPHER_SPEC if body == [1] => {}
                    HANDSHAKE => found.fragments += fragments(body, is_connected)?,
                    _ => return Err(DropReason::Unexpected),
                }
            }
            1 if matches!(kind, ALERT | HANDSHAKE) => {}
            _ => return Err(DropReason::Unexpected),
        }
    }
    Ok(found)
}

/// Counts the handshake fragments of a clear record and checks each.
fn fragments(mut body: &[u8], is_connected: bool) -> Result<usize, DropReason> {
    let mut count = 0;
    while !body.is_empty() {
        let header = body.get(..HANDSHAKE_HEADER).ok_or(DropReason::Malformed)?;
        let u24 = |at: usize| u32::from_be_bytes([0, header[at], header[at + 1], header[at + 2]]) as usize;
        let (length, offset, fragment_len) = (u24(1), u24(6), u24(9));
        let sequence = u16::from_be_bytes([header[4], header[5]]);
        // A server receives no message that may be empty, so neither may a fragment.
        if fragment_len == 0 || (is_connected && header[0] == CLIENT_HELLO) {
            return Err(DropReason::Unexpected);
        }
        let is_sound = length <= MAX_MESSAGE_BYTES
            && offset + fragment_len <= length
            && sequence <= MAX_MESSAGE_SEQUENCE
            && body.len() >= HANDSHAKE_HEADER + fragment_len;
        if !is_sound {
            return Err(DropReason::Malformed);
        }
        let end = HANDSHAKE_HEADER + fragment_len;
        // The crate cuts records by the message's whole length, so a fragment has to be the record's last.
        if fragment_len != length && body.len() != end {
            return Err(DropReason::Unexpected);
        }
        body = &body[end..];
        count += 1;
    }
    Ok(count)
}
