//! What the other end says about the media: keyframe requests, acknowledgements, sender reports.
//!
//! Inbound RTCP normally ends in the `webrtc` crate. The observer sits last in its chain of interceptors, so the others
//! have acted already; it only counts and remembers.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport as RtcpSenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

/// Counters of one connection, shared with whoever asks.
#[derive(Debug, Default)]
pub struct Feedback {
    keyframe_requests: AtomicU64,
    nacks: AtomicU64,
    transport_feedbacks: AtomicU64,
    receiver_reports: AtomicU64,
    sender_reports: Mutex<HashMap<u32, SenderReport>>,
}

/// A sender's clock mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// Wall clock, NTP 32.32 fixed point.
    pub ntp: u64,
    /// RTP timestamp of the same moment.
    pub rtp: u32,
}

impl Feedback {
    /// PLI and FIR received.
    #[must_use]
    pub fn keyframe_requests(&self) -> u64 {
        self.keyframe_requests.load(Ordering::Relaxed)
    }

    /// Packets asked for again.
    #[must_use]
    pub fn nacks(&self) -> u64 {
        self.nacks.load(Ordering::Relaxed)
    }

    /// TWCC feedback packets received.
    #[must_use]
    pub fn transport_feedbacks(&self) -> u64 {
        self.transport_feedbacks.load(Ordering::Relaxed)
    }

    /// Receiver reports received.
    #[must_use]
    pub fn receiver_reports(&self) -> u64 {
        self.receiver_reports.load(Ordering::Relaxed)
    }

    /// The last sender report of a stream.
    #[must_use]
    pub fn sender_report(&self, ssrc: u32) -> Option<SenderReport> {
        self.sender_reports.lock().unwrap_or_else(PoisonError::into_inner).get(&ssrc).copied()
    }

    fn take(&self, packet: &dyn rtc::rtcp::Packet) {
        let any = packet.as_any();
        if any.is::<PictureLossIndication>() || any.is::<FullIntraRequest>() {
            self.keyframe_requests.fetch_add(1, Ordering::Relaxed);
        } else if let Some(nack) = any.downcast_ref::<TransportLayerNack>() {
            let lost: u32 = nack.nacks.iter().map(|pair| 1 + pair.lost_packets.count_ones()).sum();
            self.nacks.fetch_add(u64::from(lost), Ordering::Relaxed);
        } else if any.is::<TransportLayerCc>() {
            self.transport_feedbacks.fetch_add(1, Ordering::Relaxed);
        } else if any.is::<ReceiverReport>() {
            self.receiver_reports.fetch_add(1, Ordering::Relaxed);
        } else if let Some(report) = any.downcast_ref::<RtcpSenderReport>() {
            let mapping = SenderReport { ntp: report.ntp_time, rtp: report.rtp_time };
            self.sender_reports.lock().unwrap_or_else(PoisonError::into_inner).insert(report.ssrc, mapping);
        }
    }
}

/// The interceptor that feeds [`Feedback`].
pub(crate) struct Observer {
    feedback: Arc<Feedback>,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl Observer {
    pub(crate) fn new(feedback: Arc<Feedback>) -> Self {
        Self { feedback, reads: VecDeque::new(), writes: VecDeque::new() }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Observer {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &message.message.packet {
            for packet in packets {
                self.feedback.take(packet.as_ref());
            }
        }
        self.reads.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.writes.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl Interceptor for Observer {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}
