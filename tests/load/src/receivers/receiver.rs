//! One receiver: check, handshake, then counting.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use airclass_media::ice::{IceLite, IceOutcome};
use airclass_media::srtp::{OpenError, Opener, Sealer, SrtpKeys};
use tokio::sync::oneshot;

use super::feedback::{Arrivals, note_reports, report};
use super::picture::{FirstPicture, JoinFailure, JoinTimes};
use super::pool::Joining;
use super::{StreamCount, Tally};
use crate::client::{Answer, Credentials, H264_PT, Handshake, Identity, binding_request, is_success_response};
use crate::publisher::sent_at;

/// Distance of two checks while none has been answered.
const CHECK_AGAIN: Duration = Duration::from_millis(50);
/// Distance of two consent checks (RFC 7675 section 5.1).
const CONSENT: Duration = Duration::from_secs(5);
/// Distance of two receiver reports.
const REPORTS: Duration = Duration::from_secs(1);
/// A join that takes longer is given up, and tried again by whoever wanted it.
const JOIN_TIMEOUT: Duration = Duration::from_secs(4);
/// SSRCs of one receiver: eight slots and their repair streams.
const MAX_SSRCS: usize = 16;

enum Phase {
    Checking,
    Handshaking(Box<Handshake>),
    Receiving(Box<Keys>),
    Ended,
}

struct Keys {
    opener: Opener,
    sealer: Sealer,
    arrivals: Option<Arrivals>,
    next_report: Instant,
}

/// One receiver.
pub(crate) struct Receiver {
    socket: UdpSocket,
    server: SocketAddr,
    local: Credentials,
    answer: Answer,
    lite: Option<IceLite>,
    phase: Phase,
    connected: Option<oneshot::Sender<Result<(), JoinFailure>>>,
    next_check: Instant,
    ssrc: u32,
    pub(crate) streams: Vec<StreamCount>,
    picture: Option<FirstPicture>,
    pub(crate) times: JoinTimes,
}

impl Receiver {
    pub(crate) fn new(joining: Joining, now: Instant) -> Self {
        Self {
            server: joining.answer.address,
            socket: joining.socket,
            local: joining.local,
            answer: joining.answer,
            lite: joining.lite,
            phase: Phase::Checking,
            connected: Some(joining.connected),
            next_check: now,
            ssrc: rand::random(),
            streams: Vec::new(),
            picture: Some(FirstPicture::default()),
            times: JoinTimes::begin(joining.posted, now),
        }
    }

    pub(crate) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Whether it waits for its keys.
    pub(crate) fn is_joining(&self) -> bool {
        matches!(self.phase, Phase::Checking | Phase::Handshaking(_))
    }

    /// Sends what is due: checks, handshake flights, reports.
    pub(crate) fn handle_timeout(&mut self, now: Instant, now_ns: u64, out: &mut Vec<u8>) {
        if self.is_joining() && now.saturating_duration_since(self.times.posted) > JOIN_TIMEOUT {
            return self.end(self.stage());
        }
        if now >= self.next_check && self.lite.is_none() && !matches!(self.phase, Phase::Ended) {
            let again = if matches!(self.phase, Phase::Checking) { CHECK_AGAIN } else { CONSENT };
            self.next_check = now + again;
            if let Some(check) = binding_request(&self.local, &self.answer.ice) {
                self.send(&check);
            }
        }
        match &mut self.phase {
            Phase::Handshaking(handshake) => {
                handshake.output(now, |datagram| send(&self.socket, self.server, datagram));
            }
            Phase::Receiving(keys) => {
                out.clear();
                if now >= keys.next_report {
                    keys.next_report = now + REPORTS;
                    report(&mut self.streams, self.ssrc, now_ns, out);
                }
                if let Some(arrivals) = &mut keys.arrivals {
                    arrivals.poll(self.ssrc, now, out);
                }
                if !out.is_empty() {
                    let mut sealed = Vec::with_capacity(out.len() + 32);
                    if keys.sealer.seal_rtcp(out, &mut sealed).is_ok() {
                        send(&self.socket, self.server, &sealed);
                    }
                }
            }
            Phase::Checking | Phase::Ended => {}
        }
    }

    /// Takes one datagram that the kernel stamped `stamp_ns`.
    pub(crate) fn handle(&mut self, datagram: &mut [u8], context: &mut Context<'_>) {
        match datagram {
            [0..=3, ..] => self.handle_check(datagram, context),
            [20..=63, ..] => self.handle_handshake(datagram, context.now),
            [128..=191, 192..=223, ..] => self.handle_control(datagram, context),
            [128..=191, ..] if datagram.len() >= 12 => self.handle_media(datagram, context),
            _ => {}
        }
    }

    fn handle_check(&mut self, datagram: &[u8], context: &Context<'_>) {
        let is_proved = match &mut self.lite {
            Some(lite) => {
                let mut reply = Vec::new();
                let outcome = lite.handle(datagram, self.server, context.now, &mut reply);
                if matches!(outcome, IceOutcome::Reply { .. }) {
                    send(&self.socket, self.server, &reply);
                }
                lite.nominated().is_some()
            }
            None => is_success_response(datagram),
        };
        if !is_proved || !matches!(self.phase, Phase::Checking) {
            return;
        }
        match Handshake::start(context.identity, context.now) {
            Ok(mut handshake) => {
                handshake.output(context.now, |datagram| send(&self.socket, self.server, datagram));
                self.next_check = context.now + CONSENT;
                self.phase = Phase::Handshaking(Box::new(handshake));
            }
            Err(_) => self.end(JoinFailure::Refused),
        }
    }

