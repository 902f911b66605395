//! What a publisher sends: from an opened datagram to the fresh packets of a track.

use std::time::Instant;

use smallvec::SmallVec;
use tokio::sync::mpsc;

use super::Core;
use super::feedback::REPORTER;
use super::peer::Role;
use super::track::{Track, TrackMedia};
use crate::codec::MediaKind;
use crate::engine::{Gate, TapItem};
use crate::estimate::Content;
use crate::feedback::{TwccRecorder, write};
use crate::rtp::{DropReason, ExtensionIds, Packet, Tag};
use crate::sdp::PublishedMedia;
use crate::slot::{PeerId, UpTrackId};
use crate::track::{Demux, DemuxEntry, PublisherClock, Route, Stills, UpConfig, UpTrack};

/// The publishing half of a peer.
pub(crate) struct Publisher {
    pub(crate) demux: Demux,
    pub(crate) extensions: ExtensionIds,
    pub(crate) clock: PublisherClock,
    pub(crate) twcc: Option<TwccRecorder>,
    /// The stream whose packet came last, behind a closed gate as well. Transport-wide feedback names it: browsers
    /// ignore what is said about a stream that is none of theirs, and their estimate would stay where it began.
    pub(super) heard: Option<u32>,
    /// What goes further than this peer.
    pub(crate) gate: Gate,
    /// Authentic packets dropped at the gate.
    pub(crate) gated: u64,
    media: Vec<Media>,
}

struct Media {
    track: u32,
    config: UpConfig,
    /// Of a picture.
    thumbnail: Option<Thumbnail>,
}

/// The stills of a picture, a track of their own that no gate holds back.
struct Thumbnail {
    track: u32,
    stills: Stills,
}

impl Media {
    fn kind(&self) -> MediaKind {
        self.config.codec.kind()
    }
}

impl Publisher {
    /// The track of a media section.
    pub(crate) fn track(&self, media: u8) -> Option<u32> {
        self.media.get(usize::from(media)).map(|media| media.track)
    }

    /// The tracks of its media sections.
    pub(crate) fn tracks(&self) -> SmallVec<[u32; 4]> {
        self.media.iter().map(|media| media.track).collect()
    }

    /// Those and the thumbnails of its pictures.
    pub(crate) fn all_tracks(&self) -> SmallVec<[u32; 4]> {
        let thumbnails = self.media.iter().filter_map(|media| media.thumbnail.as_ref()).map(|thumb| thumb.track);
        self.media.iter().map(|media| media.track).chain(thumbnails).collect()
    }

    /// Appends the requests for stills that are due and that `wanted` says somebody sees. While a picture is
    /// seen through the gate its own keyframes have to do: its receivers would pay for more.
    pub(super) fn request_stills(&mut self, wanted: impl Fn(u32) -> bool, now: Instant, out: &mut Vec<u8>) {
        let gate = self.gate;
        let seen = |media: &Media| gate.passes(media.kind()) && wanted(media.track);
        for media in self.media.iter_mut().filter(|media| !seen(media)) {
            if let Some(thumbnail) = media.thumbnail.as_mut().filter(|thumbnail| wanted(thumbnail.track))
                && let Some(ssrc) = thumbnail.stills.poll_request(now)
            {
                write::picture_loss(out, REPORTER, ssrc);
            }
        }
    }
}

impl Core {
    /// Sets up the tracks of a publisher that is being adopted.
    pub(super) fn make_publisher(
        &mut self,
        peer: PeerId,
        index: u32,
        media: Vec<PublishedMedia>,
        (gate, content): (Gate, Content),
        taps: Vec<(u8, mpsc::Sender<TapItem>)>,
        now: Instant,
    ) -> Publisher {
        let mut publisher = Publisher {
            demux: Demux::new(media.iter().map(demux_entry).collect()),
            extensions: extension_ids(&media),
            clock: PublisherClock::default(),
            twcc: media.iter().any(|media| media.twcc).then(|| TwccRecorder::new(now)),
            heard: None,
            gate,
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
            let track = self.own_track(id, index, config.clone(), content, now);
            let thumbnail = (config.codec.kind() == MediaKind::Video).then(|| {
                let mut stills = UpConfig::new(media.codec, media.pt, 1, self.config.clock);
                stills.nack = false;
                Thumbnail {
                    track: self.own_track(id.thumbnail(), index, stills, content, now),
                    stills: Stills::new(media.codec),
                }
            });
            publisher.media.push(Media { track, config, thumbnail });
        }
        for (number, items) in taps {
            if let Some(track) = publisher.track(number) {
                self.add_tap(track, items, now);
            }
        }
        publisher
    }

    /// A track that the peer at `index` publishes.
    fn own_track(&mut self, id: UpTrackId, index: u32, config: UpConfig, content: Content, now: Instant) -> u32 {
        let own = TrackMedia::Own { peer: index, up: Box::new(UpTrack::new(config, now)) };
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
        track
    }

    /// Takes what of a packet belongs to a thumbnail that somebody sees.
    fn publish_still(&mut self, index: u32, packet: &Packet, route: Route, now: Instant) {
        let Some(Role::Publisher(publisher)) = self.peers.get_mut(index).map(|peer| &mut peer.role) else { return };
        let thumbnail = publisher.media.get_mut(route.track).and_then(|media| media.thumbnail.as_mut());
        let Some(thumbnail) = thumbnail.filter(|_| route.layer == 0 && !route.repair) else { return };
        let index = thumbnail.track;
        let Some(track) = self.tracks.get_mut(index).filter(|track| track.is_wanted()) else { return };
        if let Some(still) = thumbnail.stills.pick(packet, now)
            && let TrackMedia::Own { up, .. } = &mut track.media
            && let Ok(still) = up.receive(still, 0, false, now)
        {
            self.freshen(index, still, now);
        }
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
        if let Ok(route) = route {
            if !route.repair {
                publisher.heard = Some(packet.ssrc);
            }
            self.publish_still(index, &packet, route, now);
        }
        let Some(Role::Publisher(publisher)) = self.peers.get_mut(index).map(|peer| &mut peer.role) else { return };
        let kind = route.as_ref().ok().and_then(|route| publisher.media.get(route.track)).map(|media| media.kind());
        // Without a route the packet is dropped below, and counted as what it is.
        if !kind.map_or(publisher.gate != Gate::Closed, |kind| publisher.gate.passes(kind)) {
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

    /// Sets the gate. The tracks for which it changes start anew: what came before a closing is never sent after it, and
    /// what came behind a closed gate was never kept.
    pub(super) fn set_gate(&mut self, index: u32, gate: Gate, now: Instant) {
        let Some(Role::Publisher(publisher)) = self.peers.get_mut(index).map(|peer| &mut peer.role) else { return };
        let before = std::mem::replace(&mut publisher.gate, gate);
        let changes = |media: &&Media| before.passes(media.kind()) != gate.passes(media.kind());
        let fresh: SmallVec<[(u32, UpConfig); 4]> =
            publisher.media.iter().filter(changes).map(|media| (media.track, media.config.clone())).collect();
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
