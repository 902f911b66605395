//! Whole journeys, as far as the lesson itself goes.

use super::*;
use crate::id::{ClipId, DeckId};
use crate::report::{self, Interrupted};
use crate::wire::{
    AttendanceMark, FloorEnd, InkColour, Point, Points, PollBy, PollKind, QuestionState, Scene, SeatMark, StudioCamera,
    Surface, Tool,
};

const ROOMS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

fn absent(seats: &[u16]) -> ClientMessage {
    let mark = |seat: &u16| SeatMark { seat: *seat, mark: AttendanceMark::Absent };
    ClientMessage::TakeAttendance { marks: seats.iter().map(mark).collect() }
}

#[test]
fn j1_a_lesson_with_escalation() {
    let mut lesson = Class::live(&ROOMS);
    lesson.shell.arrive(SourceKey::Camera);
    for talking in &ROOMS[..3] {
        lesson.shell.arrive(SourceKey::Classroom(class(talking)));
    }
    for room in ROOMS {
        lesson.shell.say(lesson.assistants[room], absent(&[12, 31]));
    }
    let (master, assistant) = (lesson.master, lesson.assistants["a"]);

    lesson.shell.wait(300_000);
    let first = lesson.ask("a", 5, "铝块换成铁块，排开的水一样多吗？");
    lesson.shell.wait(4_000);
    let second = lesson.ask("a", 22, "铝块换成铁块排开的水一样多吗");
    let offered = lesson.shell.clients[&assistant].question(&second).map(|question| question.similar.clone());
    assert_eq!(offered, Some(vec![first.clone()]));
    lesson.shell.say(assistant, ClientMessage::MergeQuestion { question: second, into: first.clone() });
    lesson.shell.wait(6_000);
    lesson.shell.say(assistant, ClientMessage::AnswerHere { question: first.clone() });
    let third = lesson.ask("a", 17, "木块浮在水面上，为什么还有一部分露在外面？");
    lesson.shell.wait(12_000);
    lesson.shell.say(assistant, ClientMessage::EscalateQuestion { question: third.clone() });

    let seen = &lesson.shell.clients[&master].snapshot;
    let at_master: Vec<_> = seen.questions.iter().filter(|question| question.request.is_some()).collect();
    assert_eq!((at_master.len(), &at_master[0].id, seen.queue.waiting), (1, &third, 1), "one item, not three");

    lesson.shell.wait(30_000);
    let request = lesson.request_of(&third);
    lesson.shell.say(master, ClientMessage::GrantFloor { request: request.clone() });
    assert_eq!(lesson.shell.heard, BTreeSet::from([class("a")]), "only A is heard");
    let granted = lesson.shell.heard(lesson.screens["h"], &request).expect("everybody sees who speaks");
    assert_eq!(granted.question.and_then(|question| question.seat), Some(17));
    lesson.shell.wait(59_000);
    assert_eq!(lesson.state(&request), FloorState::Granted);
    lesson.shell.wait(1_000);
    assert!(lesson.shell.gates.is_empty());
    lesson.shell.say(master, ClientMessage::EndLesson);

    let report = report::of(lesson.shell.lesson.spec(), &lesson.shell.journal);
    let totals = &report.totals;
    assert_eq!((totals.classrooms, totals.enrolled, totals.present, totals.absent), (8, 320, 304, 16));
    assert_eq!((totals.asked, totals.answered_here, totals.merged, totals.escalated), (3, 2, 1, 1));
    assert_eq!((totals.answered_on_floor, totals.follow_ups), (1, 0));
    assert_eq!((totals.floors, totals.talk_ms), (1, 60_000));
    let third = &report.questions[2];
    assert_eq!((third.waited_here_ms, third.waited_for_master_ms), (Some(12_000), Some(30_000)));
    let rooms = &report::csv::tables(&report)[0].rows;
    let cells = |room: usize, columns: std::ops::Range<usize>| rows_text(&rooms[room][columns]);
    assert_eq!(rooms.len(), 9);
    assert_eq!(cells(0, 3..9), "enrolled,present,absent,late,left_early,absent_seats");
    assert_eq!((cells(1, 3..9), cells(1, 11..17)), ("40,38,2,0,0,12 31".to_owned(), "1,60,3,2,1,0".to_owned()));

    same_as_fixture(&report, include_str!("../../../fixtures/report/j1.json"));

    let own = report.only(&[class("b")]);
    assert_eq!((own.totals.present, own.totals.asked, own.questions.len()), (38, 0, 0));
}

/// The report's own contract with the pages that show it.
fn same_as_fixture(report: &report::LessonReport, fixture: &str) {
    let fixture: serde_json::Value = serde_json::from_str(fixture).expect("JSON");
    assert_eq!(serde_json::to_value(report).expect("JSON"), fixture);
}

fn rows_text(cells: &[String]) -> String {
    cells.join(",")
}

