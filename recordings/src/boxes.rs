//! ISO base media boxes (ISO 14496-12), as far as a recording's own segments need them: where the complete fragments
//! end, what they last, and where the last sample's duration stands so that it can be changed in place.

use std::ops::Range;

/// A box: its type, and where its payload lies.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Box4 {
    kind: [u8; 4],
    payload: Range<usize>,
}

/// What one `moof` and its `mdat` hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Decode time of the first sample, in the track's timescale.
    pub start: i64,
    /// Sum of the samples' durations.
    pub duration: i64,
    /// Number of samples.
    pub samples: usize,
    /// One past the last byte of the `mdat`.
    pub end: usize,
    /// Where the last sample's 32-bit duration stands, when changing it changes no other sample's.
    pub last_duration: Option<usize>,
}

/// The complete fragments at the beginning of `data`; whatever follows the last one is cut off, damaged or empty.
pub fn fragments(data: &[u8]) -> Vec<Fragment> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut moof: Option<Fragment> = None;
    while let Some(found) = box_at(data, at) {
        match &found.kind {
            b"moof" => moof = parse_moof(data, found.payload.clone()),
            b"mdat" => match moof.take() {
                Some(fragment) => out.push(Fragment { end: found.payload.end, ..fragment }),
                None => break,
            },
            b"styp" | b"sidx" | b"prft" | b"emsg" | b"free" => {}
            _ => break,
        }
        at = found.payload.end;
    }
    out
}

/// Where the first sample of the first complete fragment lies.
pub fn first_sample(data: &[u8]) -> Option<Range<usize>> {
    let mut at = 0;
    let mut size = None;
    while let Some(found) = box_at(data, at) {
        match (&found.kind, size) {
            (b"moof", _) => size = first_size(data, found.payload.clone()),
            (b"mdat", Some(size)) => {
                let end = found.payload.start.checked_add(size)?;
                return (end <= found.payload.end).then_some(found.payload.start..end);
            }
            _ => {}
        }
        at = found.payload.end;
    }
    None
}

fn first_size(data: &[u8], moof: Range<usize>) -> Option<usize> {
    let traf = child(data, moof, b"traf")?;
    let tfhd = child(data, traf.clone(), b"tfhd")?;
    let trun = child(data, traf, b"trun")?;
    let (defaults, flags) = (u32_at(data, tfhd.start)?, u32_at(data, trun.start)?);
    let fields = |flags: u32, known: &[(u32, usize)]| {
        known.iter().map(|(flag, size)| if flags & flag != 0 { *size } else { 0 }).sum::<usize>()
    };
    let size = if flags & 0x200 != 0 {
        u32_at(data, trun.start + 8 + fields(flags, &[(1, 4), (4, 4), (0x100, 4)]))?
    } else {
        u32_at(data, (defaults & 0x10 != 0).then_some(tfhd.start + 8 + fields(defaults, &[(1, 8), (2, 4), (8, 4)]))?)?
    };
    Some(size as usize)
}

/// The AVCDecoderConfigurationRecord in an init segment.
pub fn avcc(init: &[u8]) -> Option<&[u8]> {
    // It is the only box of that name, at a depth of eight; what precedes the name is its size.
    let name = init.windows(4).position(|kind| kind == b"avcC")?;
    let found = box_at(init, name.checked_sub(4)?)?;
    init.get(found.payload)
}

/// Whether `data` is a complete init segment: `ftyp` and `moov`, nothing cut off.
pub fn is_init(data: &[u8]) -> bool {
    let Some(first) = box_at(data, 0).filter(|found| &found.kind == b"ftyp") else { return false };
    box_at(data, first.payload.end).is_some_and(|found| &found.kind == b"moov" && found.payload.end == data.len())
}

fn box_at(data: &[u8], at: usize) -> Option<Box4> {
    let header = data.get(at..at.checked_add(8)?)?;
    let size = u32_at(header, 0)? as usize;
    let kind = [header[4], header[5], header[6], header[7]];
    // Neither "to the end of the file" (0) nor 64-bit sizes (1) occur in what this crate writes.
    let end = at.checked_add(size)?;
    (size >= 8 && end <= data.len()).then_some(Box4 { kind, payload: at + 8..end })
}

fn child(data: &[u8], within: Range<usize>, kind: &[u8; 4]) -> Option<Range<usize>> {
    let mut at = within.start;
    while let Some(found) = box_at(data.get(..within.end)?, at) {
        if &found.kind == kind {
            return Some(found.payload);
        }
        at = found.payload.end;
    }
    None
}

