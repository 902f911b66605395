//! Staff talk and calls for help: what no screen ever hears.

use super::*;
use crate::wire::{HelpKind, HelpState};

fn say(text: &str, classroom: Option<&str>) -> ClientMessage {
    ClientMessage::SayToStaff { text: text.to_owned(), classroom: classroom.map(class) }
}

fn heard(shell: &Shell, conn: ConnectionId) -> Vec<String> {
    shell.clients[&conn].snapshot.staff_talk.iter().map(|said| format!("{}: {}", said.name, said.text)).collect()
}

#[test]
fn staff_talk_reaches_staff_and_no_screen() {
    let mut lesson = Class::live(&["a", "b"]);
    let (duty, observer) = (lesson.shell.join(Place::Duty), lesson.shell.join(Place::Observer));
    lesson.shell.say(lesson.master, say("大家好", None));
    lesson.shell.say(lesson.assistants["a"], say("声音小", Some("a")));
    lesson.shell.say(duty, say("我来调", Some("a")));
    let all = ["wang: 大家好", "assistant-a: 声音小", "duty: 我来调"];
    for conn in [lesson.master, duty, lesson.assistants["a"]] {
        assert_eq!(heard(&lesson.shell, conn), all);
    }
    assert_eq!(heard(&lesson.shell, lesson.assistants["b"]), all[..1]);
    for conn in [lesson.screens["a"], lesson.screens["b"], observer] {
        assert!(heard(&lesson.shell, conn).is_empty());
        let frames = format!("{:?}", lesson.shell.inbox[&conn]);
        assert!(!frames.contains("声音小") && !frames.contains("大家好"));
    }
    // Who comes later reads what was for it.
    let again = lesson.shell.join(Place::Assistant(class("a")));
    assert_eq!(heard(&lesson.shell, again), all);

    for conn in [lesson.screens["a"], observer] {
        assert_eq!(lesson.shell.refused(conn, say("我们", None)), ErrorCode::Forbidden);
    }
    let assistant = lesson.assistants["b"];
    assert_eq!(lesson.shell.refused(assistant, say("隔壁", Some("a"))), ErrorCode::NotFound);
    assert_eq!(lesson.shell.refused(lesson.master, say("谁", Some("z"))), ErrorCode::NotFound);
    for text in ["", " ", &"说".repeat(501)] {
        assert_eq!(lesson.shell.refused(assistant, say(text, None)), ErrorCode::BadMessage);
    }
}

#[test]
fn the_last_200_things_said_are_kept() {
    let mut lesson = Class::live(&["a"]);
    for n in 0..250 {
        lesson.shell.say(lesson.master, say(&n.to_string(), None));
    }
    let late = lesson.shell.join(Place::Duty);
    let kept = &lesson.shell.clients[&late].snapshot.staff_talk;
    assert_eq!((kept.len(), kept[0].n, kept[199].n), (200, 51, 250));
}

