//! A real worker core with a publisher of three layers, and a receiver behind a line that changes, on a virtual clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::codec::{Codec, MediaKind};
use crate::directory::Directory;
use crate::dtls::Certificate;
use crate::engine::{Limits, MediaEvent};
use crate::estimate::Content;
use crate::estimate::scenario::bottleneck::{Bottleneck, Line};
use crate::exchange::{Wake, connect};
use crate::feedback::{ClockBase, Ntp, ReportBlock, TwccRecorder, write};
use crate::ice::{Credentials, IceLite};
use crate::peer::{PeerSpec, RoleSpec};
use crate::sdp::{ExtensionIds, Fingerprint, PublishedMedia, SlotCodec, SlotMedia};
use crate::sim::{LinkConfig, LossyLink};
use crate::slot::{PeerId, Slot, UpTrackId};
use crate::srtp::{MasterKey, Profile, SrtpKeys};
use crate::worker::track::TrackMedia;
use crate::worker::{Arena, Core, CoreConfig};

const VIDEO_PT: u8 = 102;
const AUDIO_PT: u8 = 111;
/// Payload bytes of one frame of each layer at 30 fps: 150, 500 and 1,700 kbit/s.
const FRAMES: [usize; 3] = [625, 2_080, 7_080];
const VIDEO: Slot = Slot { kind: MediaKind::Video, index: 0 };
const AUDIO: Slot = Slot { kind: MediaKind::Audio, index: 0 };

#[derive(Debug, Clone, Copy)]
struct Datagram {
    seq: u16,
    twcc: u16,
    sound: bool,
    repair: bool,
    marker: bool,
}

struct World {
    core: Core,
    arena: Arena,
    start: Instant,
    ms: u64,
    publisher: u32,
    receiver: u32,
    layers: std::ops::Range<usize>,
    seqs: [u16; 4],
    answered: u64,
    keyframe_due: Option<u64>,
    line: Bottleneck<Datagram>,
    back: LossyLink<Vec<u8>>,
    recorder: TwccRecorder,
    feedback: Feedback,
    /// Layers that the publisher sends, of those it was told to; bit n is layer n.
    sends: u8,
    obeys: bool,
    /// Highest number of the picture that has arrived, and how many have since the last report.
    reported: Option<(u16, u32)>,
    highest: u16,
    came: u32,
    /// Milliseconds at which sound and whole frames arrived, and (ms, layer) at each change.
    sound: Vec<u64>,
    frames: Vec<u64>,
    shown: Vec<(u64, Option<u8>)>,
    /// What the publisher was told to send, and when.
    wanted: Vec<(u64, u8)>,
    repairs: usize,
}

/// What a receiver says of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feedback {
    TransportWide,
    /// Receiver reports only.
    Reports,
    /// Receiver reports, and 1.5 times what arrives, or the line's rate when that is less, as its own estimate.
    Remb,
    /// Nothing at all.
    Silence,
}

/// A scene to play.
#[derive(Debug, Clone)]
struct Scene {
    line: Line,
    /// Layers of [`FRAMES`] that the publisher has.
    layers: std::ops::Range<usize>,
    feedback: Feedback,
    content: Content,
    /// The publisher pauses the layers that nobody takes.
    obeys: bool,
}

impl Scene {
    fn new(line: Line, layers: std::ops::Range<usize>) -> Self {
        Self { line, layers, feedback: Feedback::TransportWide, content: Content::Camera, obeys: false }
    }
}

fn spec(id: u64, role: RoleSpec, now: Instant) -> PeerSpec {
    let remote = Credentials { ufrag: "remote".into(), pwd: "remote-password-of-24-ch".into() };
    let local = Credentials { ufrag: format!("local{id}"), pwd: "local-password-of-24-chr".into() };
    let (ice, fingerprint) = (IceLite::new(local, &remote, now), Fingerprint { bytes: [0; 32] });
    PeerSpec { id: PeerId(id), label: String::new(), ice, fingerprint, role, since: now }
}

