//! Whether a file that somebody uploaded is a clip that every browser plays: MP4 with H.264 and, if it has sound, AAC.
//!
//! Only the boxes that describe the media are read (ISO 14496-12), by bounded steps and without decoding anything. A
//! file that is cut off, that points to other files, or that is something else under this name is refused.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// Most boxes at the top of the file.
const BOXES: usize = 100_000;
/// Largest index that is read into memory, bytes.
const MOOV_BYTES: u64 = 16 * 1024 * 1024;
/// Longest clip, milliseconds.
const LONGEST_MS: u64 = 2 * 3_600_000;
/// Largest picture, pixels a side.
const SIDE: u16 = 4_096;

/// What a clip is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipInfo {
    /// How long it plays, milliseconds.
    pub duration_ms: u64,
    /// Width of its picture, pixels.
    pub width: u16,
    /// Height of its picture, pixels.
    pub height: u16,
    /// Whether it has sound.
    pub sound: bool,
}

/// Why a file is no clip.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClipError {
    /// Another kind of file, or a damaged one.
    #[error("this is not an MP4 file")]
    NotMp4,
    /// It ends in the middle.
    #[error("the file is cut off")]
    CutOff,
    /// Its media lie in other files or on other hosts.
    #[error("the file refers to other files")]
    Foreign,
    /// A picture that is not H.264, or sound that is not AAC.
    #[error("the picture must be H.264 and the sound AAC")]
    Codec,
    /// There is no picture.
    #[error("the file has no picture")]
    NoPicture,
    /// Nothing to play, more than two hours, or a picture beyond 4096 pixels.
    #[error("the clip's length or size is out of range")]
    OutOfRange,
    /// The disk failed.
    #[error("read: {0}")]
    Io(#[from] io::Error),
}

/// Reads what a file says of itself.
///
/// # Errors
/// Any [`ClipError`].
pub fn read(file: &mut (impl Read + Seek)) -> Result<ClipInfo, ClipError> {
    let len = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    let mut moov = None;
    let mut has_media = false;
    for n in 0..BOXES {
        if at == len {
            break;
        }
        let found = top_box(file, at, len)?;
        match &found.kind {
            b"ftyp" if n == 0 => {}
            _ if n == 0 => return Err(ClipError::NotMp4),
            b"moov" if moov.is_none() && found.end - found.payload <= MOOV_BYTES => {
                let size = usize::try_from(found.end - found.payload).map_err(|_| ClipError::NotMp4)?;
                let mut bytes = vec![0; size];
                file.seek(SeekFrom::Start(found.payload))?;
                file.read_exact(&mut bytes)?;
                moov = Some(bytes);
            }
            b"moov" => return Err(ClipError::NotMp4),
            b"mdat" => has_media = true,
            _ => {}
        }
        at = found.end;
    }
    let moov = moov.ok_or(if at == len && has_media { ClipError::CutOff } else { ClipError::NotMp4 })?;
    if at != len {
        return Err(ClipError::NotMp4);
    }
    if !has_media {
        return Err(ClipError::CutOff);
    }
    described(&moov, len)
}

struct TopBox {
    kind: [u8; 4],
    payload: u64,
    end: u64,
}

fn top_box(file: &mut (impl Read + Seek), at: u64, len: u64) -> Result<TopBox, ClipError> {
    let mut header = [0; 8];
    file.seek(SeekFrom::Start(at))?;
    if len - at < 8 {
        return Err(if at == 0 { ClipError::NotMp4 } else { ClipError::CutOff });
    }
    file.read_exact(&mut header)?;
    let [a, b, c, d, kind @ ..] = header;
    let (size, head) = match u32::from_be_bytes([a, b, c, d]) {
        0 => (len - at, 8),
        1 => {
            let mut long = [0; 8];
            if len - at < 16 {
                return Err(ClipError::CutOff);
            }
            file.read_exact(&mut long)?;
            (u64::from_be_bytes(long), 16)
        }
        size => (u64::from(size), 8),
    };
    if size < head || !kind.iter().all(|letter| (0x20..0x7f).contains(letter)) {
        return Err(ClipError::NotMp4);
    }
    let end = at.checked_add(size).ok_or(ClipError::NotMp4)?;
    if end > len {
        // A first box that overruns is no sign of MP4 at all.
        return Err(if at == 0 { ClipError::NotMp4 } else { ClipError::CutOff });
    }
    Ok(TopBox { kind, payload: at + head, end })
}

