//! From RTP timestamps to lesson media time, so that camera, screen and sound share one timeline.
//!
//! Media time is microseconds since the recording began, on the server's monotonic clock: jumps of anybody's wall clock
//! don't matter. Until a track's first sender report it follows from arrival; from then on from the sender's own clock,
//! whose offset to ours is found once per sender, so that its tracks keep exactly the distances the sender reports
//! (RFC 3550 section 6.4.1).

/// A sender's clock that moves by more than this between reports was set; less is drift, which is followed.
const JUMP_MICROS: i64 = 500_000;
/// A first report that contradicts arrival by more than this is not of the clock the sender's other tracks use.
const DISBELIEF_MICROS: i64 = 3_000_000;
/// A packet that seems to have been sampled so long after it arrived tells that the timestamps have jumped.
const AHEAD_MICROS: i64 = DISBELIEF_MICROS;
/// Or so long before: no network holds packets for 10 s.
const BEHIND_MICROS: i64 = 10_000_000;

/// Reports a track's mapping is taken from: the earliest of them counts, for what is late in a busy sender (a frame that
/// waited for the processor) makes the samples look older than they are, never younger.
const REPORTS: usize = 8;

/// The offset of one sender's NTP clock, shared by its tracks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SenderClock {
    /// Media time minus NTP time.
    offset: Option<i64>,
}

/// The clock of one track.
#[derive(Debug, Clone, Copy)]
pub struct TrackClock {
    rate: i128,
    /// Smallest arrival minus timestamp: the packet that was least delayed.
    least: Option<i64>,
    reports: Reports,
    correction: i64,
}

/// NTP time minus timestamp, of the last reports.
#[derive(Debug, Clone, Copy, Default)]
struct Reports {
    last: [Option<i64>; REPORTS],
    next: usize,
}

impl Reports {
    fn push(&mut self, distance: i64) {
        self.last[self.next] = Some(distance);
        self.next = (self.next + 1) % REPORTS;
    }

    fn least(&self) -> Option<i64> {
        self.last.iter().flatten().min().copied()
    }
}

impl TrackClock {
    /// A clock for timestamps of `rate` Hz.
    pub fn new(rate: u32) -> Self {
        Self { rate: i128::from(rate.max(1)), least: None, reports: Reports::default(), correction: 0 }
    }

    /// Takes note of a packet that arrived at media time `arrived`.
    ///
    /// Timestamps that jump away from the arrivals (an encoder that starts anew) are tied to them again; what follows
    /// from the next report on is the sender's clock as before.
    pub fn packet(&mut self, timestamp: u64, arrived: i64, sender: &SenderClock) {
        let delta = arrived - self.micros(timestamp);
        let ahead = self.least.map_or(0, |_| self.media(timestamp, sender) - arrived);
        if !(-BEHIND_MICROS..=AHEAD_MICROS).contains(&ahead) {
            (self.least, self.reports, self.correction) = (None, Reports::default(), 0);
        }
        self.least = Some(self.least.map_or(delta, |least| least.min(delta)));
    }

    /// Takes a sender report.
    pub fn report(&mut self, timestamp: u64, ntp: u64, sender: &mut SenderClock) {
        let (micros, ntp) = (self.micros(timestamp), ntp_micros(ntp));
        let Some(by_arrival) = self.least.map(|least| least + micros) else {
            // Without a packet there is nothing yet to tie the sender's clock to.
            if sender.offset.is_some() {
                self.reports.push(ntp - micros);
            }
            return;
        };
        let offset = *sender.offset.get_or_insert(by_arrival - ntp);
        let told = ntp + offset + self.correction;
        let (expected, limit) = match self.reports.least() {
            Some(_) => (self.media(timestamp, sender), JUMP_MICROS),
            None => (by_arrival, DISBELIEF_MICROS),
        };
        if (told - expected).abs() > limit {
            self.correction += expected - told;
            self.reports = Reports::default();
        }
        self.reports.push(ntp - micros);
    }

    /// Media time of a timestamp. Meaningful once a packet or a report was seen.
    pub fn media(&self, timestamp: u64, sender: &SenderClock) -> i64 {
        let micros = self.micros(timestamp);
        match (self.reports.least(), sender.offset) {
            (Some(distance), Some(offset)) => micros + distance + offset + self.correction,
            _ => micros + self.least.unwrap_or(-micros),
        }
    }

    fn micros(&self, timestamp: u64) -> i64 {
        i64::try_from(i128::from(timestamp) * 1_000_000 / self.rate).unwrap_or(i64::MAX / 4)
    }
}

