//! A publisher, the server's tracks and receivers, joined by lossy links on a virtual clock.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{LinkConfig, LossyLink, VirtualClock};
use crate::codec::{Codec, MediaKind};
use crate::feedback::{ClockBase, Message, Ntp, read, write};
use crate::rtp::{ExtensionIds, HeaderTemplate, HeaderValues, Packet};
use crate::track::{Demux, DemuxEntry, DownConfig, DownTrack, Format, Outgoing, Source, UpConfig, UpTrack};

const MEDIA: u32 = 10;
const REPAIR: u32 = 11;
const PT: u8 = 102;
const RTX_PT: u8 = 103;
const FRAME: Duration = Duration::from_millis(33);
const FRAME_TICKS: u32 = 2_970;

#[derive(Debug, Clone)]
pub(super) enum Datagram {
    Rtp(Vec<u8>),
    Rtcp(Vec<u8>),
}

fn entry() -> DemuxEntry {
    DemuxEntry { pt: PT, rtx_pt: Some(RTX_PT), ssrcs: vec![(MEDIA, Some(REPAIR))], ..DemuxEntry::default() }
}

fn datagram(values: &HeaderValues, original: Option<u16>, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 12];
    HeaderTemplate::new(&ExtensionIds::default(), None).write(values, &mut bytes).unwrap();
    bytes.extend(original.map(u16::to_be_bytes).into_iter().flatten());
    bytes.extend_from_slice(payload);
    bytes
}

/// Frame number, packet number and packets of the frame, as the publisher writes them into each payload.
fn label(payload: &[u8]) -> (u32, u16, u16) {
    let word = |at: usize| u16::from_be_bytes([payload[at], payload[at + 1]]);
    (u32::from(word(1)) << 16 | u32::from(word(3)), word(5), word(7))
}

/// An H.264 encoder at 30 frames a second that answers NACKs over its repair stream.
pub(super) struct Publisher {
    next_frame: Instant,
    frame: u32,
    seq: u16,
    repair_seq: u16,
    timestamp: u32,
    keyframe_wanted: bool,
    history: HashMap<u16, (HeaderValues, Vec<u8>)>,
    pub(super) keyframe_requests: Vec<Instant>,
    pub(super) repaired: usize,
    pub(super) packets: usize,
}

impl Publisher {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            next_frame: now,
            frame: 0,
            seq: 65_000,
            repair_seq: 7,
            timestamp: u32::MAX - 100_000,
            keyframe_wanted: true,
            history: HashMap::new(),
            keyframe_requests: Vec::new(),
            repaired: 0,
            packets: 0,
        }
    }

    fn run(&mut self, now: Instant, mut send: impl FnMut(Vec<u8>)) {
        while self.next_frame <= now {
            self.next_frame += FRAME;
            let key = std::mem::take(&mut self.keyframe_wanted);
            let count = if key { 20 } else { 5 };
            for n in 0..count {
                let nal = if key && n == 0 { 0x67 } else { 0x61 };
                let mut payload = vec![nal];
                payload.extend_from_slice(&self.frame.to_be_bytes());
                payload.extend_from_slice(&(n as u16).to_be_bytes());
                payload.extend_from_slice(&(count as u16).to_be_bytes());
                payload.resize(1_000, 0);
                let (seq, timestamp, marker) = (self.seq, self.timestamp, n + 1 == count);
                let values = HeaderValues { ssrc: MEDIA, pt: PT, seq, timestamp, marker, ..HeaderValues::default() };
                send(datagram(&values, None, &payload));
                self.history.insert(seq, (values, payload));
                self.seq = seq.wrapping_add(1);
                self.packets += 1;
            }
            self.frame += 1;
            self.timestamp = self.timestamp.wrapping_add(FRAME_TICKS);
        }
    }

    fn feedback(&mut self, compound: &[u8], now: Instant, mut send: impl FnMut(Vec<u8>)) {
        for message in read(compound) {
            match message {
                Message::Pli { media: MEDIA } => {
                    self.keyframe_wanted = true;
                    self.keyframe_requests.push(now);
                }
                Message::Nack { media: MEDIA, sequences } => {
                    for seq in sequences {
                        let Some((values, payload)) = self.history.get(&seq) else { continue };
                        let values = HeaderValues { ssrc: REPAIR, pt: RTX_PT, seq: self.repair_seq, ..*values };
                        self.repair_seq = self.repair_seq.wrapping_add(1);
                        self.repaired += 1;
                        send(datagram(&values, Some(seq), payload));
                    }
                }
                _ => {}
            }
        }
    }
}

