//! Lessons in which something breaks.

use super::*;
use crate::wire::FloorEnd;

#[test]
fn f35_the_same_seat_joins_twice_and_the_old_one_is_closed() {
    let mut lesson = Class::live(&["a"]);
    for (old, place) in [
        (lesson.master, Place::Master),
        (lesson.screens["a"], Place::Classroom(class("a"))),
        (lesson.assistants["a"], Place::Assistant(class("a"))),
    ] {
        let new = lesson.shell.join(place.clone());
        assert_eq!(lesson.shell.closed.get(&old), Some(&ByeReason::JoinedElsewhere));
        assert_eq!(lesson.shell.lesson.place(new), Some(&place));
        assert!(lesson.shell.say(old, ClientMessage::RaiseHand).is_empty(), "the old one has nothing to say any more");
        // The old socket closes later; the new one keeps its place.
        assert!(lesson.shell.tell(Input::Disconnected { conn: old }).is_empty());
        assert_eq!(lesson.shell.lesson.place(new), Some(&place));
    }
    assert!(lesson.shell.lesson.state.classrooms[&class("a")].screen);
}

#[test]
fn observers_share_their_place() {
    let mut shell = Shell::new(plan(&["a"]));
    let (one, two) = (shell.join(Place::Observer), shell.join(Place::Observer));
    assert!(shell.closed.is_empty());
    assert!(shell.tell(Input::Disconnected { conn: one }).is_empty());
    assert_eq!(shell.lesson.place(two), Some(&Place::Observer));
}

#[test]
fn j6_a_classroom_that_is_back_within_30_s_keeps_its_floor() {
    let mut lesson = Class::live(&["a"]);
    let request = lesson.grant("a");
    lesson.shell.tell(Input::Disconnected { conn: lesson.screens["a"] });
    lesson.shell.wait(29_999);
    lesson.shell.join(Place::Classroom(class("a")));
    lesson.shell.wait(20_000);
    assert_eq!(lesson.state(&request), FloorState::Granted);
}

#[test]
fn j6_a_classroom_gone_for_30_s_loses_its_floor_or_its_hand() {
    for granted in [true, false] {
        let mut lesson = Class::live(&["a"]);
        let request = if granted { lesson.grant("a") } else { lesson.raise("a") };
        lesson.shell.tell(Input::Disconnected { conn: lesson.screens["a"] });
        lesson.shell.wait(30_000);
        let heard = lesson.shell.heard(lesson.master, &request).expect("the master is told");
        assert_eq!(heard.ended, Some(FloorEnd::ClassroomLost));
        assert_eq!(heard.state, if granted { FloorState::Revoked } else { FloorState::Cancelled });
        assert!(lesson.shell.gates.is_empty());
    }
}

#[test]
fn a_classroom_whose_media_still_arrives_is_not_lost() {
    let mut lesson = Class::live(&["a"]);
    lesson.shell.arrive(SourceKey::Classroom(class("a")));
    let request = lesson.grant("a");
    lesson.shell.tell(Input::Disconnected { conn: lesson.screens["a"] });
    lesson.shell.wait(40_000);
    assert_eq!(lesson.state(&request), FloorState::Granted);
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Classroom(class("a")) });
    let extend = ClientMessage::ExtendFloor { request: request.clone(), seconds: 300 };
    lesson.shell.say(lesson.master, extend);
    lesson.shell.wait(30_000);
    assert_eq!(lesson.state(&request), FloorState::Revoked);
}

#[test]
fn an_assistant_may_ask_before_the_screen_is_there() {
    let mut shell = Shell::new(plan(&["a"]));
    shell.tell(Input::Start);
    let assistant = shell.join(Place::Assistant(class("a")));
    shell.say(assistant, ClientMessage::RaiseHand);
    let hand = shell.request("a");
    shell.wait(29_000);
    assert!(shell.lesson.state.floor.hand_of(&class("a")).is_some());
    shell.wait(1_000);
    assert_eq!(shell.heard(assistant, &hand).and_then(|view| view.ended), Some(FloorEnd::ClassroomLost));
}

