//! The slots of a receiver and the down-tracks behind them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Core;
use super::demand::bit;
use super::peer::Role;
use crate::codec::MediaKind;
use crate::estimate::{Content, LayerChooser};
use crate::rtp::{ExtensionIds, HeaderTemplate, Packet, Tag};
use crate::sdp::SlotMedia;
use crate::slot::{Slot, UpTrackId};
use crate::track::{DownConfig, DownTrack, Format};

/// How long after joining, and how often, a lost picture is answered from the ring.
const RESTART_WITHIN: Duration = Duration::from_secs(3);
const RESTARTS: u8 = 2;

/// One slot as its peer knows it.
pub(crate) struct SlotState {
    pub(crate) media: SlotMedia,
    /// What it is to show.
    pub(crate) shows: Option<UpTrackId>,
    /// Its down-track, once the peer is connected.
    pub(crate) down: Option<u32>,
}

impl SlotState {
    pub(crate) fn new(media: SlotMedia, map: &BTreeMap<Slot, Option<UpTrackId>>) -> Self {
        let shows = map.get(&media.slot).copied().flatten();
        Self { media, shows, down: None }
    }
}

/// A slot as the fan-out knows it.
pub(crate) struct Down {
    /// The receiver's peer index.
    pub(crate) peer: u32,
    /// The track it is shown from.
    pub(crate) track: Option<u32>,
    pub(crate) plan: DownTrack,
    /// Header layout; names the media section until the receiver has reported on the stream.
    pub(crate) header: HeaderTemplate,
    /// The layout from then on.
    bare: Option<HeaderTemplate>,
    /// Whether transport-wide numbers are written.
    pub(crate) twcc: bool,
    /// From the last receiver report, 0 to 255.
    pub(crate) fraction_lost: u8,
    /// Until when a lost picture is answered from the ring, and how often still.
    restarts: (Instant, u8),
    /// Waiting in the list of bursts.
    pub(crate) bursting: bool,
    /// Sound is not held up by anything.
    pub(crate) sound: bool,
    pub(crate) chooser: LayerChooser,
    /// Nothing fits the line.
    pub(crate) blank: bool,
    /// Since when the line has held a burst up.
    pub(crate) held: Option<Instant>,
}

impl Down {
    fn new(peer: u32, media: &SlotMedia, now: Instant) -> Self {
        let twcc = media.extensions.twcc.is_some() && media.codecs.iter().any(|codec| codec.twcc);
        let ids = ExtensionIds {
            mid: media.extensions.mid,
            rid: None,
            rrid: None,
            twcc: media.extensions.twcc.filter(|_| twcc),
            abs_send_time: media.extensions.abs_send_time,
            audio_level: media.extensions.audio_level,
        };
        let config = DownConfig {
            kind: media.slot.kind,
            ssrc: media.ssrc,
            rtx_ssrc: media.rtx_ssrc,
            formats: media
                .codecs
                .iter()
                .map(|codec| Format { codec: codec.codec, pt: codec.pt, rtx_pt: codec.rtx_pt, red_pt: codec.red_pt })
                .collect(),
            first_seq: rand::random::<u16>() >> 1,
            first_rtx_seq: rand::random::<u16>() >> 1,
            first_timestamp: rand::random(),
            squeeze: true,
            burst_rate: DownConfig::BURST_RATE,
        };
        Self {
            peer,
            track: None,
            plan: DownTrack::new(config, now),
            header: HeaderTemplate::new(&ids, Tag::new(media.mid.as_bytes())),
            bare: Some(HeaderTemplate::new(&ExtensionIds { mid: None, ..ids }, None)),
            twcc,
            fraction_lost: 0,
            restarts: (now + RESTART_WITHIN, RESTARTS),
            bursting: false,
            sound: media.slot.kind == MediaKind::Audio,
            chooser: LayerChooser::new(Content::Camera),
            blank: false,
            held: None,
        }
    }

    /// The track is gone.
    pub(crate) fn detach(&mut self) {
        self.track = None;
    }

    /// Whether a lost picture is answered by starting over from the ring, which costs the publisher nothing. A receiver
    /// that has just come may have missed the start.
    pub(crate) fn take_restart(&mut self, now: Instant) -> bool {
        let (until, left) = &mut self.restarts;
        if now > *until || *left == 0 {
            return false;
        }
        *left -= 1;
        true
    }

    /// The line is shut for the pictures in `fresh`: whether they are to be passed over. What is being sent goes on from
    /// the ring later; what has not begun waits for a keyframe that there is room for.
    pub(crate) fn must_wait(&mut self, fresh: &[Arc<Packet>], has_room: bool) -> bool {
        self.plan.defer(fresh);
        !has_room && self.plan.layer().is_none()
    }