fn published(kind: MediaKind, ssrcs: Vec<u32>) -> PublishedMedia {
    let (codec, pt) = match kind {
        MediaKind::Video => (Codec::H264, VIDEO_PT),
        MediaKind::Audio => (Codec::Opus, AUDIO_PT),
    };
    let repair = (kind == MediaKind::Video).then_some(VIDEO_PT + 1);
    PublishedMedia {
        mid: format!("{kind:?}"),
        kind,
        codec,
        pt,
        rtx_pt: repair,
        red_pt: None,
        fmtp: String::new(),
        clock_rate: codec.clock_rate(),
        channels: 0,
        extensions: ExtensionIds::default(),
        rids: Vec::new(),
        fid: repair.iter().flat_map(|_| ssrcs.iter().map(|ssrc| (*ssrc, ssrc + 100))).collect(),
        ssrcs,
        nack: false,
        pli: true,
        fir: false,
        twcc: false,
        remb: false,
    }
}

fn received(slot: Slot, twcc: bool) -> SlotMedia {
    let (codec, pt) = match slot.kind {
        MediaKind::Video => (Codec::H264, VIDEO_PT),
        MediaKind::Audio => (Codec::Opus, AUDIO_PT),
    };
    let repair = (slot.kind == MediaKind::Video).then_some(pt + 1);
    let codec = SlotCodec {
        codec,
        pt,
        rtx_pt: repair,
        red_pt: None,
        clock_rate: codec.clock_rate(),
        nack: true,
        pli: true,
        fir: false,
        twcc,
        remb: false,
    };
    SlotMedia {
        slot,
        mid: "0".into(),
        ssrc: 1_000 + u32::from(pt),
        rtx_ssrc: repair.map(u32::from),
        codecs: vec![codec],
        extensions: ExtensionIds { twcc: twcc.then_some(3), ..ExtensionIds::default() },
    }
}

impl World {
    /// A publisher of these layers of [`FRAMES`], and a receiver behind `line`.
    fn new(line: Line, layers: std::ops::Range<usize>) -> Self {
        Self::of(Scene::new(line, layers))
    }

