//! From the fresh packets of a track to sealed datagrams of its receivers, round by round.
//!
//! A round is a handful of receivers, each with all its packets side by side, so that the arena stays in cache and
//! one system call carries the round. Per receiver there is a header to write, a payload to copy and a seal; nothing
//! is allocated, locked or awaited.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::egress::Egress;
use super::rounds::{Resend, Turn};
use super::slots::Down;
use super::{Arena, Core};
use crate::codec::MediaKind;
use crate::peer::Slab;
use crate::rtp::red::relabel;
use crate::rtp::{AbsSendTime, HeaderValues, Packet, pad_to};
use crate::track::Outgoing;

/// Datagrams of one round, and the bounds of its receivers. Frames of nine packets cost the least with four to eight
/// receivers (the arena stays in half a megabyte of cache), single packets with as many as one call takes.
const ROUND_DATAGRAMS: usize = 64;
const ROUND_RECEIVERS: (usize, usize) = (4, 64);
/// Receivers whose state is fetched together, before any of it is needed: one that has rested since the last packet
/// is in no cache, and many fetches at once take little longer than one.
const WARM_RECEIVERS: usize = 8;
/// Receivers of one round of bursts.
const ROUND_BURSTS: usize = 8;
/// Largest datagram that leaves; what a publisher sends is bounded by what is read.
pub(super) const MAX_DATAGRAM: usize = 2048;
/// Bytes of padding that are worth a run: browsers cut a frame into packets that differ by a byte or two.
const MAX_PADDING: usize = 16;
/// Packets of one batch. What a large keyframe or a late worker has beyond goes out as the next one: a receiver's share
/// of a batch has to fit the arena, beside what else may be in it, or its numbers would be given out and not sent.
const MAX_BATCH: usize = 128;
const _: () = assert!(2 * MAX_BATCH * MAX_DATAGRAM <= crate::shell::ARENA_BYTES);
/// A picture that has waited for so long before its fan-out begins is late.
const LATE: Duration = Duration::from_millis(400);
/// A worker that begins so many batches of a picture late in a row, or one as late as [`TOO_LATE`], has more to send
/// than its core can, and does not catch up, for what waits becomes the next and larger batch. All receivers of the
/// track then get the rest of their frame and nothing more until a keyframe, two seconds later at the soonest. Sound
/// goes on.
const LATE_BATCHES: u8 = 4;
const TOO_LATE: Duration = Duration::from_secs(1);

