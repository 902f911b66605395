//! Answering a publisher (WHIP, RFC 9725): at most one sound and one picture track, receive-only.

use crate::codec::{Codec, MediaKind};
use crate::rtp::MAX_LAYERS;

use super::answer::{LocalDescription, Writer};
use super::error::SdpError;
use super::extension::ExtensionIds;
use super::offer::{Offer, OfferedCodec, OfferedMedia, RidDirection};

/// What a publisher may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PublishPolicy {
    /// The lesson is recorded: only codecs that can be archived are taken.
    pub recorded: bool,
}

/// The answer to a publisher and what it will send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishPlan {
    /// The SDP answer.
    pub answer: String,
    /// The media lines that were taken, in the order of the offer.
    pub media: Vec<PublishedMedia>,
}

/// One accepted media line of a publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedMedia {
    /// The line's mid; may be empty when the offer has a single line without one.
    pub mid: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// The codec.
    pub codec: Codec,
    /// Its payload type.
    pub pt: u8,
    /// Payload type of its RTX stream.
    pub rtx_pt: Option<u8>,
    /// Payload type of its redundant form (RFC 2198).
    pub red_pt: Option<u8>,
    /// Its fmtp, as answered.
    pub fmtp: String,
    /// RTP clock rate in Hz.
    pub clock_rate: u32,
    /// Channels of sound; 1 for pictures.
    pub channels: u8,
    /// Header extension ids.
    pub extensions: ExtensionIds,
    /// Simulcast layers, lowest first; empty without simulcast.
    pub rids: Vec<String>,
    /// SSRCs the offer announces; empty with simulcast by rid.
    pub ssrcs: Vec<u32>,
    /// Announced pairs of media SSRC and RTX SSRC.
    pub fid: Vec<(u32, u32)>,
    /// NACKs are understood.
    pub nack: bool,
    /// Picture loss indications are understood.
    pub pli: bool,
    /// Full intra requests are understood.
    pub fir: bool,
    /// Transport-wide feedback is expected.
    pub twcc: bool,
    /// Bandwidth estimates (REMB) are understood.
    pub remb: bool,
}

/// Answers a publisher's offer.
///
/// # Errors
/// [`SdpError::NoCommonCodec`] when nothing can be relayed, [`SdpError::CodecNotRecordable`] when the lesson is
/// recorded and a line has only codecs that cannot be archived.
pub fn answer_publish(
    offer: &Offer,
    local: &LocalDescription,
    policy: &PublishPolicy,
) -> Result<PublishPlan, SdpError> {
    let mut taken: Vec<(usize, PublishedMedia)> = Vec::new();
    let mut without_codec = None;
    for (n, media) in offer.media.iter().enumerate() {
        let Some(kind) = media.kind.filter(|_| !media.rejected && media.direction.sends()) else { continue };
        if taken.iter().any(|(_, other)| other.kind == kind) {
            continue;
        }
        match choose(media, policy.recorded) {
            Some(codec) => taken.push((n, accept(media, kind, codec))),
            None if policy.recorded && !media.codecs.is_empty() => return Err(SdpError::CodecNotRecordable(kind)),
            None => without_codec = Some(kind),
        }
    }
    if taken.is_empty() {
        return Err(without_codec.map_or(SdpError::Bad("it sends neither sound nor picture"), SdpError::NoCommonCodec));
    }
    let bundle: Vec<&str> = taken.iter().map(|(_, media)| media.mid.as_str()).collect();
    let mut writer = Writer::session(offer, local, &bundle);
    for (n, media) in offer.media.iter().enumerate() {
        match taken.iter().position(|(index, _)| *index == n) {
            Some(at) => write_media(&mut writer, media, &taken[at].1, local, at == 0),
            None => writer.rejected(media),
        }
    }
    Ok(PublishPlan { answer: writer.finish(), media: taken.into_iter().map(|(_, media)| media).collect() })
}

/// The best codec of a line: constrained-baseline H.264 in packetization mode 1 or Opus, then what the offerer
/// likes best.
fn choose(media: &OfferedMedia, recorded: bool) -> Option<&OfferedCodec> {
    media.codecs.iter().filter(|codec| !recorded || codec.codec.archivable()).min_by_key(|codec| match codec.codec {
        Codec::Opus => 0,
        Codec::H264 if codec.is_packetization_mode_1() && codec.is_constrained_baseline() => 0,
        Codec::H264 if codec.is_packetization_mode_1() => 1,
        Codec::H264 => 2,
        _ => 3,
    })
}

