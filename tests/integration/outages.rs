//! F6 and F7: the line is dead for a while, or comes back as another address.

use std::time::Duration;

use airclass::clock;
use airclass::tools::signaling::SignalingClient;
use airclass_load::relay::{Link, Relay, Wire};
use airclass_signaling::wire::{ClientMessage, Role, ServerMessage};
use serde_json::json;

use crate::figures::{ms, note};
use crate::lossy_link::by;
use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;
use crate::watcher::Watcher;

/// Every datagram is 20 ms on its way.
const LINE: Link = Link::lossy(0.0, Duration::from_millis(20));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f6_the_picture_is_back_after_a_blackout_and_the_seat_was_never_empty() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    // The longest blackout takes the classroom's signaling along.
    let wire = Wire::start(stage.http()).await.unwrap();
    let token = stage.classroom_token(0).await;
    let address = format!("ws://{}/ws/{}", wire.address(), stage.lesson);
    let room = Some(stage.classrooms[0].clone());
    let mut screen = SignalingClient::join(&address, &token, Role::Classroom, room).await.unwrap();
    let seat = screen.view().seat.id.clone();
    let mut master = stage.seat(Role::Master, None).await;

    let outage = async |out: Duration, within: Duration, wire: Option<&Wire>| {
        let relay = Relay::start(stage.media, LINE, LINE, 6).await.unwrap();
        let mut watcher = Watcher::join(&stage, Some(relay.address())).await;
        let cut = |on| {
            relay.set_blackout(on);
            wire.inspect(|wire| wire.set_blackout(on));
        };
        cut(true);
        watcher.watch_until(clock::instant() + out).await;
        cut(false);
        // What was on its way before the blackout comes still.
        let end = clock::instant();
        let back = watcher.shown_after(end + Duration::from_millis(1), within * 2).await;
        note("F6", &format!("blackout of {} ms", ms(out)), json!({ "picture_back_ms": back.map(ms) }));
        assert!(back.is_some_and(|back| back <= within), "{back:?} after {out:?}");
        watcher.watch_until(clock::instant() + Duration::from_secs(1)).await
    };
    tokio::join!(
        outage(Duration::from_millis(500), Duration::from_secs(1), None),
        outage(Duration::from_secs(5), Duration::from_secs(2), None),
        outage(Duration::from_secs(20), Duration::from_secs(5), Some(&wire)),
    );

    // The seat still answers and is the same; the others never saw it go, and nobody sits there twice.
    screen.send(&ClientMessage::Ping { n: 6 }).await.unwrap();
    assert!(matches!(screen.reply().await.unwrap(), ServerMessage::Pong { n: 6, .. }));
    assert_eq!(screen.view().seat.id, seat);
    master.send(&ClientMessage::Ping { n: 7 }).await.unwrap();
    let mut present = Vec::new();
    loop {
        present.extend(master.view().classrooms.iter().filter(|room| room.screen_present).map(|room| room.id.clone()));
        assert_eq!(present.len(), 1, "present: {present:?}");
        if matches!(master.next().await.unwrap(), ServerMessage::Pong { .. }) {
            break;
        }
        present.clear();
    }
    assert_eq!(stage.engine_stats().await.peers.len(), 4, "the studio and three classrooms, each once");
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f7_a_classroom_whose_address_changes_has_its_picture_back() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    // Its checks come every two seconds and never nominate again: changes at any time between two of them.
    let change = async |phase: Duration| {
        let relay = Relay::start(stage.media, LINE, LINE, 7).await.unwrap();
        let mut watcher = Watcher::join(&stage, Some(relay.address())).await;
        watcher.watch_until(clock::instant() + phase).await;
        relay.rebind();
        let changed = clock::instant();
        // What the relay held on to for its delay still comes.
        let back = watcher.shown_after(changed + Duration::from_millis(60), Duration::from_secs(8)).await;
        note("F7", &format!("{} ms after joining", ms(phase)), json!({ "picture_back_ms": back.map(ms) }));
        assert!(back.is_some_and(|back| back <= Duration::from_secs(3)), "{back:?}");
        let stood = watcher.watch_until(clock::instant() + Duration::from_secs(1)).await;
        assert!(stood < Duration::from_secs(1), "and it stays: {stood:?}");
    };
    tokio::join!(
        change(Duration::from_millis(100)),
        change(Duration::from_millis(900)),
        change(Duration::from_millis(1_800))
    );
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f7_a_studio_whose_address_changes_is_seen_again() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let relay = Relay::start(stage.media, LINE, LINE, 7).await.unwrap();
    let studio = Studio::on_air(&by(&relay, stage.whip("camera").await)).await;
    let mut watcher = Watcher::join(&stage, None).await;
    relay.rebind();
    let stood = watcher.watch_until(clock::instant() + Duration::from_secs(5)).await;
    note("F7", "the studio's address", json!({ "picture_stood_ms": ms(stood) }));
    assert!(stood <= Duration::from_secs(3), "{stood:?}");
    assert!(studio.is_on_air());
    studio.leave().await;
    stage.stop().await;
}
