//! The floor: the same packets to as many sockets, only sealed and sent.
//!
//! One thread, AES-128-GCM by aws-lc-rs, segmentation offload, eight receivers a round: what any server that seals per
//! receiver has to spend, and nothing else. The thread keeps the studio's pace, so that caches are as cold between two
//! frames as they are in the server.

mod rounds;
mod sinks;

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::unistd::gettid;

use crate::clock;
use crate::publisher::{Frames, Pattern};
use crate::server::{cpu_time_of_thread, stay_on};

use rounds::Rounds;
use sinks::Sinks;

/// Frames that are made beforehand and sent over and over.
const FRAMES: usize = 60;
/// Distance of two packets of sound.
const SOUND: Duration = Duration::from_millis(20);

/// What the floor cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Floor {
    pub(crate) ns_per_packet: f64,
    /// Packets sent, and packets that arrived.
    pub(crate) sent: u64,
    pub(crate) arrived: u64,
}

/// How the floor is measured.
#[derive(Debug, Clone)]
pub(crate) struct FloorOptions {
    pub(crate) receivers: usize,
    pub(crate) time: Duration,
    pub(crate) pattern: Pattern,
    /// Whether the sinks read runs as one, as the receivers of the same measurement do.
    pub(crate) gro: bool,
    pub(crate) ip: IpAddr,
    /// Cores of the sending thread: the server's.
    pub(crate) cores: Vec<usize>,
}

/// Measures in threads of its own; the sinks' thread stays on the cores of the calling one.
pub(crate) fn measure(options: FloorOptions) -> Result<Floor> {
    let sinks = Sinks::open(options.receivers, options.ip, options.gro)?;
    let addresses = sinks.addresses()?;
    let draining = sinks.drain()?;
    let sending = std::thread::Builder::new().name("floor".to_owned()).spawn(move || -> Result<(u64, Duration)> {
        stay_on(&options.cores)?;
        let mut rounds = Rounds::new(&addresses, options.ip)?;
        send(&mut rounds, options.pattern, options.time)
    })?;
    let (sent, cpu) = sending.join().ok().context("the floor's thread has failed")??;
    let arrived = draining.finish();
    Ok(Floor { ns_per_packet: cpu.as_nanos() as f64 / sent.max(1) as f64, sent, arrived })
}

/// Sends the pattern at its pace; gives the packets and the CPU time of the thread, its waking up included.
fn send(rounds: &mut Rounds, pattern: Pattern, time: Duration) -> Result<(u64, Duration)> {
    // Making payloads is the studio's work, not the floor's.
    let mut frames = Frames::new(pattern);
    let pictures: Vec<_> = (0..FRAMES).map(|_| frames.next_frame(false)).collect();
    let sound = vec![frames.next_sound()];
    let frame_time = Duration::from_secs(1) / pattern.frames_per_second.max(1);
    // Addresses, keys and memory are touched once before it counts.
    rounds.send(&sound)?;
    rounds.sent = 0;
    let tid = gettid().as_raw();
    let before = cpu_time_of_thread(tid);
    let begun = clock::now();
    let end = begun + time;
    let mut next_frame = if pattern.picture_bits > 0 { begun } else { end };
    let mut next_sound = if pattern.sound { begun + SOUND / 2 } else { end };
    for frame in pictures.iter().cycle() {
        while next_sound < next_frame {
            clock::wait_until(next_sound);
            rounds.send(&sound)?;
            next_sound += SOUND;
        }
        if next_frame >= end {
            break;
        }
        clock::wait_until(next_frame);
        rounds.send(frame)?;
        next_frame += frame_time;
    }
    Ok((rounds.sent, cpu_time_of_thread(tid).saturating_sub(before)))
}
