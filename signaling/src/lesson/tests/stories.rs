//! Lessons that go as planned.

use super::*;
use crate::wire::{FloorEnd, StudioState};

#[test]
fn j1_a_raised_hand_climbs_to_the_master_and_is_heard() {
    let mut lesson = Class::live(&["a", "b", "c"]);
    for id in ["a", "b", "c"] {
        lesson.shell.arrive(SourceKey::Classroom(class(id)));
    }
    let (master, a, b) = (lesson.master, lesson.screens["a"], lesson.screens["b"]);

    let b_before = lesson.shell.frames(b);
    let hand = lesson.raise("a");
    let heard = lesson.shell.heard(lesson.assistants["a"], &hand).expect("the assistant sees the hand");
    assert_eq!((heard.state, heard.position), (FloorState::Pending, None));
    assert_eq!(lesson.shell.heard(a, &hand).map(|view| view.state), Some(FloorState::Pending));
    assert_eq!(lesson.shell.frames(b), b_before, "another classroom hears nothing of a pending hand");

    lesson.shell.wait(8_000);
    lesson.shell.say(lesson.assistants["a"], ClientMessage::AcceptHand { request: hand.clone() });
    let heard = lesson.shell.heard(master, &hand).expect("it is in the master's queue");
    assert_eq!(
        (heard.state, heard.position, heard.classroom_name.as_str()),
        (FloorState::Accepted, Some(1), "八（a）班")
    );
    assert!(lesson.shell.gates.is_empty());

    lesson.shell.wait(5_000);
    lesson.shell.say(master, ClientMessage::GrantFloor { request: hand.clone() });
    assert_eq!(lesson.shell.gates, BTreeSet::from([class("a")]));
    assert_eq!(lesson.shell.on_slots(), (vec![(1, class("a"))], vec![(2, class("a"))]));
    let heard = lesson.shell.heard(b, &hand).expect("everybody sees who has the floor");
    assert_eq!((heard.state, heard.deadline_ms), (FloorState::Granted, Some(lesson.shell.now + 60_000)));

    lesson.shell.wait(59_999);
    assert!(!lesson.shell.gates.is_empty());
    lesson.shell.wait(1);
    assert!(lesson.shell.gates.is_empty(), "the gate closes when the time is up");
    assert_eq!(lesson.shell.on_slots(), (vec![], vec![]));
    let heard = lesson.shell.heard(b, &hand).expect("everybody sees why it ended");
    assert_eq!((heard.state, heard.ended), (FloorState::Revoked, Some(FloorEnd::TimedOut)));
}

#[test]
fn each_way_a_request_ends_has_its_own_name() {
    type End = fn(&mut Class, FloorRequestId);
    let ends: [(End, bool, FloorState, FloorEnd); 6] = [
        (
            |l, request| drop(l.shell.say(l.screens["a"], ClientMessage::LowerHand { request })),
            false,
            FloorState::Cancelled,
            FloorEnd::LoweredByClassroom,
        ),
        (
            |l, request| drop(l.shell.say(l.assistants["a"], ClientMessage::DeclineHand { request })),
            false,
            FloorState::Denied,
            FloorEnd::DeclinedByAssistant,
        ),
        (
            |l, request| drop(l.shell.say(l.master, ClientMessage::DenyFloor { request })),
            false,
            FloorState::Denied,
            FloorEnd::DeniedByMaster,
        ),
        (
            |l, request| drop(l.shell.say(l.assistants["a"], ClientMessage::ReleaseFloor { request })),
            true,
            FloorState::Released,
            FloorEnd::ReleasedByClassroom,
        ),
        (
            |l, request| drop(l.shell.say(l.master, ClientMessage::RevokeFloor { request })),
            true,
            FloorState::Revoked,
            FloorEnd::RevokedByMaster,
        ),
        (|l, _| drop(l.shell.tell(Input::End)), true, FloorState::Revoked, FloorEnd::LessonEnded),
    ];
    for (end, granted, state, why) in ends {
        let mut lesson = Class::live(&["a", "b"]);
        let request = if granted { lesson.grant("a") } else { lesson.raise("a") };
        end(&mut lesson, request.clone());
        let over = lesson.shell.lesson.state.floor.request(&request).expect("kept for a while");
        assert_eq!((over.state, over.ended), (state, Some(why)));
        assert!(lesson.shell.gates.is_empty());
        assert_eq!(lesson.shell.on_slots(), (vec![], vec![]));
    }
}

