//! The sequence parameter set, as far as a container needs it (ITU-T H.264 section 7.3.2.1.1).

/// Largest picture believed, in pixels per side; level 5.2 ends below it.
const MAX_SIDE: u32 = 8192;
/// Longest parameter set read, in bytes; real ones have 10 to 60.
const MAX_BYTES: usize = 512;

/// What a sequence parameter set says about the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sps {
    /// `profile_idc`: 66 baseline, 77 main, 100 high.
    pub profile: u8,
    /// The constraint flags, as one byte.
    pub constraints: u8,
    /// `level_idc`: ten times the level.
    pub level: u8,
    /// Visible width in pixels.
    pub width: u32,
    /// Visible height in pixels.
    pub height: u32,
    /// `chroma_format_idc`; 1 is 4:2:0.
    pub chroma_format: u8,
    /// Bits per luma sample.
    pub bit_depth_luma: u8,
    /// Bits per chroma sample.
    pub bit_depth_chroma: u8,
}

impl Sps {
    /// Parses a whole NAL unit (header byte included). `None` when it is cut off, lies about lengths or asks for a
    /// picture nobody sends.
    pub fn parse(unit: &[u8]) -> Option<Self> {
        if unit.len() > MAX_BYTES || unit.first()? & 0x9f != super::nal::SPS {
            return None;
        }
        let bytes = without_emulation(unit.get(1..)?);
        let mut bits = Bits { bytes: &bytes, at: 0 };
        let (profile, constraints, level) = (bits.take(8)? as u8, bits.take(8)? as u8, bits.take(8)? as u8);
        at_most(bits.golomb()?, 31)?; // seq_parameter_set_id
        let (mut chroma_format, mut bit_depth_luma, mut bit_depth_chroma) = (1, 8, 8);
        if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
            chroma_format = at_most(bits.golomb()?, 3)? as u8;
            if chroma_format == 3 {
                bits.take(1)?;
            }
            bit_depth_luma = 8 + at_most(bits.golomb()?, 6)? as u8;
            bit_depth_chroma = 8 + at_most(bits.golomb()?, 6)? as u8;
            bits.take(1)?;
            if bits.take(1)? == 1 {
                skip_scaling_lists(&mut bits, if chroma_format == 3 { 12 } else { 8 })?;
            }
        }
        at_most(bits.golomb()?, 12)?; // log2_max_frame_num_minus4
        match bits.golomb()? {
            0 => {
                at_most(bits.golomb()?, 12)?;
            }
            1 => {
                bits.take(1)?;
                bits.golomb()?;
                bits.golomb()?;
                for _ in 0..at_most(bits.golomb()?, 255)? {
                    bits.golomb()?;
                }
            }
            2 => {}
            _ => return None,
        }
        at_most(bits.golomb()?, 16)?; // max_num_ref_frames
        bits.take(1)?;
        let columns = at_most(bits.golomb()?, MAX_SIDE / 16 - 1)? + 1;
        let rows = at_most(bits.golomb()?, MAX_SIDE / 16 - 1)? + 1;
        let frames_only = bits.take(1)?;
        if frames_only == 0 {
            bits.take(1)?;
        }
        bits.take(1)?;
        let (mut width, mut height) = (columns * 16, rows * 16 * (2 - frames_only));
        if bits.take(1)? == 1 {
            let across = if matches!(chroma_format, 1 | 2) { 2 } else { 1 };
            let down = if chroma_format == 1 { 2 } else { 1 } * (2 - frames_only);
            let (left, right) = (bits.golomb()?, bits.golomb()?);
            let (top, bottom) = (bits.golomb()?, bits.golomb()?);
            width = width.checked_sub(left.checked_add(right)?.checked_mul(across)?)?;
            height = height.checked_sub(top.checked_add(bottom)?.checked_mul(down)?)?;
        }
        let believable = (16..=MAX_SIDE).contains(&width) && (16..=MAX_SIDE).contains(&height);
        believable.then_some(Self {
            profile,
            constraints,
            level,
            width,
            height,
            chroma_format,
            bit_depth_luma,
            bit_depth_chroma,
        })
    }
}

fn at_most(value: u32, limit: u32) -> Option<u32> {
    (value <= limit).then_some(value)
}

/// Takes the emulation prevention bytes out: 00 00 03 stands for 00 00.
fn without_emulation(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for &byte in bytes {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

fn skip_scaling_lists(bits: &mut Bits<'_>, lists: usize) -> Option<()> {
    for list in 0..lists {
        if bits.take(1)? == 0 {
            continue;
        }
        let (mut last, mut next) = (8i64, 8i64);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                let coded = i64::from(bits.golomb()?);
                let delta = if coded % 2 == 1 { (coded + 1) / 2 } else { -coded / 2 };
                next = (last + delta).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// Exponential Golomb code (section 9.1), at most 31 leading zeros.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let tail = u64::from(self.take(zeros)?);
        u32::try_from((1u64 << zeros) - 1 + tail).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_real_encoders() {
        // x264 baseline 640x360 (cropped), OpenH264 as Chromium sends it 1280x720, x264 high 1920x1080 (cropped).
        #[expect(clippy::type_complexity, reason = "a table of bytes and what they say")]
        let table: [(&[u8], (u8, u32, u32)); 3] = [
            (
                &[
                    0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00,
                    0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2e, 0x48,
                ],
                (66, 640, 360),
            ),
            (
                &[0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x28, 0x02, 0xdd, 0x00, 0xf0, 0x88, 0x45, 0x38],
                (66, 1280, 720),
            ),
            (
                &[
                    0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03,
                    0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
                ],
                (100, 1920, 1080),
            ),
        ];
        for (bytes, (profile, width, height)) in table {
            let sps = Sps::parse(bytes).unwrap();
            assert_eq!((sps.profile, sps.width, sps.height), (profile, width, height));
            for cut in 0..bytes.len().min(10) {
                assert_eq!(Sps::parse(&bytes[..cut]), None, "cut to {cut} bytes");
            }
        }
    }

    #[test]
    fn lies_are_not_believed() {
        // Golomb runs of zeros, a width of 2^17 macroblocks, a wrong type, the forbidden bit, a set too long.
        for bytes in [
            &[0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &[0x67, 0x42, 0xc0, 0x1f, 0xdc, 0x00, 0x00, 0x80, 0x00, 0x40, 0x01, 0xff, 0xff],
            &[0x68, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x28, 0x02, 0xdd],
            &[0xe7, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x28, 0x02, 0xdd],
            &[0x67; 600],
        ] {
            assert_eq!(Sps::parse(bytes), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn anything_is_survived(bytes: Vec<u8>) {
            let mut unit = vec![0x67];
            unit.extend(bytes);
            if let Some(sps) = Sps::parse(&unit) {
                proptest::prop_assert!(sps.width <= MAX_SIDE && sps.height <= MAX_SIDE);
            }
        }
    }
}
