//! What each classroom gets by what its line carries, and what the studio has to send for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use airclass::tools::signaling::SignalingClient;
use airclass::tools::whep::Slot;
use airclass_load::relay::{Link, Relay};
use airclass_signaling::wire::{LineQuality, LineView, Role, ServerMessage};
use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use tokio::net::TcpListener;

use crate::figures::note;
use crate::layers::LayeredStudio;
use crate::stage::Stage;
use crate::{browser, turn};

/// The line when nothing is wrong, kbit/s.
const WIDE: u32 = 4_000;
/// What waits before the line; 80 ms of the wide one, 400 ms of the narrow one.
const QUEUE: u32 = 40_000;
const SEED: u64 = 20_261_122;

/// Where a script sets the rate of the line to the classroom, in kbit/s; the answer is for how many milliseconds at
/// most the classroom got no sound since the rate was last set.
async fn knob(relay: Arc<Relay>) -> String {
    let set = move |Path(kbit): Path<u32>| {
        relay.set(Link::CLEAN, Link::narrow(kbit, QUEUE));
        let silence = relay.silence().as_millis().to_string();
        async { silence }
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/{kbit}", post(set))).await });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f9_chromium_behind_a_line_that_narrows() {
    let _turn = turn::smooth().await;
    let stage = Stage::begin_with(false).await;
    let relay = Arc::new(Relay::start(stage.media, Link::CLEAN, Link::narrow(WIDE, QUEUE), SEED).await.unwrap());
    let (line, address) = (knob(Arc::clone(&relay)).await, relay.address().to_string());
    let seat = stage.seat(Role::Master, None).await;
    let studio = LayeredStudio::on_air(&stage.whip("camera").await, seat).await;
    let parameters = [
        ("base", stage.base.as_str()),
        ("lesson", &stage.lesson),
        ("classroom", stage.classrooms[0].as_str()),
        ("relay", &address),
        ("line", &line),
        ("narrow", "800,300"),
    ];
    let result = browser::run("narrow.mjs", &parameters, Duration::from_secs(120)).await;
    for (narrow, freeze_ms) in [(0, 500.0), (1, 1_500.0)] {
        note("F9", &format!("cut to {} kbit/s", result[narrow]["kbit"]), result[narrow].clone());
        let figure = |name: &str| result[narrow][name].as_f64().expect(name);
        assert!(figure("down_ms") <= 3_000.0, "{result}");
        assert!(figure("freeze_ms") <= freeze_ms, "{result}");
        assert!(figure("up_ms") <= 15_000.0, "{result}");
        assert!(figure("silence_ms") <= 200.0, "{result}");
    }
    println!("layers wanted: {:?}", studio.wishes());
    stage.stop().await;
}

/// The line of the first classroom once the staff are told what `fits`.
async fn line_of(seat: &mut SignalingClient, stage: &Stage, fits: impl Fn(&LineView) -> bool) -> LineView {
    let wait = async {
        loop {
            let ServerMessage::Lines { lines } = seat.next().await.expect("the lesson goes on") else { continue };
            if let Some(line) = lines.into_iter().find(|line| line.classroom == stage.classrooms[0] && fits(line)) {
                return line;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the line fares as expected")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layers_that_nobody_takes_are_paused_and_come_back_when_needed() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let seat = stage.seat(Role::Master, None).await;
    let studio = LayeredStudio::on_air(&stage.whip("camera").await, seat).await;
    // With nobody watching the smallest picture is enough.
    studio.until_wanted(&["q"], Duration::from_secs(20)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut observer = stage.seat(Role::Observer, None).await;
    let mut viewer = stage.watch(0).await;
    let first = viewer.next_picture(Slot::video(0), Duration::from_secs(10)).await.unwrap();
    assert_eq!(studio.layer_of(&first.unit), Some(0), "a classroom that comes is shown what flows");
    let asked = studio.until_wanted(&["q", "f"], Duration::from_secs(20)).await;
    let best = loop {
        let picture = viewer.next_picture(Slot::video(0), Duration::from_secs(10)).await.unwrap();
        if picture.complete && studio.layer_of(&picture.unit) == Some(2) {
            break picture.arrived;
        }
    };
    let since = |at: Instant| at.saturating_duration_since(first.arrived);
    println!("after the first picture: the best layer asked for {:?}, shown {:?}", since(asked), since(best));
    // Three tenths of a second; the rest is for a busy machine.
    assert!(since(best) < Duration::from_secs(2), "{:?}", since(best));
    let line = line_of(&mut observer, &stage, |line| line.layer == Some(2)).await;
    println!("{line:?}");
    assert_eq!((line.layers, line.quality), (3, Some(LineQuality::Good)));
    stage.stop().await;
}
