//! The studio's thread: session, pacing, and what comes back.

use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use airclass_media::feedback::{Message, Ntp, SenderInfo, read, write};
use airclass_media::srtp::{Opener, Sealer, SrtpKeys};
use anyhow::{Result, bail};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use tokio::sync::oneshot;

use super::frames::{Frames, Pattern, stamp};
use crate::client::{
    AUDIO_LEVEL_ID, Answer, Credentials, H264_PT, Handshake, Identity, OPUS_PT, PublishedSsrcs, TWCC_ID,
    binding_request, is_success_response,
};
use crate::clock;

const JOIN_TIMEOUT: Duration = Duration::from_secs(4);
const CHECK_AGAIN: Duration = Duration::from_millis(50);
const CONSENT: Duration = Duration::from_secs(5);
const REPORTS: Duration = Duration::from_secs(1);
const SOUND: Duration = Duration::from_millis(20);

/// What the studio did and heard.
#[derive(Debug, Default)]
pub(crate) struct StudioCounts {
    pub(crate) packets: AtomicU64,
    pub(crate) keyframes: AtomicU64,
    /// PLI and FIR that reached the studio.
    pub(crate) keyframe_requests: AtomicU64,
    /// Numbers asked for again.
    pub(crate) nacked: AtomicU64,
    /// Transport-wide feedback messages.
    pub(crate) feedback: AtomicU64,
}