/// What must be there again, whatever broke.
fn memory(shell: &Shell, conn: ConnectionId) -> impl PartialEq + std::fmt::Debug + use<> {
    let seen = shell.clients[&conn].snapshot.clone();
    let mut open: Vec<_> = seen.floor.into_iter().filter(|request| request.ended.is_none()).collect();
    open.sort_by(|a, b| a.id.cmp(&b.id));
    (seen.attendance, open, seen.queue, seen.questions, seen.surfaces, seen.poll, seen.poll_results, seen.staff_talk)
}

#[test]
fn j6_a_bad_day() {
    let mut spec = plan(&ROOMS);
    spec.fallback = Some(ClipId::new("submarine"));
    spec.decks.push(DeckSpec { id: DeckId::new("buoyancy"), title: "浮力".to_owned(), pages: 21 });
    let mut lesson = Class::begin(spec, &ROOMS);
    let master = lesson.master;
    lesson.shell.arrive(SourceKey::Camera);
    for room in ["a", "b"] {
        lesson.shell.arrive(SourceKey::Classroom(class(room)));
    }
    for message in [
        ClientMessage::OpenDeck { deck: DeckId::new("buoyancy") },
        ClientMessage::TurnPage { surface: Surface::Deck, page: 8 },
        ClientMessage::DrawStroke {
            surface: Surface::Deck,
            stroke: 1,
            tool: Tool::Pen,
            colour: InkColour::Red,
            width: 40,
            points: Points(vec![Point { x: 1, y: 2, pressure: 128 }]),
            done: true,
        },
        ClientMessage::SetProgramme { scene: Scene::SlidesAndCamera, camera: StudioCamera::Camera },
        ClientMessage::OpenPoll {
            question: "懂了吗？".to_owned(),
            kind: PollKind::Choices { labels: vec!["懂了".to_owned(), "没懂".to_owned()] },
            by: PollBy::Hands,
            correct: None,
            seconds: None,
        },
        ClientMessage::SayToStaff { text: "讲完这页就连你们".to_owned(), classroom: None },
    ] {
        lesson.shell.say(master, message);
    }
    lesson.shell.say(lesson.assistants["a"], absent(&[31]));
    let poll = lesson.shell.lesson.open_poll().expect("open").id;
    lesson.shell.say(lesson.assistants["a"], ClientMessage::AnswerPoll { poll, counts: vec![30, 8] });
    lesson.ask("h", 4, "没人答");
    let asked = lesson.ask_master("b", 8, "铝块放进盐水里会怎样？");
    let hand = lesson.escalate("c");
    lesson.shell.wait(60_000);

    // The master's connection dies for 20 s.
    let lost = lesson.shell.now;
    lesson.shell.tell(Input::Disconnected { conn: master });
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Camera });
    for room in ROOMS {
        let seen = &lesson.shell.clients[&lesson.screens[room]].snapshot;
        assert_eq!((seen.studio.master_present, seen.studio.lost_since_ms), (false, Some(lost)), "told at once");
        assert_eq!(seen.programme.on_air, Scene::Slides);
        assert_eq!(seen.surfaces[0].page.page, 8, "the last slide stays");
        assert_eq!(seen.fallback, None);
        let offered = &lesson.shell.clients[&lesson.assistants[room]].snapshot.fallback;
        assert_eq!(offered, &Some(ClipId::new("submarine")), "the assistant has the clip");
    }
    lesson.shell.wait(20_000);
    let master = lesson.shell.join(Place::Master);
    lesson.shell.arrive(SourceKey::Camera);
    let seen = &lesson.shell.clients[&lesson.screens["h"]].snapshot;
    assert_eq!((seen.studio.lost_since_ms, &seen.programme.on_air), (None, &Scene::SlidesAndCamera), "without a click");

    // One classroom's network dies for 25 s; its assistant's phone has its own.
    let gone = lesson.shell.now;
    let request = lesson.request_of(&asked);
    lesson.shell.say(master, ClientMessage::GrantFloor { request: request.clone() });
    lesson.shell.tell(Input::Disconnected { conn: lesson.screens["b"] });
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Classroom(class("b")) });
    let room = lesson.shell.clients[&master].snapshot.classrooms[1].clone();
    assert_eq!((room.screen_present, room.assistant_present, room.lost_since_ms), (false, true, Some(gone)));
    lesson.shell.wait(25_000);
    lesson.shell.join(Place::Classroom(class("b")));
    lesson.shell.arrive(SourceKey::Classroom(class("b")));
    assert_eq!(lesson.state(&request), FloorState::Granted, "back before the floor is lost");
    assert_eq!(lesson.shell.heard, BTreeSet::from([class("b")]));

    // The recorder is restarted.
    for running in [false, true] {
        lesson.shell.tell(Input::Recording { running });
        assert_eq!(lesson.shell.clients[&lesson.screens["a"]].snapshot.recording, running);
    }

    // The whole server is killed.
    let before = memory(&lesson.shell, master);
    lesson.shell.now += 5_000;
    lesson.shell.restart();
    let master = lesson.shell.join(Place::Master);
    assert_eq!(memory(&lesson.shell, master), before);
    lesson.shell.arrive(SourceKey::Camera);
    for room in ROOMS {
        lesson.shell.join(Place::Classroom(class(room)));
        lesson.shell.join(Place::Assistant(class(room)));
    }
    lesson.shell.arrive(SourceKey::Classroom(class("b")));
    assert_eq!(lesson.shell.heard, BTreeSet::from([class("b")]), "the speaker is heard again");
    assert_eq!(lesson.state(&hand), FloorState::Accepted);

    lesson.shell.wait(100_000);
    lesson.shell.say(master, ClientMessage::EndLesson);
    let ended = lesson.shell.lesson.state.floor.request(&request).and_then(|request| request.ended);
    assert_eq!(ended, Some(FloorEnd::TimedOut));
    let report = report::of(lesson.shell.lesson.spec(), &lesson.shell.journal);
    let gaps: Vec<_> =
        report.interruptions.iter().map(|gap| (gap.what.clone(), gap.to_ms.map(|to| to - gap.from_ms))).collect();
    assert!(gaps.contains(&(Interrupted::Studio, Some(20_000))), "{gaps:?}");
    let b = Interrupted::Classroom { classroom: class("b") };
    assert!(gaps.contains(&(b, Some(25_000))), "{gaps:?}");
    assert!(gaps.contains(&(Interrupted::Server, Some(5_000))), "{gaps:?}");
    let marks: Vec<_> = lesson
        .shell
        .record
        .iter()
        .filter_map(|order| match order {
            RecordOrder::Mark(Mark {
                what: what @ (Marked::StudioLost | Marked::StudioBack | Marked::Resumed),
                ..
            }) => Some(what.clone()),
            _ => None,
        })
        .collect();
    use Marked::{Resumed, StudioBack, StudioLost};
    assert_eq!(marks, [StudioBack, StudioLost, StudioBack, StudioLost, Resumed, StudioBack], "gaps are chapters");
    assert_eq!((report.totals.absent, report.polls.len()), (1, 1));
    same_as_fixture(&report, include_str!("../../../fixtures/report/j6.json"));
}

