//! Writing RTCP packets; each function appends one packet to `out`.

use super::{ReportBlock, SenderInfo, nack};

/// Most report blocks that one report holds.
pub const MAX_BLOCKS: usize = 31;

/// Appends an SR with the first [`MAX_BLOCKS`] of `blocks`.
pub fn sender_report(out: &mut Vec<u8>, info: &SenderInfo, blocks: &[ReportBlock]) {
    let start = out.len();
    let blocks = &blocks[..blocks.len().min(MAX_BLOCKS)];
    out.extend_from_slice(&[0x80 | blocks.len() as u8, 200, 0, 0]);
    out.extend_from_slice(&info.ssrc.to_be_bytes());
    out.extend_from_slice(&info.ntp.0.to_be_bytes());
    for word in [info.rtp, info.packets, info.bytes] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for block in blocks {
        block.append(out);
    }
    set_length(out, start);
}

/// Appends an RR from `sender` with the first [`MAX_BLOCKS`] of `blocks`.
pub fn receiver_report(out: &mut Vec<u8>, sender: u32, blocks: &[ReportBlock]) {
    let start = out.len();
    let blocks = &blocks[..blocks.len().min(MAX_BLOCKS)];
    out.extend_from_slice(&[0x80 | blocks.len() as u8, 201, 0, 0]);
    out.extend_from_slice(&sender.to_be_bytes());
    for block in blocks {
        block.append(out);
    }
    set_length(out, start);
}

/// Appends an SDES packet that names `cname` (at most 255 bytes of it) as the canonical name of `ssrc`.
pub fn source_description(out: &mut Vec<u8>, ssrc: u32, cname: &str) {
    let start = out.len();
    let cname = &cname.as_bytes()[..cname.len().min(255)];
    out.extend_from_slice(&[0x81, 202, 0, 0]);
    out.extend_from_slice(&ssrc.to_be_bytes());
    out.extend_from_slice(&[1, cname.len() as u8]);
    out.extend_from_slice(cname);
    // The item list ends with at least one zero byte and is filled up to a word.
    out.push(0);
    while !(out.len() - start).is_multiple_of(4) {
        out.push(0);
    }
    set_length(out, start);
}

/// Appends a NACK from `sender` for `sequences` of the stream `media`, which should rise; nothing if there are none.
pub fn nack(out: &mut Vec<u8>, sender: u32, media: u32, sequences: &[u16]) {
    nack::write(out, sender, media, sequences);
}

/// Appends a picture loss indication from `sender` about the stream `media`.
pub fn picture_loss(out: &mut Vec<u8>, sender: u32, media: u32) {
    out.extend_from_slice(&[0x81, 206, 0, 2]);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
}

/// Appends a full intra request (RFC 5104 section 4.3.1) with command number `number`.
pub fn full_intra_request(out: &mut Vec<u8>, sender: u32, media: u32, number: u8) {
    out.extend_from_slice(&[0x84, 206, 0, 4]);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&media.to_be_bytes());
    out.extend_from_slice(&[number, 0, 0, 0]);
}

/// Appends a receiver-estimated maximum bitrate in bit/s for one stream (draft-alvestrand-rmcat-remb).
pub fn bitrate_estimate(out: &mut Vec<u8>, sender: u32, media: u32, bitrate: u64) {
    let exponent = (64 - bitrate.leading_zeros()).saturating_sub(18);
    let value = 1 << 24 | exponent << 18 | (bitrate >> exponent) as u32;
    out.extend_from_slice(&[0x8f, 206, 0, 5]);
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(b"REMB");
    out.extend_from_slice(&value.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
}

/// Writes the length in words, less one, of the packet that began at `start` (RFC 3550 section 6.4.1).
pub(super) fn set_length(out: &mut [u8], start: usize) {
    let words = ((out.len() - start) / 4).saturating_sub(1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}
