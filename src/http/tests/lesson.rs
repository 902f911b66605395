//! Doors to a lesson that is on or over: substitutes, checks, the board, reports, observers.

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::Place;
use airclass_signaling::wire::{AttendanceMark, ClientMessage, SeatMark};

use super::classes::People;
use super::*;
use crate::accounts::Actor;
use crate::conductor::{Connection, Outbox, Visit};

impl School {
    /// Takes a seat of the lesson, as the demo account of that name.
    pub(super) async fn sit(&self, name: &str, place: Place) -> Connection {
        let state = self.running.state();
        let (account, _) = state.db.account_for_sign_in(name).await.unwrap().unwrap();
        let visit = Visit {
            actor: Actor::person(account),
            session: format!("session of {name}"),
            page: None,
            places: vec![place.clone()],
            outbox: Outbox::new(),
        };
        let conductor = state.conductors.get(&LessonId::new(self.lesson.as_str())).await.unwrap();
        let seat = conductor.connect(visit).await.unwrap();
        let join = ClientMessage::Join { role: place.role(), classroom: place.classroom().cloned() };
        assert!(seat.message(join).await);
        seat
    }

    /// A lesson of both demo classes, instead of the one that `open` planned.
    pub(super) async fn plan_for_both(&mut self, master: &str) -> [String; 2] {
        let classes = [self.class_of(master, "良乡二中").await, self.class_of(master, "房山四中").await];
        let now = clock::utc_ms();
        let plan = json!({"title": "浮力", "subject": "物理", "starts_ms": now, "ends_ms": now + 600_000,
                          "classrooms": classes, "recorded": false, "floor_limit": 2});
        let card = self.as_json("POST", "/api/lessons", master, plan).await.json();
        assert_eq!(card["floor_limit"], 2);
        self.lesson = card["id"].as_str().unwrap().to_owned();
        classes
    }

    fn door(&self, tail: &str) -> String {
        format!("/api/lessons/{}/{tail}", self.lesson)
    }
}

fn check(verdict: &str, reason: Option<&str>) -> Value {
    let one = json!({"verdict": "ok", "reason": null});
    json!({"camera": {"verdict": verdict, "reason": reason}, "microphone": one, "echo": one, "loss": one, "path": one,
           "clock": one})
}

