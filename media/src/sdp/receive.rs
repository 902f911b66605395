//! Answering a receiver (WHEP): its media lines become fixed slots, send-only from here.

use crate::codec::{Codec, MediaKind};
use crate::slot::Slot;

use super::answer::{LocalDescription, Writer};
use super::error::SdpError;
use super::extension::ExtensionIds;
use super::offer::{Offer, OfferedCodec, OfferedMedia};
use super::publish::answer_fmtp;

/// How many slots a receiver may fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivePolicy {
    /// Most sound slots; further lines are rejected.
    pub max_audio_slots: u8,
    /// Most picture slots; further lines are rejected.
    pub max_video_slots: u8,
}

/// The answer to a receiver and what can be sent to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivePlan {
    /// The SDP answer.
    pub answer: String,
    /// The slots, in the order of the offer. An offer with fewer lines than the policy allows gives fewer.
    pub media: Vec<SlotMedia>,
}

/// One slot of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotMedia {
    /// Which slot: the n-th line of its kind that the offerer wants to receive.
    pub slot: Slot,
    /// The line's mid.
    pub mid: String,
    /// The payload types that may be sent, the preferred one first; at most one per codec.
    pub codecs: Vec<SlotCodec>,
    /// This end's SSRC for the slot.
    pub ssrc: u32,
    /// This end's RTX SSRC; `None` when no codec has RTX.
    pub rtx_ssrc: Option<u32>,
    /// Header extension ids.
    pub extensions: ExtensionIds,
}

impl SlotMedia {
    /// The payload type of a codec, when the receiver takes it.
    pub fn codec(&self, codec: Codec) -> Option<&SlotCodec> {
        self.codecs.iter().find(|slot| slot.codec == codec)
    }
}

/// A payload type of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotCodec {
    /// The codec.
    pub codec: Codec,
    /// Its payload type.
    pub pt: u8,
    /// Payload type of its RTX stream.
    pub rtx_pt: Option<u8>,
    /// Payload type of its redundant form (RFC 2198).
    pub red_pt: Option<u8>,
    /// RTP clock rate in Hz.
    pub clock_rate: u32,
    /// The receiver sends NACKs.
    pub nack: bool,
    /// The receiver sends picture loss indications.
    pub pli: bool,
    /// The receiver sends full intra requests.
    pub fir: bool,
    /// The receiver sends transport-wide feedback; the extension is negotiated too.
    pub twcc: bool,
    /// The receiver sends bandwidth estimates (REMB).
    pub remb: bool,
}

/// Answers a receiver's offer. `next_ssrc` yields SSRCs that are free in the session.
///
/// # Errors
/// [`SdpError::NoCommonCodec`] when no line has a codec this server relays, [`SdpError::Bad`] when the offer
/// wants to receive nothing.
pub fn answer_receive(
    offer: &Offer,
    local: &LocalDescription,
    policy: &ReceivePolicy,
    mut next_ssrc: impl FnMut() -> u32,
) -> Result<ReceivePlan, SdpError> {
    let mut slots: Vec<(usize, SlotMedia)> = Vec::new();
    let mut without_codec = None;
    let (mut audio, mut video) = (0, 0);
    for (n, media) in offer.media.iter().enumerate() {
        let Some(kind) = media.kind.filter(|_| !media.rejected && media.direction.receives()) else { continue };
        let (index, max) = match kind {
            MediaKind::Audio => (&mut audio, policy.max_audio_slots),
            MediaKind::Video => (&mut video, policy.max_video_slots),
        };
        if *index >= max {
            continue;
        }
        let slot = Slot { kind, index: *index };
        // A line without a codec still counts, so that slot n stays the n-th line of its kind.
        *index += 1;
        let chosen = choose(media);
        if chosen.is_empty() {
            without_codec = Some(kind);
            continue;
        }
        let extensions = ExtensionIds { rid: None, rrid: None, ..media.extension_ids() };
        let has_rtx = chosen.iter().any(|codec| codec.rtx_pt.is_some());
        slots.push((
            n,
            SlotMedia {
                slot,
                mid: media.mid.clone(),
                codecs: chosen.iter().map(|codec| slot_codec(codec, &extensions)).collect(),
                ssrc: next_ssrc(),
                rtx_ssrc: has_rtx.then(&mut next_ssrc),
                extensions,
            },
        ));
    }
    if slots.is_empty() {
        return Err(
            without_codec.map_or(SdpError::Bad("it receives neither sound nor picture"), SdpError::NoCommonCodec)
        );
    }
    let bundle: Vec<&str> = slots.iter().map(|(_, slot)| slot.mid.as_str()).collect();
    let mut writer = Writer::session(offer, local, &bundle);
    for (n, media) in offer.media.iter().enumerate() {
        match slots.iter().position(|(index, _)| *index == n) {
            Some(at) => write_slot(&mut writer, media, &slots[at].1, local, at == 0),
            None => writer.rejected(media),
        }
    }
    Ok(ReceivePlan { answer: writer.finish(), media: slots.into_iter().map(|(_, slot)| slot).collect() })
}

