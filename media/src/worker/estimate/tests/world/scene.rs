//! What is played: the line, what the publisher has, and what the receiver says.

use crate::codec::{Codec, MediaKind};
use crate::estimate::Content;
use crate::estimate::scenario::bottleneck::Line;
use crate::sdp::{ExtensionIds, PublishedMedia, SlotCodec, SlotMedia};
use crate::slot::Slot;
use crate::worker::stage;

use super::{AUDIO_PT, VIDEO_PT};

/// What a receiver says of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Feedback {
    TransportWide,
    /// Receiver reports only.
    Reports,
    /// Receiver reports, and 1.5 times what arrives, or the line's rate when that is less, as its own estimate.
    Remb,
    /// Nothing at all.
    Silence,
}

/// A scene to play.
#[derive(Debug, Clone)]
pub(in super::super) struct Scene {
    pub(in super::super) line: Line,
    /// Layers of [`FRAMES`] that the publisher has.
    pub(in super::super) layers: std::ops::Range<usize>,
    pub(in super::super) feedback: Feedback,
    pub(in super::super) content: Content,
    /// The publisher pauses the layers that nobody takes.
    pub(in super::super) obeys: bool,
    /// A picture that is hard to compress: frames of very different size, a keyframe every half second, and a receiver
    /// that asks for what it misses.
    pub(in super::super) hard: bool,
}

impl Scene {
    pub(in super::super) fn new(line: Line, layers: std::ops::Range<usize>) -> Self {
        Self { line, layers, feedback: Feedback::TransportWide, content: Content::Camera, obeys: false, hard: false }
    }
}

pub(super) fn published(kind: MediaKind, ssrcs: Vec<u32>) -> PublishedMedia {
    let (codec, pt) = match kind {
        MediaKind::Video => (Codec::H264, VIDEO_PT),
        MediaKind::Audio => (Codec::Opus, AUDIO_PT),
    };
    let repair = (kind == MediaKind::Video).then_some(VIDEO_PT + 1);
    PublishedMedia {
        mid: format!("{kind:?}"),
        kind,
        codec,
        pt,
        rtx_pt: repair,
        clock_rate: codec.clock_rate(),
        fid: repair.iter().flat_map(|_| ssrcs.iter().map(|ssrc| (*ssrc, ssrc + 100))).collect(),
        ssrcs,
        nack: false,
        ..stage::published()
    }
}

pub(super) fn received(slot: Slot, twcc: bool) -> SlotMedia {
    let (codec, pt) = match slot.kind {
        MediaKind::Video => (Codec::H264, VIDEO_PT),
        MediaKind::Audio => (Codec::Opus, AUDIO_PT),
    };
    let repair = (slot.kind == MediaKind::Video).then_some(pt + 1);
    let codec = SlotCodec {
        codec,
        pt,
        rtx_pt: repair,
        red_pt: None,
        clock_rate: codec.clock_rate(),
        nack: true,
        pli: true,
        fir: false,
        twcc,
        remb: false,
    };
    SlotMedia {
        slot,
        mid: "0".into(),
        ssrc: 1_000 + u32::from(pt),
        rtx_ssrc: repair.map(u32::from),
        codecs: vec![codec],
        extensions: ExtensionIds { twcc: twcc.then_some(3), ..ExtensionIds::default() },
    }
}
