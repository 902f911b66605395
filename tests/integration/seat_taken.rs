//! F35: what a seat has opened ends with it, when it is taken elsewhere and when its session is signed out.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::tools::JoinOptions;
use airclass::tools::signaling::SignalingClient;
use airclass::tools::whep::{Slot, Viewer};
use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::SourceKey;
use airclass_signaling::wire::{ByeReason, Role, ServerMessage};
use reqwest::Method;
use serde_json::json;

use crate::api::{Person, Reply};
use crate::stage::{AUDIO_SLOTS, Host, Stage, VIDEO_SLOTS};
use crate::studio::Studio;
use crate::turn;

const CAMERA: Slot = Slot::video(0);
const SOON: Duration = Duration::from_secs(10);
/// Until when everything of the old seat has ended.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A door used with the media token of a seat.
fn door(stage: &Stage, name: &str, seat: &SignalingClient) -> JoinOptions {
    let url = format!("{}/{name}/{}", stage.base, stage.lesson);
    JoinOptions { attempts: 5, ..JoinOptions::new(url, seat.view().media_token.clone()) }
}

async fn watch(stage: &Stage, seat: &SignalingClient) -> Viewer {
    let mut viewer = Viewer::join(&door(stage, "whep", seat), AUDIO_SLOTS, VIDEO_SLOTS).await.expect("it watches");
    viewer.next_picture(CAMERA, SOON).await.expect("pictures arrive");
    viewer
}

/// Whether the classroom's publish session is there.
async fn publishes(stage: &Stage, room: usize) -> bool {
    let Host::Here(running) = &stage.host else { unreachable!("the server runs here") };
    let conductor = running.state().conductors.running(&LessonId::new(stage.lesson.as_str())).expect("it is live");
    conductor.on_air(SourceKey::Classroom(stage.classrooms[room].clone())).await.unwrap().is_some()
}

async fn farewell(seat: &mut SignalingClient) -> ByeReason {
    match seat.reply().await.expect("a farewell") {
        ServerMessage::Bye { reason } => reason,
        other => panic!("{other:?}"),
    }
}

/// Nothing arrives any more, though the studio goes on and other sessions get it.
async fn assert_silent(viewer: &Viewer, studio: &Studio) {
    let counters = viewer.counters(CAMERA);
    let before = counters.packets.load(Ordering::Relaxed);
    studio.until_sent(studio.count() + 30).await;
    assert_eq!(counters.packets.load(Ordering::Relaxed), before, "packets of a session that has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f35_media_of_a_seat_taken_elsewhere_ends_with_it() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut seat = stage.seat(Role::Classroom, Some(0)).await;
    let viewer = watch(&stage, &seat).await;
    let _class = Studio::on_air(&door(&stage, "whip", &seat)).await;
    // An encoder of the same room, with a token of its own.
    let mut encoder = stage.watch(0).await;
    encoder.next_picture(CAMERA, SOON).await.expect("pictures arrive");
    assert!(publishes(&stage, 0).await);

    let other = stage.seat(Role::Classroom, Some(0)).await;
    assert_ne!(other.view().media_token, seat.view().media_token);
    assert_eq!(farewell(&mut seat).await, ByeReason::JoinedElsewhere);
    tokio::time::sleep(AT_ONCE).await;
    assert!(!publishes(&stage, 0).await, "the old classroom's picture is gone");
    assert_silent(&viewer, &studio).await;
    // Its token opens no door any more.
    let path = format!("/whep/{}", stage.lesson);
    Reply::of(stage.master.with_token(Method::POST, &path, &seat.view().media_token)).await.expect(401);

    while encoder.next_picture(CAMERA, Duration::ZERO).await.is_ok() {}
    encoder.next_picture(CAMERA, SOON).await.expect("the encoder's session goes on");
    watch(&stage, &other).await.leave().await;
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_on_a_new_socket_keeps_its_media() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let token = stage.classroom_token(0).await;
    let url = format!("{}?page=a1b2", stage.ws());
    let join = async || {
        SignalingClient::join(&url, &token, Role::Classroom, Some(stage.classrooms[0].clone())).await.expect("a seat")
    };
    let mut lost = join().await;
    let mut viewer = watch(&stage, &lost).await;
    let back = join().await;
    assert_eq!(farewell(&mut lost).await, ByeReason::JoinedElsewhere);
    assert_eq!(back.view().media_token, lost.view().media_token);
    tokio::time::sleep(AT_ONCE).await;
    while viewer.next_picture(CAMERA, Duration::ZERO).await.is_ok() {}
    viewer.next_picture(CAMERA, SOON).await.expect("the same session goes on");
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_ends_the_sessions_seats_and_their_media() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let stranger = Person::stranger(&stage.base);
    let who = json!({ "name": "assistant1", "password": "assistant-demo" });
    let signed_in = stranger.post("/api/session", who).await.expect(200);
    let cookie = signed_in.header("set-cookie");
    let session = cookie.split(['=', ';']).nth(1).expect("a token").to_owned();
    let room = Some(stage.classrooms[0].clone());
    let mut seat = SignalingClient::join(&stage.ws(), &session, Role::Classroom, room).await.expect("a seat");
    let viewer = watch(&stage, &seat).await;
    // The same account on another device stays.
    let mut assistant = stage.seat(Role::Assistant, Some(0)).await;
    let mut encoder = stage.watch(0).await;

    Reply::of(stranger.with_token(Method::DELETE, "/api/session", &session)).await.expect(204);
    assert_eq!(farewell(&mut seat).await, ByeReason::SessionEnded);
    tokio::time::sleep(AT_ONCE).await;
    assert_silent(&viewer, &studio).await;
    while encoder.next_picture(CAMERA, Duration::ZERO).await.is_ok() {}
    encoder.next_picture(CAMERA, SOON).await.expect("the encoder's session goes on");
    assistant.send(&airclass_signaling::wire::ClientMessage::Ping { n: 3 }).await.unwrap();
    assert!(matches!(assistant.reply().await.unwrap(), ServerMessage::Pong { n: 3, .. }));
    studio.leave().await;
    stage.stop().await;
}
