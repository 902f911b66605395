//! The studio has two cameras; the programme says which one is on air, and the recording follows it.

use std::time::Duration;

use airclass::tools::whep::Slot;
use airclass_signaling::wire::{ClientMessage, Role, Scene, SlotKind, SourceView, StudioCamera};

use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_camera_is_on_air_when_the_programme_says_so() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(true).await;
    let mut master = stage.seat(Role::Master, None).await;
    let camera = Studio::on_air(&stage.whip("camera").await).await;
    let second = Studio::on_air(&stage.whip("second").await).await;
    master.until("both arrive", |view| view.studio.camera && view.studio.second).await.unwrap();
    let mut viewer = stage.watch(0).await;
    let first = viewer.next_picture(Slot::video(0), SOON).await.unwrap();
    assert!(camera.number_of(&first.unit).is_some());
    camera.until_sent(camera.count() + 90).await;

    let choose = async |master: &mut airclass::tools::signaling::SignalingClient, camera, shown: SourceView| {
        master.send(&ClientMessage::SetProgramme { scene: Scene::Camera, camera }).await.unwrap();
        let on_air = |view: &airclass_signaling::wire::Snapshot| {
            airclass::tools::lesson_view::source(view, SlotKind::Video, 0) == Some(&shown)
        };
        master.until("the other camera", on_air).await.unwrap();
    };
    choose(&mut master, StudioCamera::Second, SourceView::Second).await;
    assert_eq!(master.source(SlotKind::Audio, 0), Some(&SourceView::Camera), "the voice stays where it was");
    let seen = loop {
        let received = viewer.next_picture(Slot::video(0), SOON).await.unwrap();
        if second.number_of(&received.unit).is_some() && camera.number_of(&received.unit).is_none() {
            break received;
        }
    };
    assert!(seen.unit.is_keyframe(), "it begins with a keyframe");
    second.until_sent(second.count() + 90).await;

    // Its line is cut off: the first camera takes its place by itself.
    second.leave().await;
    let falls_back = |view: &airclass_signaling::wire::Snapshot| {
        airclass::tools::lesson_view::source(view, SlotKind::Video, 0) == Some(&SourceView::Camera)
    };
    master.until("the first camera again", falls_back).await.unwrap();
    let again = camera.count();
    loop {
        let received = viewer.next_picture(Slot::video(0), SOON).await.unwrap();
        if camera.number_of(&received.unit).is_some_and(|number| number >= again) {
            break;
        }
    }
    camera.until_sent(camera.count() + 60).await;
    stage.end_lesson().await;
    let card = stage.recording_ready(SOON).await;
    assert!(card["duration_ms"].as_i64().is_some_and(|ms| ms >= 7_000), "{card}");
    camera.leave().await;
    stage.stop().await;
}
