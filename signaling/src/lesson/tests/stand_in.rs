//! The studio is lost, and a classroom's assistant goes on with the clip or the slides on the classroom's own screen.

use super::board::deck;
use super::*;
use crate::id::{ClipId, DeckId};
use crate::wire::{StandIn, StandInView};

fn clip() -> StandIn {
    StandIn::Clip { clip: ClipId::new("clip") }
}

fn page(page: u16) -> StandIn {
    StandIn::Page { deck: DeckId::new("d"), page }
}

fn show(classroom: &str, show: Option<StandIn>) -> ClientMessage {
    ClientMessage::StandIn { classroom: class(classroom), show }
}

/// A lesson with a deck and a clip; the studio's camera was there and is gone.
fn lost() -> Class {
    let mut spec = plan(&["a", "b"]);
    spec.fallback = Some(ClipId::new("clip"));
    spec.decks.push(deck("d"));
    let mut lesson = Class::begin(spec, &["a", "b"]);
    lesson.shell.arrive(SourceKey::Camera);
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Camera });
    lesson
}

/// What a seat knows of the screen of the first classroom it knows.
fn seen(lesson: &Class, conn: ConnectionId) -> Option<StandInView> {
    lesson.shell.clients[&conn].snapshot.classrooms.first().and_then(|room| room.stand_in.clone())
}

#[test]
fn one_screen_plays_the_clip_until_the_studio_is_back() {
    let mut lesson = lost();
    lesson.shell.wait(4_000);
    let (screen, other) = (lesson.screens["a"], lesson.screens["b"]);
    let untouched = lesson.shell.frames(other);
    lesson.shell.say(lesson.assistants["a"], show("a", Some(clip())));
    let since_ms = lesson.shell.now;
    for conn in [screen, lesson.assistants["a"], lesson.master] {
        assert_eq!(seen(&lesson, conn), Some(StandInView { show: clip(), since_ms }));
    }
    assert!(lesson.shell.say(lesson.assistants["a"], show("a", Some(clip()))).is_empty(), "it plays already");
    lesson.shell.wait(9_000);
    lesson.shell.say(lesson.assistants["a"], show("a", Some(page(3))));
    assert_eq!(seen(&lesson, screen), Some(StandInView { show: page(3), since_ms: lesson.shell.now }));
    lesson.shell.say(lesson.assistants["a"], show("a", None));
    assert_eq!(seen(&lesson, screen), None);
    assert!(lesson.shell.say(lesson.assistants["a"], show("a", None)).is_empty(), "nothing is shown already");

    // A screen that comes later knows what plays and since when; so does a restarted server.
    lesson.shell.say(lesson.assistants["a"], show("a", Some(clip())));
    let since_ms = lesson.shell.now;
    lesson.shell.wait(2_000);
    lesson.shell.restart();
    let screen = lesson.shell.join(Place::Classroom(class("a")));
    assert_eq!(seen(&lesson, screen), Some(StandInView { show: clip(), since_ms }));
    assert_eq!(lesson.shell.frames(other), untouched, "the other classroom hears nothing of it");

    lesson.shell.arrive(SourceKey::Camera);
    assert_eq!(seen(&lesson, screen), None, "the studio is back");
}

#[test]
fn only_that_rooms_assistant_and_the_administrator_may_and_only_while_the_studio_is_lost() {
    let mut lesson = lost();
    let duty = lesson.shell.join(Place::Duty);
    let observer = lesson.shell.join(Place::Observer);
    for conn in [lesson.master, lesson.screens["a"], observer] {
        assert_eq!(lesson.shell.refused(conn, show("a", Some(clip()))), ErrorCode::Forbidden);
    }
    let assistant = lesson.assistants["a"];
    for (conn, message) in [
        (assistant, show("b", Some(clip()))),
        (duty, show("no such", Some(clip()))),
        (assistant, show("a", Some(StandIn::Clip { clip: ClipId::new("another") }))),
        (assistant, show("a", Some(page(0)))),
        (assistant, show("a", Some(page(22)))),
        (assistant, show("a", Some(StandIn::Page { deck: DeckId::new("another"), page: 1 }))),
    ] {
        assert_eq!(lesson.shell.refused(conn, message), ErrorCode::NotFound);
    }
    lesson.shell.say(duty, show("b", Some(page(21))));
    assert_eq!(seen(&lesson, lesson.screens["b"]).map(|shown| shown.show), Some(page(21)));
    // The second camera brings the studio back too.
    lesson.shell.arrive(SourceKey::Second);
    assert_eq!(seen(&lesson, lesson.screens["b"]), None);
    assert_eq!(lesson.shell.refused(assistant, show("a", Some(clip()))), ErrorCode::WrongState);
    assert!(lesson.shell.say(assistant, show("a", None)).is_empty());
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Second });
    lesson.shell.say(assistant, show("a", Some(clip())));
    lesson.shell.say(lesson.master, ClientMessage::EndLesson);
    assert_eq!(lesson.shell.lesson.classrooms()[0].stand_in, None, "the bell ends it");
}

#[test]
fn before_the_lesson_nothing_stands_in() {
    let mut spec = plan(&["a"]);
    spec.fallback = Some(ClipId::new("clip"));
    let mut shell = Shell::new(spec);
    let assistant = shell.join(Place::Assistant(class("a")));
    assert_eq!(shell.refused(assistant, show("a", Some(clip()))), ErrorCode::WrongState);
}