#[test]
fn the_own_screen_hears_that_its_pending_hand_was_declined() {
    let mut lesson = Class::live(&["a", "b"]);
    let hand = lesson.raise("a");
    let others = lesson.shell.frames(lesson.screens["b"]);
    lesson.shell.say(lesson.assistants["a"], ClientMessage::DeclineHand { request: hand.clone() });
    let heard = lesson.shell.heard(lesson.screens["a"], &hand).and_then(|view| view.ended);
    assert_eq!(heard, Some(FloorEnd::DeclinedByAssistant));
    assert_eq!(lesson.shell.frames(lesson.screens["b"]), others);
}

#[test]
fn the_master_may_grant_a_hand_the_assistant_has_not_looked_at() {
    let mut lesson = Class::live(&["a"]);
    let hand = lesson.raise("a");
    lesson.shell.say(lesson.master, ClientMessage::GrantFloor { request: hand.clone() });
    assert_eq!(lesson.state(&hand), FloorState::Granted);
    assert_eq!(
        lesson.shell.refused(lesson.assistants["a"], ClientMessage::AcceptHand { request: hand }),
        ErrorCode::WrongState
    );
}

#[test]
fn a_hand_raised_by_the_assistant_is_in_the_queue_at_once() {
    let mut lesson = Class::live(&["a"]);
    lesson.shell.say(lesson.assistants["a"], ClientMessage::RaiseHand);
    let hand = lesson.shell.request("a");
    let heard = lesson.shell.heard(lesson.screens["a"], &hand).expect("its screen sees it");
    assert_eq!((heard.state, heard.position), (FloorState::Accepted, Some(1)));
}

#[test]
fn the_fourth_classroom_waits_until_one_of_three_is_done() {
    let mut lesson = Class::live(&["a", "b", "c", "d"]);
    let first = lesson.grant("a");
    lesson.grant("b");
    lesson.grant("c");
    let fourth = lesson.escalate("d");
    let grant = ClientMessage::GrantFloor { request: fourth.clone() };
    assert_eq!(lesson.shell.refused(lesson.master, grant.clone()), ErrorCode::FloorFull);
    lesson.shell.say(lesson.master, ClientMessage::RevokeFloor { request: first });
    lesson.shell.say(lesson.master, grant);
    assert_eq!(lesson.state(&fourth), FloorState::Granted);
    let (audio, video) = lesson.shell.on_slots();
    assert_eq!(audio, [(1, class("d")), (2, class("b")), (3, class("c"))], "b and c stay where they are");
    assert_eq!(video, [(2, class("c")), (3, class("b"))], "c was only heard until a picture became free");
}

#[test]
fn the_queue_is_ordered_by_waiting_and_everybody_sees_who_moves() {
    let mut lesson = Class::live(&["a", "b", "c"]);
    let a = lesson.raise("a");
    lesson.shell.wait(2_000);
    let b = lesson.escalate("b");
    lesson.shell.wait(2_000);
    let c = lesson.escalate("c");
    let place = |lesson: &Class, id| lesson.shell.heard(lesson.master, id).and_then(|view| view.position);
    assert_eq!([place(&lesson, &b), place(&lesson, &c)], [Some(1), Some(2)]);
    // Accepted last, but it has waited longest.
    lesson.shell.say(lesson.assistants["a"], ClientMessage::AcceptHand { request: a.clone() });
    assert_eq!([place(&lesson, &a), place(&lesson, &b), place(&lesson, &c)], [Some(1), Some(2), Some(3)]);
    lesson.shell.say(lesson.master, ClientMessage::GrantFloor { request: b.clone() });
    assert_eq!([place(&lesson, &a), place(&lesson, &b), place(&lesson, &c)], [Some(1), None, Some(2)]);
}

