//! When the first decodable picture is there: a whole frame that begins with a keyframe.

use std::time::{Duration, Instant};

use airclass_media::Codec;
use airclass_media::rtp::keyframe::starts_keyframe;

/// Watches the opened packets of one picture stream until a keyframe is complete.
#[derive(Debug, Default)]
pub(crate) struct FirstPicture {
    frame: Option<Frame>,
}

#[derive(Debug)]
struct Frame {
    timestamp: u32,
    first: u16,
    packets: u16,
    last: Option<u16>,
}

impl FirstPicture {
    /// Takes an opened packet; true when it completes the keyframe.
    pub(crate) fn push(&mut self, seq: u16, timestamp: u32, marker: bool, payload: &[u8]) -> bool {
        if self.frame.as_ref().is_none_or(|frame| frame.timestamp != timestamp) {
            if !starts_keyframe(Codec::H264, payload) {
                return false;
            }
            self.frame = Some(Frame { timestamp, first: seq, packets: 0, last: None });
        }
        let Some(frame) = &mut self.frame else { return false };
        frame.packets += 1;
        if marker {
            frame.last = Some(seq);
        }
        frame.last.is_some_and(|last| last.wrapping_sub(frame.first).wrapping_add(1) == frame.packets)
    }
}

/// Where one attempt to join ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum JoinFailure {
    /// No answer to the offer, or none that can be used.
    Offer,
    /// No connectivity check was answered.
    CheckUnanswered,
    /// The server's first DTLS flight did not come.
    HelloUnanswered,
    /// The handshake began and did not end in time.
    HandshakeStalled,
    /// The server, or the client's own DTLS, refused.
    Refused,
}

/// The steps of one join, from the moment the offer was posted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JoinTimes {
    pub(crate) posted: Instant,
    pub(crate) answered: Duration,
    pub(crate) connected: Option<Duration>,
    pub(crate) first_packet: Option<Duration>,
    pub(crate) first_picture: Option<Duration>,
}

impl JoinTimes {
    pub(crate) fn begin(posted: Instant, now: Instant) -> Self {
        let answered = now.saturating_duration_since(posted);
        Self { posted, answered, connected: None, first_packet: None, first_picture: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_whole_when_all_its_packets_are_there() {
        let (idr, rest, end) = ([0x7c, 0x85, 0], [0x7c, 0x05, 0], [0x7c, 0x45, 0]);
        let mut picture = FirstPicture::default();
        assert!(!picture.push(9, 1, true, &[0x41, 0]), "not a keyframe");
        assert!(!picture.push(10, 2, false, &idr));
        assert!(!picture.push(12, 2, true, &end));
        assert!(picture.push(11, 2, false, &rest));
    }
}