#[tokio::test]
async fn reports_show_names_to_the_own_school_only() {
    let mut school = School::open().await;
    let people = People::sign_in(&school).await;
    let master = people.of("master").to_owned();
    let [own, other] = school.plan_for_both(&master).await;
    let list =
        json!({"seats": [{"number": 1, "name": "张伟", "group": "A"}, {"number": 2, "name": "=王芳", "group": null}]});
    for (class, staff) in [(&own, "assistant1"), (&other, "assistant2")] {
        let path = format!("/api/classrooms/{class}/seats");
        assert_eq!(school.as_json("PUT", &path, people.of(staff), list.clone()).await.status, 200);
    }
    school.call("POST", &school.door("start"), &[("authorization", &master)], None).await;
    let seat = school.sit("assistant1", Place::Assistant(ClassroomId::new(own.as_str()))).await;
    let marks = vec![SeatMark { seat: 2, mark: AttendanceMark::Absent }];
    seat.message(ClientMessage::TakeAttendance { marks }).await;
    let question = |seat, text: &str| ClientMessage::AskQuestion {
        seat: Some(seat),
        text: Some(text.to_owned()),
        wants_to_speak: false,
    };
    seat.message(question(1, "为什么木块会浮起来？")).await;
    // The list is changed in mid-lesson: this lesson goes on with what it began with.
    let path = format!("/api/classrooms/{own}/seats");
    let changed = school.as_json("PUT", &path, people.of("assistant1"), json!({"seats": []})).await;
    assert_eq!(changed.json()["seats"], json!([]));
    let ended = school.call("POST", &school.door("end"), &[("authorization", &master)], None).await;
    assert_eq!(ended.json()["state"], "ended");

    let door = school.door("report");
    let readers = [
        ("anybody", 401),
        ("master", 200),
        ("assistant1", 200),
        ("assistant2", 200),
        ("pupil", 403),
        ("admin", 200),
        ("observer", 403),
    ];
    people.try_all(&school, ("GET", &door), None, &readers).await;
    let csv = format!("{door}.csv?table=attendance&language=en");
    people.try_all(&school, ("GET", &csv), None, &readers).await;
    let whole = school.get(&door, &master).await.json();
    assert_eq!((&whole["totals"]["enrolled"], &whole["totals"]["absent"]), (&json!(4), &json!(1)));
    assert_eq!((whole["classrooms"].as_array().unwrap().len(), &whole["names"]), (2, &json!({})));
    let mine = school.get(&door, people.of("assistant1")).await.json();
    assert_eq!(mine["classrooms"][0]["attendance"]["classroom"], own.as_str());
    assert_eq!(mine["names"], json!({own.as_str(): {"1": "张伟", "2": "=王芳"}}));
    let theirs = school.get(&door, people.of("assistant2")).await.json();
    assert_eq!((theirs["classrooms"].as_array().unwrap().len(), &theirs["questions"]), (1, &json!([])));
    assert_eq!(theirs["names"].as_object().unwrap().keys().collect::<Vec<_>>(), [other.as_str()]);
    assert_eq!(school.get(&door, people.of("admin")).await.json()["names"].as_object().unwrap().len(), 2);

    let table = school.get(&csv, people.of("assistant1")).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert!(table.header("content-disposition").contains("report-attendance.csv"));
    let text = String::from_utf8(table.body).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "\u{feff}School,Class,Assistant,Seat,Name,Group,Attendance");
    assert_eq!(lines[1], "良乡二中,八（3）班,李老师,1,张伟,A,Present");
    assert_eq!(lines[2], "良乡二中,八（3）班,李老师,2,'=王芳,,Absent");
    let without = String::from_utf8(school.get(&csv, &master).await.body).unwrap();
    assert!(!without.contains("张伟") && !without.contains("王芳"), "{without}");
    let chinese = school.get(&format!("{door}.csv?table=questions&language=zh"), people.of("assistant1")).await;
    let chinese = String::from_utf8(chinese.body).unwrap();
    assert!(chinese.contains("座号,姓名,内容") && chinese.contains("1,张伟,为什么木块会浮起来？"), "{chinese}");
    assert!(chinese.contains("待跟进"), "{chinese}");
    for table in ["floors", "polls", "interruptions"] {
        let answer = school.get(&format!("{door}.csv?table={table}"), &master).await;
        assert_eq!(answer.status, StatusCode::OK, "{table}");
    }
    for (query, field) in [("table=secrets", "table"), ("table=polls&language=fr", "language"), ("", "table")] {
        let refused = school.get(&format!("{door}.csv?{query}"), &master).await;
        assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (422, Some(field)));
    }

    let readers = [
        ("anybody", 401),
        ("master", 403),
        ("assistant1", 200),
        ("assistant2", 200),
        ("pupil", 403),
        ("admin", 403),
        ("observer", 403),
    ];
    people.try_all(&school, ("GET", "/api/follow-ups"), None, &readers).await;
    let left = school.get("/api/follow-ups", people.of("assistant1")).await.json();
    let left = &left["questions"][0];
    assert_eq!((&left["lesson"], &left["title"]), (&json!(school.lesson), &json!("浮力")));
    assert_eq!((&left["seat"], &left["name"], &left["escalated"]), (&json!(1), &json!("张伟"), &json!(false)));
    assert_eq!(school.get("/api/follow-ups", people.of("assistant2")).await.json()["questions"], json!([]));
    school.stop().await;
}

