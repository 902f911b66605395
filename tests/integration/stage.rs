//! A lesson to play a story in: a server with the demo's people, and one live lesson with two classrooms.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use airclass::config::Config;
use airclass::server::{Running, Server};
use airclass::tools::JoinOptions;
use airclass::tools::signaling::SignalingClient;
use airclass::tools::whep::Viewer;
use airclass_signaling::id::ClassroomId;
use airclass_signaling::wire::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::Person;
use crate::binary::Binary;

/// Slots of a receiver, as the web client asks for them.
pub(crate) const AUDIO_SLOTS: u8 = 7;
pub(crate) const VIDEO_SLOTS: u8 = 4;

/// Where the server runs.
pub(crate) enum Host {
    Here(Box<Running>),
    Process(Box<Binary>),
}

/// The scene. The server ends with it.
pub(crate) struct Stage {
    pub(crate) host: Host,
    pub(crate) base: String,
    pub(crate) media: SocketAddr,
    pub(crate) folder: TempDir,
    pub(crate) master: Person,
    pub(crate) admin: Person,
    pub(crate) pupil: Person,
    /// One per classroom, in the order of `classrooms`.
    pub(crate) assistants: [Person; 2],
    pub(crate) classrooms: [ClassroomId; 2],
    pub(crate) lesson: String,
}

impl Stage {
    /// A server in this process and a recorded lesson that has begun.
    pub(crate) async fn begin() -> Self {
        Self::begin_with(true).await
    }

    /// A server in this process and a lesson that has begun.
    pub(crate) async fn begin_with(recorded: bool) -> Self {
        Self::begin_where(recorded, |_| {}).await
    }

    /// The same with a configuration of the story's own.
    pub(crate) async fn begin_where(recorded: bool, change: impl FnOnce(&mut Config)) -> Self {
        start_log();
        let folder = TempDir::new().unwrap();
        let mut config = Config {
            demo: true,
            demo_studio: false,
            demo_lesson_seconds: 14_400,
            media_workers: 2,
            ..Config::ephemeral(folder.path())
        };
        change(&mut config);
        let running = Server::start(config).await.unwrap();
        let (http, media) = (running.http, running.media);
        Self::with_lesson(Host::Here(Box::new(running)), http, media, folder, recorded).await
    }

    /// A server in a process of its own and a recorded lesson that has begun.
    pub(crate) async fn begin_in_process() -> Self {
        start_log();
        let folder = TempDir::new().unwrap();
        let binary = Binary::start(folder.path()).await;
        let addresses = binary.addresses;
        Self::with_lesson(Host::Process(Box::new(binary)), addresses.http, addresses.media, folder, true).await
    }

    async fn with_lesson(host: Host, http: SocketAddr, media: SocketAddr, folder: TempDir, recorded: bool) -> Self {
        let base = format!("http://{http}");
        let master = Person::sign_in(&base, "master", "master-demo").await;
        let admin = Person::sign_in(&base, "admin", "admin-demo").await;
        let pupil = Person::sign_in(&base, "pupil", "pupil-demo").await;
        let assistants = [
            Person::sign_in(&base, "assistant1", "assistant-demo").await,
            Person::sign_in(&base, "assistant2", "assistant-demo").await,
        ];
        let known = master.get("/api/classrooms").await.expect(200).json();
        let known = known["classrooms"].as_array().or(known.as_array()).expect("a list").clone();
        let find = |assistant: &str| {
            let room = known.iter().find(|room| room["assistant"]["display_name"] == assistant).expect("a classroom");
            ClassroomId::new(room["id"].as_str().unwrap())
        };
        let classrooms = [find("李老师"), find("赵老师")];
        let lesson = open_lesson(&master, &classrooms, recorded).await;
        Self { host, base, media, folder, master, admin, pupil, assistants, classrooms, lesson }
    }

    /// The WHIP door of a source of the studio, with the master's token.
    pub(crate) async fn whip(&self, source: &str) -> JoinOptions {
        let token = self.master.token(&self.lesson, "master", None).await;
        JoinOptions::new(format!("{}/whip/{}?source={source}", self.base, self.lesson), token)
    }

    /// The WHIP door of a classroom, with that classroom's token.
    pub(crate) async fn classroom_whip(&self, room: usize) -> JoinOptions {
        let token = self.classroom_token(room).await;
        JoinOptions::new(format!("{}/whip/{}", self.base, self.lesson), token)
    }

    /// The WHEP door, with the token of a classroom's screen.
    pub(crate) async fn whep(&self, room: usize) -> JoinOptions {
        let token = self.classroom_token(room).await;
        JoinOptions::new(format!("{}/whep/{}", self.base, self.lesson), token)
    }

    /// The WHEP door for the studio itself.
    pub(crate) async fn studio_whep(&self) -> JoinOptions {
        let token = self.master.token(&self.lesson, "master", None).await;
        JoinOptions::new(format!("{}/whep/{}", self.base, self.lesson), token)
    }

    /// A door (`whip`, `whep`) with a query, used with the media token of a seat.
    pub(crate) fn door(&self, name: &str, query: &str, seat: &SignalingClient) -> JoinOptions {
        let url = format!("{}/{name}/{}{query}", self.base, self.lesson);
        JoinOptions { attempts: 5, ..JoinOptions::new(url, seat.view().media_token.clone()) }
    }

