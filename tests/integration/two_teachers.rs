//! J1: a lesson of eight classes. The studio, two classrooms and their assistants' phones are browsers; of the six others
//! the receivers are the load generator's and the assistants plain clients.

use std::time::Duration;

use airclass::tools::signaling::SignalingClient;
use airclass_load::crowd::Crowd;
use airclass_signaling::id::ClassroomId;
use airclass_signaling::wire::{AttendanceMark, ClientMessage, Role, SeatMark, Snapshot};
use reqwest::Method;
use serde_json::{Value, json};

use crate::figures::note;
use crate::stage::Stage;
use crate::{browser, turn};

/// Classes beside the two of the demo.
const OTHERS: usize = 6;
/// Pupils of a class, and those of them who are missing.
const PUPILS: u64 = 40;
const MISSING: u64 = 2;

/// One more class of the second assistant's school, with its list.
async fn class(stage: &Stage, school: &Value, assistant: &Value, n: usize) -> ClassroomId {
    let new = json!({ "name": format!("八（{}）班", n + 10), "school": school });
    let id = stage.admin.post("/api/classrooms", new).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/classrooms/{id}");
    let change = json!({ "assistant": assistant }).to_string();
    let change = stage.admin.request(Method::PATCH, &path).header("content-type", "application/json").body(change);
    assert_eq!(change.send().await.unwrap().status(), 200);
    let seats: Vec<_> =
        (1..=PUPILS).map(|n| json!({ "number": n, "name": format!("学生{n}"), "group": null })).collect();
    stage.admin.put(&format!("{path}/seats"), json!({ "seats": seats })).await.expect(200);
    ClassroomId::new(id)
}

/// Sits down as the assistant of one of those classes and calls the roll.
async fn roll(stage: &Stage, room: &ClassroomId) -> SignalingClient {
    let token = stage.assistants[1].token(&stage.lesson, "assistant", Some(room.as_str())).await;
    let mut seat =
        SignalingClient::join(&stage.ws(), &token, Role::Assistant, Some(room.clone())).await.expect("a seat");
    let absent = |seat| SeatMark { seat, mark: AttendanceMark::Absent };
    seat.send(&ClientMessage::TakeAttendance { marks: vec![absent(11), absent(40)] }).await.unwrap();
    let taken = |view: &Snapshot| view.attendance.iter().any(|list| u64::from(list.absent) == MISSING);
    seat.until("the roll", taken).await.unwrap();
    seat
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_a_lesson_of_two_teachers_adds_up() {
    let _turn = turn::heavy().await;
    let (video, audio) = browser::camera();
    let mut stage = Stage::begin_with(false).await;
    stage.enrol().await;
    let known = stage.admin.get(&format!("/api/classrooms/{}", stage.classrooms[1].as_str())).await.expect(200).json();
    let (school, assistant) = (known["school"]["id"].clone(), known["assistant"]["id"].clone());
    let mut classes: Vec<_> = stage.classrooms.to_vec();
    for n in 0..OTHERS {
        classes.push(class(&stage, &school, &assistant, n).await);
    }
    stage.lesson = stage.lesson_of(&classes).await;

    let observer = stage.admin.token(&stage.lesson, "observer", None).await;
    let http = stage.base.trim_start_matches("http://").parse().unwrap();
    let crowd = Crowd::new(http, &stage.lesson, &observer).expect("a crowd");
    let mut seats = Vec::new();
    for room in &classes[2..] {
        assert!(crowd.join(None, Duration::from_secs(10)).await.is_some(), "{room} receives");
        seats.push(roll(&stage, room).await);
    }

    let parameters = [
        ("base", stage.base.as_str()),
        ("lesson", &stage.lesson),
        ("classroom", classes[0].as_str()),
        ("other-classroom", classes[1].as_str()),
        ("video", &video),
        ("audio", &audio),
    ];
    let result = browser::run("two-teachers.mjs", &parameters, Duration::from_secs(240)).await;
    note(
        "J1",
        "a lesson of two teachers",
        json!({ "two_rolls_ms": result["roll_ms"], "totals": result["report"]["totals"] }),
    );
    let totals = &result["report"]["totals"];
    let total = |name: &str| totals[name].as_u64().unwrap_or_else(|| panic!("{name}: {totals}"));
    let all = classes.len() as u64;
    assert_eq!((total("classrooms"), total("enrolled")), (all, all * PUPILS));
    assert_eq!((total("present"), total("absent")), (all * (PUPILS - MISSING), all * MISSING));
    assert_eq!((total("asked"), total("merged"), total("escalated")), (3, 1, 1));
    // Settled on the spot are two: the one that was answered, and the one that had become part of it.
    assert_eq!((total("answered_here"), total("answered_on_floor"), total("floors")), (2, 1, 1));
    drop((seats, crowd));
    stage.stop().await;
}
