//! Who may not: every role with every message, on its own, another's and no request at all.

use super::*;

fn with_request(request: &FloorRequestId) -> [(ClientMessage, &'static [Role]); 8] {
    let request = || request.clone();
    use Role::{Assistant, Classroom, Master};
    [
        (ClientMessage::LowerHand { request: request() }, &[Classroom, Assistant]),
        (ClientMessage::AcceptHand { request: request() }, &[Assistant]),
        (ClientMessage::DeclineHand { request: request() }, &[Assistant]),
        (ClientMessage::GrantFloor { request: request() }, &[Master]),
        (ClientMessage::DenyFloor { request: request() }, &[Master]),
        (ClientMessage::ReleaseFloor { request: request() }, &[Classroom, Assistant]),
        (ClientMessage::RevokeFloor { request: request() }, &[Master]),
        (ClientMessage::ExtendFloor { request: request(), seconds: 30 }, &[Master]),
    ]
}

#[test]
fn a_role_without_the_right_is_forbidden_whatever_it_names() {
    let mut lesson = Class::live(&["a", "b"]);
    let observer = lesson.shell.join(Place::Observer);
    let (pending, granted) = (lesson.raise("a"), lesson.grant("b"));
    let seats = [
        (Role::Master, lesson.master),
        (Role::Assistant, lesson.assistants["a"]),
        (Role::Classroom, lesson.screens["a"]),
        (Role::Observer, observer),
    ];
    for (role, conn) in seats {
        for request in [&pending, &granted, &FloorRequestId::new("no such")] {
            for (message, roles) in with_request(request) {
                if !roles.contains(&role) {
                    assert_eq!(
                        lesson.shell.refused(conn, message.clone()),
                        ErrorCode::Forbidden,
                        "{role:?} {message:?}"
                    );
                }
            }
        }
        if role != Role::Master {
            for message in [ClientMessage::StartLesson, ClientMessage::EndLesson] {
                assert_eq!(lesson.shell.refused(conn, message), ErrorCode::Forbidden);
            }
        }
        if matches!(role, Role::Master | Role::Observer) {
            assert_eq!(lesson.shell.refused(conn, ClientMessage::RaiseHand), ErrorCode::Forbidden);
        }
    }
}

#[test]
fn another_classrooms_request_is_answered_like_one_that_does_not_exist() {
    let mut lesson = Class::live(&["a", "b", "c"]);
    let (pending, queued, granted) = (lesson.raise("b"), lesson.escalate("c"), lesson.grant("a"));
    let (assistant, screen) = (lesson.assistants["a"], lesson.screens["a"]);
    for request in [&pending, &queued, &FloorRequestId::new("no such"), &FloorRequestId::new("")] {
        for (message, roles) in with_request(request) {
            for (role, conn) in [(Role::Assistant, assistant), (Role::Classroom, screen)] {
                if roles.contains(&role) {
                    assert_eq!(lesson.shell.refused(conn, message.clone()), ErrorCode::NotFound, "{message:?}");
                }
            }
        }
    }
    let missing = ClientMessage::GrantFloor { request: FloorRequestId::new("no such") };
    assert_eq!(lesson.shell.refused(lesson.master, missing), ErrorCode::NotFound);
    assert_eq!(lesson.state(&granted), FloorState::Granted);
}

#[test]
fn what_comes_out_of_turn_is_the_wrong_state() {
    let mut lesson = Class::live(&["a", "b", "c", "d"]);
    let (pending, queued, granted) = (lesson.raise("a"), lesson.escalate("b"), lesson.grant("c"));
    let over = lesson.grant("d");
    lesson.shell.say(lesson.master, ClientMessage::RevokeFloor { request: over.clone() });
    let cases: [(&str, &FloorRequestId, &[usize]); 4] = [
        // By number in `with_request`: lower, accept, decline, grant, deny, release, revoke, extend.
        ("a", &pending, &[5, 6, 7]),
        ("b", &queued, &[1, 2, 5, 6, 7]),
        ("c", &granted, &[0, 1, 2, 3, 4]),
        ("d", &over, &[0, 1, 2, 3, 4, 5, 6, 7]),
    ];
    for (classroom, request, wrong) in cases {
        let messages = with_request(request);
        for index in wrong {
            let (message, roles) = messages[*index].clone();
            let conn = if roles == [Role::Master] { lesson.master } else { lesson.assistants[classroom] };
            assert_eq!(lesson.shell.refused(conn, message.clone()), ErrorCode::WrongState, "{message:?}");
        }
    }
}

/// Every message with the roles that may say it, told apart from those that may not by `forbidden` alone.
#[test]
fn every_role_with_every_message() {
    use crate::id::{DeckId, HelpId, PollId};
    use crate::wire::{
        Answer, AnswerTo, HelpKind, InkColour, Points, PollBy, PollKind, Scene, StudioCamera, Surface, Tool,
    };
    use ClientMessage as Says;
    use Role::{Assistant, Classroom, Duty, Master};
    let (request, question) = (|| FloorRequestId::new("x"), || QuestionId::new("x"));
    let (poll, help, surface, text) = (|| PollId::new("x"), || HelpId::new("x"), Surface::Board, || "x".to_owned());
    let (tool, colour, points) = (Tool::Pen, InkColour::Red, Points::default());
    let all: Vec<(ClientMessage, &[Role])> = vec![
        (Says::StartLesson, &[Master]),
        (Says::RaiseHand, &[Classroom, Assistant]),
        (Says::MuteFloor { request: request(), on: true }, &[Master, Assistant]),
        (Says::SetFloorLimit { limit: 9 }, &[Master]),
        (Says::TakeAttendance { marks: vec![] }, &[Assistant]),
        (Says::AskQuestion { seat: None, text: None, wants_to_speak: false }, &[Assistant]),
        (Says::AnswerHere { question: question() }, &[Assistant]),
        (Says::MergeQuestion { question: question(), into: question() }, &[Assistant, Master]),
        (Says::EscalateQuestion { question: question() }, &[Assistant]),
        (Says::WithdrawQuestion { question: question() }, &[Assistant]),
        (Says::AnswerQuestion { question: question(), text: text(), to: AnswerTo::Everyone }, &[Master]),
        (Says::PutOffQuestion { question: question() }, &[Master]),
        (Says::SayToStaff { text: text(), classroom: None }, &[Master, Assistant, Duty]),
        (Says::HoldTalk { on: false }, &[Master, Assistant]),
        (Says::CallHelp { kind: HelpKind::Sound, text: None }, &[Assistant]),
        (Says::TakeHelp { help: help() }, &[Duty]),
        (Says::SettleHelp { help: help() }, &[Duty, Master]),
        (Says::OpenDeck { deck: DeckId::new("x") }, &[Master]),
        (Says::CloseDeck, &[Master]),
        (Says::TurnPage { surface, page: 0 }, &[Master]),
        (Says::DrawStroke { surface, stroke: 1, tool, colour, width: 0, points, done: true }, &[Master]),
        (Says::EraseStroke { surface, stroke: 1 }, &[Master]),
        (Says::ClearBoard { surface }, &[Master]),
        (Says::Point { surface, at: None }, &[Master]),
        (
            Says::OpenPoll {
                question: text(),
                kind: PollKind::Number,
                by: PollBy::Hands,
                correct: None,
                seconds: None,
            },
            &[Master],
        ),
        (Says::AnswerPoll { poll: poll(), counts: vec![] }, &[Assistant]),
        (Says::AnswerPollSeat { poll: poll(), seat: 1, answer: Answer::whole(1) }, &[Assistant]),
        (Says::ExtendPoll { poll: poll(), seconds: 0 }, &[Master]),
        (Says::ClosePoll { poll: poll() }, &[Master]),
        (Says::ShowPollResult { poll: poll(), on: true }, &[Master]),
        (Says::SetProgramme { scene: Scene::Camera, camera: StudioCamera::Camera }, &[Master]),
        (Says::EndLesson, &[Master]),
    ];
    let mut lesson = Class::live(&["a"]);
    let seats = [
        (Classroom, lesson.screens["a"]),
        (Role::Observer, lesson.shell.join(Place::Observer)),
        (Duty, lesson.shell.join(Place::Duty)),
        (Assistant, lesson.assistants["a"]),
        (Master, lesson.master),
    ];
    for (message, roles) in &all {
        for (role, conn) in seats {
            if !roles.contains(&role) {
                let code = lesson.shell.refused(conn, message.clone());
                assert_eq!(code, ErrorCode::Forbidden, "{role:?} {message:?}");
                continue;
            }
            for effect in lesson.shell.say(conn, message.clone()) {
                let forbidden = matches!(
                    effect,
                    Effect::Send { message: ServerMessage::Error { code: ErrorCode::Forbidden, .. }, .. }
                );
                assert!(!forbidden, "{role:?} may say {message:?}");
            }
        }
    }
}

#[test]
fn joining_needs_the_right_to_the_very_place() {
    let mut shell = Shell::new(plan(&["a", "b"]));
    let conn = shell.connect("assistant-a", shell.lesson.spec().places_of(&AccountId::new("assistant-a")));
    for message in [ClientMessage::RaiseHand, ClientMessage::Snapshot, ClientMessage::Ping { n: 1 }] {
        assert_eq!(shell.refused(conn, message), ErrorCode::NotJoined);
    }
    let refused = [
        (Role::Master, None, ErrorCode::Forbidden),
        (Role::Observer, None, ErrorCode::Forbidden),
        (Role::Assistant, Some("b"), ErrorCode::Forbidden),
        (Role::Classroom, Some("no such"), ErrorCode::Forbidden),
        (Role::Assistant, None, ErrorCode::BadMessage),
        (Role::Master, Some("a"), ErrorCode::BadMessage),
    ];
    for (role, classroom, code) in refused {
        assert_eq!(shell.refused(conn, join_message(role, classroom)), code, "{role:?} {classroom:?}");
    }
    shell.say(conn, join_message(Role::Assistant, Some("a")));
    assert_eq!(shell.lesson.place(conn), Some(&Place::Assistant(class("a"))));
    assert_eq!(shell.refused(conn, join_message(Role::Classroom, Some("a"))), ErrorCode::AlreadyJoined);

    let stray = shell.connect("device", vec![Place::Classroom(class("z"))]);
    assert_eq!(shell.refused(stray, join_message(Role::Classroom, Some("z"))), ErrorCode::NotFound);
}

#[test]
fn places_follow_from_the_plan() {
    let spec = plan(&["a", "b"]);
    let of = |name| spec.places_of(&AccountId::new(name));
    assert_eq!(of("wang"), [Place::Master]);
    assert_eq!(of("assistant-b"), [Place::Assistant(class("b")), Place::Classroom(class("b"))]);
    assert_eq!(of("stranger"), []);
}

#[test]
fn a_seat_may_always_ask_for_its_snapshot_and_the_time() {
    let mut lesson = Class::live(&["a"]);
    let observer = lesson.shell.join(Place::Observer);
    for conn in [lesson.master, lesson.screens["a"], lesson.assistants["a"], observer] {
        lesson.shell.say(conn, ClientMessage::Ping { n: 7 });
        let pong = ServerMessage::Pong { n: 7, now_ms: lesson.shell.now };
        assert_eq!(lesson.shell.inbox[&conn].last(), Some(&pong));
        let effects = lesson.shell.say(conn, ClientMessage::Snapshot);
        assert!(matches!(&effects[..], [Effect::Send { message: ServerMessage::Snapshot(_), .. }]));
    }
    assert_eq!(
        lesson.shell.lesson.handle(Input::Message { conn: ConnectionId(99), message: ClientMessage::Snapshot }, 0),
        []
    );
}