fn ntp_micros(ntp: u64) -> i64 {
    let (seconds, fraction) = ((ntp >> 32) as i64, ntp & 0xffff_ffff);
    seconds * 1_000_000 + ((fraction * 1_000_000) >> 32) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ntp(micros: u64) -> u64 {
        ((micros / 1_000_000 + 3_900_000_000) << 32) | (((micros % 1_000_000) << 32) / 1_000_000)
    }

    #[test]
    fn tracks_of_one_sender_keep_its_distances_whatever_the_network_does() {
        let mut sender = SenderClock::default();
        let (mut picture, mut sound) = (TrackClock::new(90_000), TrackClock::new(48_000));
        // Picture is 70 ms slower through encoder and network than sound; both sample the same instants.
        for frame in 0..60u64 {
            let at = frame as i64 * 33_333;
            picture.packet(777_000 + frame * 3000, 1_000_000 + at + 90_000 + (frame as i64 * 7919 % 60_000), &sender);
            sound.packet(
                5_000_000 + frame * 1600,
                1_000_000 + at + 20_000 + (frame as i64 * 104_729 % 60_000),
                &sender,
            );
        }
        sound.report(5_000_000 + 48_000, ntp(1_000_000), &mut sender);
        picture.report(777_000 + 90_000, ntp(1_000_000), &mut sender);
        for second in 1..600u64 {
            let (p, s) = (777_000 + second * 90_000, 5_000_000 + second * 48_000);
            assert!((picture.media(p, &sender) - sound.media(s, &sender)).abs() < 1000);
        }
    }

    #[test]
    fn reports_of_a_busy_sender_do_not_shake_the_picture() {
        let mut sender = SenderClock::default();
        let mut clock = TrackClock::new(90_000);
        clock.packet(0, 0, &sender);
        // Every other report was made while a frame waited for up to 90 ms to be sent.
        for second in 0..60u64 {
            let late = if second % 2 == 1 { second * 7919 % 90_000 } else { 0 };
            clock.report(second * 90_000, ntp(second * 1_000_000 + late), &mut sender);
            let media = clock.media(second * 90_000, &sender);
            assert!((media - second as i64 * 1_000_000).abs() < 10, "{media} at {second} s");
        }
    }

    #[test]
    fn wall_jumps_of_the_sender_do_not_show() {
        let mut sender = SenderClock::default();
        let mut clock = TrackClock::new(90_000);
        clock.packet(0, 50_000, &sender);
        clock.report(0, ntp(0), &mut sender);
        for (second, shift) in [(1u64, 0u64), (2, 3_600_000_000), (3, 3_600_000_000), (4, 0)] {
            clock.report(second * 90_000, ntp(second * 1_000_000 + shift), &mut sender);
            let media = clock.media(second * 90_000, &sender);
            assert!((media - second as i64 * 1_000_000 - 50_000).abs() < 10, "{media} at {second} s");
        }
    }

    #[test]
    fn before_the_first_report_arrival_counts() {
        let mut clock = TrackClock::new(48_000);
        for (index, late) in [40_000, 0, 30_000].into_iter().enumerate() {
            clock.packet(index as u64 * 960, 500_000 + index as i64 * 20_000 + late, &SenderClock::default());
        }
        assert_eq!(clock.media(48_000, &SenderClock::default()), 1_500_000);
    }

    #[test]
    fn a_report_of_a_foreign_clock_is_not_followed() {
        let mut sender = SenderClock::default();
        let (mut one, mut other) = (TrackClock::new(90_000), TrackClock::new(48_000));
        one.packet(0, 0, &sender);
        one.report(0, ntp(0), &mut sender);
        other.packet(0, 10_000, &sender);
        other.report(0, 12 << 32, &mut sender);
        assert_eq!(other.media(48_000, &sender), 1_010_000);
    }

    #[test]
    fn timestamps_that_jump_are_tied_to_their_arrival() {
        for jump in [-20i64, 5, 100_000] {
            let (mut sender, mut clock) = (SenderClock::default(), TrackClock::new(90_000));
            clock.packet(90_000_000, 50_000, &sender);
            clock.report(90_000_000, ntp(0), &mut sender);
            let after = 90_000_000u64.wrapping_add_signed((jump + 1) * 90_000);
            clock.packet(after, 1_050_000, &sender);
            assert_eq!(clock.media(after, &sender), 1_050_000);
            clock.report(after, ntp(1_000_000), &mut sender);
            assert_eq!(clock.media(after + 90_000, &sender), 2_050_000);
        }
    }
}