    fn of(scene: Scene) -> Self {
        let Scene { line, layers, feedback, content, obeys } = scene;
        #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
        let start = Instant::now();
        let wakes: Vec<Wake> = vec![Arc::new(|| {})];
        let config = CoreConfig {
            limits: Limits { ingress_bytes_per_second: u64::MAX, ..Limits::default() },
            keyframe_interval: Duration::from_secs(6),
            clock: ClockBase { instant: start, ntp: Ntp::from_unix(Duration::from_secs(1_700_000_000)) },
            certificate: Arc::new(Certificate::generate().unwrap()),
            directory: Arc::new(Mutex::new(Directory::default())),
        };
        let mut core = Core::new(config, connect(&wakes).pop().unwrap(), start);
        let key = |n: u8| MasterKey { key: [n; 16], salt: [n; 14] };
        let keys = SrtpKeys { profile: Profile::AeadAes128Gcm, local: key(1), remote: key(2) };
        let video = published(MediaKind::Video, (1..=layers.len() as u32).collect());
        let media = vec![video, published(MediaKind::Audio, vec![50])];
        let publish = RoleSpec::Publish { media, open: true, content, taps: Vec::new() };
        let publisher = core.adopt(spec(0, publish, start), "127.0.0.1:1".parse().unwrap(), start);
        core.connected(publisher, &keys, start);
        let track = |media| Some(UpTrackId { peer: PeerId(0), media });
        let slots = BTreeMap::from([(VIDEO, track(0)), (AUDIO, track(1))]);
        let twcc = feedback == Feedback::TransportWide;
        let receive = RoleSpec::Receive { media: vec![received(VIDEO, twcc), received(AUDIO, twcc)], slots };
        let receiver = core.adopt(spec(1, receive, start), "127.0.0.1:2".parse().unwrap(), start);
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
        }
    }

    fn run(&mut self, seconds: u64) {
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
            let keyframe = self.keyframe_due.take_if(|due| *due <= self.ms).is_some();
            for (n, layer) in self.layers.clone().enumerate() {
                if self.sends >> n & 1 == 0 {
                    continue;
                }
                let bytes = FRAMES[layer] * if keyframe { 5 } else { 1 };
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
                    };
                    self.line.send(item, datagram.len(), now);
                }
            }
            self.arena.clear();
        }
    }

    fn arrive(&mut self, now: Instant) {
        while let Some(datagram) = self.line.receive(now) {
            if self.feedback == Feedback::TransportWide {
                self.recorder.record(datagram.twcc, now);
            }
            if !datagram.sound && !datagram.repair {
                let ahead = datagram.seq.wrapping_sub(self.highest) < 0x8000;
                if ahead || self.reported.is_none() {
                    self.highest = datagram.seq;
                }
                self.reported.get_or_insert((datagram.seq.wrapping_sub(1), 0));
                self.came += 1;
            }
            match datagram {
                Datagram { sound: true, .. } => self.sound.push(self.ms),
                Datagram { repair: true, .. } => self.repairs += 1,
                Datagram { marker: true, .. } => self.frames.push(self.ms),
                _ => {}
            }
        }
        let mut rtcp = Vec::new();
        match self.feedback {
            Feedback::TransportWide => self.recorder.poll(1, 2, now, &mut rtcp),
            Feedback::Silence => {}
            Feedback::Reports | Feedback::Remb if self.ms.is_multiple_of(1_000) => self.report(&mut rtcp),
            Feedback::Reports | Feedback::Remb => {}
        }
        if !rtcp.is_empty() {
            self.back.send(rtcp, now);
        }
        while let Some(rtcp) = self.back.receive(now) {
            self.core.receiver_feedback(self.receiver, &rtcp, now);
        }
    }

    /// Reports the loss of the last second.
    fn report(&mut self, rtcp: &mut Vec<u8>) {
        let Some((last, _)) = self.reported else { return };
        let expected = u32::from(self.highest.wrapping_sub(last));
        let lost = expected.saturating_sub(self.came);
        let fraction_lost = (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8;
        let block = ReportBlock {
            ssrc: 1_000 + u32::from(VIDEO_PT),
            fraction_lost,
            highest: u32::from(self.highest),
            ..ReportBlock::default()
        };
        write::receiver_report(rtcp, 1, &[block]);
        if self.feedback == Feedback::Remb {
            let came = f64::from(self.came) * 1_140.0 * 8.0 + 40e3;
            // Bits as a mantissa of 18 bits and an exponent (draft-alvestrand-rmcat-remb-03 section 2.2).
            let bits = (1.5 * came).min(0.9 * self.line.line.rate.max(1.0)) as u64;
            let exponent = (64 - bits.leading_zeros()).saturating_sub(18);
            let mantissa = (bits >> exponent) as u32;
            rtcp.extend_from_slice(&[0x8f, 206, 0, 5]);
            rtcp.extend_from_slice(&1_u32.to_be_bytes());
            rtcp.extend_from_slice(&0_u32.to_be_bytes());
            rtcp.extend_from_slice(b"REMB");
            rtcp.extend_from_slice(&(1 << 24 | exponent << 18 | mantissa).to_be_bytes());
            rtcp.extend_from_slice(&(1_000 + u32::from(VIDEO_PT)).to_be_bytes());
        }
        (self.reported, self.came) = (Some((self.highest, 0)), 0);
    }

    /// Milliseconds from `from` until a layer that `pick` accepts is sent.
    fn until(&self, from: u64, pick: impl Fn(u8) -> bool) -> Option<u64> {
        let at = self.shown.iter().find(|(at, layer)| *at >= from && layer.is_some_and(&pick))?.0;
        Some(at - from)
    }
}

/// Longest distance of two times between two moments.
fn longest(times: &[u64], from: u64, to: u64) -> u64 {
    let inner = times.iter().copied().filter(|at| (from..to).contains(at));
    let all: Vec<u64> = [from].into_iter().chain(inner).chain([to]).collect();
    all.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
}

#[test]
fn f9_the_layer_follows_the_line() {
    for (kbps, fits, sound_ms) in [(800, 1, 150), (300, 0, 200)] {
        let mut world = World::new(Line::clean(4_000), 0..3);
        world.run(20);
        assert_eq!(world.shown.last().unwrap().1, Some(2), "{:?}", world.shown);
        world.line.line.rate = f64::from(kbps) * 1e3;
        world.run(20);
        world.line.line.rate = 4e6;
        world.run(20);
        let (down, up) = (world.until(20_000, |layer| layer <= fits), world.until(40_000, |layer| layer == 2));
        let (silence, freeze) = (longest(&world.sound, 20_000, 60_000), longest(&world.frames, 20_000, 60_000));
        println!("4 -> {kbps} kbit/s: down {down:?} ms, up {up:?} ms, silence {silence} ms, freeze {freeze} ms");
        println!("  {} repair packets, {} requests, layers {:?}", world.repairs, world.answered, world.shown);
        assert!(down.is_some_and(|down| down <= 3_000));
        assert!(up.is_some_and(|up| up <= 15_000));
        assert!(silence <= sound_ms);
    }
}