/// The boxes directly within `within`; what does not fit is left out.
fn children(data: &[u8], within: Range<usize>) -> impl Iterator<Item = ([u8; 4], Range<usize>)> {
    let mut at = within.start;
    std::iter::from_fn(move || {
        let size = usize::try_from(u32_at(data, at)?).ok()?;
        let kind = data.get(at + 4..at + 8)?.try_into().ok()?;
        let end = at.checked_add(size)?;
        if size < 8 || end > within.end {
            return None;
        }
        let payload = at + 8..end;
        at = end;
        Some((kind, payload))
    })
}

fn child(data: &[u8], within: Range<usize>, wanted: &[u8; 4]) -> Option<Range<usize>> {
    children(data, within).find(|(kind, _)| kind == wanted).map(|(_, payload)| payload)
}

fn path(data: &[u8], within: Range<usize>, names: &[&[u8; 4]]) -> Option<Range<usize>> {
    names.iter().try_fold(within, |within, name| child(data, within, name))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32_at(data, at)?) << 32 | u64::from(u32_at(data, at.checked_add(4)?)?))
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

fn described(moov: &[u8], len: u64) -> Result<ClipInfo, ClipError> {
    let all = 0..moov.len();
    let duration_ms = duration(moov).ok_or(ClipError::NotMp4)?;
    let mut size = None;
    let mut sound = false;
    for (_, trak) in children(moov, all).filter(|(kind, _)| kind == b"trak") {
        let handler =
            path(moov, trak.clone(), &[b"mdia", b"hdlr"]).and_then(|hdlr| moov.get(hdlr.start + 8..)?.get(..4));
        let minf = path(moov, trak, &[b"mdia", b"minf"]).ok_or(ClipError::NotMp4)?;
        if !is_own(moov, minf.clone()).ok_or(ClipError::NotMp4)? {
            return Err(ClipError::Foreign);
        }
        let stbl = child(moov, minf, b"stbl").ok_or(ClipError::NotMp4)?;
        if !is_within(moov, stbl.clone(), len).ok_or(ClipError::NotMp4)? {
            return Err(ClipError::CutOff);
        }
        let stsd = child(moov, stbl, b"stsd").ok_or(ClipError::NotMp4)?;
        let mut entries = children(moov, stsd.start.saturating_add(8)..stsd.end).peekable();
        match handler {
            Some(b"vide") => {
                let (kind, entry) = entries.peek().cloned().ok_or(ClipError::NotMp4)?;
                if !matches!(&kind, b"avc1" | b"avc3") || !entries.all(|(other, _)| other == kind) {
                    return Err(ClipError::Codec);
                }
                let side = |at| u16_at(moov, entry.start + at).ok_or(ClipError::NotMp4);
                size = size.or(Some((side(24)?, side(26)?)));
            }
            Some(b"soun") => {
                if !entries.all(|(kind, entry)| &kind == b"mp4a" && is_aac(moov, entry).unwrap_or(false)) {
                    return Err(ClipError::Codec);
                }
                sound = true;
            }
            // Time codes, texts: players pass them over.
            _ => {}
        }
    }
    let (width, height) = size.ok_or(ClipError::NoPicture)?;
    let sides = 1..=SIDE;
    if !(1..=LONGEST_MS).contains(&duration_ms) || !sides.contains(&width) || !sides.contains(&height) {
        return Err(ClipError::OutOfRange);
    }
    Ok(ClipInfo { duration_ms, width, height, sound })
}

