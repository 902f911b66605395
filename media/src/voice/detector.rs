//! Whether a track is talking, from the loudness of its packets.

use std::time::{Duration, Instant};

use crate::rtp::AudioLevel;

/// Loudness above which a voice begins: -45 dBov. A voice near its microphone reaches -30 dBov and more, a quiet room
/// stays below -60 dBov.
const BEGIN: f32 = 82.0;
/// Loudness below which it ends: -55 dBov.
const END: f32 = 72.0;
/// Time constant of the smoothing, in ticks of 48 kHz: 160 ms bridge a syllable, not a word.
const SMOOTHING: f32 = 7_680.0;
/// A packet speaks for at most 100 ms.
const LONGEST: u32 = 4_800;
/// How long it has to be loud to begin; a cough or a dropped pen is shorter.
const BEGIN_AFTER: Duration = Duration::from_millis(200);
/// How long it has to be quiet, or nothing may come, to end: the pauses between sentences.
const END_AFTER: Duration = Duration::from_millis(1_000);

/// Detector for one track.
#[derive(Debug, Default)]
pub struct VoiceDetector {
    /// Smoothed loudness, 0 (silence) to 127.
    loudness: f32,
    timestamp: Option<u32>,
    /// Since when it has been loud without a break.
    loud: Option<Instant>,
    /// When it was last loud enough to go on.
    kept: Option<Instant>,
    talking: bool,
}

impl VoiceDetector {
    /// Takes in the level of a packet with this RTP timestamp (48 kHz).
    pub fn hear(&mut self, level: AudioLevel, timestamp: u32, now: Instant) {
        let before = self.timestamp.replace(timestamp).unwrap_or_else(|| timestamp.wrapping_sub(LONGEST));
        let passed = timestamp.wrapping_sub(before);
        // What comes late says nothing about now.
        if passed > 1 << 31 {
            self.timestamp = Some(before);
            return;
        }
        let weight = passed.min(LONGEST) as f32;
        let loudness = f32::from(127 - level.level.min(127));
        self.loudness += (loudness - self.loudness) * weight / (weight + SMOOTHING);
        if self.loudness >= BEGIN {
            let since = *self.loud.get_or_insert(now);
            self.talking |= now.saturating_duration_since(since) >= BEGIN_AFTER;
        } else {
            self.loud = None;
        }
        if self.loudness >= END {
            self.kept = Some(now);
        }
    }

    /// The smoothed loudness, 1 to 127, while somebody is talking. Without packets (silence may not be sent at all)
    /// nobody is after a second.
    pub fn poll(&mut self, now: Instant) -> Option<u8> {
        let ended = self.kept.is_none_or(|kept| now.saturating_duration_since(kept) >= END_AFTER);
        if ended {
            self.talking = false;
            self.loud = None;
        }
        self.talking.then_some(self.loudness as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::source::tests::start;

    /// Plays `(milliseconds, level in -dBov)` stretches of 20 ms packets; `None` sends nothing. Gives when talking was
    /// seen to begin and to end, in milliseconds.
    fn play(stretches: &[(u64, Option<u8>)]) -> Vec<(u64, bool)> {
        let (mut detector, t0) = (VoiceDetector::default(), start());
        let (mut ms, mut seen, mut talking) = (0_u64, Vec::new(), false);
        for &(length, level) in stretches {
            let end = ms + length;
            while ms < end {
                let now = t0 + Duration::from_millis(ms);
                if let Some(level) = level {
                    detector.hear(AudioLevel { voice: true, level }, (ms as u32).wrapping_mul(48), now);
                }
                let is = detector.poll(now).is_some();
                if is != talking {
                    talking = is;
                    seen.push((ms, is));
                }
                ms += 20;
            }
        }
        seen
    }

    #[test]
    fn a_voice_begins_within_half_a_second_and_ends_after_its_pauses() {
        let seen = play(&[(1_000, Some(70)), (3_000, Some(30)), (600, Some(70)), (2_000, Some(30)), (3_000, Some(70))]);
        let [(began, true), (ended, false)] = seen[..] else { panic!("{seen:?}") };
        assert!((1_200..=1_700).contains(&began), "{began}");
        assert!((7_600..=8_600).contains(&ended), "one pause of 600 ms is bridged: {ended}");
    }

    #[test]
    fn noise_and_short_bangs_are_no_voice() {
        for stretches in [
            &[(10_000, Some(60))][..],
            &[(10_000, Some(127))],
            &[(1_000, Some(70)), (120, Some(5)), (2_000, Some(70)), (120, Some(5)), (2_000, Some(70))],
            &[],
        ] {
            assert_eq!(play(stretches), [], "{stretches:?}");
        }
    }

    #[test]
    fn silence_that_is_not_sent_ends_it_too() {
        let seen = play(&[(3_000, Some(30)), (3_000, None)]);
        let [(_, true), (ended, false)] = seen[..] else { panic!("{seen:?}") };
        assert!((3_900..=4_100).contains(&ended), "{ended}");
    }

    #[test]
    fn late_and_doubled_packets_do_not_count() {
        let (mut detector, t0) = (VoiceDetector::default(), start());
        for n in 0..100_u32 {
            let now = t0 + Duration::from_millis(u64::from(n) * 20);
            detector.hear(AudioLevel { voice: true, level: 20 }, 1_000_000 + n * 960, now);
            detector.hear(AudioLevel { voice: false, level: 127 }, 900_000, now);
            detector.hear(AudioLevel { voice: false, level: 127 }, 1_000_000 + n * 960, now);
        }
        assert!(detector.poll(t0 + Duration::from_secs(2)).is_some_and(|loudness| loudness > 100));
    }
}
