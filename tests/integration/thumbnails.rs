//! The master sees every classroom, small and once a second; nobody else does.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::clock;
use airclass::tools::whep::{Arrival, Slot, Viewer};
use airclass_signaling::wire::Role;
use reqwest::Method;
use tokio::time::timeout;

use crate::api::Reply;
use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn classrooms_without_the_floor_are_stills_for_the_master_alone() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let master = stage.seat(Role::Master, None).await;
    let assistant = stage.seat(Role::Assistant, Some(0)).await;
    let classes =
        [Studio::on_air(&stage.classroom_whip(0).await).await, Studio::on_air(&stage.classroom_whip(1).await).await];
    let query = format!("?thumbnails={},{}", stage.classrooms[1], stage.classrooms[0]);
    for seat in [&assistant, &stage.seat(Role::Classroom, Some(0)).await, &stage.seat(Role::Observer, None).await] {
        let path = format!("/whep/{}{query}", stage.lesson);
        Reply::of(stage.master.with_token(Method::POST, &path, &seat.view().media_token)).await.expect(403);
    }

    let mut elsewhere = stage.watch(1).await;
    let mut desk = Viewer::join(&stage.door("whep", &query, &master), 0, 2).await.expect("the desk looks");
    for (slot, class) in [(0, &classes[1]), (1, &classes[0])] {
        let still = desk.next_picture(Slot::video(slot), Duration::from_secs(5)).await.expect("a still");
        assert!(still.unit.is_keyframe());
        assert!(class.number_of(&still.unit).is_some(), "the class that was asked for");
    }
    let (begun, mut stills) = (clock::instant(), [0_u32; 2]);
    let _ = timeout(Duration::from_secs(6), async {
        while let Some(arrival) = desk.next().await {
            if let Arrival::Picture(slot, picture) = arrival {
                assert!(picture.unit.is_keyframe() && picture.complete, "stills only");
                stills[usize::from(slot.index)] += 1;
            }
        }
    })
    .await;
    println!("{stills:?} stills in {:?}", clock::instant() - begun);
    assert!(stills.iter().all(|count| (3..=7).contains(count)), "about one a second: {stills:?}");
    let _ = timeout(Duration::from_millis(200), async { while elsewhere.next().await.is_some() {} }).await;
    let packets = |slot| elsewhere.counters(slot).packets.load(Ordering::Relaxed);
    let leaked: u64 = (0..4).map(|index| packets(Slot::video(index)) + packets(Slot::audio(index))).sum();
    assert_eq!(leaked, 0, "no classroom sees another one that has no floor");
    for class in classes {
        class.leave().await;
    }
    stage.stop().await;
}
