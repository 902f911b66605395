//! A publisher and a receiver of the `webrtc` crate, joined to an engine by plain calls.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use airclass_media::{Engine, Gate, PublishOptions, PublishSession, ReceiveOptions, ReceiveSession, Slot};
use bytes::Bytes;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media_stream::MediaStreamTrack;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use rtc_crypto::providers::AwsLcRsProvider;
use tokio::sync::{mpsc, watch};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder,
};

const H264: u8 = 102;
const OPUS: u8 = 111;
/// One lost flight hangs the crate's own DTLS client, so a join is tried again.
const ATTEMPTS: usize = 3;

struct Handler {
    states: watch::Sender<RTCPeerConnectionState>,
    tracks: mpsc::UnboundedSender<Arc<dyn TrackRemote>>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.states.send_replace(state);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.tracks.send(track);
    }
}

/// One end of a session.
pub(crate) struct Connection {
    pub(crate) pc: Arc<dyn PeerConnection>,
    states: watch::Receiver<RTCPeerConnectionState>,
    tracks: mpsc::UnboundedReceiver<Arc<dyn TrackRemote>>,
}

impl Connection {
    /// Speaks from this address and no other.
    async fn new(own: IpAddr) -> Self {
        let settings = SettingEngineBuilder::new()
            .with_crypto_provider(Arc::new(AwsLcRsProvider::new()))
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_include_loopback_candidate(true)
            .with_ice_connection_attempts(Some(Duration::from_millis(20)), Some(150))
            .build();
        let (states_in, states) = watch::channel(RTCPeerConnectionState::New);
        let (tracks_in, tracks) = mpsc::unbounded_channel();
        let pc = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(codecs())
            .with_setting_engine(settings)
            .with_interceptor_registry(Registry::new())
            .with_handler(Arc::new(Handler { states: states_in, tracks: tracks_in }))
            .with_udp_addrs(vec![SocketAddr::from((own, 0))])
            .build()
            .await
            .expect("a peer connection");
        Self { pc: Arc::new(pc), states, tracks }
    }

    /// The connection's own offer, set as its local description.
    pub(crate) async fn offer(&self) -> String {
        let offer = self.pc.create_offer(None).await.expect("an offer");
        self.pc.set_local_description(offer).await.expect("the offer is its own");
        self.pc.local_description().await.expect("the description just set").sdp
    }

    /// Takes an answer; whether the connection then came up.
    pub(crate) async fn answer(&mut self, answer: &str) -> bool {
        let answer = RTCSessionDescription::answer(answer.to_owned()).expect("a parsable answer");
        self.pc.set_remote_description(answer).await.expect("an acceptable answer");
        let connected = self.states.wait_for(|state| *state == RTCPeerConnectionState::Connected);
        tokio::time::timeout(Duration::from_secs(5), connected).await.is_ok()
    }
}

fn codecs() -> MediaEngine {
    let mut engine = MediaEngine::default();
    let feedback = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.to_owned(), parameter: parameter.to_owned() };
    let picture = vec![feedback("nack", ""), feedback("nack", "pli")];
    let of = |codec, payload_type| RTCRtpCodecParameters { rtp_codec: codec, payload_type };
    let h264 = codec(RtpCodecKind::Video, picture);
    engine.register_codec(of(h264, H264), RtpCodecKind::Video).expect("H.264");
    engine.register_codec(of(codec(RtpCodecKind::Audio, vec![]), OPUS), RtpCodecKind::Audio).expect("Opus");
    engine
}

