//! One receiver's line: what was sent, what is said of it, and how much it carries.

mod decision;

use std::time::{Duration, Instant};

use super::aimd::RateControl;
use super::groups::Groups;
use super::history::SentHistory;
use super::loss::LossControl;
use super::outage::LossRun;
use super::probe::{ProbePlan, Prober};
use super::queue::QueueDelay;
use super::reports::Reports;
use super::sending::Sending;
use super::throughput::Throughput;
use super::trend::Trend;
use super::width::Width;
use crate::feedback::TwccFeedback;

/// Lowest target: sound, and stills of the smallest picture.
const FLOOR: f64 = 100_000.0;
/// Numbers of one message that are looked at; an honest one fits a datagram.
const MAX_REPORTED: usize = 2_048;
/// Queue that may be under way beyond the round trip before pictures wait.
const ALLOWED_QUEUE_US: u64 = 350_000;
/// Bytes that may always be under way: a small keyframe.
const LEAST_WINDOW: f64 = 12_000.0;
/// Time from the receiver's first word until the start rate counts: as long as start-up probes take.
const SETTLING_US: u64 = 1_500_000;
/// How long a line counts as narrow after it was full.
const TIGHT_US: u64 = 60_000_000;
/// Growth per trial where there can be no probes.
const TRIAL: f64 = 1.3;
/// Silence after which the line is taken for dead or much worse.
const SILENCE_US: u64 = 1_000_000;

/// What [`Estimator::poll`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update {
    /// What may be sent to this receiver in all, in bit/s: sound, pictures and repair.
    pub target_bps: u32,
    /// A probe to carry out now.
    pub probe: Option<ProbePlan>,
    /// A queue stands on the line: a picture that has to go down should stop at once and not wait for a keyframe.
    pub congested: bool,
}

/// Figures for statistics.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct EstimateStats {
    /// The present target in bit/s.
    pub target_bps: u32,
    /// What is sent, in bit/s.
    pub sending_bps: u32,
    /// What arrives, in bit/s; 0 while unknown.
    pub through_bps: u32,
    /// Wait on the line in milliseconds.
    pub queue_ms: f32,
    /// Share lost in the last half second, 0 to 1.
    pub loss: f32,
    /// Of which the line's nature, 0 to 1.
    pub random_loss: f32,
}

/// Send-side bandwidth estimator of one transport.
#[derive(Debug)]
pub struct Estimator {
    origin: Instant,
    history: SentHistory,
    groups: Groups,
    trend: Trend,
    queue: QueueDelay,
    width: Width,
    through: Throughput,
    control: RateControl,
    loss: LossControl,
    run: LossRun,
    prober: Prober,
    reports: Reports,
    sending: Sending,
    /// What would be of use at most, and what the least there is takes, in bit/s.
    wanted: f64,
    least: f64,
    /// Last feedback, and its reference time without wraps.
    heard: Option<u64>,
    reference: Option<i64>,
    silent_since: Option<u64>,
    /// First word of the receiver, of whatever kind.
    first_heard: Option<u64>,
    /// Last time the rate was lowered.
    lowered: Option<u64>,
    round_trip: u64,
    least_round_trip: u64,
    window: u32,
    congested: bool,
}

impl Estimator {
    /// Start rate, in bit/s, where nothing better is known.
    pub const START_BPS: u32 = 2_000_000;

    /// An estimator that believes in `start_bps` until it learns better.
    pub fn new(start_bps: u32, now: Instant) -> Self {
        Self {
            origin: now,
            history: SentHistory::default(),
            groups: Groups::default(),
            trend: Trend::default(),
            queue: QueueDelay::default(),
            width: Width::default(),
            through: Throughput::default(),
            control: RateControl::new(f64::from(start_bps)),
            loss: LossControl::default(),
            run: LossRun::default(),
            prober: Prober::new(f64::from(start_bps)),
            reports: Reports::default(),
            sending: Sending::default(),
            wanted: 0.0,
            least: 0.0,
            heard: None,
            reference: None,
            silent_since: None,
            first_heard: None,
            lowered: None,
            round_trip: 100_000,
            least_round_trip: u64::MAX,
            window: u32::MAX,
            congested: false,
        }
    }

