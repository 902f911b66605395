//! The server's HTTP doors as the generator needs them: a lesson to load, tokens, offers.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::client::Answer;

/// An HTTP client of one server, signed in as the demo's administrator and master by turns.
#[derive(Clone)]
pub(crate) struct Doors {
    client: Client,
    base: String,
}

/// A live lesson with its tokens.
#[derive(Debug, Clone)]
pub(crate) struct Lesson {
    pub(crate) id: String,
    /// For the studio.
    pub(crate) master: String,
    /// For any number of receivers.
    pub(crate) observer: String,
}

impl Doors {
    /// Doors at the plain-HTTP address.
    pub(crate) fn new(http: SocketAddr) -> Result<Self> {
        let client = Client::builder().cookie_store(true).timeout(Duration::from_secs(10)).build()?;
        Ok(Self { client, base: format!("http://{http}") })
    }

    /// Plans and starts lessons that are not recorded.
    pub(crate) async fn open_lessons(&self, count: usize) -> Result<Vec<Lesson>> {
        self.open(count, false).await
    }

    /// Plans and starts a lesson that is recorded.
    pub(crate) async fn open_recorded_lesson(&self) -> Result<Lesson> {
        self.open(1, true).await?.pop().context("the lesson")
    }

    /// Rings the bell.
    pub(crate) async fn end_lesson(&self, lesson: &str) -> Result<()> {
        self.sign_in("master", "master-demo").await?;
        self.post(&format!("/api/lessons/{lesson}/end"), &json!({})).await?;
        Ok(())
    }

