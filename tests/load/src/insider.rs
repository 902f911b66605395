//! A peer by hand: a real session, of which the story decides packet by packet what goes out.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use airclass_media::feedback::write;
use airclass_media::srtp::{Opener, Sealer};
use anyhow::{Result, bail};
use tokio::net::UdpSocket;

use crate::client::{
    Answer, Credentials, H264_PT, Handshake, Identity, PublishedSsrcs, binding_request, is_success_response,
    publish_offer, receive_offer, repeated_check,
};
use crate::clock;
use crate::receivers::open;
use crate::server::Doors;

/// How long one attempt to join may take, and how many there are.
const JOIN_TIMEOUT: Duration = Duration::from_secs(4);
const ATTEMPTS: u32 = 5;
/// Distance of two checks before the first is answered, and afterwards. The latter is what clients of the `webrtc`
/// crate keep; they do not nominate again either.
const CHECK_AGAIN: Duration = Duration::from_millis(20);
const CONSENT: Duration = Duration::from_secs(2);

/// Where and as whom an insider joins.
#[derive(Debug, Clone)]
pub struct Entrance {
    /// The server's plain-HTTP address.
    pub http: SocketAddr,
    /// The lesson's id.
    pub lesson: String,
    /// A token for the seat.
    pub token: String,
    /// Where datagrams are sent instead of the server's own address.
    pub via: Option<SocketAddr>,
}

/// A joined peer.
pub struct Insider {
    socket: UdpSocket,
    server: SocketAddr,
    local: Credentials,
    answer: Answer,
    sealer: Sealer,
    opener: Opener,
    video: u32,
    index: u64,
    next_check: Instant,
}

/// What came.
#[derive(Debug, Clone)]
pub enum Heard {
    /// A packet of a stream.
    Media(Media),
    /// An opened compound of feedback.
    Control(Vec<u8>),
}

/// One packet of a stream, opened.
#[derive(Debug, Clone)]
pub struct Media {
    /// Payload type.
    pub pt: u8,
    /// Sequence number.
    pub seq: u16,
    /// Timestamp.
    pub timestamp: u32,
    /// Stream.
    pub ssrc: u32,
    /// Last packet of its picture.
    pub marker: bool,
    /// Bytes on the wire.
    pub bytes: usize,
    /// What it carries, without header and padding.
    pub payload: Vec<u8>,
}

impl Media {
    /// Whether it is a packet of a picture, sent for the first time.
    #[must_use]
    pub fn is_picture(&self) -> bool {
        self.pt == H264_PT
    }

    /// For a repeated packet of a picture (RFC 4588): its first number and its payload.
    #[must_use]
    pub fn repeated(&self) -> Option<(u16, &[u8])> {
        let (number, payload) = self.payload.split_first_chunk::<2>()?;
        (self.pt == H264_PT + 1 && !payload.is_empty()).then(|| (u16::from_be_bytes(*number), payload))
    }
}

impl Insider {
    /// Joins as a receiver of one sound and one picture. `twcc`: whether transport-wide feedback is offered.
    ///
    /// # Errors
    /// A refusal, or a join that did not succeed in several attempts.
    pub async fn receiver(entrance: &Entrance, twcc: bool) -> Result<Self> {
        let path = format!("/whep/{}", entrance.lesson);
        Self::join(entrance, &path, |identity, local, _| receive_offer(identity, local, 1, 1, twcc)).await
    }

    /// Joins as a publisher of one sound and one picture.
    ///
    /// # Errors
    /// As [`Insider::receiver`].
    pub async fn publisher(entrance: &Entrance) -> Result<Self> {
        let path = format!("/whip/{}", entrance.lesson);
        Self::join(entrance, &path, publish_offer).await
    }

    async fn join(
        entrance: &Entrance,
        path: &str,
        offer: impl Fn(&Identity, &Credentials, PublishedSsrcs) -> String,
    ) -> Result<Self> {
        let identity = Identity::generate()?;
        let doors = Doors::new(entrance.http)?;
        for _ in 0..ATTEMPTS {
            let local = Credentials::random();
            let ssrcs = PublishedSsrcs { audio: rand::random(), video: rand::random() };
            let answer = doors.offer(path, &entrance.token, offer(&identity, &local, ssrcs)).await?;
            let server = entrance.via.unwrap_or(answer.address);
            let socket = UdpSocket::from_std(open(Ipv4Addr::LOCALHOST.into(), false)?)?;
            let joined = Self::handshake(&identity, socket, server, local, answer, ssrcs.video);
            if let Ok(Ok(insider)) = tokio::time::timeout(JOIN_TIMEOUT, joined).await {
                return Ok(insider);
            }
        }
        bail!("{ATTEMPTS} attempts to join have failed");
    }