#[test]
fn the_gate_is_opened_again_for_a_speaker_who_publishes_again() {
    let mut lesson = Class::live(&["a", "b"]);
    lesson.grant("a");
    for id in ["a", "b"] {
        let source = SourceKey::Classroom(class(id));
        lesson.shell.arrive(source.clone());
        // A new publish session starts with its gate closed.
        lesson.shell.gates.clear();
        lesson.shell.tell(Input::SourceArrived { source, audio: true, video: true });
        let open: Vec<_> = lesson.shell.gates.iter().map(ClassroomId::as_str).collect();
        assert_eq!(open, if id == "a" { vec!["a"] } else { vec![] });
    }
}

#[test]
fn media_of_a_classroom_that_is_not_in_the_lesson_is_nobody() {
    let mut lesson = Class::live(&["a"]);
    for source in [SourceKey::Classroom(class("z")), SourceKey::Classroom(class(""))] {
        assert!(
            lesson.shell.tell(Input::SourceArrived { source: source.clone(), audio: true, video: true }).is_empty()
        );
        assert!(lesson.shell.tell(Input::SourceGone { source }).is_empty());
    }
}

#[test]
fn f13_a_killed_server_has_queue_and_floor_back() {
    let mut lesson = Class::live(&["a", "b", "c"]);
    lesson.shell.arrive(SourceKey::Camera);
    lesson.shell.arrive(SourceKey::Classroom(class("a")));
    let (floor, queued, pending) = (lesson.grant("a"), lesson.escalate("b"), lesson.raise("c"));
    let place = lesson.shell.on_slots();
    lesson.shell.now += 10_000;
    lesson.shell.restart();

    let master = lesson.shell.join(Place::Master);
    let seen = lesson.shell.clients[&master].snapshot.clone();
    let state = |id: &FloorRequestId| {
        seen.floor.iter().find(|request| request.id == *id).map(|request| (request.state, request.position))
    };
    assert_eq!(state(&floor), Some((FloorState::Granted, None)));
    assert_eq!(state(&queued), Some((FloorState::Accepted, Some(1))));
    assert_eq!(state(&pending), Some((FloorState::Pending, None)));
    assert!(seen.classrooms.iter().all(|c| !c.screen_present && !c.assistant_present && !c.publishing));
    assert!(!seen.studio.camera);
    assert_eq!(lesson.shell.on_slots(), place, "the floor keeps its slots");
    assert_eq!(lesson.shell.record.iter().filter(|order| **order == RecordOrder::Start).count(), 2);

    // The gate opens when the speaker's media is back, and the hand numbers go on.
    lesson.shell.join(Place::Classroom(class("a")));
    lesson.shell.arrive(SourceKey::Classroom(class("a")));
    assert_eq!(lesson.shell.gates, BTreeSet::from([class("a")]));
    lesson.shell.wait(30_000);
    assert_eq!(lesson.state(&floor), FloorState::Granted);
    assert_eq!(lesson.state(&queued), FloorState::Cancelled, "b did not come back in time");
    let screen = lesson.shell.join(Place::Classroom(class("b")));
    lesson.shell.say(screen, ClientMessage::RaiseHand);
    assert!(![floor, queued, pending].contains(&lesson.shell.request("b")));
}

#[test]
fn a_floor_whose_time_was_up_while_the_server_was_down_ends_on_resuming() {
    let mut lesson = Class::live(&["a"]);
    let request = lesson.grant("a");
    lesson.shell.now += 60_000;
    lesson.shell.restart();
    let over = lesson.shell.lesson.state.floor.request(&request).and_then(|request| request.ended);
    assert_eq!(over, Some(FloorEnd::TimedOut));
}

#[test]
fn an_ended_lesson_stays_ended_after_a_restart() {
    let mut lesson = Class::live(&["a"]);
    lesson.shell.tell(Input::End);
    let lines = lesson.shell.journal.len();
    lesson.shell.restart();
    assert_eq!((lesson.shell.lesson.state(), lesson.shell.journal.len()), (LessonState::Ended, lines));
}

#[test]
fn a_lesson_that_waits_for_its_start_forgets_who_was_there() {
    let mut shell = Shell::new(plan(&["a"]));
    shell.restart();
    assert_eq!(shell.journal, [], "nothing to forget");
    shell.join(Place::Assistant(class("a")));
    shell.restart();
    let master = shell.join(Place::Master);
    assert!(!shell.clients[&master].snapshot.classrooms[0].assistant_present);
    let lines = shell.journal.len();
    shell.restart();
    assert_eq!(shell.journal.len(), lines + 1, "the master was there");
    shell.restart();
    assert_eq!(shell.journal.len(), lines + 1);
}

