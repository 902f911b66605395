//! Which pictures a receiver can show: a decoder reduced to what it needs of the packets.
//!
//! A picture is shown when it is whole and either a keyframe or next to the one before. For holes there are repairs to
//! ask for, and a keyframe when they don't come; as in a browser, a whole keyframe makes all earlier holes moot.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use airclass_media::Codec;
use airclass_media::rtp::keyframe::starts_keyframe;

/// A hole that repairs do not fill in this time is a reason to ask for a keyframe.
const PATIENCE: Duration = Duration::from_millis(250);
/// Distance of two requests for a keyframe.
const AGAIN: Duration = Duration::from_millis(300);
/// Most numbers asked for at once.
const NACKS: usize = 200;

/// The pictures of one stream.
#[derive(Debug, Default)]
pub struct Eyes {
    /// Number of the first packet that has not been shown; `None` before the first keyframe.
    next: Option<u64>,
    highest: u64,
    held: BTreeMap<u64, Held>,
    hole_since: Option<Instant>,
    asked: Option<Instant>,
    shown: u64,
}

#[derive(Debug)]
struct Held {
    timestamp: u32,
    marker: bool,
    begins_keyframe: bool,
}

impl Eyes {
    /// Takes a packet of the stream, repaired ones included; how many pictures can be shown because of it.
    pub fn push(&mut self, seq: u16, timestamp: u32, marker: bool, payload: &[u8], now: Instant) -> u64 {
        if self.highest == 0 {
            self.highest = (1 << 16) | u64::from(seq);
        }
        let number = self.highest.wrapping_add_signed(i64::from(seq.wrapping_sub(self.highest as u16) as i16));
        self.highest = self.highest.max(number);
        if self.next.is_some_and(|next| number < next) {
            return 0;
        }
        let begins_keyframe = starts_keyframe(Codec::H264, payload);
        self.held.insert(number, Held { timestamp, marker, begins_keyframe });
        let before = self.shown;
        self.show();
        self.hole_since = match self.next {
            Some(next) if next <= self.highest => self.hole_since.or(Some(now)),
            _ => None,
        };
        self.shown - before
    }

    fn show(&mut self) {
        loop {
            if let Some(next) = self.next
                && let Some(end) = self.whole(next)
            {
                self.drop_until(end);
                continue;
            }
            let keyframes = self.held.iter().rev().filter(|(_, held)| held.begins_keyframe);
            let Some(end) = keyframes.filter_map(|(first, _)| self.whole(*first)).next() else { return };
            self.drop_until(end);
        }
    }

    /// The last packet of the picture that begins with `first`, if all of it is there.
    fn whole(&self, first: u64) -> Option<u64> {
        let timestamp = self.held.get(&first)?.timestamp;
        let mut at = first;
        loop {
            let held = self.held.get(&at).filter(|held| held.timestamp == timestamp)?;
            if held.marker {
                return Some(at);
            }
            at += 1;
        }
    }

    fn drop_until(&mut self, end: u64) {
        self.held = self.held.split_off(&(end + 1));
        self.next = Some(end + 1);
        self.shown += 1;
        self.hole_since = None;
    }

    /// Numbers to ask for again.
    pub fn missing(&self) -> Vec<u16> {
        let Some(next) = self.next else { return Vec::new() };
        (next..self.highest).filter(|number| !self.held.contains_key(number)).take(NACKS).map(|n| n as u16).collect()
    }

    /// Whether it is time to ask for a keyframe.
    pub fn wants_keyframe(&mut self, now: Instant) -> bool {
        let waits = self.hole_since.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE);
        let again = self.asked.is_none_or(|asked| now.saturating_duration_since(asked) >= AGAIN);
        if waits && again {
            self.asked = Some(now);
        }
        waits && again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDR: [u8; 2] = [0x65, 1];
    const SLICE: [u8; 2] = [0x41, 1];

    #[test]
    fn a_hole_stops_the_picture_until_it_is_filled_or_a_keyframe_comes() {
        let t0 = crate::clock::now();
        let mut eyes = Eyes::default();
        assert_eq!(eyes.push(65_534, 0, true, &SLICE, t0), 0, "nothing to refer to");
        assert_eq!(eyes.push(65_535, 1, true, &IDR, t0), 1);
        assert_eq!(eyes.push(1, 3, true, &SLICE, t0), 0);
        assert_eq!(eyes.missing(), [0]);
        assert!(!eyes.wants_keyframe(t0) && eyes.wants_keyframe(t0 + PATIENCE));
        assert_eq!(eyes.push(0, 2, true, &SLICE, t0), 2, "repaired");
        assert_eq!(eyes.push(4, 5, false, &SLICE, t0), 0);
        assert_eq!(eyes.push(7, 6, true, &SLICE, t0), 0);
        assert_eq!(eyes.push(6, 6, false, &IDR, t0), 1, "a whole keyframe needs nothing before it");
        assert!(eyes.missing().is_empty() && !eyes.wants_keyframe(t0 + PATIENCE * 9));
    }
}
