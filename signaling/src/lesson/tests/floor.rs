//! The floor beyond one hand: limits, mute, and one queue for hands and questions.

use super::*;
use crate::wire::QueuePlace;

#[test]
fn a_new_limit_takes_no_floor_away_and_gives_none_beyond_it() {
    let mut lesson = Class::live(&["a", "b", "c", "d"]);
    let [a, b, c] = ["a", "b", "c"].map(|id| lesson.grant(id));
    let d = lesson.escalate("d");
    let grant = |request: &FloorRequestId| ClientMessage::GrantFloor { request: request.clone() };
    assert_eq!(lesson.shell.refused(lesson.master, grant(&d)), ErrorCode::FloorFull);
    lesson.shell.say(lesson.master, ClientMessage::SetFloorLimit { limit: 1 });
    assert_eq!([&a, &b, &c].map(|id| lesson.state(id)), [FloorState::Granted; 3]);
    for request in [a, b] {
        lesson.shell.say(lesson.master, ClientMessage::RevokeFloor { request });
        assert_eq!(lesson.shell.refused(lesson.master, grant(&d)), ErrorCode::FloorFull);
    }
    lesson.shell.say(lesson.master, ClientMessage::SetFloorLimit { limit: 2 });
    lesson.shell.say(lesson.master, grant(&d));
    assert_eq!(lesson.state(&d), FloorState::Granted);
    assert_eq!(lesson.shell.clients[&lesson.screens["a"]].snapshot.floor_limit, 2);
    for limit in [0, 7, 255] {
        let message = ClientMessage::SetFloorLimit { limit };
        assert_eq!(lesson.shell.refused(lesson.master, message), ErrorCode::BadMessage);
    }
    assert_eq!(
        lesson.shell.refused(lesson.assistants["a"], ClientMessage::SetFloorLimit { limit: 3 }),
        ErrorCode::Forbidden
    );
}

#[test]
fn f34_a_floor_is_heard_when_neither_chair_holds_it_back() {
    let mut lesson = Class::live(&["a", "b"]);
    let request = lesson.grant("a");
    let (master, own, other) = (lesson.master, lesson.assistants["a"], lesson.assistants["b"]);
    let mute = |on| ClientMessage::MuteFloor { request: request.clone(), on };
    let a = BTreeSet::from([class("a")]);
    assert_eq!(lesson.shell.heard, a);
    let effects = lesson.shell.say(own, mute(true));
    assert_eq!(effects[1], Effect::Media(MediaOrder::OpenGate { classroom: class("a"), sound: false }));
    lesson.shell.say(master, mute(true));
    lesson.shell.say(own, mute(false));
    assert!(lesson.shell.heard.is_empty(), "the master still holds it back");
    // A speaker who publishes again stays muted, and seen.
    lesson.shell.arrive(SourceKey::Classroom(class("a")));
    assert_eq!((&lesson.shell.heard, &lesson.shell.gates), (&BTreeSet::new(), &a));
    lesson.shell.say(master, mute(false));
    assert_eq!(lesson.shell.heard, a);
    assert!(lesson.shell.say(master, mute(false)).is_empty(), "saying it again changes nothing");
    assert_eq!(lesson.shell.refused(other, mute(true)), ErrorCode::NotFound);
    assert_eq!(lesson.shell.refused(lesson.screens["a"], mute(true)), ErrorCode::Forbidden);
    // The next floor is heard from the start.
    lesson.shell.say(own, mute(true));
    lesson.shell.say(own, ClientMessage::ReleaseFloor { request });
    lesson.grant("a");
    assert_eq!(lesson.shell.heard, a);
}

#[test]
fn hands_and_questions_wait_in_one_queue() {
    let mut lesson = Class::live(&["a", "b", "c"]);
    let question = lesson.ask_master("a", 17, "为什么");
    lesson.shell.wait(2_000);
    let hand = lesson.escalate("b");
    lesson.shell.wait(2_000);
    let own_hand = lesson.escalate("a");
    let first = lesson.request_of(&question);
    let queue = |lesson: &Class| {
        let queue = &lesson.shell.clients[&lesson.screens["c"]].snapshot.queue;
        queue.next.iter().map(|entry| entry.request.clone()).collect::<Vec<_>>()
    };
    assert_eq!(queue(&lesson), [first.clone(), hand.clone(), own_hand.clone()], "every seat sees who is next");
    lesson.shell.say(lesson.master, ClientMessage::PutOffQuestion { question: question.clone() });
    assert_eq!(queue(&lesson), [hand.clone(), own_hand.clone(), first.clone()]);
    let seen = lesson.shell.heard(lesson.master, &first).expect("the desk sees it");
    assert_eq!((seen.position, seen.put_off), (Some(3), true));

    // Only the own classroom and the desk are told of places further back.
    let before = lesson.shell.frames(lesson.screens["b"]);
    lesson.shell.say(lesson.master, ClientMessage::GrantFloor { request: own_hand.clone() });
    let moved = |frame: &ServerMessage| match frame {
        ServerMessage::Delta { events, .. } => events.iter().any(
            |event| matches!(event, Event::QueueMoved { places } if places.iter().any(|place| place.request == first)),
        ),
        _ => false,
    };
    assert!(!lesson.shell.inbox[&lesson.screens["b"]][before..].iter().any(moved));
    assert!(lesson.shell.inbox[&lesson.screens["a"]].iter().any(moved));
    assert_eq!(
        lesson.shell.refused(lesson.master, ClientMessage::GrantFloor { request: first }),
        ErrorCode::WrongState,
        "one floor for each classroom"
    );
    let place = QueuePlace { request: hand, position: 1 };
    assert_eq!(lesson.shell.heard(lesson.screens["b"], &place.request).and_then(|v| v.position), Some(place.position));
}
