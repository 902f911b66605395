//! A substitute takes over a classroom in mid-lesson: the assistant before is told so, and hears and says nothing more.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::accounts::{AccountRole, password};
use airclass::db::{NewAccount, new_id};
use airclass::tools::signaling::SignalingClient;
use airclass::tools::whep::{Slot, Viewer};
use airclass_signaling::wire::{AttendanceMark, ByeReason, ClientMessage, Role, SeatMark, ServerMessage, Snapshot};
use serde_json::json;

use crate::api::Person;
use crate::stage::{AUDIO_SLOTS, Host, Stage, VIDEO_SLOTS};
use crate::studio::Studio;
use crate::turn;

const CAMERA: Slot = Slot::video(0);
const SOON: Duration = Duration::from_secs(10);

/// One more assistant of the first classroom's school.
async fn colleague(stage: &Stage) -> Person {
    let Host::Here(running) = &stage.host else { unreachable!("the server runs here") };
    let db = &running.state().db;
    let (known, _) = db.account_for_sign_in("assistant1").await.unwrap().expect("of the demo");
    let account = NewAccount {
        id: new_id(),
        name: "assistant3".to_owned(),
        display_name: "孙老师".to_owned(),
        role: AccountRole::Assistant,
        school: known.school,
        password_hash: password::hash("assistant-demo").await.unwrap(),
    };
    db.add_account(&account, airclass::clock::utc_ms()).await.unwrap();
    Person::sign_in(&stage.base, "assistant3", "assistant-demo").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_substitute_takes_over_in_mid_lesson() {
    let _turn = turn::light().await;
    let stage = Stage::begin_enrolled(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut master = stage.seat(Role::Master, None).await;
    let mut before = stage.seat(Role::Assistant, Some(0)).await;
    let mut screen = stage.seat(Role::Classroom, Some(0)).await;
    let room = stage.classrooms[0].clone();
    let marks = vec![SeatMark { seat: 7, mark: AttendanceMark::Late }];
    before.send(&ClientMessage::TakeAttendance { marks }).await.unwrap();
    master.until("the list", |view| view.attendance.iter().any(|list| list.late == 1)).await.unwrap();
    let mut heard = Viewer::join(&stage.door("whep", "?talk=1", &before), AUDIO_SLOTS + 1, VIDEO_SLOTS).await.unwrap();
    heard.next_picture(CAMERA, SOON).await.expect("pictures arrive");

    // One step, by a colleague of the same school; nobody of another school may.
    let substitute = colleague(&stage).await;
    let path = format!("/api/lessons/{}/takeover", stage.lesson);
    let stranger = stage.assistants[1].post(&path, json!({ "classroom": room })).await;
    assert!(matches!(stranger.status, 403 | 404), "{}", stranger.text);
    substitute.post(&path, json!({ "classroom": room })).await.expect(200);
    let bye = async {
        loop {
            if let Ok(ServerMessage::Bye { reason }) = before.next().await {
                return reason;
            }
        }
    };
    let reason = tokio::time::timeout(Duration::from_secs(1), bye).await.expect("within a second");
    assert_eq!(reason, ByeReason::Replaced);
    let named = |view: &Snapshot| {
        view.classrooms.iter().any(|one| one.id == room && one.assistant_name.as_deref() == Some("孙老师"))
    };
    master.until("who is there now", named).await.unwrap();

    // The one before is out: by signaling, and of everything that is heard.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let packets = || heard.counters(CAMERA).packets.load(Ordering::Relaxed);
    let ended = packets();
    studio.until_sent(studio.count() + 30).await;
    assert_eq!(packets(), ended, "its media ended with its seat");
    let path = format!("/api/lessons/{}/tokens", stage.lesson);
    let refused = stage.assistants[0].post(&path, json!({ "seat": "assistant", "classroom": room })).await;
    assert!(matches!(refused.status, 403 | 404), "no new seat for it");

    // The substitute finds the list as it was and goes on; the screen was never gone.
    let token = substitute.token(&stage.lesson, "assistant", Some(room.as_str())).await;
    let mut after =
        SignalingClient::join(&stage.ws(), &token, Role::Assistant, Some(room.clone())).await.expect("a seat");
    let list = after.view().attendance.iter().find(|list| list.classroom == room).expect("its list").clone();
    assert_eq!((list.late, list.marks.map(|marks| marks.len())), (1, Some(1)));
    assert_eq!(after.view().seats.len(), 40);
    let ask =
        ClientMessage::AskQuestion { seat: Some(7), text: Some("接着讲？".to_owned()), wants_to_speak: false };
    after.send(&ask).await.unwrap();
    master.until("the next question", |view| view.questions.len() == 1).await.unwrap();
    screen.send(&ClientMessage::Ping { n: 1 }).await.unwrap();
    assert!(matches!(screen.reply().await.unwrap(), ServerMessage::Pong { n: 1, .. }));
    studio.leave().await;
    stage.stop().await;
}