    fn handle_handshake(&mut self, datagram: &[u8], now: Instant) {
        let Phase::Handshaking(handshake) = &mut self.phase else { return };
        let read = handshake.read(datagram, now);
        handshake.output(now, |datagram| send(&self.socket, self.server, datagram));
        match read {
            Ok(None) => {}
            Ok(Some(keys)) => self.connect(&keys, now),
            Err(_) => self.end(JoinFailure::Refused),
        }
    }

    fn connect(&mut self, keys: &SrtpKeys, now: Instant) {
        self.times.connected = Some(now.saturating_duration_since(self.times.posted));
        self.phase = Phase::Receiving(Box::new(Keys {
            opener: Opener::new(keys.profile, &keys.remote, MAX_SSRCS),
            sealer: Sealer::new(keys.profile, &keys.local),
            arrivals: self.answer.twcc.then(|| Arrivals::new(now)),
            // Spread over the interval by the receiver's own number.
            next_report: now + REPORTS.mul_f64(f64::from(self.ssrc) / f64::from(u32::MAX)),
        }));
        if let Some(connected) = self.connected.take() {
            // Nobody waits any more when the benchmark is over.
            let _ = connected.send(Ok(()));
        }
    }

    /// Where a join that takes too long stands.
    fn stage(&self) -> JoinFailure {
        match &self.phase {
            Phase::Handshaking(handshake) if handshake.heard() > 1 => JoinFailure::HandshakeStalled,
            Phase::Handshaking(_) => JoinFailure::HelloUnanswered,
            _ => JoinFailure::CheckUnanswered,
        }
    }

    fn end(&mut self, failure: JoinFailure) {
        self.phase = Phase::Ended;
        if let Some(connected) = self.connected.take() {
            let _ = connected.send(Err(failure));
        }
    }

    fn handle_control(&mut self, datagram: &mut [u8], context: &mut Context<'_>) {
        context.tally.control += 1;
        if let Phase::Receiving(keys) = &mut self.phase
            && let Ok(len) = keys.opener.open_rtcp(datagram)
        {
            note_reports(&mut self.streams, &datagram[..len], context.stamp_ns);
        }
    }

    fn handle_media(&mut self, datagram: &mut [u8], context: &mut Context<'_>) {
        let Phase::Receiving(keys) = &mut self.phase else { return };
        let pt = datagram[1] & 0x7f;
        let seq = u16::from_be_bytes([datagram[2], datagram[3]]);
        let ssrc = u32::from_be_bytes([datagram[8], datagram[9], datagram[10], datagram[11]]);
        let tally = &mut *context.tally;
        tally.packets += 1;
        tally.bytes += datagram.len() as u64;
        if let Some(arrivals) = &mut keys.arrivals {
            arrivals.note(datagram, ssrc, context.now);
        }
        let mut is_first = false;
        match self.streams.iter_mut().find(|stream| stream.ssrc == ssrc) {
            Some(stream) => {
                stream.count(seq);
            }
            None => {
                self.streams.push(StreamCount::new(ssrc, seq));
                is_first = true;
            }
        }
        if is_first && self.times.first_packet.is_none() {
            self.times.first_packet = Some(context.now.saturating_duration_since(self.times.posted));
        }
        let is_watched = pt == H264_PT && self.picture.is_some();
        // The first packet of a stream tells the opener where its numbers begin.
        if !(is_first || is_watched || tally.is_sampled(context.sample)) {
            return;
        }
        let timestamp = u32::from_be_bytes([datagram[4], datagram[5], datagram[6], datagram[7]]);
        let marker = datagram[1] & 0x80 != 0;
        tally.checked += 1;
        let payload = match keys.opener.open_rtp(datagram) {
            Ok(len) => payload_of(&datagram[..len]),
            Err(OpenError::Replayed) => return,
            Err(_) => {
                tally.forged += 1;
                return;
            }
        };
        if is_watched
            && let Some(picture) = &mut self.picture
            && picture.push(seq, timestamp, marker, payload)
        {
            self.times.first_picture = Some(context.now.saturating_duration_since(self.times.posted));
            self.picture = None;
        } else if context.stamp_ns > 0
            && let Some(sent_ns) = sent_at(payload)
        {
            tally.delay(sent_ns, context.stamp_ns);
        }
    }

    fn send(&self, datagram: &[u8]) {
        send(&self.socket, self.server, datagram);
    }
}

/// What all receivers share while one read is handled.
pub(crate) struct Context<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) tally: &'a mut Tally,
    pub(crate) sample: u32,
    pub(crate) now: Instant,
    pub(crate) stamp_ns: u64,
}

/// A full socket buffer is a lost datagram, as on any other link.
fn send(socket: &UdpSocket, to: SocketAddr, datagram: &[u8]) {
    let _ = socket.send_to(datagram, to);
}

/// The payload of a plain RTP packet; empty when the header lies.
pub(crate) fn payload_of(packet: &[u8]) -> &[u8] {
    let mut at = 12 + usize::from(packet[0] & 0x0f) * 4;
    if packet[0] & 0x10 != 0 {
        let Some(head) = packet.get(at..at + 4) else { return &[] };
        at += 4 + usize::from(u16::from_be_bytes([head[2], head[3]])) * 4;
    }
    let padding = if packet[0] & 0x20 != 0 { usize::from(*packet.last().unwrap_or(&0)) } else { 0 };
    packet.get(at..packet.len().saturating_sub(padding)).unwrap_or(&[])
}
