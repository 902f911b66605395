//! `airclass publish FILE` and `airclass watch --record OUT`, as somebody at a terminal uses them.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use airclass::tools::access_unit::AccessUnit;
use airclass::tools::media::{CardConfig, Feed, Source, Unit};
use airclass_recordings::write::FileWriter;
use bytes::Bytes;
use serde_json::Value;
use tokio::time::timeout;

use crate::binary::command;
use crate::replay::is_slice;
use crate::stage::Stage;
use crate::turn;

const SECONDS: u64 = 12;
const LONG: Duration = Duration::from_secs(60);

/// Writes the small card with its voice, a keyframe every second, as an encoder would leave it on a disk.
fn write_card(path: &Path) {
    let config = CardConfig { keyframe_every: 30, ..CardConfig::SMALL };
    let mut source = Source::open(Feed::Card(config), Arc::new(AtomicBool::new(false))).unwrap();
    let mut writer = FileWriter::create(path, true).unwrap();
    while let Some(unit) = source.next_unit().unwrap().filter(|unit| unit.at() < Duration::from_secs(SECONDS)) {
        let micros = unit.at().as_micros() as i64;
        match unit {
            Unit::Picture { nals, .. } => {
                let unit = AccessUnit { timestamp: 0, nals };
                writer.video(&unit.to_annex_b(), micros, unit.is_keyframe()).unwrap();
            }
            Unit::Sound { packet, .. } => writer.audio(&packet, micros).unwrap(),
        }
    }
    writer.finish().unwrap();
}

/// The coded slices of every picture in a file.
fn slices(path: &Path) -> Vec<Vec<Bytes>> {
    let feed = Feed::File { path: path.to_owned(), looped: false };
    let mut source = Source::open(feed, Arc::new(AtomicBool::new(false))).unwrap();
    let mut pictures = Vec::new();
    while let Some(unit) = source.next_unit().unwrap() {
        if let Unit::Picture { nals, .. } = unit {
            pictures.push(nals.into_iter().filter(is_slice).collect());
        }
    }
    pictures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_published_and_what_is_watched_is_recorded() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let (file, out) = (stage.folder.path().join("card.mp4"), stage.folder.path().join("watched.mp4"));
    write_card(&file);
    let (whip, whep) = (stage.whip("camera").await, stage.whep(0).await);
    let watch = command()
        .args(["watch", &whep.url, "--seconds", "10", "--record"])
        .arg(&out)
        .env("AIRCLASS_TOKEN", &whep.token)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let publish = command()
        .arg("publish")
        .arg(&file)
        .args(["--to", &whip.url])
        .env("AIRCLASS_TOKEN", &whip.token)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let watched = timeout(LONG, watch.wait_with_output()).await.expect("it stops by itself").unwrap();
    let complaints = String::from_utf8_lossy(&watched.stderr).into_owned();
    assert!(watched.status.success(), "{complaints}");
    let told: Value = serde_json::from_slice(&watched.stdout).unwrap();
    assert_eq!((told["lost"].as_u64(), told["broken"].as_u64()), (Some(0), Some(0)), "{told} {complaints}");
    assert!(told["sounds"].as_u64() > Some(100), "{told}");
    let published = timeout(LONG, publish.wait_with_output()).await.expect("it ends with its file").unwrap();
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));

    let (sent, recorded) = (slices(&file), slices(&out));
    assert!(recorded.len() >= 60, "{} pictures in the file, {told}", recorded.len());
    let at = sent.iter().position(|picture| *picture == recorded[0]).expect("a picture of the file");
    assert!(sent[at..].starts_with(&recorded), "the same pictures, bit by bit and in order, from number {at} on");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_say_why_they_are_refused() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let door = format!("{}/whep/{}", stage.base, stage.lesson);
    for arguments in [["watch", &door, "--seconds", "5"], ["publish", "--test-card", "--to", &door]] {
        let refused = command().args(arguments).env("AIRCLASS_TOKEN", "nonsense").output();
        let refused = timeout(LONG, refused).await.expect("it does not wait").unwrap();
        assert!(!refused.status.success());
        let words = String::from_utf8_lossy(&refused.stderr);
        assert!(words.contains("401"), "{words}");
    }
    stage.stop().await;
}
