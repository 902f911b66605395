//! Bad SDP, tokens, paths and HTTP: the listed answers, and the running lesson does not notice.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::tools::whep::{Slot, Viewer};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, ORIGIN, RANGE};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::api::{Person, Reply};
use crate::doors::{PUBLISH, RECEIVE};
use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;

/// What a watched lesson came to.
pub(crate) struct Noticed {
    pub(crate) pictures: usize,
    pub(crate) residual: f64,
}

/// A lesson that is watched while somebody misbehaves.
pub(crate) struct Watched {
    pub(crate) stage: Stage,
    studio: Studio,
    viewer: Viewer,
}

impl Watched {
    pub(crate) async fn begin() -> Self {
        Self::begin_on(Stage::begin_with(false).await).await
    }

    /// The same on a stage of the story's own.
    pub(crate) async fn begin_on(stage: Stage) -> Self {
        let studio = Studio::on_air(&stage.whip("camera").await).await;
        let mut viewer = stage.watch(0).await;
        viewer.next_picture(Slot::video(0), Duration::from_secs(10)).await.unwrap();
        Self { stage, studio, viewer }
    }

    /// Pictures up to the newest one came, and no more than this share of the packets did not.
    pub(crate) async fn few_noticed(mut self, residual: f64) -> Noticed {
        let newest = self.studio.count() + 10;
        let mut pictures = 0;
        loop {
            let picture = self.viewer.next_picture(Slot::video(0), Duration::from_secs(10)).await.unwrap();
            pictures += 1;
            if self.studio.number_of(&picture.unit).expect("as it was sent") >= newest {
                break;
            }
        }
        let counters = self.viewer.counters(Slot::video(0));
        let lost = counters.lost.load(Ordering::Relaxed) as f64;
        let share = lost / (lost + counters.packets.load(Ordering::Relaxed) as f64);
        assert!(share <= residual, "{lost} packets lost: {:.2} %", share * 100.0);
        assert!(self.studio.is_on_air());
        self.studio.leave().await;
        self.stage.stop().await;
        Noticed { pictures, residual: share }
    }

    /// Pictures up to the newest one came, each whole, none missing.
    pub(crate) async fn nobody_noticed(mut self) {
        let newest = self.studio.count() + 10;
        let mut number = None;
        loop {
            let picture = self.viewer.next_picture(Slot::video(0), Duration::from_secs(10)).await.unwrap();
            let this = self.studio.number_of(&picture.unit).expect("as it was sent");
            if let Some(before) = number.replace(this) {
                assert_eq!(this, before + 1, "a picture is missing");
            }
            if this >= newest {
                break;
            }
        }
        assert_eq!(self.viewer.counters(Slot::video(0)).lost.load(Ordering::Relaxed), 0);
        assert!(self.studio.is_on_air());
        self.studio.leave().await;
        self.stage.stop().await;
    }
}

