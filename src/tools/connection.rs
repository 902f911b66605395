//! One connection of the `webrtc` crate, set up the way all tools need it, and the joining that is tried again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{NackGeneratorBuilder, NackResponderBuilder, Slot as Place};
use rtc::rtp_transceiver::rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind};
use rtc_crypto::providers::AwsLcRsProvider;
use tokio::sync::{mpsc, watch};
use url::Url;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder, configure_rtcp_reports,
    configure_simulcast_extension_headers, configure_twcc,
};

use super::ToolError;
use super::door::{Door, Resource, Trust};
use super::feedback::{Feedback, Observer};
use super::repair::Repair;
use crate::clock;

/// Payload type of H.264, constrained baseline, packetization mode 1.
pub(crate) const H264: u8 = 102;
const H264_REPAIR: u8 = 103;
/// Payload type of Opus.
pub(crate) const OPUS: u8 = 111;
const OPUS_REPAIR: u8 = 112;
/// Half of the default interval would do for the network; the rest is margin for a busy machine.
const NACK_INTERVAL: Duration = Duration::from_millis(25);
/// Requests per packet; the answer to the first few can be lost as well.
const NACKS_PER_PACKET: u16 = 10;
/// The crate checks every 200 ms by default, which alone makes a join last 400 ms.
const ICE_CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// Without an answer for so long the path is in doubt, and after as long again plus a second it is given up: a server
/// that was started again does not know its old sessions, and the sooner that is noticed, the sooner there is a new one.
const SILENCE: Duration = Duration::from_secs(3);
/// Checks of a path on which nothing comes.
const KEEPALIVE: Duration = Duration::from_secs(1);
/// How long one attempt may take from the answer to the first keys.
const CONNECT_WITHIN: Duration = Duration::from_secs(4);

/// What a relay does to the answer that a client is about to use.
pub type RewriteAnswer = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Where and how to join.
#[derive(Clone)]
pub struct JoinOptions {
    /// WHIP or WHEP address.
    pub url: String,
    /// Bearer token.
    pub token: String,
    /// Which server certificates are believed.
    pub trust: Trust,
    /// How often the whole join is tried before it fails.
    pub attempts: u32,
    /// Changes the server's answer before it is used; a relay between client and server puts itself in here.
    pub rewrite_answer: Option<RewriteAnswer>,
}

impl JoinOptions {
    /// A join with the usual patience.
    #[must_use]
    pub fn new(url: impl Into<String>, token: impl Into<String>) -> Self {
        Self { url: url.into(), token: token.into(), trust: Trust::System, attempts: 5, rewrite_answer: None }
    }
}

/// A connection and what it reports.
pub(crate) struct Connection {
    pub(crate) pc: Arc<dyn PeerConnection>,
    pub(crate) feedback: Arc<Feedback>,
    pub(crate) states: watch::Receiver<RTCPeerConnectionState>,
    pub(crate) tracks: mpsc::Receiver<Arc<dyn TrackRemote>>,
}

/// Receives at most as many tracks as a receiver can have slots; more are not waited for.
const TRACKS: usize = 64;

struct Handler {
    states: watch::Sender<RTCPeerConnectionState>,
    tracks: mpsc::Sender<Arc<dyn TrackRemote>>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.states.send_replace(state);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.tracks.try_send(track);
    }
}