    /// Waits until the recording of a lesson is in the library; gives its id.
    pub(crate) async fn recording_of(&self, lesson: &str) -> Result<String> {
        for _ in 0..100 {
            let library = self.get("/api/library").await?;
            let cards = library["recordings"].as_array().context("recordings")?;
            if let Some(card) = cards.iter().find(|card| card["lesson"] == lesson && card["state"] == "ready") {
                return Ok(card["id"].as_str().context("the recording's id")?.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the recording is not in the library");
    }

    /// Signs in once more; gives the token of that session.
    pub(crate) async fn session(&self, name: &str, password: &str) -> Result<String> {
        let response = self.sign_in(name, password).await?;
        let cookie = response.cookies().next().context("a session cookie")?;
        Ok(cookie.value().to_owned())
    }

    async fn open(&self, count: usize, recorded: bool) -> Result<Vec<Lesson>> {
        self.sign_in("master", "master-demo").await?;
        let rooms = self.get("/api/classrooms").await?;
        let rooms: Vec<&Value> =
            rooms["classrooms"].as_array().context("classrooms")?.iter().map(|room| &room["id"]).collect();
        let now = crate::clock::unix_ns() as i64 / 1_000_000;
        let plan = json!({
            "title": "load", "subject": "物理", "starts_ms": now, "ends_ms": now + 3_600_000,
            "classrooms": rooms, "recorded": recorded,
        });
        let mut lessons = Vec::with_capacity(count);
        for _ in 0..count {
            let card = self.post("/api/lessons", &plan).await?;
            let id = card["id"].as_str().context("the lesson's id")?.to_owned();
            self.post(&format!("/api/lessons/{id}/start"), &json!({})).await?;
            let master = self.token(&id, "master").await?;
            lessons.push(Lesson { id, master, observer: String::new() });
        }
        self.sign_in("admin", "admin-demo").await?;
        for lesson in &mut lessons {
            lesson.observer = self.token(&lesson.id, "observer").await?;
        }
        Ok(lessons)
    }

    /// Plans and starts a lesson of so many classes of one school, each with so many pupils on its list; gives it, with
    /// a token of the master's, the ids of its classrooms, and a token of somebody who may sit in all of them.
    pub(crate) async fn open_large_lesson(&self, classrooms: usize, pupils: u16) -> Result<(Lesson, Vec<String>)> {
        self.sign_in("assistant1", "assistant-demo").await?;
        let me = self.get("/api/session").await?;
        let school = me["account"]["school"]["id"].as_str().context("the assistant's school")?.to_owned();
        self.sign_in("admin", "admin-demo").await?;
        let seats: Vec<Value> = (1..=pupils)
            .map(|number| json!({ "number": number, "name": format!("学生{number}"), "group": null }))
            .collect();
        let mut rooms = Vec::with_capacity(classrooms);
        for n in 1..=classrooms {
            let class = json!({ "name": format!("七（{n}）班"), "school": school });
            let card = self.post("/api/classrooms", &class).await?;
            let room = card["id"].as_str().context("the class's id")?.to_owned();
            self.put(&format!("/api/classrooms/{room}/seats"), &json!({ "seats": seats })).await?;
            rooms.push(room);
        }
        let observer = self.session("assistant1", "assistant-demo").await?;
        let master = self.session("master", "master-demo").await?;
        let now = crate::clock::unix_ns() as i64 / 1_000_000;
        let plan = json!({
            "title": "load", "subject": "物理", "starts_ms": now, "ends_ms": now + 3_600_000,
            "classrooms": rooms, "recorded": false,
        });
        let card = self.post("/api/lessons", &plan).await?;
        let id = card["id"].as_str().context("the lesson's id")?.to_owned();
        self.post(&format!("/api/lessons/{id}/start"), &json!({})).await?;
        Ok((Lesson { id, master, observer }, rooms))
    }

    /// The WebSocket address of a lesson.
    pub(crate) fn signaling(&self, lesson: &str) -> String {
        format!("{}/ws/{lesson}", self.base.replacen("http", "ws", 1))
    }

    /// A classroom of the lesson, and a token for its screen.
    pub(crate) async fn classroom(&self, lesson: &Lesson) -> Result<(String, String)> {
        self.sign_in("assistant1", "assistant-demo").await?;
        let card = self.get(&format!("/api/lessons/{}", lesson.id)).await?;
        let room = card["my_classroom"].as_str().context("the assistant's classroom")?.to_owned();
        let wanted = json!({ "seat": "classroom", "classroom": room });
        let reply = self.post(&format!("/api/lessons/{}/tokens", lesson.id), &wanted).await?;
        Ok((room, reply["token"].as_str().context("a token")?.to_owned()))
    }

    /// Posts an offer; gives the answer.
    pub(crate) async fn offer(&self, path: &str, token: &str, offer: String) -> Result<Answer> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "application/sdp")
            .body(offer);
        let response = accepted(request.send().await?).await?;
        Answer::parse(&response.text().await?)
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<Response> {
        self.send("/api/session", &json!({ "name": name, "password": password })).await
    }

    async fn token(&self, lesson: &str, seat: &str) -> Result<String> {
        let reply = self.post(&format!("/api/lessons/{lesson}/tokens"), &json!({ "seat": seat })).await?;
        Ok(reply["token"].as_str().context("a token")?.to_owned())
    }

    async fn get(&self, path: &str) -> Result<Value> {
        Ok(accepted(self.client.get(format!("{}{path}", self.base)).send().await?).await?.json().await?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.send(path, body).await?.json().await?)
    }

    async fn put(&self, path: &str, body: &Value) -> Result<()> {
        let request = self.client.put(format!("{}{path}", self.base)).header(ORIGIN, &self.base).json(body);
        accepted(request.send().await?).await?;
        Ok(())
    }

    async fn send(&self, path: &str, body: &Value) -> Result<Response> {
        let request = self.client.post(format!("{}{path}", self.base)).header(ORIGIN, &self.base).json(body);
        accepted(request.send().await?).await
    }
}

/// The response, if it is a success.
async fn accepted(response: Response) -> Result<Response> {
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, url) = (response.status(), response.url().clone());
    bail!("{status} from {url}: {}", response.text().await.unwrap_or_default());
}
