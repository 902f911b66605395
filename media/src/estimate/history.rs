//! What was sent and when, by transport-wide sequence number, until the receiver has said what became of it.

/// Packets remembered: two seconds of 2.5 Mbit/s, or the whole of a half-second queue at 10 Mbit/s. A power of two, so
/// that a number's low bits are its place also where numbers wrap.
const PACKETS: usize = 512;
/// Largest size that is kept.
const MAX_SIZE: u16 = 0x07ff;
/// Probe clusters that can be told apart at a time.
pub(super) const CLUSTERS: u8 = 8;

/// What has been heard of a packet, as the two lowest bits of [`Entry::marks`].
const UNUSED: u16 = 0;
const UNKNOWN: u16 = 1;
const LOST: u16 = 2;
const RECEIVED: u16 = 3;

/// Eight bytes, because every receiver has [`PACKETS`] of them.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Microseconds since the origin, low half.
    at: u32,
    seq: u16,
    /// Two bits of fate, three of cluster, eleven of size.
    marks: u16,
}

/// A packet that feedback has spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reported {
    /// Departure in microseconds since the origin.
    pub(super) sent: u64,
    pub(super) bytes: u32,
    /// Probe cluster, 0 for none.
    pub(super) cluster: u8,
    /// It had been reported lost before: it was only late.
    pub(super) was_lost: bool,
}

/// The newest packets of one transport, and how many bytes of them nothing has been heard of.
#[derive(Debug)]
pub struct SentHistory {
    entries: Box<[Entry; PACKETS]>,
    newest: Option<u16>,
    /// Highest number that feedback has spoken of.
    reported: Option<u16>,
    in_flight: u32,
}

impl Default for SentHistory {
    fn default() -> Self {
        Self {
            entries: Box::new([Entry { at: 0, seq: 0, marks: UNUSED }; PACKETS]),
            newest: None,
            reported: None,
            in_flight: 0,
        }
    }
}

impl SentHistory {
    /// Memory behind one history, in bytes.
    pub const BYTES: usize = PACKETS * size_of::<Entry>();

    /// Keeps a packet of `bytes` that leaves at `at` microseconds, in place of the one 512 numbers before it.
    pub(super) fn sent(&mut self, seq: u16, bytes: usize, at: u64, cluster: u8) {
        let entry = &mut self.entries[place(seq)];
        if entry.fate() == UNKNOWN && self.reported.is_none_or(|reported| ahead(entry.seq, reported)) {
            self.in_flight = self.in_flight.saturating_sub(entry.bytes());
        }
        let size = u16::try_from(bytes).unwrap_or(MAX_SIZE).min(MAX_SIZE);
        *entry = Entry { at: at as u32, seq, marks: UNKNOWN | u16::from(cluster % CLUSTERS) << 2 | size << 5 };
        self.newest = Some(seq);
        self.in_flight = self.in_flight.saturating_add(u32::from(size));
    }

    /// Reads the places of `seq` and of those after it.
    pub(super) fn warm(&self, seq: u16) -> u64 {
        let ahead = |n: u16| u64::from(self.entries[place(seq.wrapping_add(n))].at);
        u64::from(self.in_flight) + ahead(0) + ahead(8)
    }

    /// Takes in that packet `seq` has arrived or not; `None` when it is unknown, too old or known already.
    pub(super) fn report(&mut self, seq: u16, arrived: bool, now: u64) -> Option<Reported> {
        let entry = &mut self.entries[place(seq)];
        let fate = entry.fate();
        if entry.seq != seq || matches!(fate, UNUSED | RECEIVED) || (fate == LOST && !arrived) {
            return None;
        }
        entry.marks = entry.marks & !3 | if arrived { RECEIVED } else { LOST };
        let age = u64::from((now as u32).wrapping_sub(entry.at));
        Some(Reported {
            sent: now.saturating_sub(age),
            bytes: entry.bytes(),
            cluster: entry.cluster(),
            was_lost: fate == LOST,
        })
    }

    /// Everything up to `seq` is no longer in flight. Gives the bytes among it that no feedback has spoken of, because
    /// the message about them was lost.
    pub(super) fn retire(&mut self, seq: u16) -> u32 {
        let Some(newest) = self.newest else { return 0 };
        let mut silent = 0;
        // Numbers after the newest were never sent.
        let until = if ahead(seq, newest) { newest } else { seq };
        let floor = newest.wrapping_sub(PACKETS as u16);
        let start = self.reported.filter(|reported| ahead(*reported, floor)).unwrap_or(floor);
        if !ahead(until, start) {
            return 0;
        }
        for seq in (1..=until.wrapping_sub(start)).map(|n| start.wrapping_add(n)) {
            let entry = self.entries[place(seq)];
            if entry.seq == seq && entry.fate() != UNUSED {
                self.in_flight = self.in_flight.saturating_sub(entry.bytes());
                silent += if entry.fate() == UNKNOWN { entry.bytes() } else { 0 };
            }
        }
        self.reported = Some(until);
        silent
    }

    /// Gives up waiting for word of anything sent so far.
    pub(super) fn retire_all(&mut self) {
        if let Some(newest) = self.newest {
            self.retire(newest);
        }
        self.in_flight = 0;
    }

    /// Bytes that may still be under way.
    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight
    }
}

impl Entry {
    fn bytes(self) -> u32 {
        u32::from(self.marks >> 5)
    }

    fn cluster(self) -> u8 {
        (self.marks >> 2 & 7) as u8
    }

    fn fate(self) -> u16 {
        self.marks & 3
    }
}

fn place(seq: u16) -> usize {
    usize::from(seq) % PACKETS
}

/// Whether `seq` comes after `other`, across a wrap.
fn ahead(seq: u16, other: u16) -> bool {
    seq != other && seq.wrapping_sub(other) < 0x8000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_found_once_across_the_wrap() {
        let mut history = SentHistory::default();
        for n in 0..10_u16 {
            history.sent(65_530_u16.wrapping_add(n), 1_000, 5_000 + u64::from(n), 3);
        }
        assert_eq!(history.in_flight(), 10_000);
        let late = u64::from(u32::MAX) + 9;
        assert_eq!(history.report(2, true, 6_000).map(|r| (r.sent, r.bytes, r.cluster)), Some((5_008, 1_000, 3)));
        assert_eq!(history.report(2, true, 6_000), None);
        assert_eq!(history.report(65_529, true, late), None, "never sent");
        assert!(!history.report(65_531, false, 6_000).unwrap().was_lost);
        assert_eq!(history.report(65_531, false, 6_000), None);
        assert!(history.report(65_531, true, 6_000).unwrap().was_lost, "it was only late");
        assert_eq!(history.retire(2), 7_000, "nothing was said of seven of them");
        assert_eq!((history.in_flight(), history.retire(2), history.retire(1)), (1_000, 0, 0));
    }

    #[test]
    fn what_is_never_reported_leaves_by_itself() {
        let mut history = SentHistory::default();
        for n in 0..70_000_u32 {
            history.sent(n as u16, 1_200, u64::from(n), 0);
        }
        assert_eq!(history.in_flight() as usize, PACKETS * 1_200);
        assert_eq!(history.report((70_000_u32 - 600) as u16, true, 70_000), None, "too old");
        history.retire_all();
        assert_eq!(history.in_flight(), 0);
        const { assert!(SentHistory::BYTES <= 5_000) };
    }
}