fn codec(kind: RtpCodecKind, rtcp_feedback: Vec<RTCPFeedback>) -> RTCRtpCodec {
    let (mime, clock_rate, channels, fmtp) = match kind {
        RtpCodecKind::Video => {
            ("video/H264", 90_000, 0, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        }
        _ => ("audio/opus", 48_000, 2, "minptime=10;useinbandfec=1"),
    };
    RTCRtpCodec { mime_type: mime.to_owned(), clock_rate, channels, sdp_fmtp_line: fmtp.to_owned(), rtcp_feedback }
}

/// A studio: one picture, one sound, synthetic packets.
pub(crate) struct Publisher {
    /// Lives as long as the session.
    _connection: Connection,
    pub(crate) session: PublishSession,
    video: Stream,
    audio: Stream,
    frames: u32,
    sounds: u32,
}

struct Stream {
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    sequence: u16,
}

impl Publisher {
    pub(crate) async fn join(engine: &Engine, open: bool) -> Self {
        Self::join_from(engine, open, Ipv4Addr::LOCALHOST.into()).await
    }

    /// Joins from an address of its own.
    pub(crate) async fn join_from(engine: &Engine, open: bool, own: IpAddr) -> Self {
        for _ in 0..ATTEMPTS {
            let mut connection = Connection::new(own).await;
            let audio = Stream::add(&connection, RtpCodecKind::Audio).await;
            let video = Stream::add(&connection, RtpCodecKind::Video).await;
            let gate = if open { Gate::Open } else { Gate::Closed };
            let options = PublishOptions { recorded: true, gate, label: "studio".into(), ..PublishOptions::default() };
            let session = engine.publish(&connection.offer().await, options).expect("an answer");
            if connection.answer(&session.answer).await {
                return Self { _connection: connection, session, video, audio, frames: 0, sounds: 0 };
            }
            engine.close(session.peer);
        }
        panic!("the publisher could not join");
    }

    /// The published track of a kind.
    pub(crate) fn track(&self, kind: airclass_media::MediaKind) -> airclass_media::UpTrackId {
        self.session.tracks.iter().find(|track| track.kind == kind).expect("both kinds are published").track
    }

    /// Sends a picture of `packets` packets and one packet of sound. Every payload ends in the frame's number.
    pub(crate) async fn send(&mut self, keyframe: bool, packets: usize) {
        let number = self.frames.to_be_bytes();
        self.frames += 1;
        let timestamp = self.frames * 3_000;
        for n in 0..packets {
            let head: &[u8] = match (keyframe, n) {
                (true, 0) => &[0x67, 0x42, 0xe0, 0x1f],
                (true, _) => &[0x7c, 0x05],
                (false, 0) => &[0x7c, 0x81],
                (false, _) => &[0x7c, 0x01],
            };
            // The first fragment of the keyframe's picture is the second packet.
            let head = if keyframe && n == 1 { &[0x7c, 0x85][..] } else { head };
            let mut payload = head.to_vec();
            payload.resize(1_000 + n % 2, n as u8);
            payload.extend_from_slice(&number);
            self.video.send(H264, timestamp, n + 1 == packets, payload.into()).await;
        }
        self.sounds += 1;
        let mut sound = vec![0xf8; 80];
        sound.extend_from_slice(&self.sounds.to_be_bytes());
        self.audio.send(OPUS, self.sounds * 960, false, sound.into()).await;
    }
}

impl Stream {
    async fn add(connection: &Connection, kind: RtpCodecKind) -> Self {
        let ssrc = rand::random::<u32>();
        let encoding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
            codec: codec(kind, vec![]),
            ..Default::default()
        };
        let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
            "studio".to_owned(),
            format!("studio-{kind}"),
            format!("studio-{kind}"),
            kind,
            vec![encoding.clone()],
        )));
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Sendonly,
            streams: vec!["studio".to_owned()],
            send_encodings: vec![encoding],
        };
        let shared = Arc::clone(&track) as Arc<dyn TrackLocal>;
        connection.pc.add_transceiver_from_track(shared, Some(init)).await.expect("a transceiver");
        Self { track, ssrc, sequence: rand::random() }
    }

    async fn send(&mut self, payload_type: u8, timestamp: u32, marker: bool, payload: Bytes) {
        let header = rtp::Header {
            version: 2,
            marker,
            payload_type,
            sequence_number: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            ..Default::default()
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.track.write_rtp(rtp::Packet { header, payload }).await.expect("a packet sent");
    }
}

