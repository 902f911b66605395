//! What the staff say to each other is never heard by a screen, an observer or the talker.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::tools::whep::{Slot, Viewer};
use airclass_signaling::wire::{ClientMessage, Role, Snapshot};
use reqwest::Method;
use tokio::time::timeout;

use crate::api::Reply;
use crate::microphone::Microphone;
use crate::stage::{AUDIO_SLOTS, Stage, VIDEO_SLOTS};
use crate::turn;

const TALK: Slot = Slot::audio(AUDIO_SLOTS);

/// Sounds on all slots, the talk's included.
fn sounds(viewer: &Viewer) -> u64 {
    (0..=AUDIO_SLOTS).map(|slot| viewer.counters(Slot::audio(slot)).packets.load(Ordering::Relaxed)).sum()
}

fn talk(viewer: &Viewer) -> u64 {
    viewer.counters(TALK).packets.load(Ordering::Relaxed)
}

async fn listen(viewers: &mut [&mut Viewer], time: Duration) {
    let read = viewers.iter_mut().map(|viewer| timeout(time, async { while viewer.next().await.is_some() {} }));
    futures_util::future::join_all(read).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_talk_is_heard_by_the_staff_and_by_nobody_else() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let mut master = stage.seat(Role::Master, None).await;
    let mut caller = stage.seat(Role::Assistant, Some(0)).await;
    let colleague = stage.seat(Role::Assistant, Some(1)).await;
    let duty = stage.seat(Role::Duty, None).await;
    let screens = [stage.seat(Role::Classroom, Some(0)).await, stage.seat(Role::Classroom, Some(1)).await];
    let observer = stage.seat(Role::Observer, None).await;

    let hear = async |seat, query: &str| {
        let lines = if query.is_empty() { AUDIO_SLOTS } else { AUDIO_SLOTS + 1 };
        Viewer::join(&stage.door("whep", query, seat), lines, VIDEO_SLOTS).await.expect("it listens")
    };
    let mut staff = [hear(&master, "?talk=1").await, hear(&colleague, "?talk=1").await, hear(&duty, "?talk=1").await];
    let mut own = hear(&caller, "?talk=1").await;
    let mut others = [
        hear(&screens[0], "").await,
        hear(&screens[1], "").await,
        hear(&observer, "").await,
        // A member of the staff that did not ask for it.
        hear(&colleague, "").await,
    ];
    for (method, path, seat) in [
        ("whep", "?talk=1", &screens[0]),
        ("whep", "?talk=1", &observer),
        ("whip", "?source=talk", &screens[1]),
        ("whip", "?source=talk", &observer),
        ("whip", "?source=talk", &duty),
    ] {
        let path = format!("/{method}/{}{path}", stage.lesson);
        let reply = Reply::of(stage.master.with_token(Method::POST, &path, &seat.view().media_token)).await;
        reply.expect(403);
    }

    // The microphone is open; without the key nobody hears it.
    let _microphone = Microphone::open(&stage.door("whip", "?source=talk", &caller)).await;
    let [a, b, c] = &mut staff;
    listen(&mut [a, b, c, &mut own], Duration::from_millis(500)).await;
    assert!(staff.iter().all(|viewer| sounds(viewer) == 0), "without the key");

    caller.send(&ClientMessage::HoldTalk { on: true }).await.unwrap();
    master.until("who talks", |view: &Snapshot| view.talkers.len() == 1).await.unwrap();
    let [a, b, c] = &mut staff;
    let [d, e, f, g] = &mut others;
    listen(&mut [a, b, c, &mut own, d, e, f, g], Duration::from_secs(1)).await;
    for viewer in &staff {
        assert!(talk(viewer) >= 25 && talk(viewer) == sounds(viewer), "{} of {}", talk(viewer), sounds(viewer));
    }
    assert_eq!(sounds(&own), 0, "nobody hears themselves");
    assert!(others.iter().all(|viewer| sounds(viewer) == 0), "{:?}", others.iter().map(sounds).collect::<Vec<_>>());

    // The key is up: within half a second nothing comes any more.
    caller.send(&ClientMessage::HoldTalk { on: false }).await.unwrap();
    master.until("nobody talks", |view: &Snapshot| view.talkers.is_empty()).await.unwrap();
    let [a, b, c] = &mut staff;
    listen(&mut [a, b, c], Duration::from_millis(500)).await;
    let stopped: Vec<u64> = staff.iter().map(sounds).collect();
    let [a, b, c] = &mut staff;
    listen(&mut [a, b, c], Duration::from_millis(500)).await;
    assert_eq!(staff.iter().map(sounds).collect::<Vec<_>>(), stopped);
    stage.stop().await;
}