fn parse_moof(data: &[u8], moof: Range<usize>) -> Option<Fragment> {
    let traf = child(data, moof, b"traf")?;
    let tfhd = child(data, traf.clone(), b"tfhd")?;
    let tfdt = child(data, traf.clone(), b"tfdt")?;
    let trun = child(data, traf, b"trun")?;
    let flags = u32_at(data, tfhd.start)? & 0xff_ffff;
    // Optional fields of tfhd before the default duration: base offset (1), description index (2).
    let at = tfhd.start + 8 + if flags & 1 != 0 { 8 } else { 0 } + if flags & 2 != 0 { 4 } else { 0 };
    let default_at = (flags & 8 != 0 && at + 4 <= tfhd.end).then_some(at);
    let default = default_at.and_then(|at| u32_at(data, at)).unwrap_or(0);
    let start = match data.get(tfdt.start)? {
        0 => i64::from(u32_at(data, tfdt.start + 4)?),
        _ => i64::from(u32_at(data, tfdt.start + 4)?) << 32 | i64::from(u32_at(data, tfdt.start + 8)?),
    };
    let flags = u32_at(data, trun.start)? & 0xff_ffff;
    let samples = u32_at(data, trun.start + 4)? as usize;
    let entries = trun.start + 8 + if flags & 1 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
    let entry = [0x100, 0x200, 0x400, 0x800].iter().filter(|flag| flags & **flag != 0).count() * 4;
    if samples == 0 || entries.checked_add(samples.checked_mul(entry)?)? > trun.end {
        return None;
    }
    let own = flags & 0x100 != 0;
    let duration = if own {
        (0..samples).map(|index| u32_at(data, entries + index * entry).map(i64::from)).sum::<Option<i64>>()?
    } else {
        i64::from(default) * samples as i64
    };
    let last_duration = if own { Some(entries + (samples - 1) * entry) } else { default_at.filter(|_| samples == 1) };
    Some(Fragment { start, duration, samples, end: 0, last_duration })
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libav::mux::{FragmentMuxer, TrackFormat};

    /// 48 kHz stereo AAC-LC.
    const AAC: TrackFormat<'_> = TrackFormat::Aac { channels: 2, config: &[0x11, 0x90] };

    #[test]
    fn fragments_keep_their_times() {
        let mut muxer = FragmentMuxer::new(AAC).unwrap();
        assert!(is_init(muxer.init_segment()));
        let mut file = Vec::new();
        for (first, durations) in
            [(0i64, vec![1024i64; 4]), (50_000, vec![1024, 1024, 7000]), (2_000_000_000, vec![900])]
        {
            let mut at = first;
            for duration in &durations {
                muxer.write(&[1, 2, 3, 4], at, *duration, true).unwrap();
                at += duration;
            }
            let fragment = muxer.flush().unwrap();
            let parsed = fragments(&fragment);
            assert_eq!(parsed.len(), 1);
            assert_eq!((parsed[0].start, parsed[0].duration, parsed[0].samples), (first, at - first, durations.len()));
            assert_eq!(parsed[0].end, fragment.len());
            file.extend(fragment);
        }
        assert!(muxer.flush().unwrap().is_empty());
        let all = fragments(&file);
        assert_eq!(all.len(), 3);
        for cut in 0..file.len() {
            let whole = all.iter().filter(|fragment| fragment.end <= cut).count();
            assert_eq!(fragments(&file[..cut]).len(), whole, "cut at {cut}");
        }
        assert_eq!(first_sample(&file).map(|range| &file[range]), Some(&[1, 2, 3, 4][..]));
        let at = all[2].last_duration.unwrap();
        file[at..at + 4].copy_from_slice(&77_777u32.to_be_bytes());
        assert_eq!(fragments(&file)[2].duration, 77_777);
    }

    proptest::proptest! {
        #[test]
        fn anything_is_survived(data: Vec<u8>, at in 0usize..600, value: u8) {
            fragments(&data);
            first_sample(&data);
            avcc(&data);
            let mut muxer = FragmentMuxer::new(AAC).unwrap();
            muxer.write(&[1; 9], 5, 1024, true).unwrap();
            let mut fragment = muxer.flush().unwrap();
            let at = at % fragment.len();
            fragment[at] = value;
            fragments(&fragment);
        }
    }
}
