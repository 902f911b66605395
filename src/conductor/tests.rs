//! Lessons' tasks, without sockets: connections are outboxes.

use airclass_signaling::id::{ClassroomId, LessonId};
use airclass_signaling::lesson::Place;
use airclass_signaling::wire::{ClientMessage, LessonState, ServerMessage, Snapshot};

use super::command::Command;
use super::{Connection, Outbox, Outgoing, Visit};
use crate::accounts::{AccountRole, Actor, Scope, token};
use crate::config::Config;
use crate::db::{NewLesson, new_id};
use crate::server::{Running, Server};
use crate::{clock, demo};

async fn start(folder: &std::path::Path) -> Running {
    Server::start(Config { https: None, metrics: None, ..Config::ephemeral(folder) }).await.unwrap()
}

/// Plans a lesson for both demo classrooms.
async fn plan(running: &Running) -> LessonId {
    let db = &running.state().db;
    let (master, _) = db.account_for_sign_in("master").await.unwrap().unwrap();
    let classrooms = db.classrooms().await.unwrap().into_iter().map(|room| room.id).collect();
    let now = clock::utc_ms();
    let lesson = NewLesson {
        id: new_id(),
        title: "浮力".to_owned(),
        subject: "物理".to_owned(),
        master: master.id,
        starts_ms: now,
        ends_ms: now + 600_000,
        recorded: false,
        floor_limit: airclass_signaling::lesson::DEFAULT_FLOOR_LIMIT,
        classrooms,
    };
    db.add_lesson(&lesson, now).await.unwrap();
    LessonId::new(lesson.id)
}

async fn actor(running: &Running, name: &str) -> Actor {
    let (account, _) = running.state().db.account_for_sign_in(name).await.unwrap().unwrap();
    Actor::person(account)
}

/// Joins and waits for the snapshot.
async fn join(running: &Running, lesson: &LessonId, name: &str, place: Place) -> (Connection, Outbox, Snapshot) {
    join_from(running, lesson, name, place, None).await
}

async fn join_from(
    running: &Running,
    lesson: &LessonId,
    name: &str,
    place: Place,
    page: Option<&str>,
) -> (Connection, Outbox, Snapshot) {
    let conductor = running.state().conductors.get(lesson).await.unwrap();
    let outbox = Outbox::new();
    let visit = Visit {
        actor: actor(running, name).await,
        session: format!("session of {name}"),
        page: page.map(str::to_owned),
        places: vec![place.clone()],
        outbox: outbox.clone(),
    };
    let connection = conductor.connect(visit).await.unwrap();
    let message = ClientMessage::Join { role: place.role(), classroom: place.classroom().cloned() };
    assert!(connection.message(message).await);
    let snapshot = wait(&outbox, |message| match message {
        ServerMessage::Snapshot(snapshot) => Some(*snapshot),
        _ => None,
    });
    (connection, outbox.clone(), snapshot.await)
}

/// Reads frames until one fits.
async fn wait<T>(outbox: &Outbox, mut fits: impl FnMut(ServerMessage) -> Option<T>) -> T {
    loop {
        let text = match outbox.next().await {
            Outgoing::Frame(text) | Outgoing::Bye(text) => text,
            Outgoing::Ping => continue,
            Outgoing::Finished => panic!("closed before that came"),
        };
        if let Some(found) = fits(serde_json::from_str(&text).unwrap()) {
            return found;
        }
    }
}

fn bye(message: ServerMessage) -> Option<String> {
    matches!(message, ServerMessage::Bye { .. }).then(|| serde_json::to_string(&message).unwrap_or_default())
}

async fn room_of(running: &Running, assistant: &str) -> ClassroomId {
    let id = actor(running, assistant).await.account;
    let rooms = running.state().db.classrooms().await.unwrap();
    ClassroomId::new(rooms.into_iter().find(|room| room.assistant.as_deref() == Some(id.as_str())).unwrap().id)
}

