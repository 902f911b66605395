//! Reading the payload types of a media line: rtpmap, fmtp, rtcp-fb, and the RTX and RED twins.

use crate::codec::{Codec, MediaKind};

use super::error::SdpError;
use super::lines::Section;
use super::offer::OfferedCodec;

/// Most payload types of a media line.
const MAX_FORMATS: usize = 128;
/// Longest fmtp that is kept, in bytes.
const MAX_FMTP_BYTES: usize = 512;

/// The codecs of a media line that this server relays, in the line's order.
pub(super) fn codecs(kind: MediaKind, formats: &[&str], section: &Section<'_>) -> Result<Vec<OfferedCodec>, SdpError> {
    if formats.len() > MAX_FORMATS {
        return Err(SdpError::Bad("more than 128 payload types on one line"));
    }
    let mut codecs: Vec<OfferedCodec> = Vec::new();
    let mut repairs: Vec<(u8, u8)> = Vec::new();
    let mut redundant: Vec<(u8, u8)> = Vec::new();
    for (n, format) in formats.iter().enumerate() {
        let Ok(pt) = format.parse::<u8>() else { return Err(SdpError::Bad("a malformed payload type")) };
        if pt > 127 || formats[..n].contains(format) {
            return Err(SdpError::Bad("a malformed payload type"));
        }
        // 64 to 95 would look like RTCP when both share a port (RFC 5761 section 4).
        if (64..=95).contains(&pt) {
            continue;
        }
        let Some(map) = section.all("rtpmap").find_map(|value| of_payload_type(value, pt)) else { continue };
        let mut map = map.split('/');
        let (name, rate, channels) = (map.next().unwrap_or(""), map.next().unwrap_or(""), map.next().unwrap_or("1"));
        let fmtp = section.all("fmtp").find_map(|value| of_payload_type(value, pt)).unwrap_or("");
        if name.eq_ignore_ascii_case("rtx") {
            if let Some(apt) = fmtp.split(';').find_map(|pair| pair.trim().strip_prefix("apt=")?.parse().ok()) {
                repairs.push((apt, pt));
            }
            continue;
        }
        if name.eq_ignore_ascii_case("red") && kind == MediaKind::Audio && (rate, channels) == ("48000", "2") {
            redundant.extend(inside(fmtp).map(|inside| (inside, pt)));
            continue;
        }
        let Some(codec) = from_name(name).filter(|codec| codec.kind() == kind) else { continue };
        if rate.parse() != Ok(codec.clock_rate()) || fmtp.len() > MAX_FMTP_BYTES || !is_printable(fmtp) {
            continue;
        }
        let has = |feedback: &str| {
            section.all("rtcp-fb").any(|value| {
                of_payload_type(value, pt)
                    .or_else(|| value.strip_prefix("* "))
                    .is_some_and(|name| name.trim() == feedback)
            })
        };
        codecs.push(OfferedCodec {
            pt,
            codec,
            clock_rate: codec.clock_rate(),
            channels: channels.parse().unwrap_or(1),
            fmtp: fmtp.to_owned(),
            rtx_pt: None,
            red_pt: None,
            nack: has("nack"),
            pli: has("nack pli"),
            fir: has("ccm fir"),
            twcc: has("transport-cc"),
            remb: has("goog-remb"),
        });
    }
    let twin = |twins: &[(u8, u8)], pt: u8| twins.iter().find(|(of, _)| *of == pt).map(|&(_, pt)| pt);
    for codec in &mut codecs {
        codec.rtx_pt = twin(&repairs, codec.pt);
        codec.red_pt = twin(&redundant, codec.pt);
    }
    Ok(codecs)
}

/// The payload type that all frames of a redundant one are of: `111/111` (RFC 2198 section 5).
fn inside(fmtp: &str) -> Option<u8> {
    let mut frames = fmtp.trim().split('/').map(|pt| pt.parse().ok());
    let first = frames.next()??;
    frames.all(|pt| pt == Some(first)).then_some(first)
}

/// The codec of an encoding name; names are case-insensitive (RFC 8866 section 6.6).
fn from_name(name: &str) -> Option<Codec> {
    [Codec::Opus, Codec::H264, Codec::Vp8, Codec::Vp9, Codec::Av1]
        .into_iter()
        .find(|codec| codec.name().eq_ignore_ascii_case(name))
}

/// What follows the payload type in the value of an attribute, when it is `pt`.
fn of_payload_type(value: &str, pt: u8) -> Option<&str> {
    let (number, rest) = value.split_once(' ')?;
    (number.parse() == Ok(pt)).then(|| rest.trim())
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