/// Of the whole film, from `mvhd`, or from `mehd` where it is in fragments.
fn duration(moov: &[u8]) -> Option<u64> {
    let mvhd = child(moov, 0..moov.len(), b"mvhd")?.start;
    let (scale, whole) = match moov.get(mvhd)? {
        0 => (u32_at(moov, mvhd + 12)?, u64::from(u32_at(moov, mvhd + 16)?)),
        _ => (u32_at(moov, mvhd + 20)?, u64_at(moov, mvhd + 24)?),
    };
    let in_fragments = path(moov, 0..moov.len(), &[b"mvex", b"mehd"]).and_then(|mehd| match moov.get(mehd.start)? {
        0 => u32_at(moov, mehd.start + 4).map(u64::from),
        _ => u64_at(moov, mehd.start + 4),
    });
    let units = if whole == 0 { in_fragments.unwrap_or(0) } else { whole };
    u64::try_from(u128::from(units) * 1_000 / u128::from(scale.max(1))).ok()
}

/// Whether the track's media lie in this file: every data reference says so.
fn is_own(data: &[u8], minf: Range<usize>) -> Option<bool> {
    let dref = path(data, minf, &[b"dinf", b"dref"])?;
    let mut entries = children(data, dref.start.checked_add(8)?..dref.end).peekable();
    entries.peek()?;
    Some(entries.all(|(kind, entry)| &kind == b"url " && data.get(entry.start + 3).is_some_and(|flags| flags & 1 == 1)))
}

/// Whether every chunk begins inside the file.
fn is_within(data: &[u8], stbl: Range<usize>, len: u64) -> Option<bool> {
    if let Some(stco) = child(data, stbl.clone(), b"stco") {
        let count = usize::try_from(u32_at(data, stco.start + 4)?).ok()?;
        let chunks = data.get(stco.start + 8..stco.end)?.chunks_exact(4).take(count);
        return Some(
            chunks.len() == count && chunks.into_iter().all(|at| u32_at(at, 0).is_some_and(|at| u64::from(at) < len)),
        );
    }
    let co64 = child(data, stbl, b"co64")?;
    let count = usize::try_from(u32_at(data, co64.start + 4)?).ok()?;
    let chunks = data.get(co64.start + 8..co64.end)?.chunks_exact(8).take(count);
    Some(chunks.len() == count && chunks.into_iter().all(|at| u64_at(at, 0).is_some_and(|at| at < len)))
}

/// Whether an `mp4a` entry's decoder is AAC: object type 0x40 (MPEG-4), or 0x66 to 0x68 (MPEG-2), ISO 14496-1.
fn is_aac(data: &[u8], entry: Range<usize>) -> Option<bool> {
    // QuickTime's versions 1 and 2 put more before the boxes.
    let more = match u16_at(data, entry.start + 8)? {
        1 => 16,
        2 => 36,
        _ => 0,
    };
    let boxes = entry.start.checked_add(28 + more)?..entry.end;
    let esds = child(data, boxes.clone(), b"esds").or_else(|| path(data, boxes, &[b"wave", b"esds"]))?;
    let (tag, at) = descriptor(data, esds.start.checked_add(4)?)?;
    if tag != 3 {
        return Some(false);
    }
    let flags = *data.get(at + 2)?;
    let depends = if flags & 0x80 != 0 { 2 } else { 0 };
    let url = if flags & 0x40 != 0 { 1 + usize::from(*data.get(at + 3 + depends)?) } else { 0 };
    let clock = if flags & 0x20 != 0 { 2 } else { 0 };
    let (tag, at) = descriptor(data, at + 3 + depends + url + clock)?;
    Some(tag == 4 && matches!(data.get(at)?, 0x40 | 0x66..=0x68))
}

/// A descriptor's tag, and where its content begins; its length is one to four bytes of seven bits.
fn descriptor(data: &[u8], at: usize) -> Option<(u8, usize)> {
    let tag = *data.get(at)?;
    let size = (1..=4).find(|n| data.get(at + n).is_some_and(|byte| byte & 0x80 == 0))?;
    Some((tag, at + 1 + size))
}

#[cfg(test)]
mod tests;
