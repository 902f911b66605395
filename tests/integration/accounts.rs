//! Accounts: the setup code, passwords, cookies, the command line.

use std::process::Stdio;

use airclass::config::Config;
use airclass::server::Server;
use reqwest::Method;
use reqwest::header::{COOKIE, ORIGIN};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use crate::api::{Person, Reply};
use crate::binary::command;
use crate::stage::Stage;
use crate::turn;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_setup_code_makes_the_first_administrator_and_nobody_else() {
    let _turn = turn::light().await;
    let folder = TempDir::new().unwrap();
    let running = Server::start(Config::ephemeral(folder.path())).await.unwrap();
    let code = running.setup_code.clone().expect("a code on the first start");
    let person = Person::stranger(&format!("http://{}", running.http));
    assert_eq!(person.get("/api/setup").await.expect(200).json()["needed"], true);
    let first = |code: &str| json!({ "code": code, "name": "head", "display_name": "教务主任", "password": "correct horse battery" });
    let wrong = person.post("/api/setup", first("0000-0000")).await;
    assert_eq!(wrong.status, 403, "{}", wrong.text);
    let weak = json!({ "code": code, "name": "head", "display_name": "x", "password": "short" });
    person.post("/api/setup", weak).await.expect(422);
    let made = person.post("/api/setup", first(&code)).await.expect(201).json();
    assert_eq!(made["account"]["role"], "administrator");
    assert_eq!(person.get("/api/session").await.expect(200).json()["account"]["name"], "head");
    assert_eq!(person.get("/api/setup").await.expect(200).json()["needed"], false);
    let again = Person::stranger(&person.base).post("/api/setup", first(&code)).await;
    assert!(matches!(again.status, 403 | 409), "{}", again.text);
    running.stop().await;
    // The demo's accounts exist only in a demo.
    let running = Server::start(Config::ephemeral(folder.path())).await.unwrap();
    assert_eq!(running.setup_code, None);
    let person = Person::stranger(&format!("http://{}", running.http));
    person.post("/api/session", json!({ "name": "admin", "password": "admin-demo" })).await.expect(401);
    person.post("/api/session", json!({ "name": "head", "password": "correct horse battery" })).await.expect(200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_slow_down_and_tell_nothing() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let guesser = Person::stranger(&stage.base);
    let mut words = Vec::new();
    for name in ["pupil", "nobody-of-this-name"] {
        for _ in 0..5 {
            let reply = guesser.post("/api/session", json!({ "name": name, "password": "guess" })).await;
            assert_eq!(reply.status, 401);
            words.push(reply.text);
        }
        let sixth = guesser.post("/api/session", json!({ "name": name, "password": "guess" })).await;
        assert_eq!(sixth.status, 429, "{name}: {}", sixth.text);
        assert!(sixth.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    words.dedup();
    assert_eq!(words.len(), 1, "one wording for both");
    // The others sign in meanwhile.
    Person::sign_in(&stage.base, "master", "master-demo").await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cookies_are_kept_from_scripts_and_other_sites() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let person = Person::stranger(&stage.base);
    let sign_in = json!({ "name": "pupil", "password": "pupil-demo" });
    let plain = person.post("/api/session", sign_in.clone()).await.expect(200);
    let cookie = plain.header("set-cookie").to_owned();
    assert!(cookie.starts_with("airclass="), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite"), "{cookie}");
    let https = match &stage.host {
        crate::stage::Host::Here(running) => running.https.expect("HTTPS is on"),
        crate::stage::Host::Process(_) => unreachable!(),
    };
    let secure = Person::stranger(&format!("https://{https}")).post("/api/session", sign_in).await.expect(200);
    let cookie_there = secure.header("set-cookie").to_owned();
    assert!(cookie_there.starts_with("__Host-airclass="), "{cookie_there}");
    assert!(cookie_there.contains("Secure") && cookie_there.contains("Path=/"), "{cookie_there}");
    // Signing out ends the session on the server, not only in the browser.
    let kept = cookie.split(';').next().unwrap().to_owned();
    Reply::of(person.request(Method::DELETE, "/api/session")).await.expect(204);
    let old = Person::stranger(&stage.base);
    let request =
        old.client.get(format!("{}/api/session", stage.base)).header(COOKIE, kept).header(ORIGIN, &stage.base);
    Reply::of(request).await.expect(401);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pupil_of_another_school_sees_nothing() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let now = airclass::clock::utc_ms();
    // Only the second school's classroom takes part; the pupil is of the first.
    let plan = json!({ "title": "别校的课", "subject": "数学", "starts_ms": now, "ends_ms": now + 600_000,
                       "classrooms": [stage.classrooms[1]], "recorded": false });
    let lesson = stage.master.post("/api/lessons", plan).await.expect(201).json();
    let id = lesson["id"].as_str().unwrap();
    let hidden = stage.pupil.get(&format!("/api/lessons/{id}")).await.expect(404);
    let missing = stage.pupil.get("/api/lessons/01J00000000000000000000000").await.expect(404);
    assert_eq!(hidden.text, missing.text, "hidden looks like missing");
    let wish = json!({ "seat": "observer", "classroom": null });
    stage.pupil.post(&format!("/api/lessons/{id}/tokens"), wish).await.expect(404);
    stage.pupil.post(&format!("/api/lessons/{}/end", stage.lesson), json!({})).await.expect(403);
    stage.assistants[0].post(&format!("/api/lessons/{id}/end"), json!({})).await.expect(404);
    let foreign = json!({ "seat": "classroom", "classroom": stage.classrooms[1] });
    stage.assistants[0].post(&format!("/api/lessons/{}/tokens", stage.lesson), foreign).await.expect(403);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_adds_people() {
    let _turn = turn::light().await;
    let folder = TempDir::new().unwrap();
    let add = async |arguments: &[&str], password: &str| {
        let mut child = command()
            .args(["user", "add"])
            .args(arguments)
            .arg("--data")
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).await.unwrap();
        child.wait_with_output().await.unwrap()
    };
    let added = add(&["wang", "--role", "master", "--display-name", "王老师"], "a long enough password").await;
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let twice = add(&["wang", "--role", "master"], "a long enough password").await;
    assert!(!twice.status.success());
    let weak = add(&["li", "--role", "assistant", "--school", "良乡二中"], "x").await;
    assert!(!weak.status.success());
    let homeless = add(&["li", "--role", "assistant"], "a long enough password").await;
    assert!(!homeless.status.success(), "an assistant has a school");
    let running = Server::start(Config::ephemeral(folder.path())).await.unwrap();
    let base = format!("http://{}", running.http);
    let wang = Person::sign_in(&base, "wang", "a long enough password").await;
    let account = wang.get("/api/session").await.expect(200).json()["account"].clone();
    assert_eq!((account["role"].as_str(), account["display_name"].as_str()), (Some("master"), Some("王老师")));
    running.stop().await;
}