#[test]
fn a_single_layer_that_does_not_fit_becomes_stills_and_comes_back() {
    let mut world = World::new(Line::clean(4_000), 2..3);
    world.run(20);
    assert!(longest(&world.frames, 1_000, 20_000) <= 150, "{:?}", world.shown);
    world.line.line.rate = 500e3;
    world.run(20);
    let stills = world.frames.iter().filter(|at| (25_000..40_000).contains(*at)).count();
    let silence = longest(&world.sound, 20_000, 40_000);
    world.line.line.rate = 4e6;
    world.run(20);
    let moving = world.frames.iter().filter(|at| (55_000..60_000).contains(*at)).count();
    println!("single layer: {stills} stills in 15 s, silence {silence} ms, {moving} frames in the last 5 s");
    assert!((3..60).contains(&stills) && silence <= 400 && moving >= 140);
}

#[test]
fn a_single_layer_of_which_not_even_stills_fit_comes_back() {
    let mut world = World::new(Line::clean(4_000), 2..3);
    world.run(10);
    world.line.line.rate = 200e3;
    world.run(40);
    let silence = longest(&world.sound, 20_000, 50_000);
    world.line.line.rate = 4e6;
    world.run(20);
    let back = world.frames.iter().filter(|at| (65_000..70_000).contains(*at)).count();
    println!("single layer at 200 kbit/s: silence {silence} ms, {back} frames in the last 5 s");
    assert!(silence <= 400 && back >= 140);
}

#[test]
fn a_wide_line_is_left_alone() {
    let mut world = World::new(Line::clean(20_000), 0..3);
    world.run(30);
    println!("20 Mbit/s: {} repair packets, layers {:?}", world.repairs, world.shown);
    assert!(world.repairs <= 60 && longest(&world.frames, 1_000, 30_000) <= 110);
    assert!(world.shown.iter().all(|(_, layer)| layer.is_none_or(|layer| layer == 2)), "{:?}", world.shown);
}

#[test]
fn a_line_without_feedback_keeps_the_best_layer() {
    for feedback in [Feedback::Silence, Feedback::Reports, Feedback::Remb] {
        let mut world = World::of(Scene { feedback, ..Scene::new(Line::clean(20_000), 0..3) });
        world.run(40);
        println!("{feedback:?}: {} requests, layers {:?}", world.answered, world.shown);
        assert!(world.shown.iter().all(|(_, layer)| layer.is_none_or(|layer| layer == 2)), "{:?}", world.shown);
        // One for each layer when it comes, and those at the interval.
        assert!(world.answered <= 3 + 3 * 40 / 6, "{}", world.answered);
    }
}

#[test]
fn reports_have_to_do_where_there_is_nothing_else() {
    for (feedback, kbps, fits) in
        [(Feedback::Reports, 800, 1), (Feedback::Reports, 300, 0), (Feedback::Remb, 800, 1), (Feedback::Remb, 300, 0)]
    {
        let mut world = World::of(Scene { feedback, ..Scene::new(Line::clean(4_000), 0..3) });
        world.run(20);
        assert_eq!(world.shown.last().unwrap().1, Some(2), "{:?}", world.shown);
        world.line.line.rate = f64::from(kbps) * 1e3;
        world.run(30);
        world.line.line.rate = 4e6;
        world.run(40);
        let (down, up) = (world.until(20_000, |layer| layer <= fits), world.until(50_000, |layer| layer == 2));
        let spans = world.shown.windows(2).filter(|pair| pair[0].1.is_some_and(|layer| layer <= fits));
        let fitting: u64 = spans.map(|pair| pair[1].0.min(50_000).saturating_sub(pair[0].0.max(23_000))).sum();
        println!("{feedback:?} 4 -> {kbps} kbit/s: down {down:?} ms, up {up:?} ms, {fitting} ms of 27 s on what fits");
        println!("  {} requests, layers {:?}", world.answered, world.shown);
        assert!(down.is_some_and(|down| down <= 5_000) && up.is_some_and(|up| up <= 35_000));
        assert!(fitting >= 16_000, "{fitting}");
    }
}

