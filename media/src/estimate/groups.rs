//! Packets that left together, compared with those that left before them: by how much more apart did they arrive?

/// Packets that leave within this time of the first are one group.
const BURST_US: u64 = 5_000;
/// Packets that arrive so close after each other, though sent apart, were held up together somewhere.
const HELD_US: i64 = 5_000;
/// Such a pile-up ends after this time.
const MAX_HELD_US: i64 = 100_000;
/// A jump of the receiver's clock, or of ours.
const MAX_JUMP_US: i64 = 3_000_000;

#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent: u64,
    last_sent: u64,
    first_arrival: i64,
    last_arrival: i64,
}

/// How two neighbouring groups differ, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variation {
    /// Time between their departures.
    pub(super) sent: i64,
    /// Time between their arrivals.
    pub(super) arrived: i64,
    /// When the newer one arrived, on the receiver's clock.
    pub(super) at: i64,
}

/// Splits reported packets into groups (draft-ietf-rmcat-gcc-02 section 5.2).
#[derive(Debug, Default)]
pub(super) struct Groups {
    current: Option<Group>,
    previous: Option<Group>,
}

impl Groups {
    /// Takes a packet in, in the order of feedback; gives a variation when it begins a new group.
    pub(super) fn add(&mut self, sent: u64, arrival: i64) -> Option<Variation> {
        let Some(group) = &mut self.current else {
            self.current = Some(Group::new(sent, arrival));
            return None;
        };
        if sent < group.first_sent {
            return None;
        }
        if group.takes(sent, arrival) {
            group.last_sent = group.last_sent.max(sent);
            group.last_arrival = group.last_arrival.max(arrival);
            return None;
        }
        let (done, before) = (*group, self.previous);
        self.previous = Some(done);
        self.current = Some(Group::new(sent, arrival));
        let before = before?;
        let variation = Variation {
            sent: done.last_sent.saturating_sub(before.last_sent) as i64,
            arrived: done.last_arrival.saturating_sub(before.last_arrival),
            at: done.last_arrival,
        };
        if variation.arrived.saturating_sub(variation.sent).saturating_abs() > MAX_JUMP_US {
            *self = Self::default();
            return None;
        }
        // Reordered groups say nothing.
        (variation.arrived >= 0).then_some(variation)
    }
}

impl Group {
    fn new(sent: u64, arrival: i64) -> Self {
        Self { first_sent: sent, last_sent: sent, first_arrival: arrival, last_arrival: arrival }
    }

    fn takes(&self, sent: u64, arrival: i64) -> bool {
        if sent - self.first_sent <= BURST_US {
            return true;
        }
        let sent_apart = sent.saturating_sub(self.last_sent) as i64;
        let arrived_apart = arrival.saturating_sub(self.last_arrival);
        arrived_apart <= HELD_US
            && arrived_apart < sent_apart
            && arrival.saturating_sub(self.first_arrival) < MAX_HELD_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_become_groups() {
        let mut groups = Groups::default();
        let mut seen = Vec::new();
        for frame in 0..4_u64 {
            for packet in 0..5_u64 {
                // The line needs 2 ms a packet, and each frame waits 3 ms longer than the one before.
                let arrival = (frame * 36_000 + packet * 2_000) as i64;
                seen.extend(groups.add(frame * 33_000 + packet * 10, arrival));
            }
        }
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|v| (v.sent, v.arrived) == (33_000, 36_000)), "{seen:?}");
    }

    #[test]
    fn what_was_held_up_together_is_one_group() {
        let mut groups = Groups::default();
        for n in 0..10_u64 {
            assert_eq!(groups.add(n * 20_000, 500_000 + n as i64 * 100), None);
        }
        assert!(groups.add(220_000, 720_000).is_none());
        assert_eq!(groups.add(240_000, 740_000), Some(Variation { sent: 40_000, arrived: 219_100, at: 720_000 }));
    }
}
