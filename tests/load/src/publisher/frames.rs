//! Payloads in the shape of a camera's H.264 and a microphone's Opus. Their contents are noise.

/// Marks a payload that carries its send time.
const MAGIC: &[u8; 8] = b"airclass";
/// Bytes of the mark and the time.
const STAMP: usize = 16;
/// Most bytes of one payload, so that header, extensions and tag fit the usual 1,200 bytes.
const MAX_PAYLOAD: usize = 1160;
/// A keyframe is so many times larger than other frames.
const KEYFRAME_FACTOR: usize = 5;
/// Bytes of one sound payload: 32 kbit/s in 20 ms.
const SOUND_BYTES: usize = 80;
/// Sequence and picture parameter sets as a STAP-A (RFC 6184 section 5.7.1), 320x240, constrained baseline.
const PARAMETER_SETS: &[u8] =
    &[0x78, 0, 10, 0x67, 0x42, 0xe0, 0x1f, 0xda, 0x05, 0x07, 0xe4, 0x40, 0x00, 0, 4, 0x68, 0xce, 0x3c, 0x80];

/// What the studio sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    /// Bits per second of the picture; 0 sends none.
    pub(crate) picture_bits: u64,
    pub(crate) frames_per_second: u32,
    /// Whether 50 packets of sound per second go out.
    pub(crate) sound: bool,
}

/// Makes one frame after the other; the same every time.
pub(crate) struct Frames {
    mean_bytes: usize,
    state: u64,
}

impl Frames {
    pub(crate) fn new(pattern: Pattern) -> Self {
        let mean = pattern.picture_bits / 8 / u64::from(pattern.frames_per_second.max(1));
        Self { mean_bytes: (mean as usize).max(64), state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// The payloads of the next frame. Their sizes differ by a byte, as those of browsers do.
    pub(crate) fn next_frame(&mut self, keyframe: bool) -> Vec<Vec<u8>> {
        // 85 to 115 per cent of the mean.
        let share = 85 + (self.random() % 31) as usize;
        let bytes = self.mean_bytes * share / 100 * if keyframe { KEYFRAME_FACTOR } else { 1 };
        let parts = bytes.div_ceil(MAX_PAYLOAD);
        let kind = if keyframe { 5 } else { 1 };
        let mut payloads = Vec::with_capacity(parts + 1);
        if keyframe {
            payloads.push(PARAMETER_SETS.to_vec());
        }
        for part in 0..parts {
            let size = bytes / parts + usize::from(part < bytes % parts);
            let mut payload = vec![0; size.max(2 + STAMP)];
            for chunk in payload.chunks_mut(8) {
                let noise = self.random().to_le_bytes();
                chunk.copy_from_slice(&noise[..chunk.len()]);
            }
            let (start, end) = (part == 0, part + 1 == parts);
            payload[0] = 0x7c;
            payload[1] = kind | if start { 0x80 } else { 0 } | if end { 0x40 } else { 0 };
            payloads.push(payload);
        }
        payloads
    }

    /// A payload of sound.
    pub(crate) fn next_sound(&mut self) -> Vec<u8> {
        let mut payload = vec![0x5a; SOUND_BYTES];
        payload[0] = 0xfc;
        payload
    }

    /// xorshift64*.
    fn random(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// Where the time stands in a payload: behind the FU header of a picture's, behind the first byte of a sound's.
fn stamp_at(payload: &[u8]) -> usize {
    if payload.first() == Some(&0x7c) { 2 } else { 1 }
}

/// Writes the send time, nanoseconds since 1970. Parameter sets carry none.
pub(crate) fn stamp(payload: &mut [u8], now_ns: u64) {
    let at = stamp_at(payload);
    if payload.first() != Some(&PARAMETER_SETS[0])
        && let Some(room) = payload.get_mut(at..at + STAMP)
    {
        room[..8].copy_from_slice(MAGIC);
        room[8..].copy_from_slice(&now_ns.to_be_bytes());
    }
}

/// The send time in a payload, if it carries one. Repaired packets (RTX) carry theirs elsewhere and count as none.
pub(crate) fn sent_at(payload: &[u8]) -> Option<u64> {
    let at = stamp_at(payload);
    let stamp = payload.get(at..at + STAMP)?;
    let (magic, time) = stamp.split_first_chunk::<8>()?;
    (magic == MAGIC).then(|| time.try_into().map(u64::from_be_bytes).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use airclass_media::Codec;
    use airclass_media::rtp::keyframe::starts_keyframe;

    use super::*;

    const PATTERN: Pattern = Pattern { picture_bits: 2_500_000, frames_per_second: 30, sound: true };

    #[test]
    fn frames_have_the_rate_and_shape_of_a_camera() {
        let mut frames = Frames::new(PATTERN);
        let bytes: usize = (0..300).flat_map(|_| frames.next_frame(false)).map(|payload| payload.len()).sum();
        let bits = bytes * 8 / 10;
        assert!((2_400_000..2_600_000).contains(&bits), "{bits}");
        let packets: usize = (0..30).map(|_| frames.next_frame(false).len()).sum();
        assert!((250..310).contains(&packets), "{packets}");
        let frame = frames.next_frame(false);
        assert!(frame.iter().all(|payload| payload.len().abs_diff(frame[0].len()) <= 1));
        assert!(!starts_keyframe(Codec::H264, &frame[0]));
        let keyframe = frames.next_frame(true);
        assert!(starts_keyframe(Codec::H264, &keyframe[0]) && starts_keyframe(Codec::H264, &keyframe[1]));
        assert!(keyframe.len() > 30 && !starts_keyframe(Codec::H264, &keyframe[2]));
    }

    #[test]
    fn the_time_is_found_again() {
        let mut frames = Frames::new(PATTERN);
        for mut payload in frames.next_frame(false).into_iter().chain([frames.next_sound()]) {
            assert_eq!(sent_at(&payload), None);
            stamp(&mut payload, 1_700_000_000_000_000_001);
            assert_eq!(sent_at(&payload), Some(1_700_000_000_000_000_001));
        }
        let mut sets = PARAMETER_SETS.to_vec();
        stamp(&mut sets, 1);
        assert_eq!(sets, PARAMETER_SETS);
    }
}