#[test]
fn layers_that_nobody_takes_pause_and_come_back_in_time() {
    let mut world = World::of(Scene { obeys: true, ..Scene::new(Line::clean(4_000), 0..3) });
    world.run(20);
    assert_eq!(world.wanted.last().map(|(_, layers)| *layers), Some(0b101), "{:?}", world.wanted);
    assert!(world.shown.iter().all(|(_, layer)| layer.is_none_or(|layer| layer == 2)), "{:?}", world.shown);
    world.line.line.rate = 800e3;
    world.run(20);
    let down = world.until(20_000, |layer| layer <= 1);
    let middle = world.until(20_000, |layer| layer == 1);
    let asked =
        world.wanted.iter().find(|(at, layers)| *at >= 20_000 && layers & 0b010 != 0).map(|(at, _)| at - 20_000);
    let paused = world.wanted.iter().any(|(at, layers)| (20_000..40_000).contains(at) && layers & 0b100 == 0);
    let freeze = longest(&world.frames, 20_000, 40_000);
    world.line.line.rate = 4e6;
    world.run(20);
    let up = world.until(40_000, |layer| layer == 2);
    println!(
        "down {down:?} ms, the middle one asked for after {asked:?} and sent after {middle:?} ms, freeze {freeze} ms"
    );
    println!("  up {up:?} ms, wanted {:?}, layers {:?}", world.wanted, world.shown);
    assert!(paused && world.sends & 0b100 != 0);
    assert!(down.is_some_and(|down| down <= 3_000) && up.is_some_and(|up| up <= 15_000));
    assert!(middle.zip(asked).is_some_and(|(middle, asked)| middle <= asked + 3_000));
    assert_eq!(world.shown.last().unwrap().1, Some(2));
    // Two layers, each paused for five seconds at least before it can be asked for again.
    assert!(world.wanted.len() <= 2 * 60 / 5, "{:?}", world.wanted);
}

#[test]
fn a_layer_is_back_within_300_ms_of_being_needed() {
    let mut world = World::of(Scene { obeys: true, ..Scene::new(Line::clean(20_000), 0..3) });
    world.run(1);
    // Nobody watches: only the smallest picture is worth sending.
    world.core.map_slot(world.receiver, VIDEO, None, world.start + Duration::from_millis(world.ms));
    world.run(10);
    assert_eq!(world.sends, 0b001, "{:?}", world.wanted);
    let track = UpTrackId { peer: PeerId(0), media: 0 };
    let joined = world.ms;
    world.core.map_slot(world.receiver, VIDEO, Some(track), world.start + Duration::from_millis(world.ms));
    world.run(3);
    let asked = world.wanted.iter().find(|(at, layers)| *at >= joined && layers & 0b100 != 0).unwrap().0 - joined;
    let first = world.frames.iter().find(|at| **at >= joined).unwrap() - joined;
    let (small, best) = (world.until(joined, |layer| layer == 0), world.until(joined, |layer| layer == 2).unwrap());
    println!("asked for after {asked} ms, first frame after {first} ms, smallest {small:?}, best after {best} ms");
    assert!(asked <= 10 && first <= 100 && best <= 300, "{:?}", world.shown);
    assert!(small.is_some_and(|small| small < best), "it is shown what flows until then: {:?}", world.shown);
}

#[test]
fn a_screen_stays_sharp_on_a_narrow_line() {
    let mut world = World::of(Scene { content: Content::Screen, ..Scene::new(Line::clean(4_000), 0..3) });
    world.run(20);
    world.line.line.rate = 800e3;
    world.run(30);
    let frames = world.frames.iter().filter(|at| (30_000..50_000).contains(*at)).count();
    let layers: Vec<_> = world.shown.iter().filter(|(at, _)| *at >= 20_000).map(|(_, layer)| *layer).collect();
    world.line.line.rate = 4e6;
    world.run(20);
    let moving = world.frames.iter().filter(|at| (65_000..70_000).contains(*at)).count();
    println!("screen: {frames} frames in 20 s, {moving} in the last 5 s, layers {layers:?}");
    assert!(layers.iter().all(|layer| layer.is_none_or(|layer| layer == 2)), "{layers:?}");
    assert!((3..400).contains(&frames) && moving >= 140);
}
