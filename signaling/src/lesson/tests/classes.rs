//! Class lists, attendance, assistants who change, and device checks.

use super::*;
use crate::wire::{AttendanceMark, AttendanceView, Check, CheckResult, SeatMark, Verdict};

fn marks(marks: &[(u16, AttendanceMark)]) -> ClientMessage {
    ClientMessage::TakeAttendance {
        marks: marks.iter().map(|(seat, mark)| SeatMark { seat: *seat, mark: *mark }).collect(),
    }
}

fn attendance(lesson: &Class, conn: ConnectionId) -> AttendanceView {
    let known = &lesson.shell.clients[&conn].snapshot.attendance;
    known.iter().find(|attendance| attendance.classroom == class("a")).expect("known").clone()
}

#[test]
fn attendance_is_a_list_of_exceptions_and_facts_are_what_changed() {
    use AttendanceMark::{Absent, Late, LeftEarly};
    let mut lesson = Class::live(&["a", "b"]);
    let (assistant, took) = (lesson.assistants["a"], lesson.shell.now);
    let elsewhere = lesson.shell.frames(lesson.screens["b"]) + lesson.shell.frames(lesson.assistants["b"]);
    lesson.shell.say(assistant, marks(&[(12, Absent), (31, Absent)]));
    assert!(lesson.shell.say(assistant, marks(&[(31, Absent), (12, Absent)])).is_empty(), "the same again");
    lesson.shell.wait(300_000);
    let effects = lesson.shell.say(assistant, marks(&[(12, Late), (31, Absent)]));
    let [Effect::Journal(line), ..] = &effects[..] else { panic!("{effects:?}") };
    let late = SeatMark { seat: 12, mark: Late };
    assert_eq!(line.facts, [Fact::AttendanceTaken { classroom: class("a"), marks: vec![late] }]);
    lesson.shell.say(assistant, marks(&[(12, Late), (31, Absent), (7, LeftEarly)]));

    let room = attendance(&lesson, lesson.screens["a"]);
    assert_eq!((room.taken_ms, room.enrolled, room.present, room.absent), (Some(took), 40, 39, 1));
    assert_eq!((room.late, room.left_early), (1, 1));
    let seen: Vec<_> = room.marks.iter().flatten().map(|mark| (mark.seat, mark.mark, mark.at_ms - took)).collect();
    assert_eq!(seen, [(7, LeftEarly, 300_000), (12, Late, 300_000), (31, Absent, 0)]);
    let desk = attendance(&lesson, lesson.master);
    assert_eq!(desk, AttendanceView { marks: None, ..room });
    assert_eq!(
        lesson.shell.frames(lesson.screens["b"]) + lesson.shell.frames(lesson.assistants["b"]),
        elsewhere,
        "no other classroom is told"
    );
    lesson.shell.say(assistant, marks(&[]));
    assert_eq!(attendance(&lesson, lesson.master).present, 40, "whoever is not marked is here");
}

#[test]
fn a_list_that_cannot_be_is_refused_whole() {
    use AttendanceMark::{Absent, Present};
    let mut lesson = Class::live(&["a"]);
    let assistant = lesson.assistants["a"];
    let crowd: Vec<_> = (1..=121).map(|seat| (seat, Absent)).collect();
    for (message, code) in [
        (marks(&[(41, Absent)]), ErrorCode::NotFound),
        (marks(&[(1, Absent), (0, Absent)]), ErrorCode::NotFound),
        (marks(&[(1, Absent), (1, Present)]), ErrorCode::BadMessage),
        (marks(&crowd), ErrorCode::BadMessage),
    ] {
        assert_eq!(lesson.shell.refused(assistant, message), code);
    }
    for conn in [lesson.master, lesson.screens["a"]] {
        assert_eq!(lesson.shell.refused(conn, marks(&[])), ErrorCode::Forbidden);
    }
}

#[test]
fn a_class_has_at_most_120_seats_each_once() {
    let mut spec = plan(&["a"]);
    spec.classrooms[0].seats = (0..500).map(|n| SeatSpec { number: n % 130, group: None }).collect();
    let shell = Shell::new(spec);
    let seats: Vec<_> = shell.lesson.spec().classrooms[0].seats.iter().map(|seat| seat.number).collect();
    assert_eq!(seats, (0..120).collect::<Vec<_>>());
}