#[test]
fn one_holds_the_key_for_a_minute_and_the_master_takes_it() {
    let mut lesson = Class::live(&["a", "b"]);
    let hold = |on| ClientMessage::HoldTalk { on };
    let (master, a, b) = (lesson.master, lesson.assistants["a"], lesson.assistants["b"]);
    let names = |lesson: &Class| -> Vec<String> {
        lesson.shell.clients[&b].snapshot.talkers.iter().map(|talker| talker.name.clone()).collect()
    };
    lesson.shell.say(a, hold(true));
    assert!(lesson.shell.say(a, hold(true)).is_empty());
    assert_eq!(lesson.shell.refused(b, hold(true)), ErrorCode::TalkFull);
    assert_eq!(names(&lesson), ["assistant-a"]);
    assert!(lesson.shell.clients[&lesson.screens["a"]].snapshot.talkers.is_empty());

    // The master need not wait, and is not interrupted.
    lesson.shell.say(master, hold(true));
    assert_eq!(names(&lesson), ["wang"]);
    assert_eq!(lesson.shell.talk, BTreeSet::from([Place::Master]));
    assert!(lesson.shell.say(a, hold(false)).is_empty(), "whoever was silenced lets go of nothing");
    assert_eq!(lesson.shell.refused(a, hold(true)), ErrorCode::TalkFull);
    lesson.shell.wait(60_000);
    assert!(lesson.shell.talk.is_empty(), "the master's minute is over");
    lesson.shell.say(a, hold(true));
    // Another device at the same place does not hold the key; nor does an empty seat.
    lesson.shell.join(Place::Assistant(class("b")));
    lesson.shell.tell(Input::Disconnected { conn: a });
    assert!(lesson.shell.talk.is_empty());
    assert!(lesson.shell.clients[&master].snapshot.talkers.is_empty());
    let duty = lesson.shell.join(Place::Duty);
    for conn in [duty, lesson.screens["a"]] {
        assert_eq!(lesson.shell.refused(conn, hold(true)), ErrorCode::Forbidden);
    }
    lesson.shell.say(master, hold(true));
    lesson.shell.tell(Input::End);
    assert!(lesson.shell.talk.is_empty(), "the bell");
}

#[test]
fn a_call_for_help_is_taken_and_settled() {
    let mut lesson = Class::live(&["a", "b"]);
    let duty = lesson.shell.join(Place::Duty);
    let (own, other) = (lesson.assistants["a"], lesson.assistants["b"]);
    let call = || ClientMessage::CallHelp { kind: HelpKind::Other, text: Some("学生不舒服".to_owned()) };
    lesson.shell.say(own, call());
    assert_eq!(lesson.shell.refused(own, call()), ErrorCode::TooMany);
    let state = |lesson: &Class, conn: ConnectionId| {
        lesson.shell.clients[&conn].snapshot.help.iter().map(|help| (help.state, help.by.clone())).collect::<Vec<_>>()
    };
    let help = lesson.shell.clients[&duty].snapshot.help[0].id.clone();
    assert_eq!(state(&lesson, own), [(HelpState::Called, None)]);
    assert_eq!(state(&lesson, other), []);
    let take = || ClientMessage::TakeHelp { help: help.clone() };
    for conn in [lesson.master, own, lesson.screens["a"]] {
        assert_eq!(lesson.shell.refused(conn, take()), ErrorCode::Forbidden);
    }
    lesson.shell.say(duty, take());
    assert_eq!(state(&lesson, own), [(HelpState::Taken, Some("duty".to_owned()))]);
    lesson.shell.restart();
    let duty = lesson.shell.join(Place::Duty);
    let settle = ClientMessage::SettleHelp { help: help.clone() };
    lesson.shell.say(duty, settle.clone());
    assert_eq!(state(&lesson, duty), []);
    assert_eq!(lesson.shell.refused(duty, settle), ErrorCode::NotFound);
    let frames = format!("{:?}", lesson.shell.inbox[&lesson.screens["a"]]);
    assert!(!frames.contains("学生不舒服"), "nothing of it on the screen");
}

#[test]
fn any_number_are_on_duty_and_nobody_is_told() {
    let mut lesson = Class::live(&["a"]);
    let before: usize = lesson.shell.inbox.values().map(Vec::len).sum();
    let lines = lesson.shell.journal.len();
    let (one, two) = (lesson.shell.join(Place::Duty), lesson.shell.join(Place::Duty));
    lesson.shell.tell(Input::Disconnected { conn: one });
    assert_eq!(lesson.shell.lesson.place(two), Some(&Place::Duty));
    assert_eq!(lesson.shell.inbox.values().map(Vec::len).sum::<usize>(), before + 2, "but for their own snapshots");
    assert_eq!(lesson.shell.journal.len(), lines);
    let seen = &lesson.shell.clients[&two].snapshot;
    assert_eq!((seen.classrooms.len(), seen.streams.desk.is_some()), (1, true));
}