#[tokio::test]
async fn a_substitute_takes_over_in_one_step() {
    let mut school = School::open().await;
    let people = People::sign_in(&school).await;
    let (master, admin) = (people.of("master").to_owned(), people.of("admin"));
    let [own, _] = school.plan_for_both(&master).await;
    // The class has another usual assistant, so that the demo's one is a substitute.
    let db = &school.running.state().db;
    let (first, _) = db.account_for_sign_in("assistant1").await.unwrap().unwrap();
    let usual = crate::db::NewAccount {
        id: "usual".to_owned(),
        name: "usual".to_owned(),
        display_name: "刘老师".to_owned(),
        role: crate::accounts::AccountRole::Assistant,
        school: first.school.clone(),
        password_hash: String::new(),
    };
    db.add_account(&usual, 0).await.unwrap();
    assert!(db.set_lesson_assistant(&school.lesson, &own, "usual").await.unwrap());
    school.call("POST", &school.door("start"), &[("authorization", &master)], None).await;
    let card = school.get(&format!("/api/lessons/{}", school.lesson), people.of("assistant1")).await.json();
    assert_eq!(card["seats"], json!(["observer"]));
    let door = school.door("takeover");
    let body = json!({"classroom": own});
    for (name, status) in
        [("master", 403), ("assistant2", 403), ("pupil", 403), ("observer", 403), ("admin", 422), ("assistant1", 200)]
    {
        let answer = school.as_json("POST", &door, people.of(name), body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.json());
    }
    let card = school.get(&format!("/api/lessons/{}", school.lesson), people.of("assistant1")).await.json();
    assert_eq!(card["seats"], json!(["assistant", "classroom", "observer"]));
    assert_eq!(card["classrooms"][0]["assistant"]["display_name"], "李老师");
    let views = school.running.state().conductors.running(&LessonId::new(school.lesson.as_str())).unwrap();
    let views = views.look(|lesson| lesson.classrooms()).await.unwrap();
    assert_eq!(views[0].assistant_name.as_deref(), Some("李老师"), "also in the lesson that is on");
    // An assistant puts nobody else there; an administrator does, from that school only.
    let given = json!({"classroom": own, "assistant": "usual"});
    assert_eq!(school.as_json("POST", &door, people.of("assistant1"), given.clone()).await.status, 403);
    let given = school.as_json("POST", &door, admin, given).await.json();
    assert_eq!(given["classrooms"][0]["assistant"]["display_name"], "刘老师");
    let (strange, _) = db.account_for_sign_in("assistant2").await.unwrap().unwrap();
    let refused = school.as_json("POST", &door, admin, json!({"classroom": own, "assistant": strange.id})).await;
    assert_eq!(refused.json()["field"], "assistant");
    school.call("POST", &school.door("end"), &[("authorization", &master)], None).await;
    assert_eq!(school.as_json("POST", &door, people.of("assistant1"), body).await.code(), "wrong_state");
    school.stop().await;
}