    /// How long the line may hold a burst up before it is given up. Text that comes late is better than a blur.
    pub(crate) fn patience(&self) -> Duration {
        match self.chooser.content() {
            Content::Camera => Duration::from_secs(1),
            Content::Screen => Duration::from_secs(5),
        }
    }

    /// Notes whether the line holds a burst up, and gives how long it has done so.
    pub(crate) fn held_up(&mut self, shut: bool, now: Instant) -> Duration {
        self.held = shut.then(|| self.held.unwrap_or(now));
        self.held.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Whether the receiver has ever reported on the stream.
    pub(crate) fn is_reported(&self) -> bool {
        self.bare.is_none()
    }

    /// The receiver has shown that it knows the stream.
    pub(crate) fn reported(&mut self) {
        if let Some(bare) = self.bare.take() {
            self.header = bare;
        }
    }
}

impl Core {
    /// Makes the down-tracks of a receiver that has just connected, and starts what its slots are to show.
    pub(super) fn fill_slots(&mut self, index: u32, now: Instant) {
        let Some(Role::Receiver(slots)) = self.peers.get_mut(index).map(|peer| &mut peer.role) else { return };
        let mut shown = Vec::new();
        for slot in slots {
            slot.down = Some(self.downs.insert(Down::new(index, &slot.media, now)));
            shown.push((slot.media.slot, slot.shows));
        }
        for (slot, shows) in shown {
            self.map_slot(index, slot, shows, now);
        }
    }

    /// Lets a slot show a track or nothing; unknown slots are ignored.
    pub(super) fn map_slot(&mut self, index: u32, slot: Slot, shows: Option<UpTrackId>, now: Instant) {
        let Some(Role::Receiver(slots)) = self.peers.get_mut(index).map(|peer| &mut peer.role) else { return };
        let Some(state) = slots.iter_mut().find(|state| state.media.slot == slot) else { return };
        state.shows = shows;
        let Some(down_index) = state.down else { return };
        let before = self.downs.get(down_index).and_then(|down| down.track);
        let same = before.and_then(|track| self.tracks.get(track)).map(|track| track.id) == shows;
        if same && shows.is_some() {
            return;
        }
        let track = shows.map(|id| self.track_of(id));
        self.leave_track(down_index);
        if let Some(down) = self.downs.get_mut(down_index) {
            down.track = track;
        }
        if let Some(track) = track.and_then(|track| self.tracks.get_mut(track)) {
            track.add_down(down_index);
        }
        self.start_down(down_index, now);
    }

    /// Lets a down-track start with what its track has: from the ring, or with the next keyframe.
    pub(super) fn start_down(&mut self, down_index: u32, now: Instant) {
        let Some(down) = self.downs.get_mut(down_index) else { return };
        let track = down.track.and_then(|track| self.tracks.get(track));
        let source = track.and_then(|track| track.source());
        down.chooser.restart(track.map_or(Content::Camera, |track| track.content));
        (down.blank, down.held) = (false, None);
        down.plan.show(source, now);
        if let (Some(index), Some(track)) = (down.track, track)
            && source.is_some_and(|source| source.kind() == MediaKind::Video)
        {
            let layers = bit(down.plan.layer()) | down.chooser.asks_for(track.available_layers(), false);
            self.ask_for_layers(index, layers, now);
        }
        self.poll_down(down_index, now);
    }

    /// Passes a down-track's wish for a keyframe on and notices bursts.
    pub(super) fn poll_down(&mut self, down_index: u32, now: Instant) {
        let Some(down) = self.downs.get_mut(down_index) else { return };
        let Some(track) = down.track else { return };
        let Some(source) = self.tracks.get(track).and_then(|track| track.source()) else { return };
        let line = self.egress.get(down.peer as usize).and_then(Option::as_ref).and_then(|egress| egress.line.as_ref());
        // A keyframe that the line has no room for would be lost.
        if !down.sound && (down.blank || line.is_some_and(|line| !line.has_room())) {
            return;
        }
        let layer = down.plan.poll_keyframe(source, now);
        if down.plan.burst_timeout(now).is_some() && !std::mem::replace(&mut down.bursting, true) {
            self.rounds.burst(down_index);
        }
        if let Some(layer) = layer {
            self.request_keyframe(track, layer, now);
        }
    }

    /// Gives a slot up for good.
    pub(super) fn empty_slot(&mut self, slot: SlotState) {
        if let Some(down) = slot.down {
            self.leave_track(down);
            self.rounds.forget_down(down);
            self.downs.remove(down);
        }
    }

    fn leave_track(&mut self, down_index: u32) {
        let Some(track_index) = self.downs.get_mut(down_index).and_then(|down| down.track.take()) else { return };
        if let Some(track) = self.tracks.get_mut(track_index) {
            track.remove_down(down_index);
        }
        self.release_track(track_index);
    }
}