#[test]
fn of_hands_raised_together_the_one_who_has_spoken_least_is_next() {
    let mut lesson = Class::live(&["a", "b"]);
    let talk = lesson.grant("a");
    lesson.shell.wait(30_000);
    lesson.shell.say(lesson.master, ClientMessage::RevokeFloor { request: talk });
    let a = lesson.escalate("a");
    let b = lesson.escalate("b");
    let place = |id| lesson.shell.heard(lesson.master, id).and_then(|view| view.position);
    assert_eq!([place(&a), place(&b)], [Some(2), Some(1)]);
}

#[test]
fn the_clock_of_a_floor_is_extended() {
    let mut lesson = Class::live(&["a"]);
    let request = lesson.grant("a");
    let granted = lesson.shell.now;
    lesson.shell.wait(50_000);
    for seconds in [0, 45] {
        lesson.shell.say(lesson.master, ClientMessage::ExtendFloor { request: request.clone(), seconds });
    }
    let heard = lesson.shell.heard(lesson.screens["a"], &request).and_then(|view| view.deadline_ms);
    assert_eq!(heard, Some(granted + 60_000 + 30_000 + 45_000));
    let far = ClientMessage::ExtendFloor { request: request.clone(), seconds: 601 };
    assert_eq!(lesson.shell.refused(lesson.master, far), ErrorCode::BadMessage);
    lesson.shell.wait(84_999);
    assert_eq!(lesson.state(&request), FloorState::Granted);
    lesson.shell.wait(1);
    assert_eq!(lesson.state(&request), FloorState::Revoked);
}

#[test]
fn one_open_hand_for_each_classroom() {
    let mut lesson = Class::live(&["a"]);
    let first = lesson.raise("a");
    for conn in [lesson.screens["a"], lesson.assistants["a"]] {
        assert_eq!(lesson.shell.refused(conn, ClientMessage::RaiseHand), ErrorCode::WrongState);
    }
    lesson.shell.say(lesson.screens["a"], ClientMessage::LowerHand { request: first.clone() });
    assert_ne!(lesson.raise("a"), first);
}

#[test]
fn classrooms_wait_before_the_start_and_are_sent_home_after_the_end() {
    let mut shell = Shell::new(plan(&["a"]));
    let screen = shell.join(Place::Classroom(class("a")));
    shell.arrive(SourceKey::Camera);
    assert_eq!(shell.clients[&screen].snapshot.state, LessonState::Scheduled);
    assert!(shell.slots.iter().all(|slot| slot.source.is_none()), "the studio is not on air before the start");
    assert_eq!(shell.refused(screen, ClientMessage::RaiseHand), ErrorCode::WrongState);

    let master = shell.join(Place::Master);
    shell.say(master, ClientMessage::StartLesson);
    let seen = &shell.clients[&screen].snapshot;
    assert_eq!((seen.state, seen.started_ms, seen.recording), (LessonState::Live, Some(MORNING), true));
    assert_eq!(
        seen.slots.iter().filter(|slot| slot.source == Some(SourceView::Camera)).count(),
        2,
        "voice and picture"
    );
    assert_eq!(shell.refused(master, ClientMessage::StartLesson), ErrorCode::WrongState);

    shell.wait(2_400_000);
    shell.say(master, ClientMessage::EndLesson);
    let told = shell.inbox[&screen].last();
    assert!(matches!(told, Some(ServerMessage::Delta { events, .. })
        if events.contains(&Event::LessonChanged { state: LessonState::Ended, at_ms: shell.now })));
    assert_eq!(shell.closed, BTreeMap::from([(screen, ByeReason::LessonEnded), (master, ByeReason::LessonEnded)]));
    assert_eq!((shell.record.first(), shell.record.last()), (Some(&RecordOrder::Start), Some(&RecordOrder::Stop)));
    assert_eq!((shell.lesson.ended_ms(), shell.lesson.poll_timeout()), (Some(shell.now), None));

    let late = shell.join(Place::Classroom(class("a")));
    assert_eq!(shell.closed.get(&late), Some(&ByeReason::LessonEnded));
    assert_eq!(shell.frames(late), 0);
}

#[test]
fn orders_from_outside_start_and_end_a_lesson_once() {
    let mut shell = Shell::new(plan(&["a"]));
    assert!(shell.tell(Input::End).is_empty(), "it has not begun");
    assert!(!shell.tell(Input::Start).is_empty());
    assert!(shell.tell(Input::Start).is_empty());
    assert!(!shell.tell(Input::End).is_empty());
    assert!(shell.tell(Input::End).is_empty() && shell.tell(Input::Start).is_empty());
}

