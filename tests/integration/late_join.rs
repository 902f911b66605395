//! Whoever comes late starts from the ring at once and costs the studio nothing.

use std::time::Duration;

use airclass::clock;
use airclass::tools::whep::Slot;

use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_classroom_starts_without_a_keyframe_request_to_the_studio() {
    let _turn = turn::light().await;
    // No periodic requests in between, so that every request would be the joins' fault.
    let stage = Stage::begin_where(false, |config| config.keyframe_interval_ms = 60_000).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut first = stage.watch(0).await;
    first.next_picture(Slot::video(0), Duration::from_secs(10)).await.unwrap();
    studio.until_sent(60).await;
    let asked = studio.keyframe_requests();
    for _ in 0..5 {
        let mut late = stage.watch(1).await;
        let picture = late.next_picture(Slot::video(0), Duration::from_secs(5)).await.unwrap();
        assert!(picture.unit.is_keyframe(), "decoding can start with the first picture");
        // The frames in between are the studio's own, none is missing, and the picture catches up with the present.
        let mut number = studio.number_of(&picture.unit).expect("as it was sent");
        let caught_up = loop {
            let next = late.next_picture(Slot::video(0), Duration::from_secs(5)).await.unwrap();
            let next_number = studio.number_of(&next.unit).expect("as it was sent");
            assert_eq!(next_number, number + 1);
            number = next_number;
            let sent_at = studio.sent().pictures[number].1;
            if next.arrived.saturating_duration_since(sent_at) < Duration::from_millis(100) {
                break clock::instant();
            }
        };
        assert!(caught_up - late.answered() < Duration::from_secs(3));
        late.leave().await;
    }
    assert_eq!(studio.keyframe_requests(), asked, "the studio was not asked");
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keyframe_requests_of_many_are_merged() {
    let _turn = turn::light().await;
    let stage = Stage::begin_where(false, |config| config.keyframe_interval_ms = 60_000).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut viewers = [stage.watch(0).await, stage.watch(1).await];
    for viewer in &mut viewers {
        viewer.next_picture(Slot::video(0), Duration::from_secs(10)).await.unwrap();
    }
    let (asked, begun) = (studio.keyframe_requests(), clock::instant());
    let mut wanted = 0;
    // Long enough for a request to be passed on, even if a keyframe of the studio's own answers the first ones.
    while clock::instant() - begun < Duration::from_millis(1_500) {
        for viewer in &viewers {
            viewer.request_keyframe(Slot::video(0)).await.unwrap();
            wanted += 1;
        }
        viewers[0].next_picture(Slot::video(0), Duration::from_secs(5)).await.unwrap();
    }
    studio.until_sent(studio.count() + 30).await;
    let reached = studio.keyframe_requests() - asked;
    // At most one in 500 ms, and one on the way at either end.
    let allowed = (clock::instant() - begun).as_millis() as u64 / 500 + 2;
    assert!((1..=allowed).contains(&reached), "{reached} of {wanted} requests reached the studio, {allowed} may");
    studio.leave().await;
    stage.stop().await;
}
