//! A real worker core with a publisher of three layers, and a receiver behind a line that changes, on a virtual clock.

mod receiver;
mod scene;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub(super) use scene::{Feedback, Scene};
use scene::{published, received};

use crate::codec::MediaKind;
use crate::engine::MediaEvent;
use crate::estimate::scenario::bottleneck::{Bottleneck, Line};
use crate::feedback::TwccRecorder;
use crate::peer::RoleSpec;
use crate::sim::{LinkConfig, LossyLink};
use crate::slot::{PeerId, Slot, UpTrackId};
use crate::srtp::{MasterKey, Profile, SrtpKeys};
use crate::worker::track::TrackMedia;
use crate::worker::{Arena, Core, stage};

const VIDEO_PT: u8 = 102;
const AUDIO_PT: u8 = 111;
/// Payload bytes of one frame of each layer at 30 fps: 150, 500 and 1,700 kbit/s.
const FRAMES: [usize; 3] = [625, 2_080, 7_080];
/// Sizes of the frames of a hard picture from one keyframe to the next, in percent of the mean.
const HARD: [usize; 15] = [250, 15, 40, 65, 60, 50, 80, 100, 190, 190, 180, 65, 35, 120, 60];
pub(super) const VIDEO: Slot = Slot { kind: MediaKind::Video, index: 0 };
pub(super) const AUDIO: Slot = Slot { kind: MediaKind::Audio, index: 0 };

#[derive(Debug, Clone, Copy)]
pub(super) struct Datagram {
    pub(super) seq: u16,
    pub(super) twcc: u16,
    pub(super) sound: bool,
    pub(super) repair: bool,
    pub(super) marker: bool,
    pub(super) timestamp: u32,
}

pub(super) struct World {
    pub(super) core: Core,
    pub(super) arena: Arena,
    pub(super) start: Instant,
    pub(super) ms: u64,
    pub(super) publisher: u32,
    pub(super) receiver: u32,
    pub(super) layers: std::ops::Range<usize>,
    pub(super) seqs: [u16; 4],
    pub(super) answered: u64,
    pub(super) keyframe_due: Option<u64>,
    pub(super) line: Bottleneck<Datagram>,
    pub(super) back: LossyLink<Vec<u8>>,
    pub(super) recorder: TwccRecorder,
    pub(super) feedback: Feedback,
    /// Layers that the publisher sends, of those it was told to; bit n is layer n.
    pub(super) sends: u8,
    pub(super) obeys: bool,
    /// Highest number of the picture that has arrived, and how many have since the last report.
    pub(super) reported: Option<(u16, u32)>,
    pub(super) highest: u16,
    pub(super) came: u32,
    /// Milliseconds at which sound and whole frames arrived, and (ms, layer) at each change.
    pub(super) sound: Vec<u64>,
    pub(super) frames: Vec<u64>,
    pub(super) shown: Vec<(u64, Option<u8>)>,
    /// What the publisher was told to send, and when.
    pub(super) wanted: Vec<(u64, u8)>,
    pub(super) repairs: usize,
    pub(super) frame: usize,
    pub(super) hard: bool,
    /// What the receiver misses: number, when it asks again, how often it has.
    pub(super) missing: Vec<(u16, u64, u8)>,
    /// (ms, how much later than its timestamp says a frame was whole, in ms, of whatever origin).
    pub(super) delays: Vec<(u64, i64)>,
}

impl World {
    /// A publisher of these layers of [`FRAMES`], and a receiver behind `line`.
    pub(super) fn new(line: Line, layers: std::ops::Range<usize>) -> Self {
        Self::of(Scene::new(line, layers))
    }

    pub(super) fn of(scene: Scene) -> Self {
        let Scene { line, layers, feedback, content, obeys, hard } = scene;
        #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
        let start = Instant::now();
        let mut core = stage::core(Duration::from_secs(6), start).unwrap();
        let key = |n: u8| MasterKey { key: [n; 16], salt: [n; 14] };
        let keys = SrtpKeys { profile: Profile::AeadAes128Gcm, local: key(1), remote: key(2) };
        let video = published(MediaKind::Video, (1..=layers.len() as u32).collect());
        let media = vec![video, published(MediaKind::Audio, vec![50])];
        let publish = RoleSpec::Publish { media, gate: crate::Gate::Open, content, taps: Vec::new() };
        let publisher = core.adopt(stage::spec(0, publish, start), "127.0.0.1:1".parse().unwrap(), start);
        core.connected(publisher, &keys, start);
        let track = |media| Some(UpTrackId { peer: PeerId(0), media });
        let slots = BTreeMap::from([(VIDEO, track(0)), (AUDIO, track(1))]);
        let twcc = feedback == Feedback::TransportWide;
        let receive = RoleSpec::Receive { media: vec![received(VIDEO, twcc), received(AUDIO, twcc)], slots };
        let receiver = core.adopt(stage::spec(1, receive, start), "127.0.0.1:2".parse().unwrap(), start);
        core.connected(receiver, &keys, start);
        core.timers.take_starting(receiver);
        core.fill_slots(receiver, start);
        let back = LinkConfig { delay: line.delay, ..LinkConfig::default() };
        Self {
            core,
            arena: Arena::new(1 << 20),
            start,
            ms: 0,
            publisher,
            receiver,
            layers,
            seqs: [0; 4],
            answered: 0,
            keyframe_due: Some(0),
            line: Bottleneck::new(line, 1, start),
            back: LossyLink::new(back, 1, start),
            recorder: TwccRecorder::new(start),
            feedback,
            sends: u8::MAX,
            obeys,
            reported: None,
            highest: 0,
            came: 0,
            sound: Vec::new(),
            frames: Vec::new(),
            shown: Vec::new(),
            wanted: Vec::new(),
            repairs: 0,
            frame: 0,
            hard,
            missing: Vec::new(),
            delays: Vec::new(),
        }
    }