    /// Notes a packet of `bytes` with transport-wide number `seq` that leaves at `now`; `cluster` is the probe it
    /// belongs to, 0 for media.
    pub fn on_packet_sent(&mut self, seq: u16, bytes: usize, now: Instant, cluster: u8) {
        let at = self.micros(now);
        let cluster = self.prober.tag(cluster, bytes as u32, at);
        self.history.sent(seq, bytes, at, cluster);
        self.sending.add(bytes);
    }

    /// Reads what [`on_packet_sent`](Self::on_packet_sent) will change for this number, so that it is in the cache.
    pub(crate) fn warm(&self, seq: u16) -> u64 {
        self.history.warm(seq) + self.sending.warm() + self.prober.warm() + u64::from(self.window)
    }

    /// Notes a packet without a transport-wide number.
    pub fn on_unnumbered_sent(&mut self, bytes: usize) {
        self.sending.add(bytes);
    }

    /// Whether the target is more than a guess: something has been learnt, or there was time to. Until then, and for
    /// receivers that say nothing, send what there is. Of a line without transport-wide feedback something is known
    /// once it has lost packets or its receiver has told of congestion.
    pub fn is_settled(&self, now: Instant) -> bool {
        let now = self.micros(now);
        if self.heard.is_none() {
            return self.lowered.is_some();
        }
        self.first_heard.is_some_and(|at| self.lowered.is_some() || now.saturating_sub(at) > SETTLING_US)
    }

    /// Whether the line has been full within the last minute: then frames are paced.
    pub fn is_tight(&self, now: Instant) -> bool {
        let now = self.micros(now);
        self.lowered.is_some_and(|at| now.saturating_sub(at) < TIGHT_US)
    }

    /// Whether a large frame that leaves at once holds up the sound behind it, full or not.
    pub fn is_narrow(&self, now: Instant) -> bool {
        self.width.is_narrow(self.micros(now))
    }

    /// What would be of use at most, in bit/s.
    pub fn wanted(&self) -> u32 {
        self.wanted as u32
    }

    /// Whether a queue stands on the line.
    pub fn is_congested(&self) -> bool {
        self.congested
    }

    /// Whether pictures may be sent: no more is under way than the line holds. Sound asks nobody.
    pub fn has_room(&self) -> bool {
        self.history.in_flight() <= self.window
    }

    /// Sets what would be of use at most, in bit/s; nothing is probed beyond it. `least` is what sound and the smallest
    /// pictures take: loss alone never lowers the target below that.
    pub fn set_wanted(&mut self, bps: u32, least: u32) {
        (self.wanted, self.least) = (f64::from(bps), f64::from(least));
    }

    /// Takes a transport-wide feedback message in.
    pub fn on_feedback(&mut self, feedback: &TwccFeedback<'_>, now: Instant) {
        let now = self.micros(now);
        let offset = self.unwrap_reference(feedback.reference);
        let (mut received, mut lost, mut late) = (0, 0, 0);
        let (mut newest_sent, mut newest_arrival, mut highest) = (None, 0, None);
        for (seq, ticks) in feedback.arrivals().take(MAX_REPORTED) {
            highest = Some(seq);
            let Some(packet) = self.history.report(seq, ticks.is_some(), now) else { continue };
            let arrival = ticks.map(|ticks| (ticks + offset) * 250);
            if packet.cluster != 0 {
                self.prober.report(packet.cluster, packet.sent, arrival, packet.bytes);
            }
            let Some(arrival) = arrival else {
                lost += self.run.lost(packet.sent);
                continue;
            };
            lost += self.run.received();
            received += 1;
            late += u32::from(packet.was_lost);
            self.through.add(arrival, packet.bytes);
            self.queue.add(packet.sent, arrival, self.congested);
            self.width.add(packet.sent, arrival, packet.bytes, now);
            if !packet.was_lost
                && let Some(variation) = self.groups.add(packet.sent, arrival)
            {
                self.trend.update(variation);
            }
            newest_sent = newest_sent.max(Some(packet.sent));
            newest_arrival = arrival;
        }
        let silent = highest.map_or(0, |highest| self.history.retire(highest));
        let Some(newest_sent) = newest_sent else { return };
        // What a lost message would have reported has very likely arrived.
        if silent > 0 {
            self.through.add(newest_arrival, silent);
        }
        self.measured(now.saturating_sub(newest_sent));
        self.heard = Some(now);
        self.first_heard.get_or_insert(now);
        if self.silent_since.take().is_some() {
            self.loss.forget(now);
            self.prober.restart(now);
        } else {
            self.loss.count(received, lost, late);
        }
        self.decide(newest_sent, now);
    }

