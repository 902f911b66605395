//! One receiver with its part of the server: estimator, pacer and chooser as a worker drives them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::picture::{Camera, Frame, RATES};
use crate::estimate::{Content, Delivery, Estimator, LayerChooser, Pacer, ProbePlan, apportion};
use crate::feedback::{TwccFeedback, TwccRecorder};

const SOUND_EVERY: Duration = Duration::from_millis(20);
const SOUND_BYTES: usize = 120;
const SOUND_BPS: u32 = 50_000;
const PACKET: usize = 1_150;
const TURN: Duration = Duration::from_millis(100);
const RESENDS: u8 = 3;

/// What a packet carries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Load {
    Sound,
    Part { frame: Frame, part: usize, of: usize, tries: u8 },
    Probe,
}

/// One packet on the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datagram {
    pub(super) to: usize,
    pub(super) seq: u16,
    pub(super) bytes: usize,
    pub(super) load: Load,
}

/// The server's half.
#[derive(Debug)]
pub(super) struct Sender {
    index: usize,
    pub(super) estimator: Estimator,
    pub(super) pacer: Pacer,
    chooser: LayerChooser,
    /// Only keyframes are sent.
    stills: bool,
    /// Layer being sent, and the one wanted.
    pub(super) layer: Option<u8>,
    pub(super) target: Option<u8>,
    backlog: VecDeque<(Instant, Load, usize)>,
    sent: BTreeMap<u16, Load>,
    seq: u16,
    next_sound: Instant,
    turn: Instant,
    asked: Option<Instant>,
    probe: Option<(ProbePlan, u32, Instant)>,
    /// Sends as much as the estimate allows instead of layers.
    pub(super) elastic: bool,
    pub(super) target_bps: u32,
    pub(super) probes: usize,
}

impl Sender {
    pub(super) fn new(index: usize, now: Instant) -> Self {
        Self {
            index,
            estimator: Estimator::new(Estimator::START_BPS, now),
            pacer: Pacer::new(Estimator::START_BPS, now),
            chooser: LayerChooser::new(Content::Camera),
            stills: false,
            layer: None,
            target: None,
            backlog: VecDeque::new(),
            sent: BTreeMap::new(),
            seq: 65_000,
            next_sound: now,
            turn: now,
            asked: None,
            probe: None,
            elastic: false,
            target_bps: Estimator::START_BPS,
            probes: 0,
        }
    }

    pub(super) fn step(&mut self, frames: Option<[Frame; 3]>, camera: &mut Camera, now: Instant) -> Vec<Datagram> {
        let mut out = Vec::new();
        if now >= self.turn {
            self.turn(camera, now);
        }
        if now >= self.next_sound {
            self.next_sound += SOUND_EVERY;
            out.push(self.send(Load::Sound, SOUND_BYTES, 0, now));
        }
        if let Some(frames) = frames {
            self.offer(frames, now);
        }
        if self.backlog.front().is_some_and(|(at, ..)| now - *at > Duration::from_millis(400)) {
            self.fall_behind();
        }
        while self.pacer.is_open(now)
            && self.estimator.has_room()
            && let Some((_, load, bytes)) = self.backlog.pop_front()
        {
            out.push(self.send(load, bytes, 0, now));
        }
        while let Some((plan, sent, began)) = self.probe {
            if sent >= plan.bytes {
                self.probe = None;
            } else if f64::from(sent) * 8.0 / f64::from(plan.rate_bps) > (now - began).as_secs_f64() {
                break;
            } else {
                self.probe = Some((plan, sent + PACKET as u32, began));
                out.push(self.send(Load::Probe, PACKET, plan.cluster, now));
            }
        }
        out
    }

    /// Does what a worker does some ten times a second and after feedback.
    pub(super) fn turn(&mut self, camera: &mut Camera, now: Instant) {
        self.turn = now + TURN;
        let update = self.estimator.poll(now);
        self.target_bps = update.target_bps;
        self.pacer.set_estimate(update.target_bps);
        if let Some(plan) = update.probe {
            self.probe = Some((plan, 0, now));
            self.probes += 1;
        }
        if self.elastic {
            return self.estimator.set_wanted(6_000_000, 0);
        }
        let mut budget = [0];
        apportion(update.target_bps, SOUND_BPS, &[(RATES.least(), u32::MAX)], &mut budget);
        let decision = self.chooser.choose(&RATES, budget[0], update.congested, now);
        self.estimator.set_wanted(decision.wanted_bps + SOUND_BPS, SOUND_BPS);
        self.target = match decision.delivery {
            Delivery::All(layer) | Delivery::Stills(layer) => Some(layer),
            Delivery::Nothing => None,
        };
        self.stills = matches!(decision.delivery, Delivery::Stills(_));
        if decision.stop {
            self.fall_behind();
        }
        if self.layer != self.target
            && let Some(target) = self.target
            && self.estimator.has_room()
            && self.asked.is_none_or(|at| now - at > Duration::from_millis(500))
        {
            self.asked = Some(now);
            camera.request(target, now);
        }
    }