impl Connection {
    /// A connection that will talk to the server of `url`.
    pub(crate) async fn new(url: &Url) -> Result<Self, ToolError> {
        let mut engine = MediaEngine::default();
        register_codecs(&mut engine)?;
        configure_simulcast_extension_headers(&mut engine)?;
        let feedback = Arc::new(Feedback::default());
        let registry = configure_twcc(configure_rtcp_reports(Registry::new()), &mut engine)?
            .with(Place::from(6_500), Repair::default())
            .with(Place::NackResponder, NackResponderBuilder::new().with_size(2048).build())
            .with(
                Place::NackGenerator,
                NackGeneratorBuilder::new()
                    .with_size(2048)
                    .with_interval(NACK_INTERVAL)
                    .with_max_nacks_per_packet(NACKS_PER_PACKET)
                    .build(),
            )
            .with(Place::from(12_500), Observer::new(Arc::clone(&feedback)));
        let settings = SettingEngineBuilder::new()
            .with_crypto_provider(Arc::new(AwsLcRsProvider::new()))
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_include_loopback_candidate(true)
            .with_ice_connection_attempts(Some(ICE_CHECK_INTERVAL), Some(150))
            .with_ice_timeouts(Some(SILENCE), Some(SILENCE + KEEPALIVE), Some(KEEPALIVE))
            .with_srtp_replay_protection_window(1024)
            // Layers are told apart by their SSRCs too: not every packet has to carry its rid then.
            .with_write_ssrc_attributes_for_simulcast(true)
            .build();
        let (states_in, states) = watch::channel(RTCPeerConnectionState::New);
        let (tracks_in, tracks) = mpsc::channel(TRACKS);
        let pc = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(engine)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Handler { states: states_in, tracks: tracks_in }))
            .with_udp_addrs(vec![local_address(url)])
            .build()
            .await?;
        Ok(Self { pc: Arc::new(pc), feedback, states, tracks })
    }

    /// Offers, takes the answer and waits until media can flow. Answers the session and when its answer came.
    pub(crate) async fn connect(
        &mut self,
        door: &Door,
        options: &JoinOptions,
    ) -> Result<(Resource, Instant), ToolError> {
        let offer = self.pc.create_offer(None).await?;
        self.pc.set_local_description(offer).await?;
        let offer = self.pc.local_description().await.ok_or(ToolError::Gone("no local description"))?;
        let mut resource = door.offer(offer.sdp).await?;
        let answered = clock::instant();
        if let Some(rewrite) = &options.rewrite_answer {
            resource.answer = rewrite(&resource.answer);
        }
        match self.establish(&resource.answer).await {
            Ok(()) => Ok((resource, answered)),
            Err(error) => {
                self.close().await;
                // The server would notice by itself; this only spares it the wait.
                let _ = resource.delete().await;
                Err(error)
            }
        }
    }

    async fn establish(&mut self, answer: &str) -> Result<(), ToolError> {
        self.pc.set_remote_description(RTCSessionDescription::answer(answer.to_owned())?).await?;
        let connected = self.states.wait_for(|state| {
            matches!(
                state,
                RTCPeerConnectionState::Connected | RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed
            )
        });
        match tokio::time::timeout(CONNECT_WITHIN, connected).await {
            Ok(Ok(state)) if *state == RTCPeerConnectionState::Connected => Ok(()),
            Ok(_) => Err(ToolError::Gone("the connection failed")),
            Err(_) => Err(ToolError::Late("connecting")),
        }
    }

    /// Resolves when the connection has failed or is closed.
    pub(crate) async fn ended(&self) {
        let mut states = self.states.clone();
        let _ = states
            .wait_for(|state| matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed))
            .await;
    }

    pub(crate) async fn close(&self) {
        if let Err(error) = self.pc.close().await {
            tracing::debug!(%error, "closing a connection");
        }
    }
}

/// Whether another attempt may go better: everything but a clear refusal.
pub(crate) fn worth_another(error: &ToolError) -> bool {
    match error {
        ToolError::Refused { status, .. } => *status == 503 || *status == 429,
        ToolError::Address(_) => false,
        _ => true,
    }
}

fn register_codecs(engine: &mut MediaEngine) -> Result<(), ToolError> {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.to_owned(), parameter: parameter.to_owned() };
    let codec = |mime: &str, clock_rate, channels, fmtp: &str, rtcp_feedback| RTCRtpCodec {
        mime_type: mime.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: fmtp.to_owned(),
        rtcp_feedback,
    };
    let of = |rtp_codec, payload_type| RTCRtpCodecParameters { rtp_codec, payload_type };
    let h264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
    let picture = vec![feedback("nack", ""), feedback("nack", "pli"), feedback("ccm", "fir")];
    engine.register_codec(of(codec("video/H264", 90_000, 0, h264, picture), H264), RtpCodecKind::Video)?;
    let repair = format!("apt={H264}");
    engine.register_codec(of(codec("video/rtx", 90_000, 0, &repair, vec![]), H264_REPAIR), RtpCodecKind::Video)?;
    // Browsers do without; a recorder or a relay would rather have the packet late than never.
    let sound = vec![feedback("nack", "")];
    let opus = codec("audio/opus", 48_000, 2, "minptime=10;useinbandfec=1", sound);
    engine.register_codec(of(opus, OPUS), RtpCodecKind::Audio)?;
    let repair = format!("apt={OPUS}");
    engine.register_codec(of(codec("audio/rtx", 48_000, 2, &repair, vec![]), OPUS_REPAIR), RtpCodecKind::Audio)?;
    Ok(())
}

/// The local address from which the server is reached; asking the routing table sends nothing.
fn local_address(url: &Url) -> SocketAddr {
    let host = url.host_str().unwrap_or("127.0.0.1").trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_or_known_default().unwrap_or(80);
    let found = (host, port).to_socket_addrs().ok().and_then(|mut all| all.next()).and_then(|server| {
        let any: SocketAddr = if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
        let socket = UdpSocket::bind(any).ok()?;
        socket.connect(server).ok()?;
        socket.local_addr().ok()
    });
    SocketAddr::new(found.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip()), 0)
}
