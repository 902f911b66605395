//! Whether a keyframe starts in a payload. Everything else in the payload stays opaque.

use crate::codec::Codec;

/// Whether a keyframe starts in this payload: parameter sets or the first slice of an IDR picture for H.264, the
/// frame's first packet for the others. Sound can be joined at any packet, so for it every payload counts.
pub fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus => true,
        Codec::H264 => h264(payload),
        Codec::Vp8 => vp8(payload),
        Codec::Vp9 => vp9(payload),
        Codec::Av1 => av1(payload),
    }
}

/// RFC 6184: single NAL units, STAP-A (24) and the first fragment of an FU-A (28); IDR slices (5) and SPS (7) count.
fn h264(payload: &[u8]) -> bool {
    let starts = |nal: u8| matches!(nal & 0x1f, 5 | 7);
    let Some((&first, rest)) = payload.split_first() else { return false };
    match first & 0x1f {
        24 => {
            let mut units = rest;
            while let [l0, l1, tail @ ..] = units {
                let len = usize::from(u16::from_be_bytes([*l0, *l1]));
                let Some((unit, tail)) = tail.split_at_checked(len) else { return false };
                if unit.first().is_some_and(|nal| starts(*nal)) {
                    return true;
                }
                units = tail;
            }
            false
        }
        28 => rest.first().is_some_and(|fu| fu & 0x80 != 0 && starts(*fu)),
        _ => starts(first),
    }
}

/// RFC 7741 section 4.2: start of partition 0, and the inverse key frame flag of the payload header is 0.
fn vp8(payload: &[u8]) -> bool {
    let Some((&first, mut rest)) = payload.split_first() else { return false };
    if first & 0x10 == 0 || first & 0x07 != 0 {
        return false;
    }
    if first & 0x80 != 0 {
        let Some((&x, tail)) = rest.split_first() else { return false };
        rest = tail;
        let mut skip = 0;
        if x & 0x80 != 0 {
            // The picture id is 7 or 15 bits long.
            skip += if rest.first().is_some_and(|b| b & 0x80 != 0) { 2 } else { 1 };
        }
        skip += usize::from(x & 0x40 != 0);
        skip += usize::from(x & 0x30 != 0);
        let Some(tail) = rest.get(skip..) else { return false };
        rest = tail;
    }
    rest.first().is_some_and(|b| b & 0x01 == 0)
}

/// RFC 9628 section 4.2: not inter-picture predicted (P = 0), start of a frame (B = 1), and lowest spatial layer.
fn vp9(payload: &[u8]) -> bool {
    let Some((&first, rest)) = payload.split_first() else { return false };
    if first & 0x40 != 0 || first & 0x08 == 0 {
        return false;
    }
    if first & 0x20 == 0 {
        return true;
    }
    let skip = match (first & 0x80 != 0, rest.first()) {
        (false, _) => 0,
        (true, Some(b)) if b & 0x80 != 0 => 2,
        (true, _) => 1,
    };
    rest.get(skip).is_some_and(|layer| layer & 0x0e == 0)
}

/// AV1 RTP specification section 4.4: the N bit marks the first packet of a coded video sequence.
fn av1(payload: &[u8]) -> bool {
    payload.first().is_some_and(|aggregation| aggregation & 0x08 != 0 && aggregation & 0x80 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_that_start_a_keyframe_and_those_that_do_not() {
        let cases: &[(Codec, &[u8], bool)] = &[
            (Codec::H264, &[], false),
            (Codec::H264, &[0x67, 1, 2], true),
            (Codec::H264, &[0x65, 1, 2], true),
            (Codec::H264, &[0x68, 1], false),
            (Codec::H264, &[0x61, 1], false),
            (Codec::H264, &[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1], true),
            (Codec::H264, &[0x78, 0, 2, 0x06, 1, 0, 1, 0x65], true),
            (Codec::H264, &[0x78, 0, 2, 0x61, 1], false),
            (Codec::H264, &[0x78, 0, 9, 0x67, 1], false),
            (Codec::H264, &[0x78, 0], false),
            (Codec::H264, &[0x78, 0, 0, 0, 1, 0x67], true),
            (Codec::H264, &[0x7c, 0x85, 1], true),
            (Codec::H264, &[0x7c, 0x05, 1], false),
            (Codec::H264, &[0x7c, 0x45, 1], false),
            (Codec::H264, &[0x7c, 0x81, 1], false),
            (Codec::H264, &[0x7c], false),
            (Codec::Vp8, &[0x10, 0x00], true),
            (Codec::Vp8, &[0x10, 0x01], false),
            (Codec::Vp8, &[0x00, 0x00], false),
            (Codec::Vp8, &[0x11, 0x00], false),
            (Codec::Vp8, &[0x90, 0x80, 0x81, 0x02, 0x00], true),
            (Codec::Vp8, &[0x90, 0xf0, 0x01, 0x02, 0x03, 0x00], true),
            (Codec::Vp8, &[0x90, 0xf0, 0x81, 0x02, 0x03, 0x04, 0x01], false),
            (Codec::Vp8, &[0x90, 0x80], false),
            (Codec::Vp9, &[0x08], true),
            (Codec::Vp9, &[0x48], false),
            (Codec::Vp9, &[0x00], false),
            (Codec::Vp9, &[0xa8, 0x81, 0x02, 0x00], true),
            (Codec::Vp9, &[0xa8, 0x01, 0x02], false),
            (Codec::Vp9, &[0xa8], false),
            (Codec::Av1, &[0x18, 0x0a], true),
            (Codec::Av1, &[0x98], false),
            (Codec::Av1, &[0x10], false),
            (Codec::Opus, &[], true),
        ];
        for (codec, payload, expected) in cases {
            assert_eq!(starts_keyframe(*codec, payload), *expected, "{codec:?} {payload:02x?}");
        }
    }
}