#[tokio::test]
async fn a_lesson_survives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path()).await;
    demo::seed(&running.state().db).await.unwrap();
    let lesson = plan(&running).await;
    let room = room_of(&running, "assistant1").await;
    let (master, told, _) = join(&running, &lesson, "master", Place::Master).await;
    assert!(master.message(ClientMessage::StartLesson).await);
    let (screen, _, snapshot) = join(&running, &lesson, "assistant1", Place::Classroom(room.clone())).await;
    assert_eq!(snapshot.state, LessonState::Live);
    assert!(screen.message(ClientMessage::RaiseHand).await);
    wait(&told, |message| serde_json::to_string(&message).ok().filter(|text| text.contains("pending"))).await;
    running.stop().await;
    assert!(wait(&told, bye).await.contains("server_stopping"));

    // The folder holds a demo: only a demo server opens it.
    let config = Config { https: None, demo: true, demo_studio: false, ..Config::ephemeral(folder.path()) };
    let running = Server::start(config).await.unwrap();
    let (_, _, snapshot) = join(&running, &lesson, "master", Place::Master).await;
    assert_eq!(snapshot.state, LessonState::Live);
    assert_eq!(snapshot.floor.len(), 1);
    assert_eq!(snapshot.floor[0].classroom, room);
    running.stop().await;
}

#[tokio::test]
async fn f29_a_panic_ends_one_lesson_which_can_be_reopened() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path()).await;
    demo::seed(&running.state().db).await.unwrap();
    let (broken, other) = (plan(&running).await, plan(&running).await);
    let (master, told, before) = join(&running, &broken, "master", Place::Master).await;
    let (elsewhere, undisturbed, _) = join(&running, &other, "master", Place::Master).await;
    assert!(master.message(ClientMessage::StartLesson).await);
    // What was seen was stored before: it survives the panic.
    wait(&told, |message| serde_json::to_string(&message).ok().filter(|text| text.contains("lesson_changed"))).await;
    running.state().conductors.running(&broken).unwrap().send(Command::Panic).await.unwrap();
    assert!(wait(&told, bye).await.contains("server_stopping"));
    assert!(running.state().media_tokens.actor(&token::hash(&before.media_token)).is_none());

    assert!(elsewhere.message(ClientMessage::Ping { n: 7 }).await);
    wait(&undisturbed, |message| matches!(message, ServerMessage::Pong { n: 7, .. }).then_some(())).await;
    let (_, _, again) = join(&running, &broken, "master", Place::Master).await;
    assert_eq!(again.state, LessonState::Live);
    running.stop().await;
}

#[tokio::test]
async fn media_tokens_are_bound_to_lesson_and_seat_and_end_with_the_lesson() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path()).await;
    demo::seed(&running.state().db).await.unwrap();
    let lesson = plan(&running).await;
    let page = Some("a");
    let (master, told, first) = join_from(&running, &lesson, "master", Place::Master, page).await;
    let hash = token::hash(&first.media_token);
    let holder = running.state().media_tokens.actor(&hash).unwrap();
    assert_eq!(holder.scope, Scope::Seat { lesson: lesson.clone(), place: Place::Master });
    assert_eq!(holder.role, Some(AccountRole::Master));
    // A page that comes back keeps its token, even before the loss of its socket was noticed.
    let (_, _, second) = join_from(&running, &lesson, "master", Place::Master, page).await;
    assert_eq!(first.media_token, second.media_token);
    // Another page gets its own, and the one before it ends.
    let (back, _, third) = join_from(&running, &lesson, "master", Place::Master, Some("b")).await;
    assert_ne!(first.media_token, third.media_token);
    assert!(running.state().media_tokens.actor(&hash).is_none());
    let hash = token::hash(&third.media_token);
    assert!(running.state().media_tokens.actor(&hash).is_some());
    assert!(wait(&told, bye).await.contains("joined_elsewhere"));
    assert!(!master.message(ClientMessage::Ping { n: 1 }).await || told.is_closing());

    assert!(back.message(ClientMessage::StartLesson).await);
    running.state().conductors.get(&lesson).await.unwrap().end().await.unwrap();
    assert!(running.state().media_tokens.actor(&hash).is_none());
    let row = running.state().db.lesson(lesson.as_str()).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.started_ms.is_some(), row.ended_ms.is_some()), ("ended", true, true));
    running.stop().await;
}

#[tokio::test]
async fn ten_refusals_in_a_minute_close_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path()).await;
    demo::seed(&running.state().db).await.unwrap();
    let lesson = plan(&running).await;
    let (observer, told, _) = join(&running, &lesson, "pupil", Place::Observer).await;
    for _ in 0..10 {
        assert!(observer.message(ClientMessage::EndLesson).await);
    }
    assert!(wait(&told, bye).await.contains("too_many_errors"));
    running.stop().await;
}
