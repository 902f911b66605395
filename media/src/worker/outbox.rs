//! Datagrams that are not media: STUN replies, handshake flights, sealed RTCP.

use std::net::SocketAddr;
use std::ops::Range;

use super::Arena;

/// Bytes kept at most; what comes beyond is dropped, for all of it is asked for again by timers.
const MAX_BYTES: usize = 4 << 20;

/// A reused buffer of such datagrams, emptied into the arena before any media.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    items: Vec<(SocketAddr, Range<usize>)>,
    next: usize,
}

impl Outbox {
    /// Appends one datagram.
    pub(crate) fn push(&mut self, to: SocketAddr, datagram: &[u8]) {
        self.append(to, |bytes| bytes.extend_from_slice(datagram));
    }

    /// Appends what `write` appends as one datagram; nothing when it appends nothing.
    pub(crate) fn append(&mut self, to: SocketAddr, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        if start > MAX_BYTES {
            return;
        }
        write(&mut self.bytes);
        if self.bytes.len() > start {
            self.items.push((to, start..self.bytes.len()));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Moves as much as fits into the arena.
    pub(crate) fn drain_into(&mut self, arena: &mut Arena) {
        let mut last = None;
        while let Some((to, range)) = self.items.get(self.next) {
            let datagram = &self.bytes[range.clone()];
            let Some(room) = arena.room(datagram.len()) else { break };
            room.copy_from_slice(datagram);
            // What goes to one peer in a row, as the flight of a handshake, keeps its order.
            if last.replace(*to) != Some(*to) {
                arena.begin_destination();
            }
            arena.commit(*to, datagram.len());
            self.next += 1;
        }
        if self.next == self.items.len() {
            self.bytes.clear();
            self.items.clear();
            self.next = 0;
        }
    }
}
