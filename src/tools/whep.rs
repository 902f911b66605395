//! A WHEP receiver on fixed slots: it offers once, and what each slot shows may change without it noticing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use airclass_signaling::wire::SlotKind;
use bytes::Bytes;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};

use super::ToolError;
use super::access_unit::{Assembler, Received};
use super::connection::{Connection, JoinOptions, worth_another};
use super::door::{Door, Resource};
use super::feedback::Feedback;
use super::reorder::{Ordered, Reorder};
use crate::clock;

/// Pictures and sounds that wait for the reader. When the reader stays behind, the newest are dropped and counted.
const WAITING: usize = 4_096;

/// A fixed place: the n-th media section of its kind in this receiver's own offer, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Sound or picture.
    pub kind: SlotKind,
    /// Index within the kind.
    pub index: u8,
}

impl Slot {
    /// A picture slot.
    #[must_use]
    pub const fn video(index: u8) -> Self {
        Self { kind: SlotKind::Video, index }
    }

    /// A sound slot.
    #[must_use]
    pub const fn audio(index: u8) -> Self {
        Self { kind: SlotKind::Audio, index }
    }
}

/// What arrived.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// A picture on a slot.
    Picture(Slot, Received),
    /// An Opus packet on a slot.
    Sound {
        /// The slot.
        slot: Slot,
        /// RTP timestamp, 48 kHz.
        timestamp: u32,
        /// The packet.
        packet: Bytes,
        /// When it arrived.
        arrived: Instant,
    },
}

/// Counters of one slot.
#[derive(Debug, Default)]
pub struct SlotCounters {
    /// RTP packets that arrived, repaired ones included.
    pub packets: AtomicU64,
    /// Packets that never came, not even repaired.
    pub lost: AtomicU64,
    /// Packets that came twice or too late.
    pub duplicates: AtomicU64,
    /// Complete pictures.
    pub pictures: AtomicU64,
    /// Pictures with missing packets.
    pub broken: AtomicU64,
    /// Dropped because the reader stayed behind.
    pub unread: AtomicU64,
    /// Stream of the slot, 0 until its first packet.
    pub ssrc: AtomicU64,
}

type Counters = Arc<Mutex<HashMap<Slot, Arc<SlotCounters>>>>;

/// A receiving session.
pub struct Viewer {
    connection: Connection,
    resource: Resource,
    answered: Instant,
    arrivals: mpsc::Receiver<Arrival>,
    counters: Counters,
    reader: JoinHandle<()>,
}