    /// Forty pupils on the list of each class, in four groups.
    pub(crate) async fn enrol(&self) {
        let seats: Vec<Value> = (1..=40)
            .map(|number| json!({ "number": number, "name": format!("学生{number}"), "group": format!("{}组", number % 4 + 1) }))
            .collect();
        for room in &self.classrooms {
            let path = format!("/api/classrooms/{room}/seats");
            self.admin.put(&path, json!({ "seats": seats })).await.expect(200);
        }
    }

    /// One more lesson of the same people with their class lists, which this stage is about from now on.
    pub(crate) async fn begin_enrolled(recorded: bool) -> Self {
        let mut stage = Self::begin_with(recorded).await;
        stage.enrol().await;
        stage.lesson = stage.another_lesson(recorded).await;
        stage
    }

    pub(crate) async fn classroom_token(&self, room: usize) -> String {
        let id = self.classrooms[room].as_str();
        self.assistants[room].token(&self.lesson, "classroom", Some(id)).await
    }

    /// Joins as a classroom's screen.
    pub(crate) async fn watch(&self, room: usize) -> Viewer {
        Viewer::join(&self.whep(room).await, AUDIO_SLOTS, VIDEO_SLOTS).await.expect("a classroom joins")
    }

    /// Takes a seat over signaling. `room` is needed for assistants and classrooms.
    pub(crate) async fn seat(&self, role: Role, room: Option<usize>) -> SignalingClient {
        let (person, name) = match role {
            Role::Master => (&self.master, "master"),
            Role::Observer => (&self.admin, "observer"),
            Role::Duty => (&self.admin, "duty"),
            Role::Assistant => (&self.assistants[room.expect("a room")], "assistant"),
            Role::Classroom => (&self.assistants[room.expect("a room")], "classroom"),
        };
        let classroom = room.map(|room| self.classrooms[room].clone());
        let token = person.token(&self.lesson, name, classroom.as_ref().map(ClassroomId::as_str)).await;
        SignalingClient::join(&self.ws(), &token, role, classroom).await.expect("a seat")
    }

    pub(crate) fn ws(&self) -> String {
        format!("{}/ws/{}", self.base.replacen("http", "ws", 1), self.lesson)
    }

    /// One more lesson of the same people, begun as well.
    pub(crate) async fn another_lesson(&self, recorded: bool) -> String {
        open_lesson(&self.master, &self.classrooms, recorded).await
    }

    /// A lesson of the master's with these classrooms, begun as well.
    pub(crate) async fn lesson_of(&self, classrooms: &[ClassroomId]) -> String {
        open_lesson(&self.master, classrooms, false).await
    }

    /// Waits until the studio's camera arrives.
    pub(crate) async fn camera_on_air(&self, within: Duration) {
        let wait = async {
            let mut observer = self.seat(Role::Observer, None).await;
            while !observer.view().studio.camera {
                observer.next().await.expect("the lesson goes on");
            }
        };
        tokio::time::timeout(within, wait).await.expect("the camera is on air");
    }

    /// Rings the bell.
    pub(crate) async fn end_lesson(&self) {
        self.master.post(&format!("/api/lessons/{}/end", self.lesson), json!({})).await.expect(200);
    }

    /// The library's card of this lesson's recording once it is ready; fails after `within`.
    pub(crate) async fn recording_ready(&self, within: Duration) -> Value {
        let wait = async {
            loop {
                let library = self.master.get("/api/library").await.expect(200).json();
                let cards = library["recordings"].as_array().expect("a list");
                let own = cards.iter().find(|card| card["lesson"] == self.lesson.as_str());
                if let Some(card) = own.filter(|card| card["state"] == "ready") {
                    return card.clone();
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(within, wait).await.expect("the recording is in the library")
    }

    /// The folder of a recording's files.
    pub(crate) fn recording_folder(&self, recording: &Value) -> PathBuf {
        self.folder.path().join("recordings").join(recording["id"].as_str().expect("an id"))
    }

    pub(crate) fn binary(&mut self) -> &mut Binary {
        match &mut self.host {
            Host::Process(binary) => binary,
            Host::Here(_) => panic!("the server runs in this process"),
        }
    }

    pub(crate) async fn stop(self) {
        match self.host {
            Host::Here(running) => running.stop().await,
            Host::Process(binary) => drop(binary),
        }
    }
}

async fn open_lesson(master: &Person, classrooms: &[ClassroomId], recorded: bool) -> String {
    let now = airclass::clock::utc_ms();
    let plan = json!({
        "title": "凸透镜成像", "subject": "物理", "starts_ms": now, "ends_ms": now + 2_700_000,
        "classrooms": classrooms, "recorded": recorded,
    });
    let card = master.post("/api/lessons", plan).await.expect(201).json();
    let lesson = card["id"].as_str().unwrap().to_owned();
    let started = master.post(&format!("/api/lessons/{lesson}/start"), json!({})).await.expect(200).json();
    assert_eq!(started["state"], "live");
    lesson
}

/// `AIRCLASS_TEST_LOG=debug cargo test …` shows the server's log.
fn start_log() {
    if let Ok(filter) = std::env::var("AIRCLASS_TEST_LOG") {
        let filter = tracing_subscriber::EnvFilter::new(filter);
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    }
}
