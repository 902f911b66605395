//! A WHIP publisher: one picture, in one or more layers, and one sound, already encoded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtc::media_stream::MediaStreamTrack;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::Mutex;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::rtp_transceiver::RtpSender;

use super::ToolError;
use super::access_unit::{AccessUnit, payloads};
use super::connection::{Connection, JoinOptions, worth_another};
use super::door::{Door, Resource};
use super::feedback::Feedback;

/// Payload bytes per packet; with headers and SRTP it stays below 1,200 bytes on the wire.
const MAX_PAYLOAD: usize = 1_120;

/// A publishing session.
pub struct Publisher {
    connection: Connection,
    resource: Resource,
    /// The layers of the picture, the lowest first; none without a picture, one without simulcast.
    video: Vec<Stream>,
    audio: Option<Stream>,
}

/// What to publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracks {
    /// A picture (H.264).
    pub video: bool,
    /// A sound (Opus).
    pub audio: bool,
}

impl Tracks {
    /// Picture and sound.
    pub const BOTH: Self = Self { video: true, audio: true };
}

struct Stream {
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    payload_type: u8,
    sequence: Mutex<u16>,
}

impl Publisher {
    /// Joins, as a whole and several times if need be.
    ///
    /// # Errors
    /// A refusal at once, anything else after the last attempt.
    pub async fn join(options: &JoinOptions, tracks: Tracks) -> Result<Self, ToolError> {
        Self::join_with_layers(options, tracks, &[""]).await
    }

