//! Peers that speak any picture codec, with payloads made up: nothing between them may look further than the headers.

use std::sync::Arc;
use std::time::Duration;

use airclass::tools::ToolError;
use airclass::tools::door::{Door, Trust};
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

use crate::stage::Stage;

/// A picture codec with the payload type a peer gives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(crate) mime: &'static str,
    pub(crate) payload_type: u8,
}

impl Format {
    fn codec(self) -> RTCRtpCodec {
        let fmtp = match self.mime {
            "video/H264" => "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
            "video/VP9" => "profile-id=0",
            _ => "",
        };
        let feedback = |parameter: &str| RTCPFeedback { typ: "nack".to_owned(), parameter: parameter.to_owned() };
        RTCRtpCodec {
            mime_type: self.mime.to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: fmtp.to_owned(),
            rtcp_feedback: vec![feedback(""), feedback("pli")],
        }
    }
}

struct Handler {
    states: watch::Sender<RTCPeerConnectionState>,
    packets: mpsc::UnboundedSender<rtp::Packet>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.states.send_replace(state);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let packets = self.packets.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event
                    && packets.send(packet).is_err()
                {
                    break;
                }
            }
        });
    }
}

struct Peer {
    connection: Arc<dyn PeerConnection>,
    states: watch::Receiver<RTCPeerConnectionState>,
    packets: mpsc::UnboundedReceiver<rtp::Packet>,
}

impl Peer {
    async fn new(formats: &[Format]) -> Self {
        let mut engine = MediaEngine::default();
        for format in formats {
            let parameters = RTCRtpCodecParameters { rtp_codec: format.codec(), payload_type: format.payload_type };
            engine.register_codec(parameters, RtpCodecKind::Video).unwrap();
        }
        let settings = SettingEngineBuilder::new()
            .with_crypto_provider(Arc::new(AwsLcRsProvider::new()))
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_include_loopback_candidate(true)
            .with_ice_connection_attempts(Some(Duration::from_millis(20)), Some(150))
            .build();
        let (states_in, states) = watch::channel(RTCPeerConnectionState::New);
        let (packets_in, packets) = mpsc::unbounded_channel();
        let connection = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(engine)
            .with_setting_engine(settings)
            .with_interceptor_registry(Registry::new())
            .with_handler(Arc::new(Handler { states: states_in, packets: packets_in }))
            .with_udp_addrs(vec![std::net::SocketAddr::from(([127, 0, 0, 1], 0))])
            .build()
            .await
            .unwrap();
        Self { connection: Arc::new(connection), states, packets }
    }

    /// False when the attempt got lost on the way; the crate's DTLS client is then not to be waited for.
    async fn connect(&mut self, url: &str, token: &str) -> Result<bool, ToolError> {
        let offer = self.connection.create_offer(None).await?;
        self.connection.set_local_description(offer).await?;
        let offer = self.connection.local_description().await.expect("it is set");
        let resource = Door::new(url, token, Trust::System)?.offer(offer.sdp).await?;
        self.connection.set_remote_description(RTCSessionDescription::answer(resource.answer)?).await?;
        let connected = self.states.wait_for(|state| *state == RTCPeerConnectionState::Connected);
        Ok(tokio::time::timeout(Duration::from_secs(4), connected).await.is_ok_and(|state| state.is_ok()))
    }
}

/// A studio with one picture track.
pub(crate) struct AnyPublisher {
    peer: Peer,
    track: Arc<TrackLocalStaticRTP>,
    header: rtp::Header,
}

impl AnyPublisher {
    /// Publishes the camera in this format.
    pub(crate) async fn join(stage: &Stage, format: Format) -> Result<Self, ToolError> {
        let door = stage.whip("camera").await;
        for _ in 0..door.attempts {
            let mut peer = Peer::new(&[format]).await;
            let ssrc = rand::random();
            let encoding = RTCRtpEncodingParameters {
                rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
                codec: format.codec(),
                ..Default::default()
            };
            let media = MediaStreamTrack::new(
                "studio".to_owned(),
                "camera".to_owned(),
                "camera".to_owned(),
                RtpCodecKind::Video,
                vec![encoding.clone()],
            );
            let track = Arc::new(TrackLocalStaticRTP::new(media));
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Sendonly,
                streams: vec!["studio".to_owned()],
                send_encodings: vec![encoding],
            };
            let shared = Arc::clone(&track) as Arc<dyn TrackLocal>;
            peer.connection.add_transceiver_from_track(shared, Some(init)).await?;
            if peer.connect(&door.url, &door.token).await? {
                let header = rtp::Header { version: 2, payload_type: format.payload_type, ssrc, ..Default::default() };
                return Ok(Self { peer, track, header });
            }
            let _ = peer.connection.close().await;
        }
        Err(ToolError::Late("connecting"))
    }

    /// Sends one frame.
    pub(crate) async fn send(&mut self, payloads: impl IntoIterator<Item = Bytes>) {
        let mut payloads = payloads.into_iter().peekable();
        while let Some(payload) = payloads.next() {
            self.header.marker = payloads.peek().is_none();
            self.track.write_rtp(rtp::Packet { header: self.header.clone(), payload }).await.unwrap();
            self.header.sequence_number = self.header.sequence_number.wrapping_add(1);
        }
        self.header.timestamp = self.header.timestamp.wrapping_add(3_000);
    }

    pub(crate) async fn leave(self) {
        let _ = self.peer.connection.close().await;
    }
}

/// A receiver of one picture slot.
pub(crate) struct AnyReceiver(Peer);

impl AnyReceiver {
    /// Takes any of these formats.
    pub(crate) async fn join(stage: &Stage, formats: &[Format]) -> Self {
        let door = stage.whep(0).await;
        for _ in 0..door.attempts {
            let mut peer = Peer::new(formats).await;
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                streams: vec![],
                send_encodings: vec![],
            };
            peer.connection.add_transceiver_from_kind(RtpCodecKind::Video, Some(init)).await.unwrap();
            if peer.connect(&door.url, &door.token).await.expect("the offer is answered") {
                return Self(peer);
            }
            let _ = peer.connection.close().await;
        }
        panic!("the receiver never connects");
    }

    /// The first so many packets.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<rtp::Packet> {
        let mut taken = Vec::with_capacity(count);
        let wait = async {
            while taken.len() < count {
                taken.push(self.0.packets.recv().await.expect("the track goes on"));
            }
        };
        let all = tokio::time::timeout(Duration::from_secs(10), wait).await;
        assert!(all.is_ok(), "only {} of {count} packets", taken.len());
        taken
    }

    pub(crate) async fn leave(self) {
        let _ = self.0.connection.close().await;
    }
}
