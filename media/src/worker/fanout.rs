//! From the fresh packets of a track to sealed datagrams of its receivers, round by round.
//!
//! A round is a handful of receivers, each with all its packets side by side, so that the arena stays in cache and
//! one system call carries the round. Per receiver there is a header to write, a payload to copy and a seal; nothing
//! is allocated, locked or awaited.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::egress::Egress;
use super::probing::Probes;
use super::slots::Down;
use super::{Arena, Core};
use crate::estimate::ProbePlan;
use crate::rtp::{AbsSendTime, HeaderValues, Packet, pad_to};
use crate::track::Outgoing;

/// Receivers of one round; between four and eight cost the least (half a megabyte of cache).
const ROUND_RECEIVERS: usize = 8;
/// Largest datagram that leaves; what a publisher sends is bounded by what is read.
pub(super) const MAX_DATAGRAM: usize = 2048;
/// A burst that the line has held up for so long is given up; a keyframe of what fits comes later.
const MAX_HELD: Duration = Duration::from_secs(1);
/// Bytes of padding that are worth a run: browsers cut a frame into packets that differ by a byte or two.
const MAX_PADDING: usize = 16;
/// Resends that may wait; what is asked for beyond is asked for again.
const MAX_RESENDS: usize = 8192;

/// A planned resend.
struct Resend {
    down: u32,
    packet: Arc<Packet>,
    out: Outgoing,
}

/// What is to be sent and how far sending has come.
#[derive(Default)]
pub(crate) struct Rounds {
    /// Tracks with fresh packets.
    marked: Vec<u32>,
    /// The track being sent and the position in its fan-out.
    sending: Option<(u32, usize)>,
    /// Payload sizes that the fresh packets of that track are padded to.
    targets: Vec<u16>,
    resends: VecDeque<Resend>,
    /// Down-tracks that send from a ring.
    bursts: Vec<u32>,
    /// Position in `bursts`; past its end until the bursts' next turn.
    burst_at: usize,
    burst_due: Option<Instant>,
    pub(super) probes: Probes,
}

/// What all packets of a round have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    pub(super) now: Instant,
    pub(super) stamp: AbsSendTime,
    /// The probe they belong to, 0 for none.
    pub(super) cluster: u8,
}

impl Rounds {
    /// Notes a probe to carry out.
    pub(super) fn probe(&mut self, down: u32, plan: ProbePlan, now: Instant) {
        self.probes.begin(down, plan, now);
    }

    /// Notes a track with fresh packets.
    pub(crate) fn mark(&mut self, track: u32) {
        if !self.marked.contains(&track) {
            self.marked.push(track);
        }
    }

    pub(crate) fn marked(&self) -> &[u32] {
        &self.marked
    }

    /// Notes a down-track that sends from a ring.
    pub(crate) fn burst(&mut self, down: u32) {
        self.bursts.push(down);
        self.burst_at = 0;
        self.burst_due = None;
    }

    /// A track is gone.
    pub(crate) fn forget(&mut self, track: u32) {
        self.marked.retain(|marked| *marked != track);
        self.sending = self.sending.filter(|(sending, _)| *sending != track);
    }

    /// A down-track is gone.
    pub(crate) fn forget_down(&mut self, down: u32) {
        self.bursts.retain(|burst| *burst != down);
        self.resends.retain(|resend| resend.down != down);
        self.probes.forget_down(down);
        self.burst_at = 0;
    }

    pub(crate) fn resend(&mut self, down: u32, packet: Arc<Packet>, out: Outgoing) {
        if self.resends.len() < MAX_RESENDS {
            self.resends.push_back(Resend { down, packet, out });
        }
    }
}

impl Core {
    /// Fills the arena with the next round; false when nothing is left to send for now.
    pub(crate) fn poll_round(&mut self, arena: &mut Arena, now: Instant) -> bool {
        self.outbox.drain_into(arena);
        self.contained(now, |core| core.fill_round(arena, now));
        !arena.is_empty()
    }

    fn fill_round(&mut self, arena: &mut Arena, now: Instant) {
        let stamp = AbsSendTime::from_elapsed(now.saturating_duration_since(self.config.clock.instant));
        let departure = Departure { now, stamp, cluster: 0 };
        self.send_resends(arena, departure);
        while arena.is_empty() && self.next_track(now) {
            self.send_fresh(arena, departure);
        }
        if arena.is_empty() {
            self.send_probes(arena, departure);
        }
        if arena.is_empty() {
            self.send_bursts(arena, departure);
        }
    }