/// A packet as a receiver got it.
pub(crate) struct Got {
    pub(crate) slot: Slot,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: Bytes,
}

impl Got {
    /// The number the publisher wrote at the end.
    pub(crate) fn number(&self) -> u32 {
        let tail = self.payload.last_chunk::<4>().expect("every payload ends in a number");
        u32::from_be_bytes(*tail)
    }

    pub(crate) fn starts_keyframe(&self) -> bool {
        self.payload.first() == Some(&0x67)
    }
}

/// A classroom.
pub(crate) struct Receiver {
    /// Lives as long as the session.
    _connection: Connection,
    pub(crate) session: ReceiveSession,
    packets: mpsc::UnboundedReceiver<Got>,
}

impl Receiver {
    /// Joins with one slot of each kind; `map` says at once what they show.
    pub(crate) async fn join(engine: &Engine, map: &[(Slot, airclass_media::UpTrackId)]) -> Self {
        Self::join_from(engine, map, Ipv4Addr::LOCALHOST.into()).await
    }

    /// The same from an address of its own.
    pub(crate) async fn join_from(engine: &Engine, map: &[(Slot, airclass_media::UpTrackId)], own: IpAddr) -> Self {
        for _ in 0..ATTEMPTS {
            let mut connection = Connection::new(own).await;
            for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
                let init = RTCRtpTransceiverInit {
                    direction: RTCRtpTransceiverDirection::Recvonly,
                    streams: vec![],
                    send_encodings: vec![],
                };
                connection.pc.add_transceiver_from_kind(kind, Some(init)).await.expect("a transceiver");
            }
            let options = ReceiveOptions { label: "classroom".into(), ..ReceiveOptions::default() };
            let session = engine.receive(&connection.offer().await, options).expect("an answer");
            engine.map_slots(session.peer, map.iter().map(|(slot, track)| (*slot, Some(*track))).collect());
            if connection.answer(&session.answer).await {
                let slots = slots_of(&session.answer);
                let (packets_in, packets) = mpsc::unbounded_channel();
                let (_, none) = mpsc::unbounded_channel();
                let mut tracks = std::mem::replace(&mut connection.tracks, none);
                tokio::spawn(async move {
                    while let Some(track) = tracks.recv().await {
                        tokio::spawn(read(track, slots.clone(), packets_in.clone()));
                    }
                });
                return Self { _connection: connection, session, packets };
            }
            engine.close(session.peer);
        }
        panic!("the receiver could not join");
    }

    /// Everything that has come so far.
    pub(crate) fn drain(&mut self) -> Vec<Got> {
        std::iter::from_fn(|| self.packets.try_recv().ok()).collect()
    }
}

async fn read(track: Arc<dyn TrackRemote>, slots: HashMap<u32, Slot>, packets: mpsc::UnboundedSender<Got>) {
    while let Some(event) = track.poll().await {
        let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
        let Some(slot) = slots.get(&packet.header.ssrc).copied() else { continue };
        let got = Got {
            slot,
            sequence: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload,
        };
        if packets.send(got).is_err() {
            break;
        }
    }
}

/// Which stream is which slot, from the answer's `a=ssrc` lines.
fn slots_of(answer: &str) -> HashMap<u32, Slot> {
    let mut slots = HashMap::new();
    let mut current = None;
    for line in answer.lines() {
        if line.starts_with("m=audio") {
            current = Some(super::AUDIO);
        } else if line.starts_with("m=video") {
            current = Some(super::VIDEO);
        } else if let (Some(slot), Some(rest)) = (current, line.strip_prefix("a=ssrc:"))
            && let Some(ssrc) = rest.split(' ').next().and_then(|ssrc| ssrc.parse().ok())
        {
            slots.insert(ssrc, slot);
        }
    }
    slots
}
