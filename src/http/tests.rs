//! The doors, without sockets: one router, one request each.

use std::net::{Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::clock;
use crate::demo;
use crate::server::{Running, Server};

const HOST: &str = "127.0.0.1:8080";
const OWN: &str = "http://127.0.0.1:8080";

/// A server with the demo's people, and a lesson of theirs.
struct School {
    running: Running,
    lesson: String,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or("").to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

impl School {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = Server::start(Config { https: None, ..Config::ephemeral(folder.path()) }).await.unwrap();
        demo::seed(&running.state().db).await.unwrap();
        let mut school = Self { running, lesson: String::new(), _folder: folder };
        let master = school.sign_in("master", "master-demo").await;
        let rooms = school.get("/api/classrooms", &master).await.json();
        let rooms = rooms["classrooms"].as_array().unwrap();
        let room = rooms.iter().find(|room| room["school"] == "良乡二中").unwrap()["id"].clone();
        let now = clock::utc_ms();
        let plan = json!({"title": "浮力", "subject": "物理", "starts_ms": now, "ends_ms": now + 600_000,
                          "classrooms": [room], "recorded": false});
        let card = school.call("POST", "/api/lessons", &[("authorization", &master)], Some(plan)).await;
        assert_eq!(card.status, StatusCode::CREATED);
        school.lesson = card.json()["id"].as_str().unwrap().to_owned();
        school
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        let mut request = request.header(header::HOST, HOST).body(body).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
        request.extensions_mut().insert(ConnectInfo(address));
        let router = router(Arc::clone(self.running.state()), Listener { secure: false });
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match body {
            Some(body) => {
                self.send(request.header("content-type", "application/json"), Body::from(body.to_string())).await
            }
            None => self.send(request, Body::empty()).await,
        }
    }

    async fn get(&self, path: &str, bearer: &str) -> Answer {
        self.call("GET", path, &[("authorization", bearer)], None).await
    }

    /// Signs in and returns an `Authorization` value.
    async fn sign_in(&self, name: &str, password: &str) -> String {
        let answer = self.call("POST", "/api/session", &[], Some(json!({"name": name, "password": password}))).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        let cookie = answer.header("set-cookie").to_owned();
        assert!(cookie.contains("HttpOnly; SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
        let token = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
        format!("Bearer {token}")
    }

    async fn stop(self) {
        self.running.stop().await;
    }
}

fn cookie(bearer: &str) -> String {
    format!("airclass={}", bearer.trim_start_matches("Bearer "))
}

#[tokio::test]
async fn sessions_open_show_and_end() {
    let school = School::open().await;
    assert_eq!(school.call("GET", "/api/session", &[], None).await.status, StatusCode::UNAUTHORIZED);
    let bearer = school.sign_in("Pupil", "pupil-demo").await;
    let cookie = cookie(&bearer);
    let shown = school.call("GET", "/api/session", &[("cookie", &cookie)], None).await;
    assert_eq!(shown.json()["account"]["role"], "pupil");
    assert_eq!(shown.json()["account"]["school"]["name"], "良乡二中");
    let own = [("cookie", cookie.as_str()), ("origin", OWN)];
    assert_eq!(school.call("DELETE", "/api/session", &own, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(school.get("/api/session", &bearer).await.status, StatusCode::UNAUTHORIZED);
    school.stop().await;
}

#[tokio::test]
async fn cookies_need_an_own_origin_and_bearers_do_not() {
    let school = School::open().await;
    let bearer = school.sign_in("master", "master-demo").await;
    let cookie = cookie(&bearer);
    let path = format!("/api/lessons/{}/start", school.lesson);
    for headers in [vec![("cookie", cookie.as_str())], vec![("cookie", &cookie), ("origin", "http://evil.example")]] {
        let refused = school.call("POST", &path, &headers, None).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "bad_origin"));
    }
    let socket = format!("/ws/{}", school.lesson);
    let headers = [("cookie", cookie.as_str()), ("origin", "http://evil.example"), ("upgrade", "websocket")];
    assert_eq!(school.call("GET", &socket, &headers, None).await.code(), "bad_origin");
    let started = school.call("POST", &path, &[("authorization", &bearer)], None).await;
    assert_eq!((started.status, started.json()["state"].as_str()), (StatusCode::OK, Some("live")));
    school.stop().await;
}

#[tokio::test]
async fn one_wording_for_every_bad_token_and_every_bad_password() {
    let school = School::open().await;
    let good = school.sign_in("master", "master-demo").await;
    let token = good.trim_start_matches("Bearer ");
    let mut wordings = Vec::new();
    for (path, authorization) in [
        ("/api/home".to_owned(), String::new()),
        ("/api/home".to_owned(), "Bearer acs_forged".to_owned()),
        ("/api/home".to_owned(), "Basic x".to_owned()),
        (format!("/api/home?access_token={token}"), good.clone()),
        (format!("/api/home?token={token}"), String::new()),
    ] {
        let headers = [("authorization", authorization.as_str())];
        let headers = if authorization.is_empty() { &headers[..0] } else { &headers[..] };
        let answer = school.call("GET", &path, headers, None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        wordings.push(answer.body);
    }
    wordings.dedup();
    assert_eq!(wordings.len(), 1);

    let mut answers = Vec::new();
    for name in ["master", "nobody"] {
        for _ in 0..5 {
            let given = json!({"name": name, "password": "wrong"});
            answers.push(school.call("POST", "/api/session", &[], Some(given)).await);
        }
        let given = json!({"name": name, "password": "wrong"});
        let sixth = school.call("POST", "/api/session", &[], Some(given)).await;
        assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS, "{name}");
        assert!(!sixth.header("retry-after").is_empty());
    }
    assert!(answers.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    school.stop().await;
}

#[tokio::test]
async fn bad_requests_get_the_listed_answers() {
    let school = School::open().await;
    let master = school.sign_in("master", "master-demo").await;
    let auth = ("authorization", master.as_str());
    let big = json!({"name": "x".repeat(70_000), "password": "x"});
    let bidi = json!({"title": "a\u{202e}b", "subject": "x", "starts_ms": 1, "ends_ms": 2, "classrooms": []});
    let late =
        json!({"title": "a", "subject": "x", "starts_ms": 1, "ends_ms": 253_402_300_799_000_i64, "classrooms": []});
    let backwards = json!({"title": "a", "subject": "x", "starts_ms": 2, "ends_ms": 1, "classrooms": []});
    for (body, field) in [(bidi, "title"), (late, "starts_ms"), (backwards, "ends_ms")] {
        let answer = school.call("POST", "/api/lessons", &[auth], Some(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.json()["field"], field);
    }
    assert_eq!(school.call("POST", "/api/session", &[], Some(big)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(school.call("POST", "/api/session", &[], None).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(school.call("PUT", "/api/session", &[], None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    for path in [
        "/api/nothing",
        "/api/lessons/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/a/../b",
        "/%2e%2e/etc/passwd",
        "/a%00b",
        "/media/recordings/x/../../airclass.db",
        "/whip",
        "/assets/missing.js",
    ] {
        assert_eq!(school.get(path, &master).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    school.stop().await;
}

#[tokio::test]
async fn foreign_and_missing_lessons_answer_alike() {
    let school = School::open().await;
    let stranger = school.sign_in("assistant2", "assistant-demo").await;
    let master = school.sign_in("master", "master-demo").await;
    let home = school.get("/api/home", &master).await.json();
    assert_eq!(home["lessons"][0]["seats"], json!(["master", "observer"]));
    for suffix in ["", "/start", "/end", "/tokens"] {
        let method = if suffix.is_empty() { "GET" } else { "POST" };
        let body = (suffix == "/tokens").then(|| json!({"seat": "observer"}));
        let mut bodies = Vec::new();
        for id in [school.lesson.as_str(), "01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            let path = format!("/api/lessons/{id}{suffix}");
            let answer = school.call(method, &path, &[("authorization", &stranger)], body.clone()).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            bodies.push(answer.body);
        }
        assert_eq!(bodies[0], bodies[1]);
    }
    school.stop().await;
}

#[tokio::test]
async fn whip_and_whep_doors_keep_their_rules() {
    let school = School::open().await;
    let master = school.sign_in("master", "master-demo").await;
    let tokens = format!("/api/lessons/{}/tokens", school.lesson);
    let issued =
        school.call("POST", &tokens, &[("authorization", &master)], Some(json!({"seat": "master"}))).await.json();
    let bearer = format!("Bearer {}", issued["token"].as_str().unwrap());
    let auth = ("authorization", bearer.as_str());
    for door in ["whip", "whep"] {
        let path = format!("/{door}/{}", school.lesson);
        assert_eq!(issued[door], path);
        let options = school.call("OPTIONS", &path, &[("origin", "https://other.example")], None).await;
        assert_eq!(options.status, StatusCode::NO_CONTENT);
        assert_eq!(options.header("accept-post"), "application/sdp");
        assert_eq!(options.header("access-control-allow-origin"), "*");
        assert!(options.header("access-control-allow-headers").contains("If-Match"));
        let cookie = cookie(&master);
        let bad = [("cookie", cookie.as_str()), ("origin", OWN), ("content-type", "application/sdp")];
        for headers in [&bad[..], &bad[2..]] {
            let refused = school.call("POST", &path, headers, None).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
            assert!(refused.header("www-authenticate").starts_with("Bearer"));
            assert!(refused.header("access-control-expose-headers").contains("Location"));
        }
        let query = format!("{path}?access_token={}", issued["token"].as_str().unwrap());
        let sdp = ("content-type", "application/sdp");
        assert_eq!(school.call("POST", &query, &[sdp], None).await.status, StatusCode::UNAUTHORIZED);
        let json = school.call("POST", &path, &[auth], Some(json!({}))).await;
        assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        for method in ["GET", "PUT", "DELETE"] {
            let refused = school.call(method, &path, &[auth], None).await;
            assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
            assert!(refused.header("allow").contains("POST"));
        }
        let bad = school.call("POST", &path, &[auth, sdp], None).await;
        assert_eq!((bad.status, bad.code().as_str()), (StatusCode::BAD_REQUEST, "bad_sdp"));
        let request = Request::builder().method("POST").uri(&path).header("authorization", &bearer);
        let long = school.send(request.header(sdp.0, sdp.1), Body::from("v".repeat(70_000))).await;
        assert_eq!((long.status, long.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "bad_sdp"));
        let other = format!("/{door}/01ARZ3NDEKTSV4RRFFQ69G5FAV");
        // A token of another lesson is no token.
        assert_eq!(school.call("POST", &other, &[auth, sdp], None).await.status, StatusCode::UNAUTHORIZED);
        let signed_in = ("authorization", master.as_str());
        assert_eq!(school.call("POST", &other, &[signed_in, sdp], None).await.status, StatusCode::NOT_FOUND);
        for method in ["PATCH", "DELETE"] {
            let nowhere = format!("{path}/00000000000000000000000000000000");
            assert_eq!(school.call(method, &nowhere, &[auth], None).await.status, StatusCode::NOT_FOUND);
        }
    }
    // A token of the studio opens nothing else.
    assert_eq!(
        school.call("POST", &tokens, &[auth], Some(json!({"seat": "master"}))).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(school.get("/api/classrooms", &bearer).await.status, StatusCode::FORBIDDEN);
    school.stop().await;
}

#[tokio::test]
async fn pages_carry_their_headers() {
    let school = School::open().await;
    let page = school.call("GET", "/lessons/anything", &[], None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("cache-control"), "no-cache");
    let tag = page.header("etag").to_owned();
    let again = school.call("GET", "/", &[("if-none-match", &tag)], None).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(school.call("GET", "/livez", &[], None).await.status, StatusCode::OK);
    assert_eq!(school.call("GET", "/readyz", &[], None).await.status, StatusCode::OK);
    school.stop().await;
}

#[tokio::test]
async fn the_setup_code_makes_one_administrator() {
    let folder = tempfile::tempdir().unwrap();
    let running = Server::start(Config { https: None, ..Config::ephemeral(folder.path()) }).await.unwrap();
    let code = running.setup_code.clone().unwrap();
    let school = School { running, lesson: String::new(), _folder: folder };
    assert_eq!(school.call("GET", "/api/setup", &[], None).await.json()["needed"], true);
    let first = |code: &str| json!({"code": code, "name": "head", "display_name": "校长", "password": "long enough"});
    let wrong = school.call("POST", "/api/setup", &[], Some(first("AAAA-AAAA-AAAA-AAAA"))).await;
    assert_eq!(wrong.code(), "wrong_code");
    let made = school.call("POST", "/api/setup", &[], Some(first(&code))).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.json()["account"]["role"], "administrator");
    assert_eq!(school.call("GET", "/api/setup", &[], None).await.json()["needed"], false);
    assert_eq!(school.call("POST", "/api/setup", &[], Some(first(&code))).await.code(), "wrong_code");
    school.stop().await;
}

#[path = "tests/classes.rs"]
mod classes;
#[path = "tests/lesson.rs"]
mod lesson;
#[path = "tests/polls.rs"]
mod polls;
#[path = "tests/prepared.rs"]
mod prepared;
