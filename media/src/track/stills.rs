//! The still pictures of a stream: one keyframe a second, as a stream of its own that is whole without the rest.
//!
//! Packets are numbered anew, so that what was left out is not missing; what is missing inside a picture stays so.

use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::rtp::{Packet, keyframe};

/// Shortest distance of two stills, and of two requests for one.
pub(crate) const STILL_SPACING: Duration = Duration::from_secs(1);
/// What a still may come earlier than that: publishers answer a request when they like.
const SLACK: Duration = Duration::from_millis(100);
/// More packets than any keyframe has.
const FRAME_PACKETS: u16 = 1_024;
/// A stream without packets for so long is not asked for pictures.
const IDLE: Duration = Duration::from_secs(2);

/// Picks stills out of one layer.
#[derive(Debug, Clone)]
pub(crate) struct Stills {
    codec: Codec,
    /// The layer's SSRC, and when it was last heard.
    heard: Option<(u32, Instant)>,
    frame: Option<Frame>,
    /// The next number to give out.
    next: u16,
    taken: Option<Instant>,
    asked: Option<Instant>,
}

/// The picture being taken.
#[derive(Debug, Clone, Copy)]
struct Frame {
    timestamp: u32,
    /// Number of its first packet, as sent and as given out.
    first: u16,
    base: u16,
}

impl Stills {
    pub(crate) fn new(codec: Codec) -> Self {
        Self { codec, heard: None, frame: None, next: 0, taken: None, asked: None }
    }

    /// The packet with its new number when it is part of a still.
    pub(crate) fn pick(&mut self, packet: &Packet, now: Instant) -> Option<Packet> {
        self.heard = Some((packet.ssrc, now));
        if self.frame.is_none_or(|frame| frame.timestamp != packet.timestamp) {
            let early = |at: Instant| now.saturating_duration_since(at) + SLACK < STILL_SPACING;
            if self.taken.is_some_and(early) || !keyframe::starts_keyframe(self.codec, &packet.payload) {
                return None;
            }
            self.taken = Some(now);
            self.frame = Some(Frame { timestamp: packet.timestamp, first: packet.seq, base: self.next });
        }
        let frame = self.frame?;
        let offset = packet.seq.wrapping_sub(frame.first);
        if offset >= FRAME_PACKETS {
            return None;
        }
        let seq = frame.base.wrapping_add(offset);
        if seq.wrapping_sub(self.next) < FRAME_PACKETS {
            self.next = seq.wrapping_add(1);
        }
        Some(Packet { seq, ..packet.clone() })
    }

    /// The SSRC to ask for a keyframe now, if one is due.
    pub(crate) fn poll_request(&mut self, now: Instant) -> Option<u32> {
        let (ssrc, heard) = self.heard?;
        let recent = |at: Option<Instant>| at.is_some_and(|at| now.saturating_duration_since(at) < STILL_SPACING);
        if recent(self.taken) || recent(self.asked) || now.saturating_duration_since(heard) > IDLE {
            return None;
        }
        self.asked = Some(now);
        Some(ssrc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::Extensions;
    use crate::track::source::tests::start;

    fn packet(seq: u16, frame: u32, keyframe: bool, marker: bool, now: Instant) -> Packet {
        let payload: &[u8] = if keyframe { &[0x65, 1, 2] } else { &[0x41, 1, 2] };
        Packet {
            ssrc: 9,
            pt: 96,
            seq,
            timestamp: frame * 3_000,
            marker,
            extensions: Extensions::default(),
            payload: bytes::Bytes::copy_from_slice(payload),
            red: None,
            arrived: now,
            layer: 0,
            index: 0,
            keyframe: false,
        }
    }

    #[test]
    fn one_whole_keyframe_a_second_and_nothing_else() {
        let (t0, mut stills) = (start(), Stills::new(Codec::H264));
        let (mut seq, mut picked) = (65_500_u16, Vec::new());
        // Thirty frames a second of two packets each, every tenth a keyframe.
        for frame in 0..300_u32 {
            let now = t0 + Duration::from_millis(u64::from(frame) * 33);
            for marker in [false, true] {
                let packet = packet(seq, frame, frame % 10 == 0, marker, now);
                seq = seq.wrapping_add(1);
                picked.extend(stills.pick(&packet, now).map(|packet| (packet.seq, packet.timestamp, packet.marker)));
            }
        }
        assert!((18..=22).contains(&picked.len()), "ten seconds, two packets each: {}", picked.len());
        assert!(picked.iter().zip(0..).all(|((seq, ..), n)| *seq == n), "without a gap: {picked:?}");
        assert!(picked.chunks(2).all(|pair| pair[0].1 == pair[1].1 && !pair[0].2 && pair[1].2));
    }

    #[test]
    fn what_is_missing_inside_a_picture_stays_missing() {
        let (now, mut stills) = (start(), Stills::new(Codec::H264));
        let mut pick = |seq, frame, keyframe| stills.pick(&packet(seq, frame, keyframe, false, now), now);
        assert_eq!(pick(10, 0, true).map(|packet| packet.seq), Some(0));
        assert_eq!(pick(12, 0, false).map(|packet| packet.seq), Some(2));
        assert_eq!(pick(9, 0, false), None, "before its start");
        assert_eq!(pick(13, 1, false), None);
        let later = now + STILL_SPACING;
        assert_eq!(stills.pick(&packet(40, 2, true, true, later), later).map(|packet| packet.seq), Some(3));
    }

    #[test]
    fn a_stream_is_asked_once_a_second_while_it_is_heard() {
        let (t0, mut stills) = (start(), Stills::new(Codec::H264));
        assert_eq!(stills.poll_request(t0), None, "nothing is known of it");
        let mut asked = 0;
        for ms in 0..10_000_u64 {
            let now = t0 + Duration::from_millis(ms);
            if ms < 5_000 {
                stills.pick(&packet(ms as u16, ms as u32, false, true, now), now);
            }
            asked += u32::from(stills.poll_request(now).is_some());
        }
        assert!((6..=8).contains(&asked), "five seconds and the two until it counts as gone: {asked}");
    }
}
