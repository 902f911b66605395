//! The figures of a worker and its peers.

use std::time::Instant;

use super::Core;
use super::peer::{Peer, Role};
use super::track::TrackMedia;
use crate::engine::{DownTrackStats, LineStats, PeerStats, PictureStats, UpTrackStats, WorkerStats};
use crate::estimate::Delivery;
use crate::slot::PeerId;

impl Core {
    /// Everything countable at this moment.
    pub(super) fn inspect(&self) -> (WorkerStats, Vec<PeerStats>) {
        let mut stats = self.stats.clone();
        stats.peers = self.peers.len();
        stats.drops.exchange_full = self.port.dropped;
        (stats, self.peers.iter().map(|(index, peer)| self.inspect_peer(index, peer)).collect())
    }

    /// The figures of those of these peers that are this worker's.
    pub(super) fn inspect_some(&self, peers: &[PeerId]) -> Vec<PeerStats> {
        let own = peers.iter().filter_map(|peer| self.addresses.by_id.get(peer));
        own.filter_map(|&index| Some(self.inspect_peer(index, self.peers.get(index)?))).collect()
    }

    fn inspect_peer(&self, index: u32, peer: &Peer) -> PeerStats {
        let egress = self.egress.get(index as usize).and_then(Option::as_ref);
        let (mut up, mut down, mut gated) = (Vec::new(), Vec::new(), 0);
        match &peer.role {
            Role::Publisher(publisher) => {
                gated = publisher.gated;
                up.extend(publisher.tracks().into_iter().filter_map(|track| self.inspect_up(track)));
            }
            Role::Receiver(slots) => {
                for slot in slots {
                    let Some(state) = slot.down.and_then(|down| self.downs.get(down)) else { continue };
                    let counted = state.plan.stats();
                    down.push(DownTrackStats {
                        slot: slot.media.slot,
                        track: slot.shows,
                        packets: counted.packets,
                        resent: counted.resent,
                        fraction_lost: state.fraction_lost,
                        layer: state.plan.layer(),
                    });
                }
            }
        }
        PeerStats {
            peer: peer.id,
            label: peer.label.clone(),
            connected: peer.transport.is_connected(),
            address: Some(peer.transport.address()),
            worker: self.worker(),
            packets_in: peer.packets_in,
            bytes_in: peer.bytes_in,
            packets_out: egress.map_or(0, |egress| egress.packets),
            bytes_out: egress.map_or(0, |egress| egress.bytes),
            rtt_ms: peer.round_trip.map(|trip| trip.as_secs_f64() * 1000.0),
            gated,
            estimate: egress.and_then(|egress| egress.line.as_ref()).map(|line| line.stats()),
            up,
            down,
        }
    }

    /// How the lines of those of `receivers` fare that are this worker's own.
    pub(super) fn inspect_lines(&self, receivers: &[PeerId], now: Instant) -> Vec<LineStats> {
        let own = receivers.iter().filter_map(|peer| self.addresses.by_id.get(peer));
        own.filter_map(|index| self.inspect_line(*index, now)).collect()
    }

    fn inspect_line(&self, index: u32, now: Instant) -> Option<LineStats> {
        let peer = self.peers.get(index)?;
        let Role::Receiver(slots) = &peer.role else { return None };
        let egress = self.egress.get(index as usize)?.as_ref()?;
        let (mut pictures, mut lost) = (Vec::new(), None);
        for slot in slots {
            let Some(down) = slot.down.and_then(|down| self.downs.get(down)) else { continue };
            let Some(track) = down.track.and_then(|track| self.tracks.get(track)) else { continue };
            let share = down.is_reported().then(|| f32::from(down.fraction_lost) / 256.0);
            if down.sound {
                lost = lost.or(share);
                continue;
            }
            if pictures.is_empty() {
                lost = share.or(lost);
            }
            let chosen = match down.chooser.current() {
                Some(Delivery::All(layer) | Delivery::Stills(layer)) => Some(layer),
                Some(Delivery::Nothing) | None => None,
            };
            pictures.push(PictureStats {
                slot: slot.media.slot,
                layer: down.plan.layer().or(chosen),
                stills: matches!(down.chooser.current(), Some(Delivery::Stills(_))),
                available: track.available_layers(),
            });
        }
        let line = egress.line.as_ref().filter(|line| line.is_settled(now));
        let estimate_bps = line.map(|line| line.stats().target_bps);
        Some(LineStats { peer: peer.id, estimate_bps, lost, round_trip: peer.round_trip, pictures })
    }

    fn inspect_up(&self, index: u32) -> Option<UpTrackStats> {
        let track = self.tracks.get(index)?;
        let TrackMedia::Own { up, .. } = &track.media else { return None };
        let counted = up.stats();
        Some(UpTrackStats {
            track: track.id,
            kind: up.source().kind(),
            codec: up.source().codec(),
            packets: counted.packets,
            bytes: counted.bytes,
            layers: up.layer_stats().collect(),
            keyframe_requests: counted.keyframe_requests,
        })
    }
}
