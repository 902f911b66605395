//! What a publisher sends: from an opened datagram to the fresh packets of a track.

use std::time::Instant;

use smallvec::SmallVec;
use tokio::sync::mpsc;

use super::Core;
use super::peer::Role;
use super::track::{Track, TrackMedia};
use crate::engine::TapItem;
use crate::estimate::Content;
use crate::feedback::TwccRecorder;
use crate::rtp::{DropReason, ExtensionIds, Packet, Tag};
use crate::sdp::PublishedMedia;
use crate::slot::{PeerId, UpTrackId};
use crate::track::{Demux, DemuxEntry, PublisherClock, UpConfig, UpTrack};

/// The publishing half of a peer.
pub(crate) struct Publisher {
    pub(crate) demux: Demux,
    pub(crate) extensions: ExtensionIds,
    pub(crate) clock: PublisherClock,
    pub(crate) twcc: Option<TwccRecorder>,
    /// Whether anything goes further than this peer.
    pub(crate) open: bool,
    /// Authentic packets dropped at the gate.
    pub(crate) gated: u64,
    media: Vec<Media>,
}

struct Media {
    track: u32,
    config: UpConfig,
}

impl Publisher {
    /// The track of a media section.
    pub(crate) fn track(&self, media: u8) -> Option<u32> {
        self.media.get(usize::from(media)).map(|media| media.track)
    }

    /// All tracks.
    pub(crate) fn tracks(&self) -> SmallVec<[u32; 4]> {
        self.media.iter().map(|media| media.track).collect()
    }
}

impl Core {
    /// Sets up the tracks of a publisher that is being adopted.
    pub(super) fn make_publisher(
        &mut self,
        peer: PeerId,
        index: u32,
        media: Vec<PublishedMedia>,
        (open, content): (bool, Content),
        taps: Vec<(u8, mpsc::Sender<TapItem>)>,
        now: Instant,
    ) -> Publisher {
        let mut publisher = Publisher {
            demux: Demux::new(media.iter().map(demux_entry).collect()),
            extensions: extension_ids(&media),
            clock: PublisherClock::default(),
            twcc: media.iter().any(|media| media.twcc).then(|| TwccRecorder::new(now)),
            open,
            gated: 0,
            media: Vec::new(),
        };
        for (number, media) in (0..).zip(&media) {
            let layers = media.rids.len().max(media.fid.len()).max(1);
            let mut config = UpConfig::new(media.codec, media.pt, layers, self.config.clock);
            config.nack = media.nack;
            config.red_pt = media.red_pt;
            config.keyframe_interval = self.config.keyframe_interval;
            let id = UpTrackId { peer, media: number };
            let own = TrackMedia::Own { peer: index, up: Box::new(UpTrack::new(config.clone(), now)) };
            // A receiver may have been waiting for it.
            let track = match self.by_track.get(&id) {
                Some(&known) => {
                    if let Some(track) = self.tracks.get_mut(known) {
                        track.media = own;
                    }
                    known
                }
                None => {
                    let track = self.tracks.insert(Track::new(id, own));
                    self.by_track.insert(id, track);
                    track
                }
            };
            if let Some(track) = self.tracks.get_mut(track) {
                track.content = content;
            }
            publisher.media.push(Media { track, config });
        }
        for (number, items) in taps {
            if let Some(track) = publisher.track(number) {
                self.add_tap(track, items, now);
            }
        }
        publisher
    }

    /// Handles an authentic RTP packet of a publisher.
    pub(super) fn publish(&mut self, index: u32, plain: &[u8], now: Instant) {
        let Some(Role::Publisher(publisher)) = self.peers.get_mut(index).map(|peer| &mut peer.role) else { return };
        let Ok(packet) = Packet::parse(plain, &publisher.extensions, now) else {
            return self.drops().rtp_undeclared += 1;
        };
        if let (Some(recorder), Some(seq)) = (&mut publisher.twcc, packet.extensions.twcc) {
            recorder.record(seq, now);
        }
        // Routed even while the gate is closed: publishers name the layer of an SSRC in their first packets only.
        let route = publisher.demux.route(&packet);
        if !publisher.open {
            publisher.gated += 1;
            return self.drops().gate_closed += 1;
        }
        let received = route.and_then(|route| {
            let track = publisher.media.get(route.track).map(|media| media.track).ok_or(DropReason::Ssrc)?;
            let Some(Track { media: TrackMedia::Own { up, .. }, .. }) = self.tracks.get_mut(track) else {
                return Err(DropReason::Ssrc);
            };
            let packet = up.receive(packet, route.layer, route.repair, now)?;
            Ok((track, packet, up.take_recovered()))
        });
        match received {
            Ok((track, packet, recovered)) => {
                for packet in recovered.into_iter().chain([packet]) {
                    self.freshen(track, packet, now);
                }
            }
            Err(DropReason::Probe) => {}
            Err(DropReason::Duplicate | DropReason::Late) => self.drops().rtp_stale += 1,
            Err(DropReason::Rate) => self.drops().ingress_rate += 1,
            Err(_) => self.drops().rtp_undeclared += 1,
        }
    }

    /// Opens or closes the gate. Either way the tracks start anew: what came before a closing is never sent after
    /// it, and what came behind a closed gate was never kept.
    pub(super) fn set_gate(&mut self, index: u32, open: bool, now: Instant) {
        let Some(Role::Publisher(publisher)) = self.peers.get_mut(index).map(|peer| &mut peer.role) else { return };
        if publisher.open == open {
            return;
        }
        publisher.open = open;
        let fresh: SmallVec<[(u32, UpConfig); 4]> =
            publisher.media.iter().map(|media| (media.track, media.config.clone())).collect();
        for (track, config) in fresh {
            self.restart_track(track, Some(UpTrack::new(config, now)), now);
        }
    }
}

fn demux_entry(media: &PublishedMedia) -> DemuxEntry {
    let tag = |text: &String| Tag::new(text.as_bytes());
    let repair = |ssrc: u32| media.fid.iter().find(|(primary, _)| *primary == ssrc).map(|(_, repair)| *repair);
    let repairs = |ssrc: u32| media.fid.iter().any(|(_, repair)| *repair == ssrc);
    DemuxEntry {
        mid: tag(&media.mid),
        pt: media.pt,
        rtx_pt: media.rtx_pt,
        red_pt: media.red_pt,
        rids: media.rids.iter().filter_map(tag).collect(),
        ssrcs: media.ssrcs.iter().filter(|ssrc| !repairs(**ssrc)).map(|ssrc| (*ssrc, repair(*ssrc))).collect(),
    }
}

/// The ids of all sections together: within a bundle an id means the same everywhere (RFC 8843 section 9.1).
fn extension_ids(media: &[PublishedMedia]) -> ExtensionIds {
    let first = |pick: fn(&crate::sdp::ExtensionIds) -> Option<u8>| media.iter().find_map(|m| pick(&m.extensions));
    ExtensionIds {
        mid: first(|ids| ids.mid),
        rid: first(|ids| ids.rid),
        rrid: first(|ids| ids.rrid),
        twcc: first(|ids| ids.twcc),
        abs_send_time: first(|ids| ids.abs_send_time),
        audio_level: first(|ids| ids.audio_level),
    }
}