impl Viewer {
    /// Joins with so many slots, as a whole and several times if need be.
    ///
    /// # Errors
    /// A refusal at once, anything else after the last attempt.
    pub async fn join(options: &JoinOptions, audio: u8, video: u8) -> Result<Self, ToolError> {
        let mut attempt = 1;
        loop {
            match Self::join_once(options, audio, video).await {
                Ok(viewer) => return Ok(viewer),
                Err(error) if attempt < options.attempts && worth_another(&error) => {
                    tracing::debug!(%error, attempt, "watching: once more");
                    tokio::time::sleep(Duration::from_millis(100 * u64::from(attempt))).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn join_once(options: &JoinOptions, audio: u8, video: u8) -> Result<Self, ToolError> {
        let door = Door::new(&options.url, &options.token, options.trust)?;
        let mut connection = Connection::new(door.url()).await?;
        let receive = || {
            Some(RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                streams: vec![],
                send_encodings: vec![],
            })
        };
        for _ in 0..audio {
            connection.pc.add_transceiver_from_kind(RtpCodecKind::Audio, receive()).await?;
        }
        for _ in 0..video {
            connection.pc.add_transceiver_from_kind(RtpCodecKind::Video, receive()).await?;
        }
        let (arrivals_in, arrivals) = mpsc::channel(WAITING);
        let counters = Counters::default();
        let (resource, answered) = connection.connect(&door, options).await?;
        let slots = slots_of(&resource.answer);
        let (_, none) = mpsc::channel(1);
        let mut tracks = std::mem::replace(&mut connection.tracks, none);
        let known = Arc::clone(&counters);
        let reader = tokio::spawn(async move {
            while let Some(track) = tracks.recv().await {
                let ssrc = track.ssrcs().await.first().copied().unwrap_or_default();
                let Some(slot) = slots.get(&ssrc).copied() else { continue };
                let counters =
                    Arc::clone(known.lock().unwrap_or_else(PoisonError::into_inner).entry(slot).or_default());
                counters.ssrc.store(u64::from(ssrc), Ordering::Relaxed);
                tokio::spawn(read(track, slot, counters, arrivals_in.clone()));
            }
        });
        Ok(Self { connection, resource, answered, arrivals, counters, reader })
    }

    /// When the server's answer came.
    #[must_use]
    pub fn answered(&self) -> Instant {
        self.answered
    }

    /// The WHEP resource.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// What the server says about the media: its sender reports.
    #[must_use]
    pub fn feedback(&self) -> &Arc<Feedback> {
        &self.connection.feedback
    }

    /// Counters of a slot, zero until its first packet.
    #[must_use]
    pub fn counters(&self, slot: Slot) -> Arc<SlotCounters> {
        Arc::clone(self.counters.lock().unwrap_or_else(PoisonError::into_inner).entry(slot).or_default())
    }

    /// The next picture or sound; `None` when the connection is gone.
    pub async fn next(&mut self) -> Option<Arrival> {
        tokio::select! {
            arrival = self.arrivals.recv() => arrival,
            () = self.connection.ended() => self.arrivals.try_recv().ok(),
        }
    }

    /// The next complete picture of a slot.
    ///
    /// # Errors
    /// [`ToolError::Late`] after `within`, [`ToolError::Gone`] when the connection is gone.
    pub async fn next_picture(&mut self, slot: Slot, within: Duration) -> Result<Received, ToolError> {
        let wait = async {
            while let Some(arrival) = self.next().await {
                if let Arrival::Picture(on, picture) = arrival
                    && on == slot
                    && picture.complete
                {
                    return Ok(picture);
                }
            }
            Err(ToolError::Gone("the connection is gone"))
        };
        tokio::time::timeout(within, wait).await.unwrap_or(Err(ToolError::Late("a picture")))
    }

    /// Asks for a keyframe on a picture slot that has started.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn request_keyframe(&self, slot: Slot) -> Result<(), ToolError> {
        let ssrc = self.counters(slot).ssrc.load(Ordering::Relaxed) as u32;
        for receiver in self.connection.pc.get_receivers().await {
            let track = receiver.track();
            if track.ssrcs().await.contains(&ssrc) {
                track.write_rtcp(vec![Box::new(PictureLossIndication { sender_ssrc: 0, media_ssrc: ssrc })]).await?;
                return Ok(());
            }
        }
        Err(ToolError::Gone("no stream on that slot"))
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
        self.reader.abort();
    }

    /// Ends it only here, as a machine that loses its power does.
    pub async fn vanish(self) {
        self.connection.close().await;
        self.reader.abort();
    }
}

/// Which stream is which slot, from the `a=ssrc` lines of an answer.
fn slots_of(answer: &str) -> HashMap<u32, Slot> {
    let mut slots = HashMap::new();
    let (mut audio, mut video) = (0, 0);
    let mut current = None;
    for line in answer.lines() {
        if line.starts_with("m=audio") {
            current = Some(Slot::audio(audio));
            audio += 1;
        } else if line.starts_with("m=video") {
            current = Some(Slot::video(video));
            video += 1;
        } else if line.starts_with("m=") {
            current = None;
        } else if let (Some(slot), Some(rest)) = (current, line.strip_prefix("a=ssrc:"))
            && let Some(ssrc) = rest.split(' ').next().and_then(|ssrc| ssrc.parse().ok())
        {
            slots.insert(ssrc, slot);
        }
    }
    slots
}

/// Reads one track until it ends.
async fn read(track: Arc<dyn TrackRemote>, slot: Slot, counters: Arc<SlotCounters>, arrivals: mpsc::Sender<Arrival>) {
    let mut reorder = Reorder::default();
    let mut assembler = Assembler::default();
    let mut ordered = Vec::new();
    while let Some(event) = track.poll().await {
        let packet = match event {
            TrackRemoteEvent::OnRtpPacket(packet) => packet,
            TrackRemoteEvent::OnEnded => break,
            _ => continue,
        };
        counters.packets.fetch_add(1, Ordering::Relaxed);
        let arrived = clock::instant();
        reorder.push(packet.header.sequence_number, packet, arrived, &mut ordered);
        counters.duplicates.store(reorder.duplicates(), Ordering::Relaxed);
        for item in ordered.drain(..) {
            let packet = match item {
                Ordered::Gap(missing) => {
                    counters.lost.fetch_add(missing, Ordering::Relaxed);
                    assembler.gap();
                    continue;
                }
                Ordered::Packet(packet) => packet,
            };
            let timestamp = packet.header.timestamp;
            if slot.kind == SlotKind::Audio {
                let sound = Arrival::Sound { slot, timestamp, packet: packet.payload, arrived };
                deliver(&arrivals, sound, &counters);
                continue;
            }
            for received in assembler.push(timestamp, packet.header.marker, &packet.payload, arrived) {
                let counter = if received.complete { &counters.pictures } else { &counters.broken };
                counter.fetch_add(1, Ordering::Relaxed);
                deliver(&arrivals, Arrival::Picture(slot, received), &counters);
            }
        }
    }
}

fn deliver(arrivals: &mpsc::Sender<Arrival>, arrival: Arrival, counters: &SlotCounters) {
    if arrivals.try_send(arrival).is_err() {
        counters.unread.fetch_add(1, Ordering::Relaxed);
    }
}
