//! The send arena: sealed datagrams laid side by side, ready for segmentation offload.
//!
//! Datagrams of one destination that follow each other with the same size form a run, which the kernel cuts apart
//! again (UDP GSO): one system call entry and one route look-up for a whole frame. A shorter datagram may end a run.

use std::net::SocketAddr;

/// Segments the kernel takes in one message (`UDP_MAX_SEGMENTS` of Linux before 6.x).
const RUN_SEGMENTS: usize = 64;
/// Bytes of one message: what an IPv4 datagram can hold, with room to spare.
const RUN_BYTES: usize = 65_000;

/// Consecutive datagrams for one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// Where it goes.
    pub(crate) to: SocketAddr,
    /// First byte in the arena.
    pub(crate) start: usize,
    /// Bytes in all.
    pub(crate) len: usize,
    /// Bytes of each datagram but the last, which may be shorter.
    pub(crate) segment: usize,
    /// How many runs of the same destination come before it in this round; they have to be sent before it.
    pub(crate) rank: u16,
    /// A datagram shorter than the segment has ended the run.
    closed: bool,
}

/// Fixed memory for what one round sends.
#[derive(Debug)]
pub(crate) struct Arena {
    bytes: Vec<u8>,
    used: usize,
    runs: Vec<Run>,
    destination_open: bool,
}

impl Arena {
    /// An arena of `bytes`; a round ends when it is full.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes: vec![0; bytes], used: 0, runs: Vec::with_capacity(256), destination_open: false }
    }

    /// Forgets everything; the memory stays.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
        self.runs.clear();
        self.destination_open = false;
    }

    /// Whether nothing waits to be sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Bytes still free.
    pub(crate) fn free(&self) -> usize {
        self.bytes.len() - self.used
    }

    /// Bytes in use.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Starts a new destination: the next datagram begins a run of rank 0 even if the address is the same.
    pub(crate) fn begin_destination(&mut self) {
        self.destination_open = false;
    }

    /// Lends `len` bytes for one datagram; they count only after [`Arena::commit`]. `None` when the arena is full.
    pub(crate) fn room(&mut self, len: usize) -> Option<&mut [u8]> {
        self.bytes.get_mut(self.used..self.used + len)
    }

    /// Takes the first `len` bytes of the lent room as a datagram for `to`. Consecutive calls for one destination
    /// must not be interleaved with others.
    pub(crate) fn commit(&mut self, to: SocketAddr, len: usize) {
        debug_assert!(len > 0 && self.used + len <= self.bytes.len());
        let start = self.used;
        self.used += len;
        let last = if self.destination_open { self.runs.last_mut() } else { None };
        let rank = match last {
            Some(run) if run.to == to => {
                let fits = !run.closed
                    && len <= run.segment
                    && run.len + len <= RUN_BYTES
                    && run.len / run.segment < RUN_SEGMENTS;
                if fits {
                    run.closed = len < run.segment;
                    run.len += len;
                    return;
                }
                run.rank + 1
            }
            _ => 0,
        };
        self.destination_open = true;
        self.runs.push(Run { to, start, len, segment: len, rank, closed: false });
    }

    /// The runs, in the order of their datagrams.
    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Part of the bytes in use.
    pub(crate) fn slice(&self, start: usize, len: usize) -> &[u8] {
        &self.bytes[start..start + len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lay(sizes: &[usize]) -> Vec<(usize, usize, u16)> {
        let mut arena = Arena::new(1 << 20);
        for size in sizes {
            arena.room(*size).unwrap();
            arena.commit("127.0.0.1:9".parse().unwrap(), *size);
        }
        arena.runs().iter().map(|run| (run.segment, run.len.div_ceil(run.segment), run.rank)).collect()
    }

    #[test]
    fn equal_sizes_form_one_run_and_a_shorter_one_ends_it() {
        assert_eq!(lay(&[1200, 1200, 1200]), [(1200, 3, 0)]);
        assert_eq!(lay(&[1200, 1200, 700]), [(1200, 3, 0)]);
        assert_eq!(lay(&[1200, 700, 700]), [(1200, 2, 0), (700, 1, 1)]);
        assert_eq!(lay(&[700, 1200, 1200]), [(700, 1, 0), (1200, 2, 1)]);
    }

    #[test]
    fn runs_respect_the_limits_of_the_kernel() {
        assert_eq!(lay(&[100; 130]), [(100, 64, 0), (100, 64, 1), (100, 2, 2)]);
        assert_eq!(lay(&[1200; 60]), [(1200, 54, 0), (1200, 6, 1)]);
    }

    #[test]
    fn a_full_arena_lends_nothing() {
        let mut arena = Arena::new(100);
        assert!(arena.room(101).is_none());
        arena.commit("127.0.0.1:9".parse().unwrap(), 60);
        assert!(arena.room(41).is_none());
        arena.clear();
        assert!(arena.room(100).is_some());
    }
}
