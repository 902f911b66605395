//! Whether frames pass the line whole: packets that leave together arrive apart by the time the line takes for each.

/// Packets that leave within this time of the first are one burst.
const TOGETHER_US: u64 = 1_000;
/// Fewest packets and bytes of a burst that says something.
const LEAST_PACKETS: u8 = 4;
const LEAST_BYTES: u32 = 3_000;
/// Below this, in bit/s, a large frame holds up the sound behind it for longer than a packet of sound lasts.
const NARROW_BPS: f64 = 5e6;
/// Votes of bursts: a narrow one counts one for it, a wide one two against it, for what arrives late together says
/// nothing and what passes fast says much.
const MOST: u8 = 10;
const ENOUGH: u8 = 5;
const TOO_FEW: u8 = 2;
/// How long it is believed without a burst that says so.
const BELIEVED_US: u64 = 30_000_000;

/// What bursts have shown of one line.
#[derive(Debug, Default)]
pub(super) struct Width {
    first_sent: u64,
    first_arrival: i64,
    last_arrival: i64,
    /// Packets of the present burst, and the bytes of those after the first.
    packets: u8,
    bytes: u32,
    votes: u8,
    narrow: bool,
    /// When a narrow burst was seen.
    seen: u64,
}

impl Width {
    /// Takes a packet in, in the order of feedback: when it left and when it arrived, microseconds of either clock.
    pub(super) fn add(&mut self, sent: u64, arrival: i64, bytes: u32, now: u64) {
        if self.packets > 0 && sent >= self.first_sent && sent - self.first_sent <= TOGETHER_US {
            self.packets = self.packets.saturating_add(1);
            self.bytes = self.bytes.saturating_add(bytes);
            self.last_arrival = self.last_arrival.max(arrival);
            return;
        }
        if self.packets >= LEAST_PACKETS && self.bytes >= LEAST_BYTES {
            let spread = self.last_arrival.saturating_sub(self.first_arrival).max(1);
            if f64::from(self.bytes) * 8e6 / (spread as f64) < NARROW_BPS {
                (self.votes, self.seen) = ((self.votes + 1).min(MOST), now);
            } else {
                self.votes = self.votes.saturating_sub(2);
            }
            self.narrow = self.votes >= if self.narrow { TOO_FEW + 1 } else { ENOUGH };
        }
        (self.first_sent, self.first_arrival, self.last_arrival) = (sent, arrival, arrival);
        (self.packets, self.bytes) = (1, 0);
    }

    /// Whether large frames should be spread. Until something is known they pass whole.
    pub(super) fn is_narrow(&self, now: u64) -> bool {
        self.narrow && now.saturating_sub(self.seen) < BELIEVED_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of six packets on a line that takes so long for each.
    fn frames(width: &mut Width, from: u64, count: u64, packet_us: i64) -> u64 {
        for frame in from..from + count {
            for packet in 0..6 {
                let sent = frame * 33_000;
                width.add(sent + packet, sent as i64 + 40_000 + packet as i64 * packet_us, 1_100, sent);
            }
        }
        from + count
    }

    #[test]
    fn a_line_is_narrow_when_frames_arrive_spread() {
        let mut width = Width::default();
        assert!(!width.is_narrow(0));
        // 1,100 bytes in 2.2 ms are 4 Mbit/s.
        let next = frames(&mut width, 0, 5, 2_200);
        assert!(!width.is_narrow(next * 33_000), "four are not enough, the fifth is still open");
        let next = frames(&mut width, next, 1, 2_200);
        assert!(width.is_narrow(next * 33_000));
        assert!(!width.is_narrow(next * 33_000 + BELIEVED_US), "believed for a while");
        let next = frames(&mut width, next, 10, 2_200);
        // 8.8 Mbit/s.
        let next = frames(&mut width, next, 3, 1_000);
        assert!(width.is_narrow(next * 33_000), "a few that arrive at once do not change it");
        let next = frames(&mut width, next, 3, 1_000);
        assert!(!width.is_narrow(next * 33_000));
    }

    #[test]
    fn what_arrives_at_once_or_is_small_is_not_narrow() {
        let mut width = Width::default();
        let next = frames(&mut width, 0, 20, 0);
        assert!(!width.is_narrow(next * 33_000));
        for n in next..next + 100 {
            width.add(n * 33_000, n as i64 * 33_000, 100, n * 33_000);
            width.add(n * 33_000 + 5, n as i64 * 33_000 + 3_000, 100, n * 33_000);
        }
        assert!(!width.is_narrow((next + 100) * 33_000));
        width.add(u64::MAX, i64::MIN, u32::MAX, u64::MAX);
        width.add(0, i64::MAX, u32::MAX, 0);
        width.add(u64::MAX, i64::MIN, 0, u64::MAX);
    }
}