    /// When the next round is due; `None` while nothing waits.
    pub(super) fn round_timeout(&self) -> Option<Instant> {
        let fresh = self.rounds.marked.iter().filter_map(|track| self.tracks.get(*track)?.due).min();
        let bursts = self.rounds.burst_due.filter(|_| !self.rounds.bursts.is_empty());
        fresh.into_iter().chain(bursts).chain(self.rounds.probes.timeout()).min()
    }

    /// Chooses the track to send; true while there is one.
    fn next_track(&mut self, now: Instant) -> bool {
        if self.rounds.sending.is_some() {
            return true;
        }
        let mut at = 0;
        while let Some(&index) = self.rounds.marked.get(at) {
            let Some(track) = self.tracks.get(index).filter(|track| !track.fresh.is_empty()) else {
                self.rounds.marked.swap_remove(at);
                continue;
            };
            if track.due.is_some_and(|due| due > now) {
                at += 1;
                continue;
            }
            pad_targets(&track.fresh, &mut self.rounds.targets);
            self.rounds.sending = Some((index, 0));
            return true;
        }
        false
    }

    /// One round of the track being sent.
    fn send_fresh(&mut self, arena: &mut Arena, departure: Departure) {
        let now = departure.now;
        let Some((index, mut at)) = self.rounds.sending else { return };
        let Some(track) = self.tracks.get_mut(index) else { return self.rounds.sending = None };
        let Some(source) = track.source() else { return self.rounds.sending = None };
        let worst = track.fresh.len() * MAX_DATAGRAM;
        let mut receivers = 0;
        while let Some(&down_index) = track.fanout.get(at) {
            // A batch larger than the whole arena still goes out, as far as there is room.
            if receivers == ROUND_RECEIVERS || (receivers > 0 && arena.free() < worst) {
                break;
            }
            at += 1;
            let Some(down) = self.downs.get_mut(down_index) else { continue };
            self.current = Some(down.peer);
            let Some(egress) = self.egress.get_mut(down.peer as usize).and_then(Option::as_mut) else { continue };
            if !down.sound
                && let Some(line) = &egress.line
                && (!line.is_open(now) && down.must_wait(&track.fresh, line.has_room()) || down.blank)
            {
                continue;
            }
            arena.begin_destination();
            let before = arena.used();
            for (packet, target) in track.fresh.iter().zip(&self.rounds.targets) {
                if let Some(out) = down.plan.forward(packet, source, now) {
                    write(arena, down, egress, packet, &out, usize::from(*target), departure);
                }
            }
            receivers += usize::from(arena.used() > before);
            if down.plan.burst_timeout(now).is_some() && !std::mem::replace(&mut down.bursting, true) {
                self.rounds.bursts.push(down_index);
                self.rounds.burst_at = 0;
                self.rounds.burst_due = None;
            }
        }
        self.rounds.sending = Some((index, at));
        if at >= track.fanout.len() {
            track.fresh.clear();
            track.exchanged = 0;
            track.due = None;
            self.rounds.sending = None;
            self.rounds.marked.retain(|marked| *marked != index);
        }
    }

    fn send_resends(&mut self, arena: &mut Arena, departure: Departure) {
        let mut last = None;
        while arena.free() >= MAX_DATAGRAM
            && let Some(Resend { down: down_index, packet, out }) = self.rounds.resends.pop_front()
        {
            let Some(down) = self.downs.get_mut(down_index) else { continue };
            self.current = Some(down.peer);
            let Some(egress) = self.egress.get_mut(down.peer as usize).and_then(Option::as_mut) else { continue };
            if last != Some(down_index) {
                arena.begin_destination();
                last = Some(down_index);
            }
            write(arena, down, egress, &packet, &out, 0, departure);
        }
    }