    fn fall_behind(&mut self) {
        self.layer = None;
        self.backlog.clear();
    }

    fn offer(&mut self, frames: [Frame; 3], now: Instant) {
        if self.elastic {
            let bytes = f64::from(self.target_bps.saturating_sub(SOUND_BPS).min(6_000_000)) / 240.0;
            self.layer = Some(2);
            return self.cut(Frame { bytes: bytes as usize, ..frames[2] }, now);
        }
        if let Some(target) = self.target
            && frames[usize::from(target)].keyframe
            && self.estimator.has_room()
        {
            self.layer = Some(target);
            self.asked = None;
        }
        if let Some(layer) = self.layer {
            let frame = frames[usize::from(layer)];
            if frame.keyframe || !self.stills {
                self.cut(frame, now);
            }
        }
    }

    fn cut(&mut self, frame: Frame, now: Instant) {
        let of = frame.bytes.div_ceil(PACKET).max(1);
        for part in 0..of {
            self.backlog.push_back((now, Load::Part { frame, part, of, tries: 0 }, frame.bytes.div_ceil(of) + 44));
        }
    }

    fn send(&mut self, load: Load, bytes: usize, cluster: u8, now: Instant) -> Datagram {
        let seq = self.seq;
        self.seq = seq.wrapping_add(1);
        self.estimator.on_packet_sent(seq, bytes, now, cluster);
        self.pacer.charge(bytes, now);
        self.sent.insert(seq, load);
        Datagram { to: self.index, seq, bytes, load }
    }

    pub(super) fn feedback(&mut self, feedback: &TwccFeedback<'_>, camera: &mut Camera, now: Instant) {
        self.estimator.on_feedback(feedback, now);
        self.turn(camera, now);
    }

    /// The receiver misses a packet.
    pub(super) fn asked_again(&mut self, seq: u16, now: Instant) -> Option<Datagram> {
        let Load::Part { frame, part, of, tries } = *self.sent.get(&seq)? else { return None };
        if tries >= RESENDS || self.layer != Some(frame.layer) || !self.estimator.has_room() {
            return None;
        }
        let load = Load::Part { frame, part, of, tries: tries + 1 };
        Some(self.send(load, frame.bytes.div_ceil(of) + 46, 0, now))
    }
}

/// The classroom's half.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) recorder: TwccRecorder,
    frames: BTreeMap<u64, (Frame, BTreeSet<usize>, usize)>,
    shown_number: Option<(u64, u8)>,
    pub(super) shown: Vec<(Instant, u8)>,
    pub(super) sound: Vec<Instant>,
    highest: Option<u16>,
    pub(super) bytes: u64,
}

impl Receiver {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            recorder: TwccRecorder::new(now),
            frames: BTreeMap::new(),
            shown_number: None,
            shown: Vec::new(),
            sound: Vec::new(),
            highest: None,
            bytes: 0,
        }
    }

    /// Takes a packet in; gives the numbers missing before it.
    pub(super) fn receive(&mut self, datagram: &Datagram, now: Instant) -> Vec<u16> {
        self.recorder.record(datagram.seq, now);
        self.bytes += datagram.bytes as u64;
        match datagram.load {
            Load::Sound => self.sound.push(now),
            Load::Probe => {}
            Load::Part { frame, part, of, .. } => {
                let entry = self.frames.entry(frame.number).or_insert_with(|| (frame, BTreeSet::new(), of));
                if entry.0.layer == frame.layer {
                    entry.1.insert(part);
                }
                self.show(now);
            }
        }
        let highest = self.highest.replace(datagram.seq).unwrap_or(datagram.seq);
        (1..datagram.seq.wrapping_sub(highest).min(200)).map(|n| highest.wrapping_add(n)).collect()
    }

    fn show(&mut self, now: Instant) {
        loop {
            let after = self.shown_number.map_or(0, |(number, _)| number + 1);
            let next = self.frames.range(after..).find(|(number, (frame, parts, of))| {
                let follows = self.shown_number == Some((number.wrapping_sub(1), frame.layer));
                parts.len() == *of && (frame.keyframe || follows)
            });
            let Some((&number, (frame, ..))) = next else { return };
            self.shown_number = Some((number, frame.layer));
            self.shown.push((now, frame.layer));
            self.frames = self.frames.split_off(&(number + 1));
        }
    }
}
