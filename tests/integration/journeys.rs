//! Real browsers: Chromium as studio, classrooms, assistant and pupil. Each story starts one script of `tests/browser`.

use std::time::Duration;

use airclass::tools::whep::{Arrival, Slot};
use airclass_load::camera::FRAMES;
use airclass_recordings::card::read_counter;
use airclass_recordings::decode::H264Decoder;
use airclass_signaling::wire::{Role, ServerMessage, SourceView};

use crate::stage::Stage;
use crate::studio::Studio;
use crate::{browser, turn};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_chromium_teaches_chromium_for_a_minute() {
    let _turn = turn::smooth().await;
    let (video, audio) = browser::camera();
    let stage = Stage::begin().await;
    let parameters = [
        ("base", stage.base.as_str()),
        ("lesson", &stage.lesson),
        ("classroom", stage.classrooms[0].as_str()),
        ("video", &video),
        ("audio", &audio),
    ];
    let script = browser::run("live.mjs", &parameters, Duration::from_secs(180));
    // A second classroom, through WHEP with another client, gets the same frames.
    let second = async {
        stage.camera_on_air(Duration::from_secs(60)).await;
        let mut viewer = stage.watch(1).await;
        let mut decoder = H264Decoder::new().expect("a decoder");
        let mut counters = Vec::new();
        while counters.len() < 150 {
            let Some(Arrival::Picture(slot, picture)) = viewer.next().await else { continue };
            if slot != Slot::video(0) || !picture.complete {
                continue;
            }
            if let Ok(Some(yuv)) = decoder.decode(&picture.unit.to_annex_b()) {
                counters.extend(read_counter(&yuv.y, yuv.width, yuv.width, yuv.height));
            }
        }
        viewer.leave().await;
        counters
    };
    let (result, counters) = tokio::join!(script, second);
    let forward = counters.windows(2).filter(|pair| (pair[1] + FRAMES - pair[0]) % FRAMES < FRAMES / 2).count();
    assert_eq!(forward + 1, counters.len(), "{counters:?}");
    let distance = (counters[counters.len() - 1] + FRAMES - counters[0]) % FRAMES;
    assert!(distance >= 100, "{distance} frames of the camera in {} pictures", counters.len());
    assert_eq!(result["freezes"], 0);
    // What Chromium sent is in the library ten seconds after the bell.
    stage.end_lesson().await;
    let card = stage.recording_ready(Duration::from_secs(10)).await;
    assert!(card["duration_ms"].as_f64().unwrap() > 60_000.0, "{card}");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_raised_hand_in_browsers() {
    let _turn = turn::heavy().await;
    let (video, audio) = browser::camera();
    let stage = Stage::begin_with(false).await;
    let parameters = [
        ("base", stage.base.as_str()),
        ("lesson", &stage.lesson),
        ("classroom", stage.classrooms[0].as_str()),
        ("other-classroom", stage.classrooms[1].as_str()),
        ("video", &video),
        ("audio", &audio),
    ];
    // Everybody is told who talks; a class is only while it has the floor.
    let mut observer = stage.seat(Role::Observer, None).await;
    let heard = tokio::spawn(async move {
        let mut heard: Vec<Vec<SourceView>> = Vec::new();
        while let Ok(message) = observer.next().await {
            if let ServerMessage::Speaking { sources } = message {
                heard.push(sources);
            }
        }
        heard
    });
    browser::run("hand.mjs", &parameters, Duration::from_secs(150)).await;
    let class = stage.classrooms[0].clone();
    stage.stop().await;
    let heard = heard.await.unwrap();
    let is_class = |view: &SourceView| matches!(view, SourceView::Classroom { classroom, .. } if *classroom == class);
    let first = heard.iter().position(|sources| sources.contains(&SourceView::Camera)).expect("the master talks");
    let both = heard.iter().position(|sources| sources.iter().any(is_class)).expect("the class talks");
    assert!(first < both && both < heard.len() - 1, "after the master, and not to the end: {heard:?}");
    assert!(!heard[heard.len() - 1].iter().any(is_class), "without the floor it is not named: {heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_browsers_come_back_by_themselves() {
    let _turn = turn::heavy().await;
    let (video, audio) = browser::camera();
    let mut stage = Stage::begin_in_process().await;
    let ready = stage.folder.path().join("ready");
    let (base, lesson) = (stage.base.clone(), stage.lesson.clone());
    let (classroom, ready_path) = (stage.classrooms[0].as_str().to_owned(), ready.to_str().unwrap().to_owned());
    let script = tokio::spawn(async move {
        let parameters = [
            ("base", base.as_str()),
            ("lesson", &lesson),
            ("classroom", &classroom),
            ("video", &video),
            ("audio", &audio),
            ("ready", &ready_path),
        ];
        browser::run("return.mjs", &parameters, Duration::from_secs(150)).await
    });
    while !ready.exists() {
        assert!(!script.is_finished(), "{:?}", script.await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stage.binary().kill().await;
    stage.binary().restart().await;
    let result = script.await.unwrap();
    let after = result["picture_after_ms"].as_u64().unwrap();
    println!("the picture runs again {after} ms after the pages noticed");
    assert!(after < 15_000);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_has_its_looks_and_nothing_serious_for_axe() {
    let _turn = turn::heavy().await;
    let (video, audio) = browser::camera();
    let stage = Stage::begin().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    studio.until_sent(5 * 30).await;
    stage.end_lesson().await;
    studio.leave().await;
    let recording = stage.recording_ready(Duration::from_secs(10)).await;
    let live = stage.another_lesson(false).await;
    let parameters = [
        ("base", stage.base.as_str()),
        ("lesson", &live),
        ("classroom", stage.classrooms[0].as_str()),
        ("recording", recording["id"].as_str().unwrap()),
        ("video", &video),
        ("audio", &audio),
    ];
    browser::run("pages.mjs", &parameters, Duration::from_secs(240)).await;
    stage.stop().await;
}