    /// The same with a picture of several layers, named by these rids, the lowest first.
    ///
    /// # Errors
    /// As [`Self::join`].
    pub async fn join_with_layers(options: &JoinOptions, tracks: Tracks, rids: &[&str]) -> Result<Self, ToolError> {
        let mut attempt = 1;
        loop {
            match Self::join_once(options, tracks, rids).await {
                Ok(publisher) => return Ok(publisher),
                Err(error) if attempt < options.attempts && worth_another(&error) => {
                    tracing::debug!(%error, attempt, "publishing: once more");
                    tokio::time::sleep(Duration::from_millis(100 * u64::from(attempt))).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn join_once(options: &JoinOptions, tracks: Tracks, rids: &[&str]) -> Result<Self, ToolError> {
        let door = Door::new(&options.url, &options.token, options.trust)?;
        let mut connection = Connection::new(door.url()).await?;
        let mut audio = None;
        let mut video = None;
        if tracks.audio {
            audio = Some(add(&connection, RtpCodecKind::Audio, &[""]).await?);
        }
        if tracks.video {
            video = Some(add(&connection, RtpCodecKind::Video, rids).await?);
        }
        let (resource, _) = connection.connect(&door, options).await?;
        let video = match video {
            Some((track, ssrcs, sender)) => Stream::all(&track, &ssrcs, &sender).await?,
            None => Vec::new(),
        };
        let audio = match audio {
            Some((track, ssrcs, sender)) => Stream::all(&track, &ssrcs, &sender).await?.pop(),
            None => None,
        };
        Ok(Self { connection, resource, video, audio })
    }

    /// What this session has tracks for.
    #[must_use]
    pub fn tracks(&self) -> Tracks {
        Tracks { video: !self.video.is_empty(), audio: self.audio.is_some() }
    }

    /// What the server says about the media.
    #[must_use]
    pub fn feedback(&self) -> &Arc<Feedback> {
        &self.connection.feedback
    }

    /// The WHIP resource.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Sends one picture now.
    ///
    /// # Errors
    /// When there is no picture track or the connection is gone.
    pub async fn send_video(&self, unit: &AccessUnit) -> Result<(), ToolError> {
        self.send_layer(0, unit).await
    }

    /// Sends one picture of a layer now, 0 = the lowest.
    ///
    /// # Errors
    /// When there is no such layer or the connection is gone.
    pub async fn send_layer(&self, layer: usize, unit: &AccessUnit) -> Result<(), ToolError> {
        let stream = self.video.get(layer).ok_or(ToolError::Gone("no picture is published"))?;
        stream.send(unit.timestamp, payloads(&unit.nals, MAX_PAYLOAD)).await
    }

    /// Sends one Opus packet now; `timestamp` counts in 48 kHz.
    ///
    /// # Errors
    /// When there is no sound track or the connection is gone.
    pub async fn send_audio(&self, timestamp: u32, packet: Bytes) -> Result<(), ToolError> {
        let stream = self.audio.as_ref().ok_or(ToolError::Gone("no sound is published"))?;
        stream.send(timestamp, vec![packet]).await
    }

    /// Resolves when the connection is lost.
    pub async fn ended(&self) {
        self.connection.ended().await;
    }

    /// Ends the session at the server and here.
    pub async fn leave(self) {
        if let Err(error) = self.resource.delete().await {
            tracing::debug!(%error, "deleting the resource");
        }
        self.connection.close().await;
    }

    /// Ends it only here, as a machine that loses its power does.
    pub async fn vanish(self) {
        self.connection.close().await;
    }
}

async fn add(
    connection: &Connection,
    kind: RtpCodecKind,
    rids: &[&str],
) -> Result<(Arc<TrackLocalStaticRTP>, Vec<u32>, Arc<dyn RtpSender>), ToolError> {
    let (mime, clock_rate, channels, fmtp) = match kind {
        RtpCodecKind::Video => {
            ("video/H264", 90_000, 0, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        }
        _ => ("audio/opus", 48_000, 2, "minptime=10;useinbandfec=1"),
    };
    let ssrcs: Vec<u32> = rids.iter().map(|_| rand::random()).collect();
    let encoding = |(rid, ssrc): (&&str, &u32)| RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            rid: (*rid).into(),
            ssrc: Some(*ssrc),
            rtx: (kind == RtpCodecKind::Video).then(|| RTCRtpRtxParameters { ssrc: rand::random() }),
            ..Default::default()
        },
        codec: rtc::rtp_transceiver::rtp_sender::RTCRtpCodec {
            mime_type: mime.to_owned(),
            clock_rate,
            channels,
            sdp_fmtp_line: fmtp.to_owned(),
            rtcp_feedback: vec![],
        },
        ..Default::default()
    };
    let encodings: Vec<_> = rids.iter().zip(&ssrcs).map(encoding).collect();
    let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        "airclass".to_owned(),
        format!("airclass-{kind}"),
        format!("airclass-{kind}"),
        kind,
        encodings.clone(),
    )));
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Sendonly,
        streams: vec!["airclass".to_owned()],
        send_encodings: encodings,
    };
    let shared = Arc::clone(&track) as Arc<dyn TrackLocal>;
    let transceiver = connection.pc.add_transceiver_from_track(shared, Some(init)).await?;
    let sender = transceiver.sender().await?.ok_or(ToolError::Gone("no sender"))?;
    Ok((track, ssrcs, sender))
}

impl Stream {
    async fn all(
        track: &Arc<TrackLocalStaticRTP>,
        ssrcs: &[u32],
        sender: &Arc<dyn RtpSender>,
    ) -> Result<Vec<Self>, ToolError> {
        let parameters = sender.get_parameters().await?;
        let codec = parameters.rtp_parameters.codecs.first().ok_or(ToolError::Gone("no codec was agreed on"))?;
        let payload_type = codec.payload_type;
        let stream = |ssrc: &u32| Self {
            track: Arc::clone(track),
            ssrc: *ssrc,
            payload_type,
            sequence: Mutex::new(rand::random()),
        };
        Ok(ssrcs.iter().map(stream).collect())
    }

    async fn send(&self, timestamp: u32, payloads: Vec<Bytes>) -> Result<(), ToolError> {
        let mut sequence = self.sequence.lock().await;
        let last = payloads.len().saturating_sub(1);
        for (i, payload) in payloads.into_iter().enumerate() {
            let header = rtp::Header {
                version: 2,
                marker: i == last && self.payload_type != super::connection::OPUS,
                payload_type: self.payload_type,
                sequence_number: *sequence,
                timestamp,
                ssrc: self.ssrc,
                ..Default::default()
            };
            *sequence = sequence.wrapping_add(1);
            self.track.write_rtp(rtp::Packet { header, payload }).await?;
        }
        Ok(())
    }
}