fn without(sdp: &str, prefix: &str) -> String {
    sdp.lines().filter(|line| !line.starts_with(prefix)).map(|line| format!("{line}\r\n")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_offers_are_refused_as_bad_sdp() {
    let _turn = turn::light().await;
    let watched = Watched::begin().await;
    let stage = &watched.stage;
    let token = stage.classroom_token(1).await;
    let many = format!("{PUBLISH}{}", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:x\r\na=recvonly\r\n".repeat(40));
    let table = [
        ("larger than 64 KiB", format!("{PUBLISH}a=x:{}\r\n", "x".repeat(70_000))),
        ("more than 32 sections", many),
        ("no fingerprint", without(PUBLISH, "a=fingerprint")),
        ("no ufrag", without(PUBLISH, "a=ice-ufrag")),
        ("no password", without(PUBLISH, "a=ice-pwd")),
        ("a rid twice", PUBLISH.replace("a=rid:m send", "a=rid:l send")),
        ("an answer", PUBLISH.replace("a=setup:actpass", "a=setup:passive")),
        ("nothing", String::new()),
        ("no SDP", "hello".to_owned()),
        ("cut off", PUBLISH[..150].to_owned()),
        ("a NUL", PUBLISH.replace("a=mid:0", "a=mid:\0")),
        ("a fingerprint that is none", PUBLISH.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 zz:")),
    ];
    for (what, sdp) in table {
        for door in ["whip", "whep"] {
            let path = format!("/{door}/{}", stage.lesson);
            let request = stage.master.with_token(Method::POST, &path, &token);
            let reply = Reply::of(request.header(CONTENT_TYPE, "application/sdp").body(sdp.clone())).await;
            assert!((400..500).contains(&reply.status), "{what} at {door}: {} {}", reply.status, reply.text);
            assert!(reply.code() == "bad_sdp" || reply.code() == "no_common_codec", "{what} at {door}: {}", reply.text);
        }
    }
    let path = format!("/whep/{}", stage.lesson);
    let typed = stage.master.with_token(Method::POST, &path, &token).header(CONTENT_TYPE, "text/plain");
    Reply::of(typed.body(RECEIVE)).await.expect(415);
    let get = stage.master.with_token(Method::GET, &path, &token);
    Reply::of(get).await.expect(405);
    watched.nobody_noticed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_token_gets_the_same_401() {
    let _turn = turn::light().await;
    let watched = Watched::begin().await;
    let stage = &watched.stage;
    let now = airclass::clock::utc_ms();
    let plan = json!({ "title": "别的课", "subject": "数学", "starts_ms": now, "ends_ms": now + 600_000,
                       "classrooms": [stage.classrooms[0]], "recorded": false });
    let other = stage.master.post("/api/lessons", plan).await.expect(201).json();
    let of_another = stage.master.token(other["id"].as_str().unwrap(), "master", None).await;
    let right = stage.master.token(&stage.lesson, "master", None).await;
    let mut forged = right.clone();
    let last = if forged.ends_with('A') { "B" } else { "A" };
    forged.replace_range(forged.len() - 1.., last);
    let path = format!("/whip/{}", stage.lesson);
    let mut wording = None;
    for (what, authorization, query) in [
        ("missing", None, String::new()),
        ("empty", Some("Bearer ".to_owned()), String::new()),
        ("forged", Some(format!("Bearer {forged}")), String::new()),
        ("another scheme", Some(format!("Basic {right}")), String::new()),
        ("in the query", None, format!("?access_token={right}&token={right}")),
        ("far too long", Some(format!("Bearer {}", "a".repeat(6_000))), String::new()),
    ] {
        let fresh = Person::stranger(&stage.base);
        let mut request = fresh.client.post(format!("{}{path}{query}", stage.base));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let reply = Reply::of(request.header(CONTENT_TYPE, "application/sdp").body(PUBLISH)).await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.text);
        assert!(reply.header("www-authenticate").starts_with("Bearer"), "{what}");
        let words = wording.get_or_insert_with(|| reply.text.clone());
        assert_eq!(*words, reply.text, "{what}: one wording");
    }
    // A token of another lesson: this lesson might as well not exist.
    let request = stage.master.with_token(Method::POST, &path, &of_another);
    let reply = Reply::of(request.header(CONTENT_TYPE, "application/sdp").body(PUBLISH)).await;
    assert!(matches!(reply.status, 401 | 404), "{}", reply.status);
    let socket = airclass::tools::signaling::SignalingClient::connect(&stage.ws(), &forged).await;
    assert!(matches!(socket, Err(airclass::tools::ToolError::Refused { status: 401, .. })));
    watched.nobody_noticed().await;
}

/// A request whose path nothing on the way tidies up.
async fn raw(stage: &Stage, head: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(stage.base.trim_start_matches("http://")).await.unwrap();
    let host = stage.base.trim_start_matches("http://");
    stream.write_all(format!("{head}\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_lead_nowhere_but_to_their_files() {
    let _turn = turn::light().await;
    let watched = Watched::begin().await;
    let stage = &watched.stage;
    for path in [
        "/../airclass.db",
        "/..%2fairclass.db",
        "/%2e%2e/airclass.db",
        "/assets/../../airclass.db",
        "/assets/%2e%2e/%2e%2e/airclass.db",
        "/assets/..\\airclass.db",
        "/assets/%5c..%5cairclass.db",
        "/assets/%00",
        "/media/recordings/x/../../airclass.db",
        "/media/recordings/%2e%2e/airclass.db",
        "/media/recordings/x/%2e%2e%2f%2e%2e%2fairclass.db",
    ] {
        let (status, answer) = raw(stage, &format!("GET {path} HTTP/1.1")).await;
        assert!(matches!(status, 400 | 401 | 404), "{path}: {status}");
        assert!(!answer.contains("SQLite format 3"), "{path}");
    }
    // Signed in as well.
    for path in
        ["/media/recordings/01J00000000000000000000000/master.m3u8", "/api/recordings/..", "/api/lessons/%2e%2e"]
    {
        stage.master.get(path).await.expect(404);
    }
    watched.nobody_noticed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_methods_types_and_origins_are_minded() {
    let _turn = turn::light().await;
    let watched = Watched::begin().await;
    let stage = &watched.stage;
    let large = json!({ "name": "x".repeat(100_000), "password": "x" });
    stage.master.post("/api/session", large).await.expect(413);
    let text = stage.master.request(Method::POST, "/api/session").header(CONTENT_TYPE, "text/plain").body("{}");
    Reply::of(text).await.expect(415);
    let broken = stage.master.request(Method::POST, "/api/session").header(CONTENT_TYPE, "application/json");
    let reply = Reply::of(broken.body("{")).await;
    assert!(matches!(reply.status, 400 | 422), "{}", reply.status);
    Reply::of(stage.master.request(Method::PUT, "/api/session")).await.expect(405);
    let start = format!("/api/lessons/{}/end", stage.lesson);
    for origin in [Some("https://evil.example"), None] {
        let mut request = stage.master.client.post(format!("{}{start}", stage.base));
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 403, "{origin:?}: {}", reply.text);
    }
    let now = airclass::clock::utc_ms();
    for (field, plan) in [
        (
            "ends before it starts",
            json!({ "title": "t", "subject": "s", "starts_ms": now, "ends_ms": now - 1, "classrooms": [] }),
        ),
        (
            "25 hours",
            json!({ "title": "t", "subject": "s", "starts_ms": now, "ends_ms": now + 90_000_000, "classrooms": [] }),
        ),
        (
            "year 9999",
            json!({ "title": "t", "subject": "s", "starts_ms": 253_370_764_800_000i64, "ends_ms": 253_370_768_400_000i64, "classrooms": [] }),
        ),
        (
            "bidi override",
            json!({ "title": "a\u{202e}b", "subject": "s", "starts_ms": now, "ends_ms": now + 1000, "classrooms": [] }),
        ),
        (
            "control character",
            json!({ "title": "a\u{7}b", "subject": "s", "starts_ms": now, "ends_ms": now + 1000, "classrooms": [] }),
        ),
        (
            "no such classroom",
            json!({ "title": "t", "subject": "s", "starts_ms": now, "ends_ms": now + 1000, "classrooms": ["x"] }),
        ),
    ] {
        let reply = stage.master.post("/api/lessons", plan).await;
        assert_eq!(reply.status, 422, "{field}: {}", reply.text);
        assert!(reply.json()["field"].is_string(), "{field}: {}", reply.text);
    }
    // A stranger's range in a stranger's recording is still a stranger's.
    let range = Person::stranger(&stage.base);
    let request = range.request(Method::GET, "/media/recordings/x/master.m3u8").header(RANGE, "bytes=5-1");
    Reply::of(request).await.expect(401);
    watched.nobody_noticed().await;
}