fn accept(media: &OfferedMedia, kind: MediaKind, codec: &OfferedCodec) -> PublishedMedia {
    let extensions = media.extension_ids();
    // Without the extensions that carry mid and rid, layers could not be told apart.
    let has_simulcast = kind == MediaKind::Video && extensions.rid.is_some();
    let mut rids: Vec<String> = media
        .rids
        .iter()
        .filter(|rid| has_simulcast && rid.direction == RidDirection::Send)
        .map(|rid| rid.id.clone())
        .collect();
    sort_low_to_high(&mut rids, extensions.rrid.is_some());
    leave_out_middle(&mut rids);
    PublishedMedia {
        mid: media.mid.clone(),
        kind,
        codec: codec.codec,
        pt: codec.pt,
        rtx_pt: codec.rtx_pt,
        red_pt: codec.red_pt,
        fmtp: answer_fmtp(codec),
        clock_rate: codec.clock_rate,
        channels: codec.channels,
        extensions,
        rids,
        ssrcs: media.ssrcs.clone(),
        fid: media.fid.clone(),
        nack: codec.nack,
        pli: codec.pli,
        fir: codec.fir,
        twcc: codec.twcc && extensions.twcc.is_some(),
        remb: codec.remb,
    }
}

/// SDP does not say which rid is the small picture. The usual names do (quarter, half, full; low, middle, high);
/// other names keep the order of the offer. Numbers rise with the picture in browsers, which all know repaired rids;
/// OBS does not, and its `0` is the largest.
fn sort_low_to_high(rids: &mut [String], browser: bool) {
    const NAMES: [&[&str]; 3] = [&["q", "h", "f"], &["l", "m", "h"], &["low", "mid", "high"]];
    let rank = |names: &[&str], rid: &String| names.iter().position(|name| rid.eq_ignore_ascii_case(name));
    if let Some(names) = NAMES.iter().find(|names| rids.iter().all(|rid| rank(names, rid).is_some())) {
        rids.sort_by_key(|rid| rank(names, rid));
    } else if rids.iter().all(|rid| rid.parse::<u32>().is_ok()) {
        rids.sort_by_key(|rid| rid.parse::<u32>().ok());
        if !browser {
            rids.reverse();
        }
    }
}

/// Keeps the smallest, the largest and one between of more layers than are relayed.
fn leave_out_middle(rids: &mut Vec<String>) {
    while rids.len() > MAX_LAYERS {
        rids.remove(rids.len() - 2);
    }
}

/// What this end wants to receive. Opus: in-band FEC, silence not sent where the offerer can, stereo when it
/// sends stereo. Others: the parameters as offered.
pub(super) fn answer_fmtp(codec: &OfferedCodec) -> String {
    if codec.codec != Codec::Opus {
        return codec.fmtp.clone();
    }
    let mut fmtp = String::from("minptime=10;useinbandfec=1");
    let offered = |name: &str| codec.parameter(name) == Some("1");
    if offered("sprop-stereo") || offered("stereo") {
        fmtp += ";stereo=1;sprop-stereo=1";
    }
    if offered("usedtx") {
        fmtp += ";usedtx=1";
    }
    fmtp
}

fn write_media(
    writer: &mut Writer,
    offered: &OfferedMedia,
    media: &PublishedMedia,
    local: &LocalDescription,
    first: bool,
) {
    let Some(codec) = offered.codecs.iter().find(|codec| codec.pt == media.pt) else { return };
    // What stands first is what browsers send: sound with its redundancy.
    let payload_types: Vec<u8> = media.red_pt.into_iter().chain([media.pt]).chain(media.rtx_pt).collect();
    writer.media(offered, local, &payload_types, first);
    writer.extensions(&media.extensions);
    writer.line("a=recvonly");
    writer.line("a=rtcp-mux");
    if offered.rtcp_rsize {
        writer.line("a=rtcp-rsize");
    }
    writer.codec(codec, &media.fmtp);
    if !media.rids.is_empty() {
        // In the offer's order, as RFC 8853 section 5.3.2 asks.
        let order: Vec<&str> = offered
            .rids
            .iter()
            .map(|rid| rid.id.as_str())
            .filter(|id| media.rids.iter().any(|rid| rid == id))
            .collect();
        for rid in &order {
            writer.line(format_args!("a=rid:{rid} recv"));
        }
        writer.line(format_args!("a=simulcast:recv {}", order.join(";")));
    }
}