    async fn handshake(
        identity: &Identity,
        socket: UdpSocket,
        server: SocketAddr,
        local: Credentials,
        answer: Answer,
        video: u32,
    ) -> Result<Self> {
        let mut handshake: Option<Handshake> = None;
        let mut buffer = [0; 2048];
        loop {
            let now = clock::now();
            match &mut handshake {
                None => {
                    let check = binding_request(&local, &answer.ice).unwrap_or_default();
                    let _ = socket.send_to(&check, server).await;
                }
                Some(handshake) => handshake.output(now, |flight| drop(socket.try_send_to(flight, server))),
            }
            let Ok(read) = tokio::time::timeout(CHECK_AGAIN, socket.recv(&mut buffer)).await else { continue };
            let Ok(datagram) = read.map(|len| &buffer[..len]) else { continue };
            match (datagram.first(), &mut handshake) {
                (Some(0..=3), None) if is_success_response(datagram) => {
                    let Ok(begun) = Handshake::start(identity, now) else { bail!("no handshake") };
                    handshake = Some(begun);
                }
                (Some(20..=63), Some(handshake)) => {
                    let Ok(keys) = handshake.read(datagram, now) else { bail!("the handshake failed") };
                    handshake.output(now, |flight| drop(socket.try_send_to(flight, server)));
                    let Some(keys) = keys else { continue };
                    let sealer = Sealer::new(keys.profile, &keys.local);
                    let opener = Opener::new(keys.profile, &keys.remote, 16);
                    let (index, next_check) = (1_000, now + CONSENT);
                    return Ok(Self { socket, server, local, answer, sealer, opener, video, index, next_check });
                }
                _ => {}
            }
        }
    }

    /// What comes next, if it comes `within`. Consent checks go out meanwhile.
    pub async fn next(&mut self, within: Duration) -> Option<Heard> {
        let mut buffer = [0; 2048];
        let due = clock::now() + within;
        loop {
            let now = clock::now();
            if now >= self.next_check {
                self.next_check = now + CONSENT;
                if let Some(check) = repeated_check(&self.local, &self.answer.ice) {
                    let _ = self.socket.send_to(&check, self.server).await;
                }
            }
            let wait = due.min(self.next_check).saturating_duration_since(now);
            match tokio::time::timeout(wait, self.socket.recv(&mut buffer)).await {
                Ok(Ok(len)) => {
                    if let Some(heard) = self.open(&mut buffer[..len]) {
                        return Some(heard);
                    }
                }
                Ok(Err(_)) => {}
                Err(_) if clock::now() >= due => return None,
                Err(_) => {}
            }
        }
    }

    fn open(&mut self, datagram: &mut [u8]) -> Option<Heard> {
        match *datagram {
            [128..=191, 192..=223, ..] => {
                let len = self.opener.open_rtcp(datagram).ok()?;
                Some(Heard::Control(datagram[..len].to_vec()))
            }
            [128..=191, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3, ..] => {
                let bytes = datagram.len();
                let len = self.opener.open_rtp(datagram).ok()?;
                Some(Heard::Media(Media {
                    pt: second & 0x7f,
                    marker: second & 0x80 != 0,
                    seq: u16::from_be_bytes([s0, s1]),
                    timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
                    ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
                    bytes,
                    payload: crate::receivers::payload_of(&datagram[..len]).to_vec(),
                }))
            }
            _ => None,
        }
    }

    /// Asks for packets again.
    pub async fn nack(&mut self, media: u32, sequences: &[u16]) {
        let mut plain = Vec::new();
        write::receiver_report(&mut plain, 1, &[]);
        write::nack(&mut plain, 1, media, sequences);
        self.control(&plain).await;
    }

    /// Asks for a keyframe.
    pub async fn picture_loss(&mut self, media: u32) {
        let mut plain = Vec::new();
        write::receiver_report(&mut plain, 1, &[]);
        write::picture_loss(&mut plain, 1, media);
        self.control(&plain).await;
    }

    async fn control(&mut self, plain: &[u8]) {
        let mut sealed = Vec::with_capacity(plain.len() + 32);
        if self.sealer.seal_rtcp(plain, &mut sealed).is_ok() {
            let _ = self.socket.send_to(&sealed, self.server).await;
        }
    }

    /// Publishes one packet of the picture with `payload`, valid in every respect.
    pub async fn publish(&mut self, timestamp: u32, marker: bool, payload: &[u8]) {
        self.index += 1;
        let mut packet = vec![0x80, H264_PT | if marker { 0x80 } else { 0 }];
        packet.extend_from_slice(&(self.index as u16).to_be_bytes());
        packet.extend_from_slice(&timestamp.to_be_bytes());
        packet.extend_from_slice(&self.video.to_be_bytes());
        packet.extend_from_slice(payload);
        packet.resize(packet.len() + self.sealer.tag_len(), 0);
        if self.sealer.seal_in_place(&mut packet, 12, self.index).is_ok() {
            let _ = self.socket.send_to(&packet, self.server).await;
        }
    }
}

/// The first datagram of a DTLS handshake, as anybody can send it.
///
/// # Errors
/// When the machine has no key for it.
pub fn client_hello() -> Result<Vec<u8>> {
    let mut hello = Vec::new();
    let identity = Arc::new(Identity::generate()?);
    let now = clock::now();
    let Ok(mut handshake) = Handshake::start(&identity, now) else { bail!("no handshake") };
    handshake.output(now, |datagram| hello = datagram.to_vec());
    Ok(hello)
}