/// A receiver built of an up-track: it repairs, drops duplicates and asks for keyframes as a browser does.
pub(super) struct Receiver {
    up: UpTrack,
    demux: Demux,
    pub(super) joined: Instant,
    /// (arrival, packet) in order of arrival, without duplicates.
    pub(super) packets: Vec<(Instant, Arc<Packet>)>,
    frames: BTreeMap<u32, (usize, usize, bool)>,
    next_frame: Option<u32>,
    /// When each frame could be shown.
    pub(super) shown: Vec<(Instant, u32)>,
}

impl Receiver {
    pub(super) fn new(clock: ClockBase, now: Instant) -> Self {
        Self {
            up: UpTrack::new(UpConfig::new(Codec::H264, PT, 1, clock), now),
            demux: Demux::new(vec![entry()]),
            joined: now,
            packets: Vec::new(),
            frames: BTreeMap::new(),
            next_frame: None,
            shown: Vec::new(),
        }
    }

    fn rtp(&mut self, bytes: &[u8], now: Instant) {
        let packet = Packet::parse(bytes, &ExtensionIds::default(), now).unwrap();
        let route = self.demux.route(&packet).unwrap();
        let Ok(packet) = self.up.receive(packet, route.layer, route.repair, now) else { return };
        let (frame, _, count) = label(&packet.payload);
        self.packets.push((now, Arc::clone(&packet)));
        let entry = self.frames.entry(frame).or_insert((0, usize::from(count), false));
        entry.0 += 1;
        entry.2 |= packet.keyframe;
        self.show(now);
    }

    /// Shows frames in order; a complete keyframe may be shown at any time.
    fn show(&mut self, now: Instant) {
        loop {
            let next = self.next_frame.unwrap_or(0);
            let ready = self
                .frames
                .range(next..)
                .find(|(frame, (have, count, key))| have == count && (*key || self.next_frame == Some(**frame)));
            let Some((&frame, _)) = ready else { return };
            self.next_frame = Some(frame + 1);
            self.shown.push((now, frame));
        }
    }

    pub(super) fn stats(&self) -> crate::track::UpStats {
        self.up.stats()
    }

    /// Longest time between two shown frames after the first.
    pub(super) fn longest_gap(&self) -> Duration {
        self.shown.windows(2).map(|w| w[1].0 - w[0].0).max().unwrap_or(Duration::MAX)
    }

    /// Share of the packets of frames `from..to` that never arrived.
    pub(super) fn residual_loss(&self, from: u32, to: u32) -> f64 {
        let (mut have, mut all) = (0, 0);
        for frame in from..to {
            let (arrived, count, _) = self.frames.get(&frame).copied().unwrap_or((0, 5, false));
            have += arrived;
            all += count;
        }
        1.0 - have as f64 / all.max(1) as f64
    }
}

/// One receiver's side of the server.
pub(super) struct Leg {
    pub(super) down: DownTrack,
    pub(super) receiver: Receiver,
    pub(super) to: LossyLink<Datagram>,
    pub(super) back: LossyLink<Datagram>,
    /// Every (ssrc, index) sent, to prove that none is used twice.
    used: HashSet<(u32, u64)>,
    pub(super) first_sent: Vec<bool>,
    /// Asks for everything all the time.
    pub(super) greedy: bool,
}

/// The whole path.
pub(super) struct Path {
    pub(super) clock: VirtualClock,
    pub(super) base: ClockBase,
    pub(super) publisher: Publisher,
    pub(super) up: UpTrack,
    demux: Demux,
    to: LossyLink<Datagram>,
    back: LossyLink<Datagram>,
    pub(super) legs: Vec<Leg>,
    seed: u64,
}