    /// One round of late joiners' bursts, each as far as its pace allows.
    fn send_bursts(&mut self, arena: &mut Arena, departure: Departure) {
        let now = departure.now;
        if self.rounds.burst_due.is_some_and(|due| due > now) {
            return;
        }
        let mut receivers = 0;
        while let Some(&down_index) = self.rounds.bursts.get(self.rounds.burst_at) {
            if receivers == ROUND_RECEIVERS || arena.free() < MAX_DATAGRAM {
                return;
            }
            let mut done = true;
            let mut shut = false;
            if let Some(down) = self.downs.get_mut(down_index)
                && let Some(egress) = self.egress.get_mut(down.peer as usize).and_then(Option::as_mut)
                && let Some(source) =
                    down.track.and_then(|track| self.tracks.get(track)).and_then(|track| track.source())
            {
                self.current = Some(down.peer);
                arena.begin_destination();
                while arena.free() >= MAX_DATAGRAM {
                    shut = egress.line.as_ref().is_some_and(|line| !line.is_open(now));
                    let Some((packet, out)) = (!shut).then(|| down.plan.next_burst(source, now)).flatten() else {
                        break;
                    };
                    write(arena, down, egress, packet, &out, 0, departure);
                }
                if down.held_up(shut, now) > MAX_HELD {
                    down.plan.step_down();
                }
                done = down.plan.burst_timeout(now).is_none();
            }
            receivers += 1;
            if done {
                if let Some(down) = self.downs.get_mut(down_index) {
                    (down.bursting, down.held) = (false, None);
                }
                self.rounds.bursts.swap_remove(self.rounds.burst_at);
            } else if arena.free() < MAX_DATAGRAM {
                return;
            } else {
                self.rounds.burst_at += 1;
            }
        }
        self.rounds.burst_at = 0;
        self.rounds.burst_due = (!self.rounds.bursts.is_empty()).then_some(now + BURST_TURN);
    }
}

/// Distance of two turns of the bursts.
const BURST_TURN: Duration = Duration::from_millis(5);

/// The payload size each fresh packet is padded to: packets of one frame that differ by a few bytes take the size of
/// the largest, so that the frame is one run. The last packet of a frame may end a run as it is.
fn pad_targets(fresh: &[Arc<Packet>], targets: &mut Vec<u16>) {
    targets.clear();
    let mut start = 0;
    while let Some(first) = fresh.get(start) {
        let alike = |packet: &Arc<Packet>| packet.timestamp == first.timestamp && packet.ssrc == first.ssrc;
        let len = fresh[start..].iter().take_while(|packet| alike(packet)).count();
        let frame = &fresh[start..start + len];
        let largest = frame.iter().map(|packet| packet.payload.len()).max().unwrap_or(0);
        for (n, packet) in frame.iter().enumerate() {
            let size = packet.payload.len();
            let worth = n + 1 < len && size > 0 && largest - size <= MAX_PADDING;
            targets.push(if worth { largest } else { size }.min(usize::from(u16::MAX)) as u16);
        }
        start += len;
    }
}

/// Lays one sealed packet into the arena: header, payload padded to at least `target` bytes, tag.
pub(super) fn write(
    arena: &mut Arena,
    down: &Down,
    egress: &mut Egress,
    packet: &Packet,
    out: &Outgoing,
    target: usize,
    departure: Departure,
) {
    let tag = egress.sealer.tag_len();
    let Some(room) = arena.room(MAX_DATAGRAM) else { return };
    let values = HeaderValues {
        ssrc: out.ssrc,
        pt: out.pt,
        seq: out.seq(),
        timestamp: out.timestamp as u32,
        marker: out.marker,
        twcc: egress.twcc,
        abs_send_time: Some(departure.stamp),
        audio_level: packet.extensions.audio_level,
    };
    let Some(header) = down.header.write(&values, room) else { return };
    let mut len = header;
    if let Some(original) = out.original {
        room[len..len + 2].copy_from_slice(&original.to_be_bytes());
        len += 2;
    }
    let Some(payload) = room.get_mut(len..len + packet.payload.len()) else { return };
    payload.copy_from_slice(&packet.payload);
    len += packet.payload.len();
    if len + tag > MAX_DATAGRAM {
        return;
    }
    let len = pad_to(&mut room[..MAX_DATAGRAM - tag], len, header + target) + tag;
    if egress.sealer.seal_in_place(&mut room[..len], header, out.index).is_err() {
        return;
    }
    if let Some(line) = &mut egress.line {
        line.sent(down.twcc.then_some(egress.twcc), len, departure.cluster, departure.now);
    }
    egress.twcc = egress.twcc.wrapping_add(u16::from(down.twcc));
    egress.packets += 1;
    egress.bytes += len as u64;
    arena.commit(egress.to, len);
}
