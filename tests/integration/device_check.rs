//! A device looks at itself: what it sends comes back to it and to nobody else.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::tools::whep::{Slot, Viewer};
use airclass_signaling::wire::{Role, SlotKind};
use reqwest::Method;
use tokio::time::timeout;

use crate::api::Reply;
use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_comes_back_to_its_own_device_only() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let screen = stage.seat(Role::Classroom, Some(0)).await;
    let other = stage.seat(Role::Classroom, Some(1)).await;
    let observer = stage.seat(Role::Observer, None).await;
    for door in ["whip", "whep"] {
        let path = format!("/{door}/{}?source=check", stage.lesson);
        Reply::of(stage.master.with_token(Method::POST, &path, &observer.view().media_token)).await.expect(403);
    }
    let sent = Studio::on_air(&stage.door("whip", "?source=check", &screen)).await;
    let mut back = Viewer::join(&stage.door("whep", "?source=check", &screen), 1, 1).await.expect("it looks");
    let mut elsewhere = Viewer::join(&stage.door("whep", "?source=check", &other), 1, 1).await.expect("it looks");
    let mut lesson = stage.watch(1).await;
    let first = back.next_picture(Slot::video(0), Duration::from_secs(5)).await.expect("its own picture");
    assert!(sent.number_of(&first.unit).is_some());
    let read = async |viewer: &mut Viewer| {
        let _ = timeout(Duration::from_millis(500), async { while viewer.next().await.is_some() {} }).await;
        let packets = |slot| viewer.counters(slot).packets.load(Ordering::Relaxed);
        (packets(Slot::audio(0)), packets(Slot::video(0)))
    };
    let (sound, picture) = read(&mut back).await;
    assert!(sound > 5 && picture > 5, "{sound} {picture}");
    assert_eq!(read(&mut elsewhere).await, (0, 0));
    assert_eq!(read(&mut lesson).await, (0, 0));
    assert_eq!(screen.source(SlotKind::Video, 0), None, "the lesson knows nothing of it");
    sent.leave().await;
    stage.stop().await;
}