#[test]
fn what_is_open_at_the_bell_is_followed_up() {
    let mut lesson = Class::live(&["a", "b"]);
    let (open, queued) = (lesson.ask("a", 1, "没人答"), lesson.ask_master("b", 2, "排着队"));
    let late = lesson.ask_master("b", 3, "以后再说");
    lesson.shell.say(lesson.master, ClientMessage::PutOffQuestion { question: late.clone() });
    let part = lesson.ask("b", 4, "也排着队");
    lesson
        .shell
        .say(lesson.assistants["b"], ClientMessage::MergeQuestion { question: part.clone(), into: queued.clone() });
    let spoken = lesson.ask_master("a", 5, "正在说");
    let request = lesson.request_of(&spoken);
    lesson.shell.say(lesson.master, ClientMessage::GrantFloor { request });
    lesson.shell.wait(10_000);
    lesson.shell.tell(Input::End);
    let report = report::of(lesson.shell.lesson.spec(), &lesson.shell.journal);
    let listed: Vec<_> =
        report.follow_ups.iter().map(|follow_up| (follow_up.question.clone(), follow_up.escalated)).collect();
    assert_eq!(listed, [(open, false), (queued, true), (late, true), (part, false)]);
    let state = lesson.shell.lesson.state.questions.get(&spoken).map(|question| question.state);
    assert_eq!(state, Some(QuestionState::AnsweredOnFloor), "it was being answered");
    assert_eq!(report.classrooms[0].talk_ms, 10_000);
}

#[test]
fn a_report_counts_presence_and_survives_a_clock_that_jumps() {
    let mut lesson = Class::live(&["a", "b"]);
    lesson.shell.wait(10_000);
    lesson.shell.tell(Input::Disconnected { conn: lesson.screens["a"] });
    lesson.shell.wait(5_000);
    lesson.shell.join(Place::Classroom(class("a")));
    lesson.shell.wait(20_000);
    lesson.ask_master("b", 1, "为什么");
    let read = |lesson: &Class| report::of(lesson.shell.lesson.spec(), &lesson.shell.journal);
    lesson.shell.now -= 7_200_000;
    lesson.shell.tell(Input::End);
    assert!(read(&lesson).questions.iter().all(|question| question.waited_here_ms >= Some(0)));
    let mut lesson = Class::live(&["a", "b"]);
    lesson.shell.wait(10_000);
    lesson.shell.tell(Input::Disconnected { conn: lesson.screens["a"] });
    lesson.shell.wait(5_000);
    lesson.shell.join(Place::Classroom(class("a")));
    lesson.shell.wait(20_000);
    lesson.shell.tell(Input::End);
    let rooms = read(&lesson).classrooms;
    assert_eq!((rooms[0].present_ms, rooms[0].interruptions), (30_000, 1));
    assert_eq!((rooms[1].present_ms, rooms[1].interruptions), (35_000, 0));
}
