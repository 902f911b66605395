//! H.264 as bytes: NAL units, Annex B and length-prefixed forms, and parameter sets. Pure; every length is checked.
//!
//! Nothing here decodes pictures. What a header claims is believed only inside bounds: an absurd size or a list that
//! runs past the end makes the whole parameter set unusable, and what refers to it is not written.

mod sps;

pub use sps::Sps;

/// NAL unit types that matter here (ITU-T H.264 table 7-1).
pub mod nal {
    /// First and last slice types of a coded picture.
    pub const SLICE: u8 = 1;
    /// Slice of an instantaneous decoding refresh: decoding can start here.
    pub const IDR: u8 = 5;
    /// Sequence parameter set.
    pub const SPS: u8 = 7;
    /// Picture parameter set.
    pub const PPS: u8 = 8;
}

/// The type in a NAL unit's first byte.
pub fn nal_type(unit: &[u8]) -> Option<u8> {
    unit.first().map(|byte| byte & 0x1f)
}

/// The NAL units of an Annex B stream, without start codes.
pub fn split_annex_b(data: &[u8]) -> Vec<&[u8]> {
    let mut units = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at + 3 <= data.len() {
        if data[at..at + 3] == [0, 0, 1] {
            if let Some(from) = start {
                // A fourth zero belongs to the next start code.
                let end = if at > from && data[at - 1] == 0 { at - 1 } else { at };
                units.push(&data[from..end]);
            }
            at += 3;
            start = Some(at);
        } else {
            at += 1;
        }
    }
    if let Some(from) = start {
        units.push(&data[from..]);
    }
    units.retain(|unit| !unit.is_empty());
    units
}

/// Appends the stream's NAL units with four-byte lengths (ISO 14496-15).
pub fn annex_b_to_lengths(data: &[u8], out: &mut Vec<u8>) {
    for unit in split_annex_b(data) {
        out.extend_from_slice(&u32::try_from(unit.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(unit);
    }
}

/// Appends length-prefixed NAL units with start codes; false when a length runs past the end.
pub fn lengths_to_annex_b(mut data: &[u8], length_size: usize, out: &mut Vec<u8>) -> bool {
    while !data.is_empty() {
        let Some((prefix, rest)) = data.split_at_checked(length_size) else { return false };
        let length = prefix.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        let Some((unit, rest)) = rest.split_at_checked(length) else { return false };
        out.extend_from_slice(&[0, 0, 0, 1]);
        out.extend_from_slice(unit);
        data = rest;
    }
    true
}

/// The parameter sets in an AVCDecoderConfigurationRecord in Annex B form, and its length size.
pub fn avcc_to_annex_b(avcc: &[u8]) -> Option<(Vec<u8>, usize)> {
    if *avcc.first()? != 1 {
        return None;
    }
    let length_size = usize::from(avcc.get(4)? & 3) + 1;
    let mut out = Vec::new();
    let mut rest = avcc.get(5..)?;
    for mask in [0x1f, 0xff] {
        let (count, after) = rest.split_first()?;
        rest = after;
        for _ in 0..count & mask {
            let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
            out.extend_from_slice(&[0, 0, 0, 1]);
            out.extend_from_slice(rest.get(2..2 + length)?);
            rest = rest.get(2 + length..)?;
        }
    }
    Some((out, length_size))
}

/// A sequence and a picture parameter set that were sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSets {
    /// What the sequence parameter set says.
    pub sps: Sps,
    /// Its bytes, as a NAL unit.
    pub sps_unit: Vec<u8>,
    /// The picture parameter sets, as NAL units.
    pub pps_units: Vec<Vec<u8>>,
}

impl ParameterSets {
    /// The parameter sets of an Annex B access unit, when it has both and the first can be believed.
    pub fn find(annex_b: &[u8]) -> Option<Self> {
        Self::among(split_annex_b(annex_b).into_iter())
    }

    /// The parameter sets among NAL units; of several sequence parameter sets the last counts.
    pub fn among<'a>(units: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut found: Option<(Sps, Vec<u8>)> = None;
        let mut pps_units = Vec::new();
        for unit in units {
            match nal_type(unit) {
                Some(nal::SPS) => found = Some((Sps::parse(unit)?, unit.to_vec())),
                Some(nal::PPS) if unit.len() > 1 && pps_units.len() < 31 => pps_units.push(unit.to_vec()),
                _ => {}
            }
        }
        let (sps, sps_unit) = found?;
        if pps_units.is_empty() || sps_unit.len() > 0xffff || pps_units.iter().any(|unit| unit.len() > 0xffff) {
            return None;
        }
        Some(Self { sps, sps_unit, pps_units })
    }

    /// The AVCDecoderConfigurationRecord (ISO 14496-15 section 5.3.3.1) with four-byte lengths.
    pub fn avcc(&self) -> Vec<u8> {
        let mut out = vec![1, self.sps.profile, self.sps.constraints, self.sps.level, 0xff, 0xe1];
        let mut put = |unit: &[u8]| {
            out.extend_from_slice(&(unit.len() as u16).to_be_bytes());
            out.extend_from_slice(unit);
        };
        put(&self.sps_unit);
        let mut pps = Vec::new();
        for unit in &self.pps_units {
            pps.extend_from_slice(&(unit.len() as u16).to_be_bytes());
            pps.extend_from_slice(unit);
        }
        out.push(self.pps_units.len() as u8);
        out.extend_from_slice(&pps);
        if matches!(self.sps.profile, 100 | 110 | 122 | 144) {
            out.extend_from_slice(&[
                0xfc | self.sps.chroma_format,
                0xf8 | self.sps.bit_depth_luma.saturating_sub(8),
                0xf8 | self.sps.bit_depth_chroma.saturating_sub(8),
                0,
            ]);
        }
        out
    }

    /// The codec string of RFC 6381 for playlists, such as `avc1.42e01f`.
    pub fn codec_string(&self) -> String {
        format!("avc1.{:02x}{:02x}{:02x}", self.sps.profile, self.sps.constraints, self.sps.level)
    }
}