    pub(super) fn run(&mut self, seconds: u64) {
        for _ in 0..seconds * 1_000 {
            self.ms += 1;
            self.step(self.start + Duration::from_millis(self.ms));
        }
    }

    fn step(&mut self, now: Instant) {
        if self.ms.is_multiple_of(20) {
            self.publish(50, AUDIO_PT, 3, (self.ms * 48) as u32, true, &[0; 80], now);
        }
        if self.ms.is_multiple_of(33) {
            let asked = self.keyframe_due.take_if(|due| *due <= self.ms).is_some();
            let keyframe = asked || self.hard && self.frame.is_multiple_of(HARD.len());
            if keyframe {
                self.frame = 0;
            }
            let hard = HARD[self.frame % HARD.len()];
            self.frame += 1;
            for (n, layer) in self.layers.clone().enumerate() {
                if self.sends >> n & 1 == 0 {
                    continue;
                }
                let bytes = match self.hard {
                    true => FRAMES[layer] * hard / 100,
                    false => FRAMES[layer] * if keyframe { 5 } else { 1 },
                };
                let packets = bytes.div_ceil(1_100);
                for packet in 0..packets {
                    let mut payload = vec![0; bytes / packets];
                    payload[0] = if keyframe && packet == 0 { 0x67 } else { 0x41 };
                    let marker = packet + 1 == packets;
                    self.publish(1 + n as u32, VIDEO_PT, n, (self.ms * 90) as u32, marker, &payload, now);
                }
            }
        }
        self.core.settle(now);
        if self.ms.is_multiple_of(10) {
            self.core.publisher_poll(self.publisher, now);
        }
        if self.ms.is_multiple_of(100) {
            self.core.receiver_poll(self.receiver, now);
            self.core.end_demand_round(now);
        }
        self.listen();
        self.answer_requests();
        self.send(now);
        self.arrive(now);
        let layer = self.core.downs.get(0).and_then(|down| down.plan.layer());
        if self.shown.last().is_none_or(|(_, last)| *last != layer) {
            self.shown.push((self.ms, layer));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a header")]
    fn publish(&mut self, ssrc: u32, pt: u8, n: usize, timestamp: u32, marker: bool, payload: &[u8], now: Instant) {
        let seq = &mut self.seqs[n];
        *seq = seq.wrapping_add(1);
        let mut plain = vec![0x80, pt | u8::from(marker) << 7];
        plain.extend_from_slice(&seq.to_be_bytes());
        plain.extend_from_slice(&timestamp.to_be_bytes());
        plain.extend_from_slice(&ssrc.to_be_bytes());
        plain.extend_from_slice(payload);
        self.core.publish(self.publisher, &plain, now);
    }

    /// What the publisher is told: it sends a layer again at once, with a keyframe.
    fn listen(&mut self) {
        while let Some(event) = self.core.peek_event() {
            self.core.take_event();
            if let MediaEvent::LayersWanted { layers, .. } = event {
                self.wanted.push((self.ms, layers));
                if self.obeys {
                    if layers & !self.sends != 0 {
                        self.keyframe_due.get_or_insert(self.ms);
                    }
                    self.sends = layers;
                }
            }
        }
    }

    /// An encoder makes a keyframe of every layer 60 ms after any request.
    fn answer_requests(&mut self) {
        let Some(TrackMedia::Own { up, .. }) = self.core.tracks.get(0).map(|track| &track.media) else { return };
        let asked = up.stats().keyframe_requests;
        if asked > self.answered {
            self.answered = asked;
            self.keyframe_due.get_or_insert(self.ms + 60);
        }
    }

    fn send(&mut self, now: Instant) {
        while self.core.poll_round(&mut self.arena, now) {
            for run in self.arena.runs() {
                for datagram in self.arena.slice(run.start, run.len).chunks(run.segment) {
                    // The publisher's own, and RTCP.
                    if run.to.port() == 1 || (192..224).contains(&datagram[1]) {
                        continue;
                    }
                    let pt = datagram[1] & 0x7f;
                    let twcc = self.feedback == Feedback::TransportWide;
                    assert_eq!(datagram[0] & 0x10 != 0, twcc, "the only extension");
                    let item = Datagram {
                        seq: u16::from_be_bytes([datagram[2], datagram[3]]),
                        twcc: if twcc { u16::from_be_bytes([datagram[17], datagram[18]]) } else { 0 },
                        sound: pt == AUDIO_PT,
                        repair: pt == VIDEO_PT + 1,
                        marker: datagram[1] >> 7 == 1,
                        timestamp: u32::from_be_bytes([datagram[4], datagram[5], datagram[6], datagram[7]]),
                    };
                    self.line.send(item, datagram.len(), now);
                }
            }
            self.arena.clear();
        }
    }

    /// Milliseconds from `from` until a layer that `pick` accepts is sent.
    pub(super) fn until(&self, from: u64, pick: impl Fn(u8) -> bool) -> Option<u64> {
        let at = self.shown.iter().find(|(at, layer)| *at >= from && layer.is_some_and(&pick))?.0;
        Some(at - from)
    }
}

/// Longest distance of two times between two moments.
pub(super) fn longest(times: &[u64], from: u64, to: u64) -> u64 {
    let inner = times.iter().copied().filter(|at| (from..to).contains(at));
    let all: Vec<u64> = [from].into_iter().chain(inner).chain([to]).collect();
    all.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
}