/// One payload type per codec: H.264 only in packetization mode 1, constrained baseline before other profiles;
/// VP9 only in profile 0. H.264 first, the others as offered.
fn choose(media: &OfferedMedia) -> Vec<&OfferedCodec> {
    let mut chosen: Vec<&OfferedCodec> = Vec::new();
    let h264 = || media.codecs.iter().filter(|codec| codec.is_packetization_mode_1());
    chosen.extend(h264().find(|codec| codec.is_constrained_baseline()).or_else(|| h264().next()));
    for codec in &media.codecs {
        let is_usable = match codec.codec {
            Codec::H264 => false,
            Codec::Vp9 => codec.parameter("profile-id").is_none_or(|profile| profile == "0"),
            _ => true,
        };
        if is_usable && !chosen.iter().any(|other| other.codec == codec.codec) {
            chosen.push(codec);
        }
    }
    chosen
}

fn slot_codec(codec: &OfferedCodec, extensions: &ExtensionIds) -> SlotCodec {
    SlotCodec {
        codec: codec.codec,
        pt: codec.pt,
        rtx_pt: codec.rtx_pt,
        red_pt: codec.red_pt,
        clock_rate: codec.clock_rate,
        nack: codec.nack,
        pli: codec.pli,
        fir: codec.fir,
        twcc: codec.twcc && extensions.twcc.is_some(),
        remb: codec.remb,
    }
}

fn write_slot(writer: &mut Writer, offered: &OfferedMedia, slot: &SlotMedia, local: &LocalDescription, first: bool) {
    let payload_types: Vec<u8> =
        slot.codecs.iter().flat_map(|codec| codec.red_pt.into_iter().chain([codec.pt]).chain(codec.rtx_pt)).collect();
    writer.media(offered, local, &payload_types, first);
    writer.extensions(&slot.extensions);
    writer.line("a=sendonly");
    // Players keep the tracks of one stream in lip-sync: the first sound and the first picture belong together.
    let track = slot.slot;
    let stream = if track.index == 0 { "stage".to_owned() } else { track.to_string() };
    writer.line(format_args!("a=msid:{stream} {track}"));
    writer.line("a=rtcp-mux");
    if offered.rtcp_rsize {
        writer.line("a=rtcp-rsize");
    }
    for codec in &slot.codecs {
        if let Some(offered) = offered.codecs.iter().find(|offered| offered.pt == codec.pt) {
            writer.codec(offered, &answer_fmtp(offered));
        }
    }
    if let Some(rtx) = slot.rtx_ssrc {
        writer.line(format_args!("a=ssrc-group:FID {} {rtx}", slot.ssrc));
    }
    for ssrc in std::iter::once(slot.ssrc).chain(slot.rtx_ssrc) {
        writer.line(format_args!("a=ssrc:{ssrc} cname:airclass"));
        writer.line(format_args!("a=ssrc:{ssrc} msid:{stream} {track}"));
    }
}
