//! Pupils' devices in a poll: by the lesson's code, one device one seat.

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::Place;
use airclass_signaling::wire::{ClientMessage, PollBy, PollKind};

use super::classes::People;
use super::*;

/// The cookie a device was given.
fn given(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_device_answers_for_one_seat() {
    let mut school = School::open().await;
    let people = People::sign_in(&school).await;
    let master = people.of("master").to_owned();
    let [own, other] = school.plan_for_both(&master).await;
    school.call("POST", &format!("/api/lessons/{}/start", school.lesson), &[("authorization", &master)], None).await;
    let door = format!("/api/lessons/{}/poll-code", school.lesson);
    let all = [
        ("anybody", 401),
        ("master", 200),
        ("assistant1", 200),
        ("assistant2", 200),
        ("pupil", 403),
        ("admin", 200),
        ("observer", 403),
    ];
    people.try_all(&school, ("GET", &door), None, &all).await;
    let code = school.get(&door, people.of("assistant1")).await.json()["code"].as_str().unwrap().to_owned();
    let poll = format!("/api/polls/{}", code.to_lowercase());
    let before = school.call("GET", &poll, &[], None).await;
    assert_eq!((before.status, &before.json()["poll"]), (StatusCode::OK, &Value::Null));
    assert_eq!(before.json()["classrooms"].as_array().unwrap().len(), 2);

    let seat = school.sit("master", Place::Master).await;
    let labels = ["清水中", "盐水中"].map(str::to_owned).to_vec();
    let kind = PollKind::Choices { labels };
    let open = ClientMessage::OpenPoll {
        question: "哪里浮力大？".to_owned(),
        kind,
        by: PollBy::Devices,
        correct: None,
        seconds: None,
    };
    assert!(seat.message(open).await);
    let conductor = school.running.state().conductors.running(&LessonId::new(school.lesson.as_str())).unwrap();
    assert!(conductor.look(|lesson| lesson.open_poll().is_some()).await.unwrap());
    let shown = school.call("GET", &poll, &[], None).await;
    assert_eq!(shown.json()["poll"]["question"], "哪里浮力大？");
    let (device, another) = (given(&shown), given(&school.call("GET", &poll, &[], None).await));
    assert_ne!(device, another);
    let say = |classroom: &str, seat: u16, answer: i32| json!({"classroom": classroom, "seat": seat, "answer": answer});
    for (cookie, body, status, code) in [
        ("", say(&own, 17, 1), 403, "no_cookie"),
        (&device, say(&own, 17, 1), 204, ""),
        // Another answer of the same pupil, as long as the poll is open.
        (&device, say(&own, 17, 0), 204, ""),
        (&device, say(&own, 18, 1), 409, "other_seat"),
        (&another, say(&own, 17, 1), 409, "seat_taken"),
        (&another, say(&own, 999, 1), 422, "invalid"),
        (&another, say("nowhere", 1, 1), 422, "invalid"),
        (&another, say(&own, 18, 7), 422, "invalid"),
        (&another, json!({"classroom": own, "seat": 18}), 422, "invalid"),
        (&another, say(&other, 17, 1), 204, ""),
    ] {
        let headers = [("cookie", cookie)];
        let headers = if cookie.is_empty() { &headers[..0] } else { &headers[..] };
        let answer = school.call("POST", &poll, headers, Some(body.clone())).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{body}");
    }
    let foreign = [("cookie", another.as_str()), ("origin", "http://evil.example")];
    assert_eq!(school.call("POST", &poll, &foreign, Some(say(&other, 17, 0))).await.code(), "bad_origin");
    let answered = conductor.look(|lesson| lesson.open_poll().map(|poll| poll.id)).await.unwrap().unwrap();
    let room = ClassroomId::new(own.as_str());
    let zero = airclass_signaling::wire::Answer::whole(0);
    let again = conductor.look(move |lesson| lesson.takes_device_answer(&answered, &room, 17, zero)).await.unwrap();
    assert_eq!(again, Ok(()));
    let poll_id = conductor.look(|lesson| lesson.open_poll().map(|poll| poll.id)).await.unwrap().unwrap();
    assert!(seat.message(ClientMessage::ClosePoll { poll: poll_id }).await);
    assert!(conductor.look(|lesson| lesson.open_poll().is_none()).await.unwrap());
    let late = school.call("POST", &poll, &[("cookie", &device)], Some(say(&own, 17, 1))).await;
    assert_eq!(late.code(), "poll_closed");
    school.stop().await;
}

#[tokio::test]
async fn guessing_a_lessons_code_gets_slow() {
    let school = School::open().await;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(school.call("GET", "/api/polls/222222", &[], None).await.status.as_u16());
    }
    assert_eq!(statuses[..5], [404; 5]);
    assert_eq!(statuses[6], 429);
    school.stop().await;
}
