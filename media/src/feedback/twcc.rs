//! Reading transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).

use super::read::word;

/// A feedback message whose chunks and deltas have been checked to fit its length.
#[derive(Debug, Clone)]
pub struct TwccFeedback<'a> {
    /// First sequence number reported on.
    pub base: u16,
    /// How many sequence numbers are reported on.
    pub count: u16,
    /// Reference time in units of 64 ms, 24 bits signed, arbitrary origin.
    pub reference: i32,
    /// Number of this message, wrapping.
    pub number: u8,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl<'a> TwccFeedback<'a> {
    /// Parses the body of a feedback packet (after its four header bytes); `None` for a reserved symbol or a length
    /// past the end.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let head = word(body, 8)?;
        let time = word(body, 12)?;
        let mut feedback = Self {
            base: (head >> 16) as u16,
            count: head as u16,
            reference: (time & 0xffff_ff00) as i32 >> 8,
            number: time as u8,
            chunks: body.get(16..)?,
            deltas: &[],
        };
        let mut symbols = Symbols::new(feedback.chunks);
        let mut delta_bytes = 0;
        for _ in 0..feedback.count {
            delta_bytes += match symbols.next()? {
                0 => 0,
                1 => 1,
                2 => 2,
                _ => return None,
            };
        }
        let used = feedback.chunks.len() - symbols.chunks.len();
        let (chunks, rest) = feedback.chunks.split_at(used);
        feedback.chunks = chunks;
        feedback.deltas = rest.get(..delta_bytes)?;
        Some(feedback)
    }

    /// The reported packets in order.
    pub fn arrivals(&self) -> TwccArrivals<'a> {
        TwccArrivals {
            symbols: Symbols::new(self.chunks),
            deltas: self.deltas,
            next: self.base,
            left: self.count,
            // 64 ms are 256 ticks of 250 us.
            ticks: i64::from(self.reference) * 256,
        }
    }
}

/// Iterator over (sequence number, arrival in ticks of 250 us since the reference's origin, `None` when lost).
#[derive(Debug, Clone)]
pub struct TwccArrivals<'a> {
    symbols: Symbols<'a>,
    deltas: &'a [u8],
    next: u16,
    left: u16,
    ticks: i64,
}

impl Iterator for TwccArrivals<'_> {
    type Item = (u16, Option<i64>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let seq = self.next;
        self.next = seq.wrapping_add(1);
        let delta = match self.symbols.next()? {
            1 => {
                let (delta, rest) = self.deltas.split_first()?;
                self.deltas = rest;
                i64::from(*delta)
            }
            2 => {
                let (delta, rest) = self.deltas.split_first_chunk::<2>()?;
                self.deltas = rest;
                i64::from(i16::from_be_bytes(*delta))
            }
            _ => return Some((seq, None)),
        };
        self.ticks += delta;
        Some((seq, Some(self.ticks)))
    }
}

/// The two-bit symbols of the packet chunks.
#[derive(Debug, Clone)]
struct Symbols<'a> {
    chunks: &'a [u8],
    chunk: u16,
    left: u16,
}

impl<'a> Symbols<'a> {
    fn new(chunks: &'a [u8]) -> Self {
        Self { chunks, chunk: 0, left: 0 }
    }

    fn next(&mut self) -> Option<u8> {
        while self.left == 0 {
            let (chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.chunk = u16::from_be_bytes(*chunk);
            self.left = match self.chunk >> 14 {
                0 | 1 => self.chunk & 0x1fff,
                2 => 14,
                _ => 7,
            };
        }
        self.left -= 1;
        Some(match self.chunk >> 14 {
            0 | 1 => (self.chunk >> 13 & 3) as u8,
            2 => (self.chunk >> self.left & 1) as u8,
            _ => (self.chunk >> (2 * self.left) & 3) as u8,
        })
    }
}