#[test]
fn a_classroom_taken_out_of_the_plan_does_not_keep_the_lesson_from_coming_back() {
    let mut lesson = Class::live(&["a", "b"]);
    let (gone, kept) = (lesson.grant("a"), lesson.grant("b"));
    let replayed = Lesson::replay(plan(&["b"]), &lesson.shell.journal);
    assert!(replayed.state.floor.request(&gone).is_none());
    assert!(replayed.state.floor.request(&kept).is_some_and(|request| request.is_granted()));
}

#[test]
fn a_withdrawn_account_is_closed_everywhere() {
    let mut lesson = Class::live(&["a", "b"]);
    lesson.shell.tell(Input::Dismissed { account: AccountId::new("assistant-a") });
    let closed: Vec<_> = lesson.shell.closed.iter().collect();
    let (screen, assistant) = (lesson.screens["a"], lesson.assistants["a"]);
    assert_eq!(closed, [(&screen, &ByeReason::SessionEnded), (&assistant, &ByeReason::SessionEnded)]);
    let classroom = &lesson.shell.clients[&lesson.master].snapshot.classrooms[0];
    assert!(!classroom.screen_present && !classroom.assistant_present);
}

#[test]
fn f21_a_wall_clock_that_jumps_breaks_nothing() {
    let mut lesson = Class::live(&["a"]);
    let request = lesson.grant("a");
    lesson.shell.now -= 3_600_000;
    lesson.shell.say(lesson.master, ClientMessage::RevokeFloor { request });
    assert_eq!(lesson.shell.lesson.state.classrooms[&class("a")].spoken_ms, 0);
    for now in [i64::MIN, i64::MAX] {
        lesson.shell.now = now;
        lesson.raise("a");
        let request = lesson.shell.request("a");
        lesson.shell.say(lesson.master, ClientMessage::GrantFloor { request: request.clone() });
        lesson.shell.say(lesson.master, ClientMessage::ExtendFloor { request: request.clone(), seconds: 600 });
        lesson.shell.say(lesson.master, ClientMessage::RevokeFloor { request });
    }
}

#[test]
fn a_lesson_begun_by_version_1_goes_on() {
    let lines = [
        r#"{"v":1,"at_ms":1760000000000,"facts":[{"fact":"seat_taken","place":{"role":"master"},"account":"wang"}]}"#,
        r#"{"v":1,"at_ms":1760000001000,"facts":[{"fact":"lesson_started"},{"fact":"recording_changed","recording":true}]}"#,
        r#"{"v":1,"at_ms":1760000002000,"facts":[{"fact":"seat_taken","place":{"role":"classroom","classroom":"a"},"account":"01A"}]}"#,
        r#"{"v":1,"at_ms":1760000003000,"facts":[{"fact":"hand_raised","request":"01LESSON-1","classroom":"a"},{"fact":"hand_accepted","request":"01LESSON-1"}]}"#,
        r#"{"v":1,"at_ms":1760000004000,"facts":[{"fact":"floor_granted","request":"01LESSON-1","deadline_ms":1760000064000}]}"#,
    ];
    let journal: Vec<_> = lines.iter().map(|line| JournalLine::decode(line).expect("version 1")).collect();
    let mut lesson = Lesson::replay(plan(&["a"]), &journal);
    assert!(lesson.holds_floor(&class("a")));
    assert!(lesson.state.attendance[&class("a")].taken_ms.is_none());
    let resumed = lesson.resume(None, MORNING + 10_000);
    assert!(matches!(&resumed[0], Effect::Journal(line) if line.v == JOURNAL_VERSION));
    let (conn, places) = (ConnectionId(1), vec![Place::Assistant(class("a"))]);
    let account = AccountId::new("assistant-a");
    let visitor = Visitor { seat: SeatId::new("s"), name: "李娜".to_owned(), account, places };
    lesson.handle(Input::Connected { conn, visitor }, MORNING + 11_000);
    let mut say = |message| lesson.handle(Input::Message { conn, message }, MORNING + 11_000);
    say(join_message(Role::Assistant, Some("a")));
    say(ClientMessage::AskQuestion { seat: Some(17), text: Some("为什么".to_owned()), wants_to_speak: false });
    let effects = say(ClientMessage::Snapshot);
    let [Effect::Send { message: ServerMessage::Snapshot(seen), .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((seen.questions.len(), seen.floor[0].state), (1, FloorState::Granted));
}
