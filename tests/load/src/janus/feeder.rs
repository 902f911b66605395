//! The studio's pattern as plain RTP, as Janus's streaming plugin takes it.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;

use super::Gateway;
use crate::client::{H264_PT, OPUS_PT};
use crate::clock;
use crate::publisher::{Frames, Pattern, stamp};

/// A keyframe goes out so often.
const KEYFRAMES: u64 = 180;

/// The thread; it ends when dropped.
pub(crate) struct Feeder {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Feeder {
    /// Starts sending.
    pub(crate) fn start(pattern: Pattern) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("studio".to_owned()).spawn(move || {
            let (audio_port, video_port) = Gateway::feeds();
            let mut frames = Frames::new(pattern);
            let frame_time = Duration::from_secs(1) / pattern.frames_per_second.max(1);
            let begun = clock::now();
            let far = begun + Duration::from_secs(86_400);
            let mut next_frame = if pattern.picture_bits > 0 { begun } else { far };
            let mut next_sound = if pattern.sound { begun + Duration::from_millis(10) } else { far };
            let mut video = Line { pt: H264_PT, ssrc: 0x1002, seq: 0, timestamp: 0, port: video_port };
            let mut audio = Line { pt: OPUS_PT, ssrc: 0x1001, seq: 0, timestamp: 0, port: audio_port };
            let mut count = 0;
            while !stopped.load(Ordering::Relaxed) {
                clock::wait_until(next_frame.min(next_sound));
                let now = clock::now();
                if now >= next_frame {
                    next_frame += frame_time;
                    let mut frame = frames.next_frame(count % KEYFRAMES == 0);
                    count += 1;
                    let last = frame.len() - 1;
                    for (n, payload) in frame.iter_mut().enumerate() {
                        video.send(&socket, payload, n == last);
                    }
                    video.timestamp = video.timestamp.wrapping_add(90_000 / pattern.frames_per_second);
                }
                if now >= next_sound {
                    next_sound += Duration::from_millis(20);
                    audio.send(&socket, &mut frames.next_sound(), false);
                    audio.timestamp = audio.timestamp.wrapping_add(960);
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One stream.
struct Line {
    pt: u8,
    ssrc: u32,
    seq: u16,
    timestamp: u32,
    port: u16,
}

impl Line {
    fn send(&mut self, socket: &UdpSocket, payload: &mut [u8], marker: bool) {
        self.seq = self.seq.wrapping_add(1);
        stamp(payload, clock::unix_ns());
        let mut packet = Vec::with_capacity(12 + payload.len());
        packet.extend_from_slice(&[0x80, self.pt | if marker { 0x80 } else { 0 }]);
        packet.extend_from_slice(&self.seq.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend_from_slice(payload);
        // A full socket buffer is a lost datagram, as on any other link.
        let _ = socket.send_to(&packet, ("127.0.0.1", self.port));
    }
}