/// What all packets of a round have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    pub(super) now: Instant,
    pub(super) stamp: AbsSendTime,
    /// The probe they belong to, 0 for none.
    pub(super) cluster: u8,
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
        if self.send_sound(arena, departure) {
            return;
        }
        for turn in self.rounds.next_turn() {
            match turn {
                Turn::Resends => self.send_resends(arena, departure),
                Turn::Fresh => self.send_pictures(arena, departure),
                Turn::Bursts => self.send_bursts(arena, departure),
            }
            if !arena.is_empty() {
                return;
            }
        }
        self.send_probes(arena, departure);
    }

    /// When the next round is due; `None` while nothing waits.
    pub(super) fn round_timeout(&self) -> Option<Instant> {
        let fresh = self.rounds.marked().iter().filter_map(|track| self.tracks.get(*track)?.due).min();
        let bursts = self.rounds.burst_due.filter(|_| !self.rounds.bursts.is_empty());
        fresh.into_iter().chain(bursts).chain(self.rounds.probes.timeout()).min()
    }

    /// Whether something is being sent whose end has not been reached.
    pub(super) fn is_sending(&self) -> bool {
        !self.rounds.resends.is_empty()
            || self.rounds.burst_due.is_none() && !self.rounds.bursts.is_empty()
            || self.rounds.marked().iter().any(|track| self.tracks.get(*track).is_some_and(|track| track.is_sending()))
    }

    /// One round of the first track of sound that has something; false when there is none.
    fn send_sound(&mut self, arena: &mut Arena, departure: Departure) -> bool {
        let now = departure.now;
        while let Some(&index) = self.rounds.marked().iter().find(|index| {
            self.tracks.get(**index).is_some_and(|track| track.is_due(now) && track.kind() == Some(MediaKind::Audio))
        }) {
            self.send_fresh(index, arena, departure);
            if !arena.is_empty() {
                return true;
            }
        }
        false
    }

    fn send_pictures(&mut self, arena: &mut Arena, departure: Departure) {
        while arena.is_empty() {
            let is_due = |index| self.tracks.get(index).is_some_and(|track| track.is_due(departure.now));
            let Some(index) = self.rounds.next_picture(is_due) else { return };
            self.send_fresh(index, arena, departure);
        }
    }

    /// One round of a track.
    fn send_fresh(&mut self, index: u32, arena: &mut Arena, departure: Departure) {
        let now = departure.now;
        if self.tracks.get(index).is_some_and(|track| !track.is_sending()) {
            self.begin_sending(index, now);
        }
        let Some(track) = self.tracks.get_mut(index) else { return self.rounds.forget(index) };
        let mut at = track.sent_to;
        if let Some(source) = track.source() {
            let packets = &track.sending;
            let worst = packets.len() * MAX_DATAGRAM;
            let most = (ROUND_DATAGRAMS / packets.len().max(1)).clamp(ROUND_RECEIVERS.0, ROUND_RECEIVERS.1);
            let (mut receivers, mut warm_to) = (0, at);
            while let Some(&down_index) = track.fanout.get(at) {
                if at == warm_to {
                    let next = &track.fanout[at..track.fanout.len().min(at + WARM_RECEIVERS)];
                    warm(next, &self.downs, &self.egress);
                    warm_to = at + next.len();
                }
                if receivers == most || arena.free() < worst {
                    break;
                }
                at += 1;
                let Some(down) = self.downs.get_mut(down_index) else { continue };
                self.current = Some(down.peer);
                let Some(egress) = self.egress.get_mut(down.peer as usize).and_then(Option::as_mut) else { continue };
                if !down.sound
                    && let Some(line) = &egress.line
                    && (!line.is_open(now) && down.must_wait(packets, line.has_room()) || down.blank)
                {
                    continue;
                }
                arena.begin_destination();
                let before = arena.used();
                let spread = !down.sound && egress.line.as_ref().is_some_and(|line| line.is_gentle());
                for (n, (packet, target)) in packets.iter().zip(&track.targets).enumerate() {
                    if let Some(out) = down.plan.forward(packet, source, now) {
                        write(arena, down, egress, packet, &out, usize::from(*target), departure);
                        if spread && egress.line.as_ref().is_some_and(|line| !line.takes_rest(now)) {
                            down.plan.defer(&packets[n + 1..]);
                        }
                    }
                }
                receivers += usize::from(arena.used() > before);
                if down.plan.burst_timeout(now).is_some() && !std::mem::replace(&mut down.bursting, true) {
                    self.rounds.burst(down_index);
                }
            }
        }
        let is_over = track.source().is_none() || at >= track.fanout.len();
        let Some(track) = self.tracks.get_mut(index) else { return };
        track.sent_to = at;
        if is_over {
            if let Some(oldest) = track.sending.first() {
                self.rounds.departed.note(oldest.arrived);
            }
            track.sending.clear();
            track.sent_to = 0;
            if track.fresh.is_empty() {
                self.rounds.forget(index);
            }
        }
    }

    /// Takes what has come for a track as the batch to send.
    fn begin_sending(&mut self, index: u32, now: Instant) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        if track.fresh.len() <= MAX_BATCH {
            std::mem::swap(&mut track.fresh, &mut track.sending);
        } else {
            track.sending.extend(track.fresh.drain(..MAX_BATCH));
        }
        track.exchanged = track.exchanged.saturating_sub(track.sending.len());
        (track.sent_to, track.due) = (0, None);
        pad_targets(&track.sending, &mut track.targets);
        let oldest = track.sending.first().map_or(now, |packet| packet.arrived);
        let waited = now.saturating_duration_since(oldest);
        let is_late = waited >= LATE && track.kind() == Some(MediaKind::Video);
        track.late_batches = if is_late { track.late_batches + 1 } else { 0 };
        if !is_late || track.late_batches < LATE_BATCHES && waited < TOO_LATE {
            return;
        }
        track.late_batches = 0;
        for down in &track.fanout {
            if let Some(down) = self.downs.get_mut(*down) {
                down.plan.fall_behind(now);
                self.stats.drops.backlog_full += 1;
            }
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
            if receivers == ROUND_BURSTS || arena.free() < MAX_DATAGRAM {
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
                let before = arena.used();
                while arena.free() >= MAX_DATAGRAM {
                    shut = egress.line.as_ref().is_some_and(|line| !line.is_open(now));
                    let Some((packet, out)) = (!shut).then(|| down.plan.next_burst(source, now)).flatten() else {
                        break;
                    };
                    write(arena, down, egress, packet, &out, 0, departure);
                }
                if down.held_up(shut, now) > down.patience() {
                    down.plan.step_down();
                }
                done = down.plan.burst_timeout(now).is_none();
                receivers += usize::from(arena.used() > before);
            }
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

/// Reads what the next receivers will be sent with. The reads do not wait for each other, as those of sending would.
fn warm(fanout: &[u32], downs: &Slab<Down>, egress: &[Option<Egress>]) {
    let mut sum = 0_u64;
    for down in fanout.iter().filter_map(|down| downs.get(*down)) {
        sum = sum.wrapping_add(down.plan.warm()).wrapping_add(down.header.warm());
        if let Some(egress) = egress.get(down.peer as usize).and_then(Option::as_ref) {
            sum = sum.wrapping_add(egress.packets);
            sum = sum.wrapping_add(egress.line.as_ref().map_or(0, |line| line.warm(egress.twcc)));
        }
    }
    std::hint::black_box(sum);
}

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
    let body = out.payload(packet);
    let Some(payload) = room.get_mut(len..len + body.len()) else { return };
    payload.copy_from_slice(body);
    if let Some(pt) = out.red {
        relabel(payload, pt);
    }
    len += body.len();
    if len + tag > MAX_DATAGRAM {
        return;
    }
    let len = pad_to(&mut room[..MAX_DATAGRAM - tag], len, header + target) + tag;
    if egress.sealer.seal_in_place(&mut room[..len], header, out.index).is_err() {
        return;
    }
    if let Some(line) = &mut egress.line {
        line.sent(down.twcc.then_some(egress.twcc), len, down.sound, departure.cluster, departure.now);
    }
    egress.twcc = egress.twcc.wrapping_add(u16::from(down.twcc));
    egress.packets += 1;
    egress.bytes += len as u64;
    arena.commit(egress.to, len);
}

#[cfg(test)]
mod tests;
