//! What forwarding one packet to one receiver costs in processor time, against the floor of copy, seal and segmented send in the same
//! run. Prints one line of JSON per number of receivers.
//!
//! Sinks are sockets on loopback that nobody reads. `cargo bench -p airclass-media --bench fanout`

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use airclass_media::srtp::Profile;
use airclass_media::stage::Stage;

/// Sockets that the receivers share; enough that each is a look-up of its own for the kernel.
const SINKS: usize = 256;
/// A 30 fps picture of 2.5 Mbit/s: nine packets, all but the last of one size or a byte less.
const FRAME: [usize; 9] = [1_140, 1_139, 1_140, 1_139, 1_140, 1_139, 1_140, 1_139, 900];
/// The same frame as it leaves: padded into one run.
const PADDED: [usize; 9] = [1_140, 1_140, 1_140, 1_140, 1_140, 1_140, 1_140, 1_140, 900];
const FRAMES: u32 = 60;
const RUNS: usize = 5;

#[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
fn now() -> Instant {
    Instant::now()
}

/// Time this thread has spent on a processor, in nanoseconds; other work on the machine does not count.
fn processor_ns() -> u64 {
    let figures = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts each thread's time");
    figures.split(' ').next().and_then(|ns| ns.parse().ok()).expect("the first figure is the time on a processor")
}

/// The quickest of several runs, in nanoseconds per datagram: the one the machine disturbed least.
fn quickest(mut run: impl FnMut() -> u64) -> f64 {
    (0..RUNS)
        .map(|_| {
            let start = processor_ns();
            let datagrams = run();
            (processor_ns() - start) as f64 / datagrams.max(1) as f64
        })
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    let sinks: Vec<UdpSocket> = (0..SINKS).map(|_| UdpSocket::bind("127.0.0.1:0").expect("a sink")).collect();
    let addresses: Vec<SocketAddr> = sinks.iter().map(|sink| sink.local_addr().expect("bound")).collect();
    for profile in [Profile::AeadAes128Gcm, Profile::AesCm128HmacSha1_80] {
        for receivers in [1, 20, 200, 1_000, 2_000] {
            let to = addresses.iter().copied().cycle().take(receivers).collect();
            let mut at = now();
            let mut stage = Stage::new(to, profile, at).expect("a stage");
            let mut timestamp = 0_u32;
            let mut step = |at: &mut Instant| {
                *at += Duration::from_millis(33);
                timestamp = timestamp.wrapping_add(3_000);
                timestamp
            };
            stage.frame(true, step(&mut at), &FRAME, at);
            let frames = if receivers < 100 { FRAMES * 20 } else { FRAMES };
            let forward = quickest(|| (0..frames).map(|_| stage.frame(false, step(&mut at), &FRAME, at)).sum());
            let core = quickest(|| (0..frames).map(|_| stage.frame_unsent(false, step(&mut at), &FRAME, at)).sum());
            let floor = quickest(|| (0..frames).map(|_| stage.floor(&PADDED)).sum());
            println!(
                "{{\"bench\":\"fanout\",\"profile\":\"{profile:?}\",\"receivers\":{receivers},\"forward_ns\":{forward:.0},\
                 \"core_ns\":{core:.0},\"floor_ns\":{floor:.0},\"ratio\":{:.2},\"dropped\":{}}}",
                forward / floor,
                stage.dropped()
            );
        }
    }
}
