//! The engine over real sockets on loopback, with the `webrtc` crate as publisher and receivers.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

mod client;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use airclass_media::{
    CloseReason, Engine, EngineConfig, Gate, MediaEvent, MediaKind, Patched, PeerId, Slot, TapItem, UpTrackId,
};
use client::{Publisher, Receiver};
use tokio::sync::mpsc;

pub(crate) const AUDIO: Slot = Slot { kind: MediaKind::Audio, index: 0 };
pub(crate) const VIDEO: Slot = Slot { kind: MediaKind::Video, index: 0 };
const FRAME: Duration = Duration::from_millis(33);

fn start(workers: usize) -> (Engine, mpsc::Receiver<MediaEvent>) {
    let config = EngineConfig {
        bind: "127.0.0.1:0".parse().unwrap(),
        workers,
        // Nobody is asked for a keyframe but for a reason.
        keyframe_interval: Duration::from_secs(3600),
        ..EngineConfig::default()
    };
    Engine::start(config).unwrap()
}

fn both(publisher: &Publisher) -> Vec<(Slot, UpTrackId)> {
    vec![(AUDIO, publisher.track(MediaKind::Audio)), (VIDEO, publisher.track(MediaKind::Video))]
}

async fn event(events: &mut mpsc::Receiver<MediaEvent>, wanted: impl Fn(&MediaEvent) -> bool) -> MediaEvent {
    let wait = async {
        loop {
            let event = events.recv().await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.expect("an event")
}

async fn keyframe_requests(engine: &Engine, publisher: PeerId) -> u64 {
    let stats = engine.stats().await;
    let peer = stats.peers.iter().find(|peer| peer.peer == publisher).unwrap();
    peer.up.iter().map(|up| up.keyframe_requests).sum()
}

/// Sends `frames` pictures at their pace; the first is a keyframe when `keyframe` says so.
async fn play(publisher: &mut Publisher, frames: usize, keyframe: bool) {
    for n in 0..frames {
        publisher.send(keyframe && n == 0, 6).await;
        tokio::time::sleep(FRAME).await;
    }
}

/// Consecutive sequence numbers, whole frames, rising timestamps and numbers: nothing lost, nothing twice.
fn assert_seamless(packets: &[client::Got]) {
    let video: Vec<_> = packets.iter().filter(|got| got.slot == VIDEO).collect();
    assert!(!video.is_empty());
    let seen: Vec<_> = video.iter().map(|got| (got.sequence, got.number())).collect();
    assert!(video[0].starts_keyframe(), "a picture begins with a keyframe: {seen:?}");
    for pair in video.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1), "no gap and no repeat");
        let same = pair[1].number() == pair[0].number();
        assert_eq!(same, pair[1].timestamp == pair[0].timestamp);
        assert_eq!(same, !pair[0].marker, "the marker ends a frame");
        assert!(same || pair[1].number() == pair[0].number() + 1);
        assert!((pair[1].timestamp.wrapping_sub(pair[0].timestamp) as i32) >= 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_classrooms_see_and_hear_the_studio() {
    for workers in [1, 2] {
        let (engine, mut events) = start(workers);
        let mut studio = Publisher::join(&engine, true).await;
        let mut rooms = Vec::new();
        for _ in 0..4 {
            rooms.push(Receiver::join(&engine, &both(&studio)).await);
        }
        play(&mut studio, 30, true).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        for room in &mut rooms {
            let got = room.drain();
            assert_seamless(&got);
            assert_eq!(got.iter().filter(|got| got.slot == VIDEO).count(), 180);
            assert!(got.iter().filter(|got| got.slot == AUDIO).count() >= 29, "the first sound packets may be early");
        }
        event(&mut events, |event| matches!(event, MediaEvent::TrackActive { active: true, .. })).await;
        for room in &rooms {
            engine.close(room.session.peer);
            engine.close(room.session.peer);
            let closed = event(
                &mut events,
                |event| matches!(event, MediaEvent::PeerClosed { peer, .. } if *peer == room.session.peer),
            )
            .await;
            assert!(matches!(closed, MediaEvent::PeerClosed { reason: CloseReason::Requested, .. }));
        }
        engine.shutdown();
    }
}

/// Both families on one socket, for publishers as for receivers. Each client has one address and is told both of the
/// server's, so it connects by that of its own family.
#[tokio::test(flavor = "multi_thread")]
async fn ipv6_and_ipv4_meet_on_one_port() {
    const FAMILIES: [IpAddr; 2] = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
    if std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return eprintln!("skipped: this machine has no IPv6");
    }
    for studio in FAMILIES {
        let config = EngineConfig {
            bind: (Ipv6Addr::UNSPECIFIED, 0).into(),
            advertise: FAMILIES.to_vec(),
            workers: 2,
            keyframe_interval: Duration::from_secs(3600),
            ..EngineConfig::default()
        };
        let (engine, _events) = Engine::start(config).unwrap();
        let mut studio = Publisher::join_from(&engine, true, studio).await;
        assert!(studio.session.answer.contains(" ::1 ") && studio.session.answer.contains(" 127.0.0.1 "));
        let mut rooms = Vec::new();
        for own in FAMILIES {
            rooms.push(Receiver::join_from(&engine, &both(&studio), own).await);
        }
        play(&mut studio, 10, true).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        for (room, own) in rooms.iter_mut().zip(FAMILIES) {
            let got = room.drain();
            assert_seamless(&got);
            assert_eq!(got.iter().filter(|got| got.slot == VIDEO).count(), 60);
            let stats = engine.stats_of(vec![room.session.peer]).await;
            assert_eq!(stats[0].address.map(|address| address.ip()), Some(own));
        }
        engine.shutdown();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_joiners_start_from_the_ring_and_cost_the_studio_nothing() {
    let (engine, _events) = start(2);
    let mut studio = Publisher::join(&engine, true).await;
    play(&mut studio, 30, true).await;
    for _ in 0..4 {
        let (joining, map) = (engine.clone(), both(&studio));
        let joining = tokio::spawn(async move { Receiver::join(&joining, &map).await });
        while !joining.is_finished() {
            play(&mut studio, 1, false).await;
        }
        let mut room = joining.await.unwrap();
        play(&mut studio, 15, false).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let got = room.drain();
        assert_seamless(&got);
        assert_eq!(got.iter().find(|got| got.slot == VIDEO).unwrap().number(), 0, "the one keyframe there was");
    }
    assert_eq!(keyframe_requests(&engine, studio.session.peer).await, 0);
    engine.shutdown();
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_closed_gate_nothing_reaches_anybody() {
    let (engine, _events) = start(1);
    let mut room_publisher = Publisher::join(&engine, false).await;
    let mut other = Receiver::join(&engine, &both(&room_publisher)).await;
    let mut tap = engine.tap(room_publisher.track(MediaKind::Video));
    play(&mut room_publisher, 10, true).await;
    assert_eq!(other.drain().len(), 0);
    assert!(tap.try_recv().is_none());
    engine.set_gate(room_publisher.session.peer, Gate::Open);
    play(&mut room_publisher, 2, false).await;
    assert_eq!(other.drain().iter().filter(|got| got.slot == VIDEO).count(), 0, "a picture begins with a keyframe");
    assert!(keyframe_requests(&engine, room_publisher.session.peer).await >= 1);
    play(&mut room_publisher, 10, true).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let got = other.drain();
    assert_seamless(&got);
    assert_eq!(got.iter().find(|got| got.slot == VIDEO).unwrap().number(), 12);
    engine.set_gate(room_publisher.session.peer, Gate::Closed);
    tokio::time::sleep(Duration::from_millis(50)).await;
    other.drain();
    play(&mut room_publisher, 10, true).await;
    assert_eq!(other.drain().len(), 0);
    let stats = engine.stats().await;
    let peer = stats.peers.iter().find(|peer| peer.peer == room_publisher.session.peer).unwrap();
    assert!(peer.gated >= 120, "{}", peer.gated);
    engine.shutdown();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_gets_every_packet_in_order_from_the_keyframe_on() {
    let (engine, _events) = start(1);
    let mut studio = Publisher::join(&engine, true).await;
    play(&mut studio, 10, true).await;
    let mut tap = engine.tap(studio.track(MediaKind::Video));
    play(&mut studio, 10, false).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut packets = Vec::new();
    while let Some(item) = tap.try_recv() {
        if let TapItem::Packet(packet) = item {
            packets.push(packet);
        }
    }
    assert_eq!(packets.len(), 120);
    assert!(packets[0].packet.keyframe);
    assert!(packets.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1));
    assert_eq!(packets[119].timestamp - packets[0].timestamp, 19 * 3_000);
    engine.close(studio.session.peer);
    assert!(matches!(tap.recv().await, Some(TapItem::Ended)));
    assert!(tap.recv().await.is_none());
    let mut unknown = engine.tap(UpTrackId { peer: PeerId(999), media: 0 });
    assert!(matches!(unknown.recv().await, Some(TapItem::Ended)));
    engine.shutdown();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_garbage_disturb_nobody() {
    let (engine, _events) = start(2);
    let mut studio = Publisher::join(&engine, true).await;
    let mut room = Receiver::join(&engine, &both(&studio)).await;
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.connect(engine.local_addr()).unwrap();
    let mut seed = 1_u32;
    for frame in 0..20 {
        for len in [0, 1, 2, 20, 100, 1_200, 2_001] {
            let garbage: Vec<u8> = (0..len)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
                .collect();
            for first in [0, 22, 128, 255] {
                let mut garbage = garbage.clone();
                if let Some(byte) = garbage.first_mut() {
                    *byte = first;
                }
                let _ = stranger.send(&garbage);
            }
        }
        studio.send(frame == 0, 6).await;
        tokio::time::sleep(FRAME).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let got = room.drain();
    assert_seamless(&got);
    assert_eq!(got.iter().filter(|got| got.slot == VIDEO).count(), 120);
    let drops: u64 = engine.stats().await.workers.iter().map(|worker| worker.drops.total()).sum();
    assert!(drops >= 500, "{drops}");
    stranger.set_nonblocking(true).unwrap();
    assert!(stranger.recv(&mut [0; 2000]).is_err(), "strangers are not answered");
    engine.shutdown();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ice_restart_keeps_the_picture_running() {
    let (engine, _events) = start(1);
    let mut studio = Publisher::join(&engine, true).await;
    let mut room = Receiver::join(&engine, &both(&studio)).await;
    play(&mut studio, 5, true).await;
    let fragment = "a=ice-ufrag:abcdefgh\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n";
    let stale = engine.trickle(room.session.peer, fragment, Some("another"));
    assert_eq!(stale.unwrap_err().code(), "etag_mismatch");
    let restarted = engine.trickle(room.session.peer, fragment, Some(&room.session.etag)).unwrap();
    let Patched::Restarted { fragment: answer, etag } = restarted else { panic!("{restarted:?}") };
    assert_ne!(etag, room.session.etag);
    assert!(answer.contains("a=ice-ufrag:") && answer.contains("a=candidate:"));
    assert_eq!(engine.trickle(room.session.peer, fragment, Some(&etag)).unwrap(), Patched::NoContent);
    // The old path works on until the new one is nominated.
    play(&mut studio, 10, false).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let got = room.drain();
    assert_seamless(&got);
    assert_eq!(got.iter().filter(|got| got.slot == VIDEO).count(), 90);
    assert_eq!(engine.trickle(PeerId(999), fragment, None).unwrap_err().code(), "unknown_peer");
    engine.shutdown();
}
