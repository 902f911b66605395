//! Puts the packets of one stream back in order and says where some never came.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a hole is waited for: several rounds of negative acknowledgements.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How many packets wait behind a hole before it is given up.
const DEPTH: usize = 2_048;

/// What comes out, in sequence order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ordered<T> {
    /// A packet.
    Packet(T),
    /// So many packets never came.
    Gap(u64),
}

/// The buffer of one stream.
#[derive(Debug)]
pub(crate) struct Reorder<T> {
    next: Option<u64>,
    held: BTreeMap<u64, (T, Instant)>,
    duplicates: u64,
}

impl<T> Default for Reorder<T> {
    fn default() -> Self {
        Self { next: None, held: BTreeMap::new(), duplicates: 0 }
    }
}

impl<T> Reorder<T> {
    /// Takes a packet with its 16-bit sequence number; appends to `out` what is now in order.
    pub(crate) fn push(&mut self, sequence: u16, packet: T, now: Instant, out: &mut Vec<Ordered<T>>) {
        let next = *self.next.get_or_insert(u64::from(sequence) + (1 << 16));
        let number = extend(sequence, next);
        if number < next || self.held.insert(number, (packet, now)).is_some() {
            self.duplicates += 1;
            return;
        }
        self.drain(now, out);
    }

    /// Packets that came twice or too late.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    fn drain(&mut self, now: Instant, out: &mut Vec<Ordered<T>>) {
        let Some(mut next) = self.next else { return };
        while let Some(first) = self.held.first_entry() {
            let number = *first.key();
            if number > next {
                let waited = now.saturating_duration_since(first.get().1);
                if waited < PATIENCE && self.held.len() < DEPTH {
                    break;
                }
                out.push(Ordered::Gap(number - next));
            }
            if let Some((number, (packet, _))) = self.held.pop_first() {
                out.push(Ordered::Packet(packet));
                next = number + 1;
            }
        }
        self.next = Some(next);
    }
}

/// The full number nearest to `near` with these low 16 bits.
fn extend(sequence: u16, near: u64) -> u64 {
    let difference = sequence.wrapping_sub(near as u16).cast_signed();
    near.saturating_add_signed(i64::from(difference))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn run(sequences: &[u16], wait: Duration) -> (Vec<Ordered<u16>>, u64) {
        let mut reorder = Reorder::default();
        let mut out = Vec::new();
        let mut now = clock::instant();
        for sequence in sequences {
            reorder.push(*sequence, *sequence, now, &mut out);
            now += wait;
        }
        (out, reorder.duplicates())
    }

    #[test]
    fn order_is_restored_across_the_wrap() {
        let (out, duplicates) = run(&[65_534, 0, 65_535, 65_535, 2, 1], Duration::from_millis(1));
        let expected = [65_534, 65_535, 0, 1, 2].map(Ordered::Packet);
        assert_eq!(out, expected);
        assert_eq!(duplicates, 1);
    }

    #[test]
    fn a_hole_is_given_up_after_the_patience() {
        let (out, _) = run(&[1, 4, 5, 6], Duration::from_millis(800));
        let expected =
            [Ordered::Packet(1), Ordered::Gap(2), Ordered::Packet(4), Ordered::Packet(5), Ordered::Packet(6)];
        assert_eq!(out, expected);
    }
}