#[test]
fn a_substitute_takes_over_in_mid_lesson() {
    let mut lesson = Class::live(&["a", "b"]);
    let (old, hand) = (lesson.assistants["a"], lesson.raise("a"));
    let waiting = lesson.shell.connect("assistant-a", vec![Place::Assistant(class("a"))]);
    lesson.shell.say(old, ClientMessage::HoldTalk { on: true });
    let change = |name: Option<&str>| Input::AssistantChanged { classroom: class("a"), assistant: name.map(person) };
    lesson.shell.tell(change(Some("zhou")));
    assert_eq!(lesson.shell.closed, BTreeMap::from([(old, ByeReason::Replaced)]), "the screen goes on");
    assert!(lesson.shell.talk.is_empty());
    let refused = lesson.shell.refused(waiting, join_message(Role::Assistant, Some("a")));
    assert_eq!(refused, ErrorCode::Forbidden, "nor may the old one come in again");
    let seen = &lesson.shell.clients[&lesson.master].snapshot.classrooms[0];
    assert_eq!((seen.assistant_name.as_deref(), seen.assistant_present), (Some("zhou"), false));
    let places = lesson.shell.lesson.places_of(&AccountId::new("zhou"));
    assert_eq!(places, [Place::Assistant(class("a")), Place::Classroom(class("a"))]);
    assert!(lesson.shell.lesson.places_of(&AccountId::new("assistant-a")).is_empty());

    let new = lesson.shell.connect("zhou", places);
    lesson.shell.say(new, join_message(Role::Assistant, Some("a")));
    lesson.shell.say(new, ClientMessage::AcceptHand { request: hand.clone() });
    assert_eq!(lesson.state(&hand), FloorState::Accepted);
    assert!(lesson.shell.tell(change(Some("zhou"))).is_empty(), "the same again");
    lesson.shell.restart();
    assert!(lesson.shell.lesson.places_of(&AccountId::new("zhou")).len() == 2, "it is in the journal");
    lesson.shell.tell(change(None));
    assert!(lesson.shell.lesson.places_of(&AccountId::new("zhou")).is_empty());
    assert!(lesson.shell.tell(Input::AssistantChanged { classroom: class("z"), assistant: None }).is_empty());
}

fn checked(microphone: Verdict) -> CheckResult {
    let ok = Check { verdict: Verdict::Ok, reason: None };
    let reason = (microphone != Verdict::Ok).then(|| "silent".to_owned());
    CheckResult {
        camera: ok.clone(),
        microphone: Check { verdict: microphone, reason },
        echo: ok.clone(),
        loss: ok.clone(),
        path: ok.clone(),
        clock: ok,
    }
}

#[test]
fn checks_count_from_ten_minutes_before_the_start() {
    let mut spec = plan(&["a", "b"]);
    spec.starts_ms = Some(MORNING + 900_000);
    let mut shell = Shell::new(spec);
    let (duty, own) = (shell.join(Place::Duty), shell.join(Place::Assistant(class("a"))));
    let other = shell.join(Place::Assistant(class("b")));
    let check = |classroom: Option<&str>, verdict| Input::CheckResult {
        classroom: classroom.map(class),
        result: checked(verdict),
    };
    assert!(shell.tell(check(Some("a"), Verdict::Bad)).is_empty(), "a quarter of an hour before");
    shell.wait(300_000);
    shell.tell(check(Some("a"), Verdict::Bad));
    shell.tell(check(None, Verdict::Warn));
    assert!(shell.tell(check(Some("z"), Verdict::Ok)).is_empty());
    let seen = |shell: &Shell, conn: ConnectionId| {
        let checks = &shell.clients[&conn].snapshot.checks;
        checks.iter().map(|check| (check.classroom.clone(), check.worst)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(seen(&shell, duty), BTreeMap::from([(None, Verdict::Warn), (Some(class("a")), Verdict::Bad)]));
    assert_eq!(seen(&shell, own), BTreeMap::from([(Some(class("a")), Verdict::Bad)]));
    assert_eq!(seen(&shell, other), BTreeMap::new());
    shell.wait(59_999);
    assert!(shell.tell(check(Some("a"), Verdict::Bad)).is_empty(), "nothing new within a minute");
    shell.tell(check(Some("a"), Verdict::Ok));
    assert_eq!(seen(&shell, own)[&Some(class("a"))], Verdict::Ok);
    let mut unreadable = checked(Verdict::Bad);
    unreadable.echo.reason = Some("x".repeat(65));
    assert!(shell.tell(Input::CheckResult { classroom: None, result: unreadable }).is_empty());
}
