//! Generic NACK (RFC 4585 section 6.2.1): lost sequence numbers as (id, bitmask of the next 16) pairs.

/// The sequence numbers a NACK names, in the order written. At most 17 per four bytes of the message.
#[derive(Debug, Clone)]
pub struct NackSequences<'a> {
    pairs: &'a [u8],
    id: u16,
    /// Bit 0 stands for the id itself, bit n for id + n.
    mask: u32,
}

impl<'a> NackSequences<'a> {
    pub(super) fn new(pairs: &'a [u8]) -> Self {
        Self { pairs, id: 0, mask: 0 }
    }
}

impl Iterator for NackSequences<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.mask == 0 {
            let (pair, rest) = self.pairs.split_first_chunk::<4>()?;
            self.pairs = rest;
            self.id = u16::from_be_bytes([pair[0], pair[1]]);
            self.mask = u32::from(u16::from_be_bytes([pair[2], pair[3]])) << 1 | 1;
        }
        let offset = self.mask.trailing_zeros() as u16;
        self.mask &= self.mask - 1;
        Some(self.id.wrapping_add(offset))
    }
}

/// Appends a NACK for `sequences` (in rising order, as far as wraps allow) from `sender` about `media`.
pub(super) fn write(out: &mut Vec<u8>, sender: u32, media: u32, sequences: &[u16]) {
    if sequences.is_empty() {
        return;
    }
    let start = out.len();
    out.extend_from_slice(&[0x81, 205, 0, 0]);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
    let mut rest = sequences;
    while let [id, tail @ ..] = rest {
        let mut mask = 0_u16;
        let mut taken = 0;
        for seq in tail {
            match seq.wrapping_sub(*id) {
                0 => {}
                ahead @ 1..=16 => mask |= 1 << (ahead - 1),
                _ => break,
            }
            taken += 1;
        }
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&mask.to_be_bytes());
        rest = &tail[taken..];
    }
    super::write::set_length(out, start);
}