impl Path {
    pub(super) fn new(link: &LinkConfig, seed: u64) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
        let clock = VirtualClock::new(Instant::now());
        let now = clock.now();
        let base = ClockBase { instant: now, ntp: Ntp::from_unix(Duration::from_secs(1_700_000_000)) };
        Self {
            clock,
            base,
            publisher: Publisher::new(now),
            up: UpTrack::new(UpConfig::new(Codec::H264, PT, 1, base), now),
            demux: Demux::new(vec![entry()]),
            to: LossyLink::new(link.clone(), seed, now),
            back: LossyLink::new(link.clone(), seed ^ 1, now),
            legs: Vec::new(),
            seed,
        }
    }

    pub(super) fn join(&mut self, link: &LinkConfig) {
        let now = self.clock.now();
        let seed = self.seed.wrapping_mul(31) + 2 * self.legs.len() as u64 + 2;
        let format = Format { codec: Codec::H264, pt: PT, rtx_pt: Some(RTX_PT), red_pt: None };
        let config = DownConfig {
            ssrc: MEDIA,
            rtx_ssrc: Some(REPAIR),
            formats: [format].into_iter().collect(),
            first_seq: 32_700,
            first_rtx_seq: 5,
            first_timestamp: u32::MAX - 1_000_000,
            squeeze: true,
            burst_rate: DownConfig::BURST_RATE,
            ..DownConfig::tap(MediaKind::Video)
        };
        let mut down = DownTrack::new(config, now);
        assert!(down.show(Some(self.up.source()), now));
        self.legs.push(Leg {
            down,
            receiver: Receiver::new(self.base, now),
            to: LossyLink::new(link.clone(), seed, now),
            back: LossyLink::new(link.clone(), seed + 1, now),
            used: HashSet::new(),
            first_sent: Vec::new(),
            greedy: false,
        });
    }

    /// Lets `duration` pass in steps of a millisecond; the server's timers turn every 5 ms.
    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.clock.elapsed() + duration;
        while self.clock.elapsed() < end {
            self.clock.advance(Duration::from_millis(1));
            self.step(self.clock.elapsed().as_millis().is_multiple_of(5));
        }
    }

    fn step(&mut self, turn: bool) {
        let now = self.clock.now();
        self.publisher.run(now, |bytes| self.to.send(Datagram::Rtp(bytes), now));
        while let Some(datagram) = self.back.receive(now) {
            if let Datagram::Rtcp(bytes) = datagram {
                self.publisher.feedback(&bytes, now, |bytes| self.to.send(Datagram::Rtp(bytes), now));
            }
        }
        while let Some(datagram) = self.to.receive(now) {
            let Datagram::Rtp(bytes) = datagram else { continue };
            let packet = Packet::parse(&bytes, &ExtensionIds::default(), now).unwrap();
            let route = self.demux.route(&packet).unwrap();
            let Ok(packet) = self.up.receive(packet, route.layer, route.repair, now) else { continue };
            for leg in &mut self.legs {
                if let Some(out) = leg.down.forward(&packet, self.up.source(), now) {
                    leg.send(&packet, &out, now);
                }
            }
        }
        if turn {
            let mut compound = Vec::new();
            self.up.poll(1, now, &mut compound);
            if !compound.is_empty() {
                self.back.send(Datagram::Rtcp(compound), now);
            }
        }
        for leg in &mut self.legs {
            leg.step(&mut self.up, turn, now);
        }
    }
}

impl Leg {
    fn step(&mut self, up: &mut UpTrack, turn: bool, now: Instant) {
        self.burst(up.source(), now);
        while let Some(datagram) = self.to.receive(now) {
            if let Datagram::Rtp(bytes) = datagram {
                self.receiver.rtp(&bytes, now);
            }
        }
        while let Some(Datagram::Rtcp(bytes)) = self.back.receive(now) {
            for message in read(&bytes) {
                match message {
                    Message::Pli { media: MEDIA } => self.down.picture_loss(now),
                    Message::Nack { media: MEDIA, sequences } => {
                        for seq in sequences {
                            if let Some((packet, out)) = self.down.resend(seq, up.source(), now) {
                                let packet = Arc::clone(packet);
                                self.send(&packet, &out, now);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        if !turn {
            return;
        }
        if let Some(layer) = self.down.poll_keyframe(up.source(), now) {
            up.request_keyframe(layer, now);
        }
        let mut compound = Vec::new();
        self.receiver.up.poll(2, now, &mut compound);
        if self.greedy
            && let Some((_, newest)) = self.receiver.packets.last()
        {
            let all: Vec<u16> = (0..500).map(|n| newest.seq.wrapping_sub(499 - n)).collect();
            write::nack(&mut compound, 2, MEDIA, &all);
        }
        if !compound.is_empty() {
            self.back.send(Datagram::Rtcp(compound), now);
        }
    }

    fn burst(&mut self, source: &Source, now: Instant) {
        while let Some((packet, out)) = self.down.next_burst(source, now) {
            let packet = Arc::clone(packet);
            self.send(&packet, &out, now);
        }
    }

    fn send(&mut self, packet: &Packet, out: &Outgoing, now: Instant) {
        assert!(self.used.insert((out.ssrc, out.index)), "index {} used twice", out.index);
        if out.original.is_none() {
            self.first_sent.push(packet.keyframe);
        }
        let values = HeaderValues {
            ssrc: out.ssrc,
            pt: out.pt,
            seq: out.seq(),
            timestamp: out.timestamp as u32,
            marker: out.marker,
            ..HeaderValues::default()
        };
        self.to.send(Datagram::Rtp(datagram(&values, out.original, &packet.payload)), now);
    }
}
