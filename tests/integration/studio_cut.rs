//! J6 in browsers: the master's connection dies for twenty seconds, and comes back without a touch.

use std::sync::Arc;
use std::time::Duration;

use airclass_load::relay::{Link, Relay};
use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use tokio::net::TcpListener;

use crate::figures::note;
use crate::stage::Stage;
use crate::{browser, decks, turn};

const SECONDS: u32 = 20;
/// Until when every room has a notice, milliseconds.
const NOTICE: f64 = 3_000.0;
/// Until when the picture runs again once the line does, milliseconds.
const BACK: f64 = 5_000.0;

/// Where a script darkens the way of the studio's media, and frees it.
async fn switch(relay: Arc<Relay>) -> String {
    let set = move |Path(state): Path<String>| {
        relay.set_blackout(state == "dark");
        std::future::ready(())
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/{state}", post(set))).await });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_the_masters_connection_is_dead_for_twenty_seconds() {
    let _turn = turn::heavy().await;
    let (video, audio) = browser::camera();
    let stage = Stage::begin().await;
    let deck = decks::prepare(&stage.master, &stage.lesson).await;
    let relay = Arc::new(Relay::start(stage.media, Link::CLEAN, Link::CLEAN, 20).await.unwrap());
    let (line, address) = (switch(Arc::clone(&relay)).await, relay.address().to_string());
    let parameters = [
        ("base", stage.base.as_str()),
        ("lesson", &stage.lesson),
        ("classroom", stage.classrooms[0].as_str()),
        ("deck", &deck),
        ("relay", &address),
        ("line", &line),
        ("seconds", &SECONDS.to_string()),
        ("video", &video),
        ("audio", &audio),
    ];
    let result = browser::run("cut.mjs", &parameters, Duration::from_secs(180)).await;
    note("J6", "the master's browser", result.clone());
    assert!(result["noticed_ms"].as_f64().unwrap() <= NOTICE, "{result}");
    assert!(result["back_ms"].as_f64().unwrap() <= BACK, "{result}");
    stage.end_lesson().await;
    let report = stage.master.get(&format!("/api/lessons/{}/report", stage.lesson)).await.expect(200).json();
    let gap = report["interruptions"].as_array().unwrap().iter().find(|gap| gap["what"].to_string().contains("studio"));
    let gap = gap.unwrap_or_else(|| panic!("{report}"));
    println!("the report says: {gap}");
    stage.recording_ready(Duration::from_secs(15)).await;
    stage.stop().await;
}
