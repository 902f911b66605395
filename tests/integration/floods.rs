//! F12, F25 and F26: somebody sends far more than is right, from outside, or with valid keys.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use airclass::clock;
use airclass_load::insider::{Entrance, Heard, Insider, client_hello};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use crate::bad_datagrams::binding_request;
use crate::bad_requests::Watched;
use crate::figures::note;
use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;

/// What one peer may send, as the engine's limits say.
const INGRESS: u64 = 4_000_000;

/// Keeps a thread to so many steps a second; when the machine is slower, there are fewer.
pub(crate) struct Pace {
    step: Duration,
    next: Instant,
}

impl Pace {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { step: Duration::from_secs(1) / per_second, next: clock::instant() }
    }

    pub(crate) fn wait(&mut self) {
        self.next += self.step;
        let now = clock::instant();
        let early = self.next.saturating_duration_since(now);
        if early > Duration::from_millis(1) {
            std::thread::park_timeout(early);
        } else if now > self.next + Duration::from_millis(100) {
            // What was missed stays missed.
            self.next = now;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f12_a_receiver_that_asks_for_everything_gets_its_share() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut greedy = Insider::receiver(&stage.entrance(None).await, false).await.unwrap();
    let (mut bytes, mut resent_bytes, mut resent) = (0_usize, 0_usize, HashMap::<u16, u32>::new());
    let mut recent: Vec<u16> = Vec::new();
    let (mut asked, mut stream, mut ask) = (0, 0, clock::instant());
    let end = clock::instant() + Duration::from_secs(6);
    while clock::instant() < end {
        if let Some(Heard::Media(media)) = greedy.next(Duration::from_millis(10)).await {
            if media.is_picture() {
                bytes += media.bytes;
                stream = media.ssrc;
                recent.push(media.seq);
            } else if let Some((number, _)) = media.repeated() {
                resent_bytes += media.bytes;
                *resent.entry(number).or_default() += 1;
            }
        }
        if clock::instant() >= ask && stream != 0 {
            ask = clock::instant() + Duration::from_millis(10);
            let all = &recent[recent.len().saturating_sub(300)..];
            asked += all.len();
            greedy.nack(stream, all).await;
        }
    }
    let most = resent.values().max().copied().unwrap_or_default();
    let share = resent_bytes as f64 / bytes as f64;
    note(
        "F12",
        "a receiver that asks for everything",
        json!({ "asked": asked, "packets": recent.len(), "resent": resent.values().sum::<u32>(),
                "most_of_one_packet": most, "share_percent": share * 100.0 }),
    );
    assert!(!resent.is_empty(), "something is resent");
    assert!(most <= 3, "a packet was resent {most} times");
    assert!(resent_bytes as f64 <= bytes as f64 * 0.15, "{:.1} %", share * 100.0);
    studio.leave().await;
    stage.stop().await;
}

/// Garbage of every kind, as fast as asked for or as the machine can, from many addresses; how much went out.
fn strangers(media: SocketAddr, per_second: u32, time: Duration) -> u64 {
    let mut rng = StdRng::seed_from_u64(25);
    let mut noise = vec![0; 1_200];
    rng.fill(&mut noise[..]);
    let rtp = [&[0x80, 102, 0, 1][..], &noise[..1_000]].concat();
    let rtcp = [&[0x81, 205, 0, 4][..], &noise[..40]].concat();
    let kinds = [
        [&[0x45][..], &noise[..200]].concat(),
        binding_request(b"nobody:there", true),
        client_hello().unwrap(),
        rtp,
        rtcp,
        vec![0xff; 1_500],
    ];
    let sockets: Vec<UdpSocket> = (0..32).map(|_| UdpSocket::bind(("127.0.0.1", 0)).unwrap()).collect();
    let mut pace = Pace::new(per_second / 50);
    let (end, mut sent) = (clock::instant() + time, 0);
    while clock::instant() < end {
        pace.wait();
        for _ in 0..50 {
            let turn = sent as usize;
            sent += u64::from(sockets[turn % 32].send_to(&kinds[turn % kinds.len()], media).is_ok());
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f25_a_flood_from_strangers_stops_no_lesson_and_fills_no_log() {
    let _turn = turn::alone().await;
    let watched = Watched::begin_on(Stage::begin_in_process().await).await;
    let log = watched.stage.folder.path().join("server.log");
    let lines = || std::fs::read_to_string(&log).unwrap().lines().count();
    let (media, before, time) = (watched.stage.media, lines(), Duration::from_secs(5));
    let flood = tokio::task::spawn_blocking(move || strangers(media, 50_000, time));
    let sent = flood.await.unwrap();
    let logged = lines() - before;
    let seen = watched.few_noticed(0.005).await;
    note(
        "F25",
        "garbage from strangers",
        json!({ "datagrams_per_second": sent / time.as_secs(), "log_lines": logged, "pictures": seen.pictures,
                "residual_percent": seen.residual * 100.0 }),
    );
    assert!(logged <= 6, "{logged} lines for six kinds in five seconds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f26_valid_media_at_ten_times_the_rate_is_dropped_at_the_door() {
    let _turn = turn::alone().await;
    let watched = Watched::begin().await;
    let stage = &watched.stage;
    let token = stage.classroom_token(1).await;
    let entrance = Entrance { token, ..stage.entrance(None).await };
    let mut loud = Insider::publisher(&entrance).await.unwrap();
    let (time, payload) = (Duration::from_secs(4), vec![0x41; 1_100]);
    let (begun, mut sent) = (clock::instant(), 0_u64);
    while clock::instant() - begun < time {
        let due = (clock::instant() - begun).as_micros() as u64 * INGRESS * 10 / 1_000_000 / 1_128;
        while sent < due {
            sent += 1;
            loud.publish(sent as u32 / 10 * 3_000, sent % 10 == 0, &payload).await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = clock::instant() - begun;
    let stats = stage.engine_stats().await;
    let dropped: u64 = stats.workers.iter().map(|worker| worker.drops.ingress_rate).sum();
    // Without the floor its gate is closed; what got that far was let in.
    let taken: u64 = stats.workers.iter().map(|worker| worker.drops.gate_closed).sum();
    let allowed = INGRESS as f64 / 1_128.0 * (took.as_secs_f64() + 1.0);
    note(
        "F26",
        "valid media at ten times the rate",
        json!({ "sent_per_second": sent as f64 / took.as_secs_f64(), "sent": sent, "dropped_at_ingress": dropped,
                "let_in": taken, "allowed": allowed.round() }),
    );
    assert!(taken > 0 && taken as f64 <= allowed * 1.05, "{taken} let in, {allowed} may");
    assert!(dropped > sent / 4, "{dropped} of {sent} dropped");
    watched.nobody_noticed().await;
}