#[tokio::test]
async fn checks_reach_the_board_from_whoever_sits_there() {
    let mut school = School::open().await;
    let people = People::sign_in(&school).await;
    let master = people.of("master").to_owned();
    let [own, _] = school.plan_for_both(&master).await;
    let screen = school.screen(people.of("assistant1"), &own).await;
    let door = school.door("checks");
    let room = json!({"classroom": own, "result": check("bad", Some("no_camera"))});
    let all = [
        ("anybody", 401),
        ("master", 403),
        ("assistant1", 204),
        ("assistant2", 403),
        ("pupil", 403),
        ("admin", 403),
        ("observer", 403),
    ];
    people.try_all(&school, ("POST", &door), Some(room.clone()), &all).await;
    assert_eq!(school.as_json("POST", &door, &screen, room).await.status, 204);
    let studio = json!({"classroom": null, "result": check("ok", None)});
    let all = all.map(|(name, status)| match name {
        "master" => (name, 204),
        "assistant1" => (name, 403),
        _ => (name, status),
    });
    people.try_all(&school, ("POST", &door), Some(studio), &all).await;
    for (body, status) in [
        (json!({"classroom": own, "result": check("bad", Some(&"x".repeat(65)))}), 422),
        (json!({"classroom": own, "result": check("splendid", None)}), 422),
        (json!({"classroom": own}), 422),
        (json!({"classroom": "nowhere", "result": check("ok", None)}), 403),
    ] {
        let answer = school.as_json("POST", &door, people.of("assistant1"), body).await;
        assert_eq!(answer.status.as_u16(), status);
    }
    let board = [
        ("anybody", 401),
        ("master", 403),
        ("assistant1", 403),
        ("assistant2", 403),
        ("pupil", 403),
        ("admin", 200),
        ("observer", 403),
    ];
    people.try_all(&school, ("GET", "/api/preflight"), None, &board).await;
    let _seat = school.sit("assistant1", Place::Assistant(ClassroomId::new(own.as_str()))).await;
    let board = school.get("/api/preflight", people.of("admin")).await.json();
    let lessons = board["lessons"].as_array().unwrap();
    let lesson = lessons.iter().find(|lesson| lesson["lesson"]["id"] == school.lesson.as_str()).unwrap();
    assert_eq!(lesson["studio"]["check"]["worst"], "ok");
    assert_eq!(lesson["studio"]["present"], false);
    let room = &lesson["classrooms"][0];
    assert_eq!((&room["check"]["worst"], &room["assistant_present"]), (&json!("bad"), &json!(true)));
    assert_eq!(room["check"]["result"]["camera"]["reason"], "no_camera");
    assert_eq!(
        (&room["classroom"]["name"], &room["assistant"]["display_name"]),
        (&json!("八（3）班"), &json!("李老师"))
    );
    assert_eq!(lesson["classrooms"][1]["check"], Value::Null);
    school.stop().await;
}

#[tokio::test]
async fn sheets_are_the_observers_own_until_they_are_released() {
    let school = School::open().await;
    let people = People::sign_in(&school).await;
    let (own, all) = (school.door("observation"), school.door("observations"));
    let writers = [
        ("anybody", 401),
        ("master", 403),
        ("assistant1", 403),
        ("assistant2", 404),
        ("pupil", 403),
        ("admin", 200),
        ("observer", 200),
    ];
    let sheet = json!({"scores": [{"criterion": "互动", "points": 8}],
                       "notes": [{"at_ms": 70_000, "text": "提问很好"}], "released": false});
    people.try_all(&school, ("GET", &own), None, &writers).await;
    people.try_all(&school, ("PUT", &own), Some(sheet.clone()), &writers).await;
    let readers = [
        ("anybody", 401),
        ("master", 200),
        ("assistant1", 403),
        ("assistant2", 404),
        ("pupil", 403),
        ("admin", 200),
        ("observer", 403),
    ];
    people.try_all(&school, ("GET", &all), None, &readers).await;
    assert_eq!(school.get(&all, people.of("master")).await.json(), json!({"observations": []}));
    let released = json!({"scores": sheet["scores"], "notes": sheet["notes"], "released": true});
    assert_eq!(school.as_json("PUT", &own, people.of("observer"), released).await.json()["released"], true);
    let seen = school.get(&all, people.of("master")).await.json();
    assert_eq!(seen["observations"].as_array().unwrap().len(), 1, "the administrator's is not released");
    assert_eq!(seen["observations"][0]["observer"]["display_name"], "孙研究员");
    assert_eq!(seen["observations"][0]["notes"], sheet["notes"]);
    assert_eq!(school.get(&all, people.of("admin")).await.json()["observations"].as_array().unwrap().len(), 2);
    let mine = school.get(&own, people.of("observer")).await.json();
    assert_eq!((&mine["scores"], &mine["released"]), (&sheet["scores"], &json!(true)));
    // The largest sheet fits, one letter more does not.
    let note = |letters: usize| json!({"at_ms": 0, "text": "字".repeat(letters)});
    let full = json!({"scores": [], "notes": vec![note(500); 200], "released": false});
    assert_eq!(school.as_json("PUT", &own, people.of("observer"), full).await.status, 200);
    let over = json!({"scores": [], "notes": [note(501)], "released": false});
    let refused = school.as_json("PUT", &own, people.of("observer"), over).await;
    assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (422, Some("notes.0.text")));
    school.stop().await;
}
