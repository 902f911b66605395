//! J2: what was sent is what is in the library ten seconds after the bell.

use std::collections::HashMap;
use std::time::Duration;

use airclass::clock;
use airclass_signaling::wire::{ClientMessage, InkColour, Point, Points, Role, Scene, StudioCamera, Surface, Tool};
use bytes::Bytes;
use serde_json::Value;

use crate::replay::{duration, is_slice, skews, slices};
use crate::stage::Stage;
use crate::studio::Studio;
use crate::{browser, turn};

/// Seconds of the lesson.
const LESSON: usize = 60;
/// The small card's size.
pub(crate) const SIZE: (usize, usize) = (640, 360);

/// Coded slices of what a studio sent, in order.
pub(crate) fn sent_slices(sent: &crate::studio::SentLog) -> Vec<Bytes> {
    sent.pictures.iter().flat_map(|(unit, _)| unit.nals.iter().filter(|nal| is_slice(nal)).cloned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j2_replay_at_the_bell() {
    let _turn = turn::heavy().await;
    let stage = Stage::begin().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let on_air = studio.sent().pictures[0].1;
    let sign = stage.folder.path().join("recording");
    let (base, sign_path) = (stage.base.clone(), sign.to_str().unwrap().to_owned());
    let pupil = tokio::spawn(async move {
        let parameters = [("base", base.as_str()), ("recording", &sign_path)];
        browser::run("replay.mjs", &parameters, Duration::from_secs(180)).await
    });
    // The master writes on the board: two strokes, and after half of the lesson one of them is wiped off.
    let mut master = stage.seat(Role::Master, None).await;
    let line = |y| Points((0..20).map(|x| Point { x: 1_000 + x * 100, y, pressure: 128 }).collect());
    let stroke = |stroke, y| ClientMessage::DrawStroke {
        surface: Surface::Board,
        stroke,
        tool: Tool::Pen,
        colour: InkColour::Red,
        width: 48,
        points: line(y),
        done: true,
    };
    let board = ClientMessage::SetProgramme { scene: Scene::Board, camera: StudioCamera::Camera };
    for message in [board, stroke(1, 1_000), stroke(2, 2_000)] {
        master.send(&message).await.unwrap();
    }
    studio.until_sent(LESSON * 15).await;
    master.send(&ClientMessage::EraseStroke { surface: Surface::Board, stroke: 1 }).await.unwrap();
    studio.until_sent(LESSON * 30).await;
    drop(master);
    let lasted = clock::instant() - on_air;
    stage.end_lesson().await;
    let (bell, bell_ms) = (clock::instant(), clock::utc_ms() as f64);
    // The bell rang while the request was on its way.
    let (least, most) = (lasted.as_secs_f64() - 1.0, (bell - on_air).as_secs_f64() + 1.0);
    let fits = |seconds: f64| assert!(least <= seconds && seconds <= most, "{seconds} s, not {least} to {most}");
    let sent = studio.leave().await;
    let card = stage.recording_ready(Duration::from_secs(10)).await;
    assert!(clock::instant() - bell < Duration::from_secs(10));

    // The replay page plays it within ten seconds of the bell.
    let half = stage.folder.path().join("recording.part");
    std::fs::write(&half, card["id"].as_str().unwrap()).unwrap();
    std::fs::rename(&half, &sign).unwrap();
    let result = pupil.await.unwrap();
    assert_eq!(result["strokes"], serde_json::json!({ "early": 2, "late": 1, "early again": 2 }));
    let playing = result["playing_at_ms"].as_f64().expect("when it played");
    println!("the replay page plays {} ms after the bell", playing - bell_ms);
    assert!(playing - bell_ms < 10_000.0, "playing {} ms after the bell", playing - bell_ms);

    let detail =
        stage.master.get(&format!("/api/recordings/{}", card["id"].as_str().unwrap())).await.expect(200).json();
    let tracks = detail["tracks"].as_array().unwrap();
    let camera = tracks.iter().find(|track| track["role"] == "camera").expect("a camera track");
    let playlist = local(&stage, &card, camera["playlist"].as_str().unwrap());

    // As long as the lesson, to a second.
    fits(duration(&playlist));
    fits(card["duration_ms"].as_f64().unwrap() / 1000.0);

    // Bit by bit what was sent, from the first keyframe to the bell.
    let recorded = slices(&playlist);
    assert_run(&sent_slices(&sent), &recorded);
    // At most a second is missing, whatever the encoder managed to send on this machine.
    let due = sent.pictures.iter().filter(|(_, at)| *at <= on_air + lasted).count();
    assert!(recorded.len() + 30 >= due, "{} slices recorded of {due} pictures", recorded.len());

    // Sound and picture together.
    let mut skews = skews(&playlist, SIZE);
    skews.sort_by(f64::total_cmp);
    let compared = skews.len();
    assert!(compared >= LESSON - 5, "only {compared} beeps found");
    let (early, middle, late) = (skews[0] * 1000.0, skews[compared / 2] * 1000.0, skews[compared - 1] * 1000.0);
    println!("{compared} beeps: sound later than picture by {early:.0} to {late:.0} ms, in the middle {middle:.0} ms");
    assert!(early >= -80.0 && late <= 80.0, "sound later than picture by {early:.0} to {late:.0} ms");
    assert_eq!(detail["gaps"].as_array().map(Vec::len), Some(0), "{}", detail["gaps"]);

    // Who may not see the lesson may not see one file of it.
    let stranger = crate::api::Person::stranger(&stage.base);
    stranger.get(camera["playlist"].as_str().unwrap()).await.expect(401);
    stage.pupil.get(camera["playlist"].as_str().unwrap()).await.expect(200);
    stage.stop().await;
}

/// The file behind a playlist's address.
pub(crate) fn local(stage: &Stage, card: &Value, url: &str) -> std::path::PathBuf {
    let inside = url.split(card["id"].as_str().unwrap()).nth(1).expect("below the recording");
    stage.recording_folder(card).join(inside.trim_start_matches('/'))
}

/// Fails unless `recorded` is one uninterrupted run of `sent`; answers where it begins.
#[track_caller]
pub(crate) fn assert_run(sent: &[Bytes], recorded: &[Bytes]) -> usize {
    let first = recorded.first().expect("something is recorded");
    let numbers: HashMap<&Bytes, usize> = sent.iter().enumerate().map(|(i, slice)| (slice, i)).collect();
    let begin = *numbers.get(first).expect("the first recorded picture was sent like that");
    for (i, slice) in recorded.iter().enumerate() {
        assert!(sent.get(begin + i) == Some(slice), "recorded picture {i} is not the one sent after the one before");
    }
    begin
}
