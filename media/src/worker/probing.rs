//! Carrying probes out: packets that were sent already, as repair, at the rate of the plan; padding where none is left.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::fanout::{Departure, MAX_DATAGRAM, write};
use super::{Arena, Core};
use crate::estimate::ProbePlan;
use crate::rtp::{Extensions, Packet};

/// Distance of two turns.
const TURN: Duration = Duration::from_millis(5);
/// Probes under way in one worker; more would disturb what they measure.
const MAX_PROBES: usize = 64;
/// How far back packets are taken from, and how often that is started over.
const REACH: u64 = 64;
/// Most padding of one packet (RFC 3550 section 5.1).
const PADDING: usize = 255;

/// One probe.
#[derive(Debug)]
pub(super) struct Probing {
    pub(super) down: u32,
    plan: ProbePlan,
    began: Instant,
    sent: u32,
    packets: u64,
    /// What there is in a packet of padding.
    nothing: Packet,
}

/// All probes under way.
#[derive(Debug, Default)]
pub(super) struct Probes {
    list: Vec<Probing>,
    due: Option<Instant>,
}

impl Probes {
    /// Begins one; a plan that finds no place is not carried out, and the estimator tries again later.
    pub(super) fn begin(&mut self, down: u32, plan: ProbePlan, now: Instant) {
        if self.list.len() < MAX_PROBES && self.list.iter().all(|probing| probing.down != down) {
            let nothing = Packet {
                ssrc: 0,
                pt: 0,
                seq: 0,
                timestamp: 0,
                marker: false,
                extensions: Extensions::default(),
                payload: Bytes::new(),
                red: None,
                arrived: now,
                layer: 0,
                index: 0,
                keyframe: false,
            };
            self.list.push(Probing { down, plan, began: now, sent: 0, packets: 0, nothing });
            self.due = Some(now);
        }
    }

    /// A down-track is gone.
    pub(super) fn forget_down(&mut self, down: u32) {
        self.list.retain(|probing| probing.down != down);
    }

    /// When the next packets are due.
    pub(super) fn timeout(&self) -> Option<Instant> {
        self.due.filter(|_| !self.list.is_empty())
    }
}

impl Core {
    /// Sends what the probes' rates allow by now.
    pub(super) fn send_probes(&mut self, arena: &mut Arena, departure: Departure) {
        let now = departure.now;
        if self.rounds.probes.timeout().is_none_or(|due| due > now) {
            return;
        }
        let mut probes = std::mem::take(&mut self.rounds.probes);
        probes.list.retain_mut(|probing| self.send_probe(probing, arena, departure));
        probes.due = Some(now + TURN);
        self.rounds.probes = probes;
    }

    /// Sends a part of one probe; false when it is over.
    fn send_probe(&mut self, probing: &mut Probing, arena: &mut Arena, departure: Departure) -> bool {
        let Some(down) = self.downs.get_mut(probing.down) else { return false };
        self.current = Some(down.peer);
        let Some(egress) = self.egress.get_mut(down.peer as usize).and_then(Option::as_mut) else { return false };
        let Some(source) = down.track.and_then(|track| self.tracks.get(track)).and_then(|track| track.source()) else {
            return false;
        };
        let elapsed = departure.now.saturating_duration_since(probing.began) + TURN;
        let allowed = (f64::from(probing.plan.rate_bps) / 8.0 * elapsed.as_secs_f64()) as u32;
        let departure = Departure { cluster: probing.plan.cluster, ..departure };
        arena.begin_destination();
        while probing.sent < allowed.min(probing.plan.bytes) {
            if arena.free() < MAX_DATAGRAM {
                return true;
            }
            // Small packets of a small picture would make a probe of hundreds.
            if probing.packets > 4 * REACH {
                return false;
            }
            let back = probing.packets % REACH;
            probing.packets += 1;
            let before = egress.bytes;
            if let Some((packet, out)) = down.plan.redundant(back, source) {
                write(arena, down, egress, packet, &out, 0, departure);
            } else if let Some(out) = down.plan.padding() {
                write(arena, down, egress, &probing.nothing, &out, PADDING, departure);
            }
            probing.sent += (egress.bytes - before) as u32;
        }
        probing.sent < probing.plan.bytes
    }
}