    /// The plan cannot be carried out, for the receiver knows no repair stream: what is above can only be tried.
    pub fn on_probe_impossible(&mut self, now: Instant) {
        let now = self.micros(now);
        self.control.set(TRIAL * self.control.rate(), now);
    }

    /// Takes a receiver report in: the share lost (0 to 1) and the round trip, if it tells. Only what is heard without
    /// transport-wide feedback counts.
    pub fn on_receiver_report(&mut self, lost: f32, round_trip: Option<Duration>, now: Instant) {
        let now = self.micros(now);
        if let Some(round_trip) = round_trip {
            self.round_trip = round_trip.as_micros() as u64;
        }
        if self.heard.is_none_or(|at| now.saturating_sub(at) > 5 * SILENCE_US) {
            self.first_heard.get_or_insert(now);
            // Until there is a reason to doubt it the line carries what is sent.
            let before =
                if self.lowered.is_none() { self.control.rate().max(1.1 * self.wanted) } else { self.control.rate() };
            let rate = self.reports.report(before, lost, self.sending.rate(), self.wanted, now);
            self.control.set(rate.max(self.least).max(FLOOR), now);
            if rate < before {
                self.lowered = Some(now);
            }
        }
    }

    /// Takes the receiver's own estimate in (REMB), in bit/s. Only what is heard without transport-wide feedback
    /// counts.
    pub fn on_remb(&mut self, bps: u64, now: Instant) {
        let now = self.micros(now);
        let bps = bps as f64;
        if self.reports.remb(bps, self.sending.rate()) && self.heard.is_none() {
            self.control.set(self.control.rate().min(bps).max(FLOOR), now);
            self.lowered = Some(now);
        }
    }

    /// What to send from now on. Call it some ten times a second and after feedback.
    pub fn poll(&mut self, now: Instant) -> Update {
        let now = self.micros(now);
        self.sending.turn(now);
        let mut probe = None;
        if let Some(heard) = self.heard {
            let waiting = now.saturating_sub(self.silent_since.unwrap_or(heard));
            if waiting > SILENCE_US && self.history.in_flight() > 0 {
                self.control.set((self.control.rate() / 2.0).max(2.0 * FLOOR), now);
                self.lowered = Some(now);
                // A window's worth may go and try.
                self.history.retire_all();
                self.silent_since = Some(now);
                self.open_window();
            } else if self.silent_since.is_none() && !self.congested {
                probe = self.prober.plan(self.control.rate(), self.wanted, now);
            }
        }
        Update { target_bps: self.target() as u32, probe, congested: self.congested }
    }

    /// Figures.
    pub fn stats(&self) -> EstimateStats {
        EstimateStats {
            target_bps: self.target() as u32,
            sending_bps: self.sending.rate() as u32,
            through_bps: self.through.rate(500).unwrap_or(0.0) as u32,
            queue_ms: self.queue.latest_us() as f32 / 1e3,
            loss: self.loss.latest(),
            random_loss: self.loss.nature(),
        }
    }

    /// Round trip of packet and feedback, smoothed.
    pub fn round_trip(&self) -> Duration {
        Duration::from_micros(self.round_trip)
    }

    fn open_window(&mut self) {
        let least = if self.least_round_trip == u64::MAX { self.round_trip } else { self.least_round_trip };
        let time_us = least.min(500_000) + ALLOWED_QUEUE_US;
        let bytes = (self.control.rate() * time_us as f64 / 8e6).max(LEAST_WINDOW);
        self.window = bytes as u32;
    }

    fn target(&self) -> f64 {
        self.control.rate().max(FLOOR)
    }

    fn measured(&mut self, trip: u64) {
        self.round_trip = (self.round_trip * 7 + trip) / 8;
        // Slowly forgotten, so that a longer route becomes the measure in the end.
        self.least_round_trip = match self.least_round_trip {
            u64::MAX => trip,
            least => least.saturating_add(least / 1_024).min(trip),
        };
    }

    /// Gives the ticks to add to those of a message with this reference time of 24 bits.
    fn unwrap_reference(&mut self, reference: i32) -> i64 {
        let reference = i64::from(reference);
        let last = self.reference.unwrap_or(reference);
        let step = ((reference - last) << 40) >> 40;
        self.reference = Some(last + step);
        (last + step - reference) * 256
    }

    fn micros(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.origin).as_micros() as u64
    }
}
