//! Classes, their lists, and the pairing of their screens.

use std::time::Duration;

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::Place;
use airclass_signaling::wire::{ClientMessage, Role};

use super::*;
use crate::accounts::Actor;
use crate::conductor::{Outbox, Outgoing, Visit};

/// The people of the demo, signed in, by sign-in name; nobody is `anybody`.
pub(super) struct People(Vec<(&'static str, String)>);

impl People {
    pub(super) async fn sign_in(school: &School) -> Self {
        let mut people = vec![("anybody", String::new())];
        for account in &demo::ACCOUNTS {
            people.push((account.name, school.sign_in(account.name, account.password).await));
        }
        Self(people)
    }

    pub(super) fn of(&self, name: &str) -> &str {
        &self.0.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// Calls a door as everybody; compares the statuses with what is expected of each.
    pub(super) async fn try_all(
        &self,
        school: &School,
        (method, path): (&str, &str),
        body: Option<Value>,
        expected: &[(&str, u16)],
    ) {
        assert_eq!(self.0.len(), expected.len());
        for (name, status) in expected {
            let bearer = self.of(name);
            let headers = [("authorization", bearer)];
            let headers = if bearer.is_empty() { &headers[..0] } else { &headers[..] };
            let answer = school.call(method, path, headers, body.clone()).await;
            assert_eq!(answer.status.as_u16(), *status, "{method} {path} as {name}: {}", answer.json());
        }
    }
}

impl School {
    /// The demo class of that school.
    pub(super) async fn class_of(&self, bearer: &str, name: &str) -> String {
        let rooms = self.get("/api/classrooms", bearer).await.json();
        let rooms = rooms["classrooms"].as_array().unwrap();
        rooms.iter().find(|room| room["school"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn as_json(&self, method: &str, path: &str, bearer: &str, body: Value) -> Answer {
        self.call(method, path, &[("authorization", bearer)], Some(body)).await
    }
}

#[tokio::test]
async fn class_lists_are_kept_by_their_school() {
    let school = School::open().await;
    let people = People::sign_in(&school).await;
    let class = school.class_of(people.of("admin"), "良乡二中").await;
    let path = format!("/api/classrooms/{class}");
    let seats = format!("{path}/seats");
    let list =
        json!({"seats": [{"number": 17, "name": "张伟", "group": "A"}, {"number": 3, "name": "王芳", "group": null}]});
    let staff = [
        ("anybody", 401),
        ("master", 403),
        ("assistant1", 200),
        ("assistant2", 404),
        ("pupil", 404),
        ("admin", 200),
        ("observer", 404),
    ];
    people.try_all(&school, ("PUT", &seats), Some(list), &staff).await;
    people.try_all(&school, ("GET", &path), None, &staff).await;
    let managers = staff.map(|(name, status)| (name, if name == "assistant1" { 403 } else { status }));
    people.try_all(&school, ("PATCH", &path), Some(json!({"name": "八（9）班"})), &managers).await;
    let card = school.get(&path, people.of("assistant1")).await.json();
    assert_eq!(card["name"], "八（9）班");
    assert_eq!(card["school"]["name"], "良乡二中");
    assert_eq!(card["seats"][0], json!({"number": 3, "name": "王芳", "group": null}));
    let own = school.get("/api/classrooms", people.of("assistant1")).await.json();
    assert!(own["classrooms"].as_array().unwrap().iter().all(|room| room["school"] == "良乡二中"));

    let assistant = people.of("assistant1");
    for (list, field) in [
        (json!([{"number": 1, "name": "张"}, {"number": 1, "name": "王"}]), "seats.1.number"),
        (json!([{"number": 0, "name": "张"}]), "seats.0.number"),
        (json!([{"number": 1, "name": ""}]), "seats.0.name"),
        (json!((1..=121).map(|n| json!({"number": n, "name": "张"})).collect::<Vec<_>>()), "seats"),
    ] {
        let refused = school.as_json("PUT", &seats, assistant, json!({"seats": list})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!((refused.code().as_str(), refused.json()["field"].as_str()), ("bad_seats", Some(field)));
    }
    assert_eq!(school.get(&path, assistant).await.json()["seats"].as_array().unwrap().len(), 2, "nothing was changed");
    school.stop().await;
}

#[tokio::test]
async fn classes_are_added_and_given_to_assistants_of_their_school() {
    let school = School::open().await;
    let people = People::sign_in(&school).await;
    let admin = people.of("admin");
    let managers = [
        ("anybody", 401),
        ("master", 403),
        ("assistant1", 403),
        ("assistant2", 403),
        ("pupil", 403),
        ("admin", 200),
        ("observer", 403),
    ];
    people.try_all(&school, ("GET", "/api/schools"), None, &managers).await;
    let schools = school.get("/api/schools", admin).await.json();
    let own = schools["schools"].as_array().unwrap().iter().find(|school| school["name"] == "良乡二中").unwrap();
    assert!(own["assistants"].as_array().unwrap().iter().any(|person| person["display_name"] == "李老师"));
    let id = own["id"].clone();
    let new = json!({"name": "七（1）班", "school": id});
    let added = school.as_json("POST", "/api/classrooms", admin, new.clone()).await;
    assert_eq!(added.status, StatusCode::CREATED);
    let path = format!("/api/classrooms/{}", added.json()["id"].as_str().unwrap());
    assert_eq!(school.as_json("POST", "/api/classrooms", admin, new.clone()).await.code(), "taken");
    assert_eq!(school.as_json("POST", "/api/classrooms", people.of("assistant1"), new).await.status, 403);
    let nowhere = json!({"name": "七（1）班", "school": "nowhere"});
    assert_eq!(school.as_json("POST", "/api/classrooms", admin, nowhere).await.json()["field"], "school");
    let id_of = async |name: &str| {
        let session = school.get("/api/session", people.of(name)).await.json();
        session["account"]["id"].as_str().unwrap().to_owned()
    };
    let (own, strange) = (id_of("assistant1").await, id_of("assistant2").await);
    let given = school.as_json("PATCH", &path, admin, json!({"assistant": own})).await.json();
    assert_eq!(given["assistant"]["display_name"], "李老师");
    let refused = school.as_json("PATCH", &path, admin, json!({"assistant": strange})).await;
    assert_eq!(
        (refused.status, refused.json()["field"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("assistant"))
    );
    let kept = school.as_json("PATCH", &path, admin, json!({"name": "七（2）班"})).await.json();
    assert_eq!(kept["assistant"]["display_name"], "李老师", "not said: as it is");
    let taken = school.as_json("PATCH", &path, admin, json!({"assistant": null})).await.json();
    assert_eq!(taken["assistant"], Value::Null);
    school.stop().await;
}

impl School {
    /// Asks for a code as a screen: code and `Authorization` of its secret.
    async fn code(&self) -> (String, String) {
        let offer = self.call("POST", "/api/pairing", &[], None).await;
        assert_eq!(offer.status, StatusCode::CREATED);
        let offer = offer.json();
        (offer["code"].as_str().unwrap().to_owned(), format!("Bearer {}", offer["secret"].as_str().unwrap()))
    }

    /// Pairs a screen with a class; its `Authorization`.
    pub(super) async fn screen(&self, staff: &str, class: &str) -> String {
        let (code, secret) = self.code().await;
        let body = json!({"classroom": class, "name": "教室大屏"});
        let confirmed = self.as_json("POST", &format!("/api/pairing/{code}/confirm"), staff, body).await;
        assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.json());
        let look = self.get(&format!("/api/pairing/{code}"), &secret).await;
        assert_eq!(look.json()["state"], "confirmed");
        let token = look.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
        format!("Bearer {token}")
    }
}

#[tokio::test]
async fn a_screen_is_confirmed_by_its_schools_staff_and_sits_at_its_place_only() {
    let school = School::open().await;
    let people = People::sign_in(&school).await;
    let admin = people.of("admin");
    let class = school.class_of(admin, "良乡二中").await;
    let other = school.class_of(admin, "房山四中").await;
    let (code, secret) = school.code().await;
    let path = format!("/api/pairing/{code}");
    assert_eq!(school.get(&path, &secret).await.json(), json!({"state": "waiting"}));
    let staff = [
        ("anybody", 401),
        ("master", 403),
        ("assistant1", 200),
        ("assistant2", 200),
        ("pupil", 403),
        ("admin", 200),
        ("observer", 403),
    ];
    people.try_all(&school, ("GET", &format!("{path}/offer")), None, &staff).await;
    let offer = school.get(&format!("{path}/offer"), people.of("assistant1")).await.json();
    assert!(offer["classrooms"].as_array().unwrap().iter().all(|room| room["school"] == "良乡二中"));
    let confirm = format!("{path}/confirm");
    let body = json!({"classroom": class, "name": "教室大屏"});
    let strange = school.as_json("POST", &confirm, people.of("assistant2"), body.clone()).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND, "another school's class");
    let bad = json!({"classroom": class, "name": "a\u{202e}b"});
    assert_eq!(school.as_json("POST", &confirm, people.of("assistant1"), bad).await.json()["field"], "name");
    let confirmed = school.as_json("POST", &confirm, people.of("assistant1"), body.clone()).await;
    assert_eq!(confirmed.json()["device"]["classroom"]["id"], class.as_str());
    assert_eq!(school.as_json("POST", &confirm, people.of("assistant1"), body).await.code(), "wrong_state");
    assert_eq!(school.get(&path, "Bearer acp_somebody_elses").await.status, StatusCode::NOT_FOUND);
    let look = school.get(&path, &secret).await;
    assert!(look.header("set-cookie").contains("HttpOnly; SameSite=Lax"));
    let screen = format!("Bearer {}", look.header("set-cookie").split(['=', ';']).nth(1).unwrap());

    let session = school.get("/api/session", &screen).await.json();
    assert_eq!(session["account"], Value::Null);
    assert_eq!(session["device"]["classroom"]["name"], "八（3）班");
    assert_eq!(session["device"]["classroom"]["school"]["name"], "良乡二中");
    let home = school.get("/api/home", &screen).await.json();
    assert_eq!(home["recordings"], json!([]));
    let lessons = home["lessons"].as_array().unwrap();
    assert_eq!((lessons.len(), &lessons[0]["seats"]), (1, &json!(["classroom"])));
    assert_eq!(lessons[0]["my_classroom"], class.as_str());
    for (method, path, status) in [
        ("GET", "/api/classrooms".to_owned(), 403),
        ("GET", "/api/devices".to_owned(), 403),
        ("GET", format!("/api/classrooms/{class}"), 404),
        ("POST", format!("/api/lessons/{}/start", school.lesson), 403),
        ("GET", format!("/api/lessons/{}/statistics", school.lesson), 403),
    ] {
        let answer = school.call(method, &path, &[("authorization", &screen)], None).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
    // A lesson without its class does not exist for it.
    let now = clock::utc_ms();
    let plan = json!({"title": "浮力", "subject": "物理", "starts_ms": now, "ends_ms": now + 600_000,
                      "classrooms": [other], "recorded": false});
    let foreign = school.as_json("POST", "/api/lessons", people.of("master"), plan).await.json();
    let foreign = format!("/api/lessons/{}", foreign["id"].as_str().unwrap());
    assert_eq!(school.get(&foreign, &screen).await.status, StatusCode::NOT_FOUND);
    school.stop().await;
}

#[tokio::test]
async fn screens_are_listed_and_revoked_by_their_school() {
    let school = School::open().await;
    let people = People::sign_in(&school).await;
    let class = school.class_of(people.of("admin"), "良乡二中").await;
    let screen = school.screen(people.of("assistant1"), &class).await;
    let listed = [
        ("anybody", 401),
        ("master", 403),
        ("assistant1", 200),
        ("assistant2", 200),
        ("pupil", 403),
        ("admin", 200),
        ("observer", 403),
    ];
    people.try_all(&school, ("GET", "/api/devices"), None, &listed).await;
    let devices = school.get("/api/devices", people.of("assistant2")).await.json();
    assert_eq!(devices["devices"], json!([]), "another school's");
    let devices = school.get("/api/devices", people.of("assistant1")).await.json();
    let device = &devices["devices"][0];
    assert_eq!((&device["name"], &device["paired_by"]["display_name"]), (&json!("教室大屏"), &json!("李老师")));
    assert!(device["last_seen_ms"].is_i64());
    let path = format!("/api/devices/{}", device["id"].as_str().unwrap());
    // It sits in the lesson meanwhile.
    let state = school.running.state();
    let hash = crate::accounts::token::hash(screen.trim_start_matches("Bearer "));
    let paired = state.db.device_with_token(&hash).await.unwrap().unwrap();
    let place = Place::Classroom(ClassroomId::new(class.as_str()));
    let outbox = Outbox::new();
    let visit =
        Visit { actor: Actor::screen(paired), session: hash, page: None, places: vec![place], outbox: outbox.clone() };
    let conductor = state.conductors.get(&LessonId::new(school.lesson.as_str())).await.unwrap();
    let seat = conductor.connect(visit).await.unwrap();
    let join = ClientMessage::Join { role: Role::Classroom, classroom: Some(ClassroomId::new(class.as_str())) };
    assert!(seat.message(join).await);
    let revoke = [
        ("anybody", 401),
        ("master", 403),
        ("assistant2", 404),
        ("pupil", 404),
        ("observer", 404),
        ("assistant1", 204),
    ];
    for (name, status) in revoke {
        let bearer = people.of(name);
        let headers = [("authorization", bearer)];
        let headers = if bearer.is_empty() { &headers[..0] } else { &headers[..] };
        assert_eq!(school.call("DELETE", &path, headers, None).await.status.as_u16(), status, "{name}");
    }
    assert_eq!(school.get("/api/session", &screen).await.status, StatusCode::UNAUTHORIZED);
    let bye = async {
        loop {
            if let Outgoing::Bye(text) = outbox.next().await {
                return text;
            }
        }
    };
    let bye = tokio::time::timeout(Duration::from_secs(1), bye).await.expect("sent away within a second");
    assert!(bye.contains("session_ended"), "{bye}");
    // A refused one never gets anything.
    let (code, secret) = school.code().await;
    let refused =
        school.as_json("POST", &format!("/api/pairing/{code}/refuse"), people.of("assistant2"), json!({})).await;
    assert_eq!(refused.status, StatusCode::NO_CONTENT);
    let look = school.get(&format!("/api/pairing/{code}"), &secret).await;
    assert_eq!((look.json()["state"].as_str(), look.header("set-cookie")), (Some("refused"), ""));
    school.stop().await;
}

#[tokio::test]
async fn guessing_codes_gets_slow() {
    let school = School::open().await;
    let assistant = school.sign_in("assistant1", "assistant-demo").await;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(school.get("/api/pairing/222-222/offer", &assistant).await.status.as_u16());
    }
    assert_eq!(statuses[..5], [404; 5]);
    assert_eq!(statuses[6], 429);
    school.stop().await;
}