/// Handle to the thread; dropping it ends the studio.
pub(crate) struct Studio {
    pub(crate) counts: Arc<StudioCounts>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Studio {
    /// Takes over an answered publish session; comes back when it has its keys and is on air.
    pub(crate) async fn start(
        identity: Arc<Identity>,
        socket: UdpSocket,
        local: Credentials,
        answer: Answer,
        ssrcs: PublishedSsrcs,
        pattern: Pattern,
    ) -> Result<Self> {
        let counts = Arc::new(StudioCounts::default());
        let stop = Arc::new(AtomicBool::new(false));
        let (connected, is_connected) = oneshot::channel();
        let mut session = Session {
            socket,
            local,
            answer,
            counts: Arc::clone(&counts),
            stop: Arc::clone(&stop),
            video: Line { ssrc: ssrcs.video, ..Line::new(H264_PT) },
            audio: Line { ssrc: ssrcs.audio, ..Line::new(OPUS_PT) },
            transport_seq: 0,
            keyframe: true,
        };
        session.socket.connect(session.answer.address)?;
        let thread = std::thread::Builder::new().name("studio".to_owned()).spawn(move || {
            let keys = session.join(&identity);
            let _ = connected.send(keys.is_some());
            if let Some(keys) = keys {
                session.play(&keys, pattern);
            }
        })?;
        let studio = Self { counts, stop, thread: Some(thread) };
        if !is_connected.await.unwrap_or(false) {
            bail!("the studio's session did not get its keys");
        }
        Ok(studio)
    }

    /// Keyframes sent so far.
    pub(crate) fn keyframes(&self) -> u64 {
        self.counts.keyframes.load(Ordering::Relaxed)
    }

    /// Keyframe requests that reached the studio so far.
    pub(crate) fn keyframe_requests(&self) -> u64 {
        self.counts.keyframe_requests.load(Ordering::Relaxed)
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One stream that goes out.
struct Line {
    ssrc: u32,
    pt: u8,
    index: u64,
    packets: u32,
    bytes: u32,
    timestamp: u32,
}

impl Line {
    fn new(pt: u8) -> Self {
        Self {
            ssrc: 0,
            pt,
            index: u64::from(rand::random::<u16>() >> 2),
            packets: 0,
            bytes: 0,
            timestamp: rand::random(),
        }
    }
}

struct Session {
    socket: UdpSocket,
    local: Credentials,
    answer: Answer,
    counts: Arc<StudioCounts>,
    stop: Arc<AtomicBool>,
    video: Line,
    audio: Line,
    transport_seq: u16,
    keyframe: bool,
}

impl Session {
    fn join(&mut self, identity: &Identity) -> Option<SrtpKeys> {
        let begun = clock::now();
        let mut handshake: Option<Handshake> = None;
        let mut next_check = begun;
        let mut buffer = [0; 2048];
        loop {
            let now = clock::now();
            if now.saturating_duration_since(begun) > JOIN_TIMEOUT {
                return None;
            }
            if now >= next_check {
                next_check = now + if handshake.is_some() { CONSENT } else { CHECK_AGAIN };
                self.check();
            }
            if let Some(handshake) = &mut handshake {
                handshake.output(now, |datagram| transmit(&self.socket, datagram));
            }
            self.wait(now + Duration::from_millis(10));
            while let Ok(len) = self.socket.recv(&mut buffer) {
                let datagram = &buffer[..len];
                match (datagram.first(), &mut handshake) {
                    (Some(0..=3), None) if is_success_response(datagram) => {
                        handshake = Some(Handshake::start(identity, now).ok()?);
                    }
                    (Some(20..=63), Some(handshake)) => {
                        let keys = handshake.read(datagram, now).ok()?;
                        handshake.output(now, |datagram| transmit(&self.socket, datagram));
                        if keys.is_some() {
                            return keys;
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn play(&mut self, keys: &SrtpKeys, pattern: Pattern) {
        let mut sealer = Sealer::new(keys.profile, &keys.local);
        let mut opener = Opener::new(keys.profile, &keys.remote, 8);
        let mut frames = Frames::new(pattern);
        let frame_time = Duration::from_secs(1) / pattern.frames_per_second.max(1);
        let begun = clock::now();
        let far = begun + Duration::from_secs(86_400);
        let mut next_frame = if pattern.picture_bits > 0 { begun } else { far };
        // Between two frames, as two independent devices would mostly be.
        let mut next_sound = if pattern.sound { begun + SOUND / 2 } else { far };
        let (mut next_report, mut next_check) = (begun, begun + CONSENT);
        let mut frame = frames.next_frame(true);
        while !self.stop.load(Ordering::Relaxed) {
            let now = clock::now();
            if now >= next_frame {
                next_frame += frame_time;
                self.send_frame(&sealer, &mut frame);
                self.video.timestamp = self.video.timestamp.wrapping_add(90_000 / pattern.frames_per_second);
                let keyframe = std::mem::take(&mut self.keyframe);
                self.counts.keyframes.fetch_add(u64::from(keyframe), Ordering::Relaxed);
                frame = frames.next_frame(keyframe);
            }
            if now >= next_sound {
                next_sound += SOUND;
                let mut payload = frames.next_sound();
                self.send(&sealer, &mut payload, false, true);
                self.audio.timestamp = self.audio.timestamp.wrapping_add(960);
            }
            if now >= next_report {
                next_report += REPORTS;
                self.report(&mut sealer);
            }
            if now >= next_check {
                next_check += CONSENT;
                self.check();
            }
            self.wait(next_frame.min(next_sound).min(next_report).min(next_check));
            self.listen(&mut opener);
        }
    }

    fn send_frame(&mut self, sealer: &Sealer, frame: &mut [Vec<u8>]) {
        let last = frame.len().saturating_sub(1);
        for (n, payload) in frame.iter_mut().enumerate() {
            self.send(sealer, payload, n == last, false);
        }
    }

    fn send(&mut self, sealer: &Sealer, payload: &mut [u8], marker: bool, is_sound: bool) {
        let transport_seq = self.transport_seq;
        self.transport_seq = transport_seq.wrapping_add(1);
        let line = if is_sound { &mut self.audio } else { &mut self.video };
        line.index += 1;
        line.packets = line.packets.wrapping_add(1);
        line.bytes = line.bytes.wrapping_add(payload.len() as u32);
        let [s0, s1] = transport_seq.to_be_bytes();
        // One-byte header extensions (RFC 8285): the transport-wide number, and a voice at -30 dBov beside sound.
        let extension: &[u8] = if is_sound {
            &[0xbe, 0xde, 0, 2, TWCC_ID << 4 | 1, s0, s1, AUDIO_LEVEL_ID << 4, 0x80 | 30, 0, 0, 0]
        } else {
            &[0xbe, 0xde, 0, 1, TWCC_ID << 4 | 1, s0, s1, 0]
        };
        let header = 12 + extension.len();
        let mut packet = Vec::with_capacity(header + payload.len() + sealer.tag_len());
        packet.extend_from_slice(&[0x90, line.pt | if marker { 0x80 } else { 0 }]);
        packet.extend_from_slice(&(line.index as u16).to_be_bytes());
        packet.extend_from_slice(&line.timestamp.to_be_bytes());
        packet.extend_from_slice(&line.ssrc.to_be_bytes());
        packet.extend_from_slice(extension);
        stamp(payload, clock::unix_ns());
        packet.extend_from_slice(payload);
        packet.resize(packet.len() + sealer.tag_len(), 0);
        if sealer.seal_in_place(&mut packet, header, line.index).is_ok() {
            transmit(&self.socket, &packet);
            self.counts.packets.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn report(&self, sealer: &mut Sealer) {
        let ntp = Ntp::from_unix(Duration::from_nanos(clock::unix_ns()));
        for line in [&self.video, &self.audio] {
            let info =
                SenderInfo { ssrc: line.ssrc, ntp, rtp: line.timestamp, packets: line.packets, bytes: line.bytes };
            let (mut plain, mut sealed) = (Vec::new(), Vec::new());
            write::sender_report(&mut plain, &info, &[]);
            if line.packets > 0 && sealer.seal_rtcp(&plain, &mut sealed).is_ok() {
                transmit(&self.socket, &sealed);
            }
        }
    }

    /// Reads what the server says.
    fn listen(&mut self, opener: &mut Opener) {
        let mut buffer = [0; 2048];
        while let Ok(len) = self.socket.recv(&mut buffer) {
            let datagram = &mut buffer[..len];
            if !matches!(datagram, [128..=191, 192..=223, ..]) {
                continue;
            }
            let Ok(len) = opener.open_rtcp(datagram) else { continue };
            for message in read(&datagram[..len]) {
                match message {
                    Message::Pli { .. } | Message::Fir { .. } => {
                        self.keyframe = true;
                        self.counts.keyframe_requests.fetch_add(1, Ordering::Relaxed);
                    }
                    Message::Nack { sequences, .. } => {
                        self.counts.nacked.fetch_add(sequences.count() as u64, Ordering::Relaxed);
                    }
                    Message::Twcc(_) => {
                        self.counts.feedback.fetch_add(1, Ordering::Relaxed);
                    }
                    _ => {}
                }
            }
        }
    }

    fn check(&self) {
        if let Some(check) = binding_request(&self.local, &self.answer.ice) {
            transmit(&self.socket, &check);
        }
    }

    /// Waits for a datagram, but not beyond `due`.
    fn wait(&self, due: Instant) {
        let rest = due.saturating_duration_since(clock::now());
        let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        // A wait that a signal cuts short is as good.
        let _ = ppoll(&mut fds, Some(TimeSpec::from_duration(rest)), None);
    }
}

/// A full socket buffer is a lost datagram, as on any other link.
fn transmit(socket: &UdpSocket, datagram: &[u8]) {
    let _ = socket.send(datagram);
}