#[test]
fn listeners_are_not_announced_to_listeners() {
    let mut lesson = Class::live(&["a", "b"]);
    let (of_master, of_b) = (lesson.shell.frames(lesson.master), lesson.shell.frames(lesson.screens["b"]));
    let again = lesson.shell.join(Place::Classroom(class("a")));
    assert_eq!(lesson.shell.clients[&again].snapshot.classrooms.len(), 1, "a screen gets its own classroom only");
    lesson.shell.tell(Input::Disconnected { conn: again });
    let observer = lesson.shell.join(Place::Observer);
    assert_eq!(lesson.shell.frames(lesson.screens["b"]), of_b);
    assert_eq!(lesson.shell.frames(lesson.master), of_master + 1, "one delta for the classroom that left");
    assert!(lesson.shell.clients[&observer].snapshot.classrooms.is_empty());
    assert!(!lesson.shell.journal.iter().any(|line| line.encode().contains("principal")));
}

#[test]
fn the_recording_light_follows_what_the_recorder_says() {
    let mut lesson = Class::live(&["a"]);
    let screen = lesson.screens["a"];
    lesson.shell.tell(Input::Recording { running: false });
    assert!(!lesson.shell.clients[&screen].snapshot.recording);
    assert!(lesson.shell.tell(Input::Recording { running: false }).is_empty());
    lesson.shell.tell(Input::Recording { running: true });
    assert!(lesson.shell.clients[&screen].snapshot.recording);
}

#[test]
fn the_timeline_is_marked_with_ids_and_no_names() {
    let mut lesson = Class::live(&["a"]);
    lesson.shell.arrive(SourceKey::Camera);
    let request = lesson.grant("a");
    lesson.shell.say(lesson.master, ClientMessage::RevokeFloor { request });
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Camera });
    let marks = lesson.shell.record.iter().filter_map(|order| match order {
        RecordOrder::Mark(mark) => Some(serde_json::to_string(mark).expect("marks are JSON")),
        _ => None,
    });
    assert_eq!(
        marks.collect::<Vec<_>>(),
        [
            r#"{"at_ms":1760000000000,"mark":"lesson_started"}"#,
            r#"{"at_ms":1760000000000,"mark":"scene_shown","scene":{"scene":"camera"}}"#,
            r#"{"at_ms":1760000000000,"mark":"page_turned","surface":"board","deck":null,"page":1,"strokes":[]}"#,
            r#"{"at_ms":1760000000000,"mark":"studio_back"}"#,
            r#"{"at_ms":1760000000000,"mark":"floor_granted","classroom":"a"}"#,
            r#"{"at_ms":1760000000000,"mark":"floor_ended","classroom":"a"}"#,
            r#"{"at_ms":1760000000000,"mark":"studio_lost"}"#,
        ]
    );
}

#[test]
fn studio_media_comes_and_goes_and_comes_by_another_way() {
    let mut lesson = Class::live(&["a"]);
    lesson.shell.arrive(SourceKey::Screen);
    lesson.shell.tell(Input::SourceArrived { source: SourceKey::Camera, audio: true, video: false });
    let seen = &lesson.shell.clients[&lesson.screens["a"]].snapshot;
    assert_eq!(seen.studio, StudioState { master_present: true, camera: true, screen: true, ..StudioState::default() });
    let shown: Vec<_> =
        seen.slots.iter().filter_map(|slot| Some((slot.kind, slot.index, slot.source.clone()?))).collect();
    use crate::wire::SlotKind::{Audio, Video};
    assert_eq!(shown, [(Audio, 0, SourceView::Camera), (Video, 1, SourceView::Screen)]);

    // The encoder takes over from the browser: nothing new for the lesson, new tracks for the forwarder.
    let again = lesson.shell.tell(Input::SourceArrived { source: SourceKey::Camera, audio: true, video: false });
    assert_eq!(again, [Effect::Media(MediaOrder::MapSlots(lesson.shell.lesson.slots()))]);
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Screen });
    assert!(lesson.shell.tell(Input::SourceGone { source: SourceKey::Screen }).is_empty());
}
