//! The question ladder.

use super::*;
use crate::wire::{AnswerTo, FloorEnd, QuestionState, QuestionView};

impl Class {
    fn seen(&self, conn: ConnectionId, id: &QuestionId) -> QuestionView {
        let known = self.shell.clients[&conn].snapshot.questions.iter().find(|question| question.id == *id);
        known.unwrap_or_else(|| panic!("{id} is not known")).clone()
    }
}

#[test]
fn each_step_of_the_ladder_has_its_time() {
    let mut lesson = Class::live(&["a", "b"]);
    let (master, asked) = (lesson.master, lesson.shell.now);
    let others = lesson.shell.frames(lesson.screens["b"]) + lesson.shell.frames(lesson.assistants["b"]);
    let question = lesson.ask("a", 17, "木块为什么不会全部沉下去？");

    lesson.shell.wait(8_000);
    let escalate = ClientMessage::EscalateQuestion { question: question.clone() };
    assert_eq!(
        lesson.shell.frames(lesson.screens["b"]) + lesson.shell.frames(lesson.assistants["b"]),
        others,
        "another classroom hears nothing of it"
    );
    lesson.shell.say(lesson.assistants["a"], escalate);
    lesson.shell.wait(5_000);
    lesson.shell.say(master, ClientMessage::PutOffQuestion { question: question.clone() });
    lesson.shell.wait(20_000);
    let request = lesson.request_of(&question);
    lesson.shell.say(master, ClientMessage::GrantFloor { request: request.clone() });
    let on_floor = lesson.shell.heard(lesson.screens["b"], &request).and_then(|view| view.question).expect("shown");
    assert_eq!((on_floor.seat, on_floor.text.as_deref()), (Some(17), Some("木块为什么不会全部沉下去？")));
    assert_eq!(lesson.seen(master, &question).state, QuestionState::OnFloor);
    lesson.shell.wait(30_000);
    lesson.shell.say(master, ClientMessage::RevokeFloor { request });
    let seen = lesson.seen(master, &question);
    let times = [seen.escalated_ms, seen.put_off_ms, seen.on_floor_ms, seen.settled_ms];
    assert_eq!(times.map(|at| at.map(|at| at - asked)), [Some(8_000), Some(13_000), Some(33_000), Some(63_000)]);
    assert_eq!((seen.state, seen.request), (QuestionState::AnsweredOnFloor, None));
}

#[test]
fn merging_follows_the_chain_and_never_makes_a_circle() {
    let mut lesson = Class::live(&["a"]);
    let assistant = lesson.assistants["a"];
    let [one, two, three] = ["一", "二", "三"].map(|text| lesson.ask("a", 1, text));
    let merge = |a: &QuestionId, b: &QuestionId| ClientMessage::MergeQuestion { question: a.clone(), into: b.clone() };
    assert_eq!(lesson.shell.refused(assistant, merge(&one, &one)), ErrorCode::WrongState);
    lesson.shell.say(assistant, merge(&one, &two));
    assert_eq!(lesson.shell.refused(assistant, merge(&two, &one)), ErrorCode::WrongState);
    lesson.shell.say(assistant, merge(&three, &one));
    assert_eq!(lesson.seen(assistant, &three).merged_into, Some(two.clone()), "into what the other is part of");
    assert_eq!(lesson.seen(assistant, &two).count, 3);
    assert_eq!(lesson.shell.refused(assistant, merge(&three, &two)), ErrorCode::WrongState, "it is part of it already");
    lesson.shell.say(assistant, ClientMessage::AnswerHere { question: two.clone() });
    let settled = [&one, &two, &three].map(|id| lesson.seen(assistant, id).settled_ms);
    assert_eq!(settled, [Some(lesson.shell.now); 3], "what settles one settles its parts");
    let four = lesson.ask("a", 1, "四");
    assert_eq!(lesson.shell.refused(assistant, merge(&four, &two)), ErrorCode::WrongState, "that is settled");
}

#[test]
fn the_master_merges_across_classrooms_and_sees_one_item() {
    let mut lesson = Class::live(&["a", "b", "c"]);
    let master = lesson.master;
    let (a, b) = (lesson.ask_master("a", 17, "木块为什么浮着"), lesson.ask_master("b", 8, "为什么木块浮着"));
    let request_b = lesson.request_of(&b);
    lesson.shell.say(master, ClientMessage::MergeQuestion { question: b.clone(), into: a.clone() });
    let item = lesson.seen(master, &a);
    assert_eq!((item.count, item.classrooms), (2, vec![class("a"), class("b")]));
    assert_eq!(lesson.shell.clients[&master].snapshot.queue.waiting, 1);
    let ended = lesson.shell.heard(lesson.screens["b"], &request_b).and_then(|view| view.ended);
    assert_eq!(ended, Some(FloorEnd::QuestionMerged));
    let in_b = lesson.seen(lesson.assistants["b"], &b);
    assert_eq!((in_b.state, in_b.merged_into, in_b.classrooms), (QuestionState::Merged, None, vec![]));

    // A's assistant cannot settle what B asks too.
    for message in [
        ClientMessage::AnswerHere { question: a.clone() },
        ClientMessage::WithdrawQuestion { question: a.clone() },
        ClientMessage::LowerHand { request: lesson.request_of(&a) },
    ] {
        assert_eq!(lesson.shell.refused(lesson.assistants["a"], message), ErrorCode::WrongState);
    }
    let others = lesson.shell.frames(lesson.assistants["c"]);
    let answer = |to| ClientMessage::AnswerQuestion { question: a.clone(), text: "密度小。".to_owned(), to };
    lesson.shell.say(master, answer(AnswerTo::Classroom));
    for (room, question) in [("a", &a), ("b", &b)] {
        let heard = lesson.seen(lesson.screens[room], question);
        assert_eq!((heard.answer.as_deref(), heard.settled_ms), (Some("密度小。"), Some(lesson.shell.now)));
    }
    let told = &lesson.shell.inbox[&lesson.assistants["c"]][others..];
    assert!(!format!("{told:?}").contains("密度小"), "{told:?}");
    assert_eq!(lesson.shell.refused(master, answer(AnswerTo::Everyone)), ErrorCode::WrongState);
}

#[test]
fn a_written_answer_for_everyone_reaches_every_seat_and_those_who_come_later() {
    let mut lesson = Class::live(&["a", "b"]);
    let question = lesson.ask_master("a", 3, "潜水艇怎样上浮？");
    let request = lesson.request_of(&question);
    let answer = ClientMessage::AnswerQuestion { question, text: " 排出水。 ".to_owned(), to: AnswerTo::Everyone };
    lesson.shell.say(lesson.master, answer);
    let late = lesson.shell.join(Place::Observer);
    for conn in [lesson.screens["a"], lesson.screens["b"], late] {
        let answers = &lesson.shell.clients[&conn].snapshot.answers;
        assert_eq!(answers.iter().map(|answer| answer.answer.as_str()).collect::<Vec<_>>(), ["排出水。"]);
    }
    let ended = lesson.shell.lesson.state.floor.request(&request).and_then(|request| request.ended);
    assert_eq!(ended, Some(FloorEnd::AnsweredInText));
}

#[test]
fn alike_questions_are_offered_in_the_room_and_at_the_desk() {
    let mut lesson = Class::live(&["a", "b"]);
    let elsewhere = lesson.ask("b", 8, "木块为什么不会全部沉下去");
    let here = lesson.ask("a", 5, "木块为什么不会沉下去？");
    let other = lesson.ask("a", 6, "铝块换成铁块，排开的水一样多吗？");
    let asked = lesson.ask("a", 17, "为什么木块不会沉下去？");
    let (assistant, master) = (lesson.assistants["a"], lesson.master);
    assert_eq!(lesson.seen(assistant, &asked).similar, std::slice::from_ref(&here), "its own classroom's only");
    assert_eq!(lesson.seen(assistant, &other).similar, []);
    lesson.shell.say(assistant, ClientMessage::EscalateQuestion { question: asked.clone() });
    let at_desk = lesson.seen(master, &asked).similar;
    assert_eq!(BTreeSet::from_iter(at_desk), BTreeSet::from([here.clone(), elsewhere]));
    assert_eq!(lesson.seen(assistant, &asked).similar, [here]);
}

#[test]
fn what_the_master_does_not_take_goes_back_to_the_assistant() {
    let mut lesson = Class::live(&["a"]);
    for say_no in [
        (|lesson: &mut Class, request| lesson.shell.say(lesson.master, ClientMessage::DenyFloor { request }))
            as fn(&mut Class, FloorRequestId) -> Vec<Effect>,
        |lesson, request| lesson.shell.say(lesson.assistants["a"], ClientMessage::LowerHand { request }),
    ] {
        let question = lesson.ask_master("a", 17, "为什么");
        let request = lesson.request_of(&question);
        say_no(&mut lesson, request);
        assert_eq!(lesson.seen(lesson.master, &question).state, QuestionState::Open);
        lesson.shell.say(lesson.assistants["a"], ClientMessage::AnswerHere { question: question.clone() });
        assert_eq!(lesson.seen(lesson.master, &question).state, QuestionState::AnsweredHere);
    }
}

#[test]
fn a_question_waits_for_a_classroom_that_is_gone_and_a_floor_does_not() {
    let mut lesson = Class::live(&["a"]);
    let (waiting, spoken) = (lesson.ask_master("a", 17, "一"), lesson.ask_master("a", 18, "二"));
    let request = lesson.request_of(&spoken);
    lesson.shell.say(lesson.master, ClientMessage::GrantFloor { request: request.clone() });
    lesson.shell.tell(Input::Disconnected { conn: lesson.screens["a"] });
    lesson.shell.wait(30_000);
    assert_eq!(lesson.seen(lesson.master, &waiting).state, QuestionState::Escalated);
    assert_eq!(lesson.seen(lesson.master, &spoken).state, QuestionState::Open, "not answered: back to the assistant");
    assert_eq!(lesson.state(&request), FloorState::Revoked);
}

#[test]
fn a_classroom_has_twenty_open_questions() {
    let mut lesson = Class::live(&["a", "b"]);
    let first = lesson.ask("a", 1, "零");
    for n in 1..20 {
        lesson.ask("a", 1, &n.to_string());
    }
    let more = || ClientMessage::AskQuestion { seat: None, text: None, wants_to_speak: true };
    assert_eq!(lesson.shell.refused(lesson.assistants["a"], more()), ErrorCode::TooMany);
    lesson.ask("b", 1, "另一个班");
    lesson.shell.say(lesson.assistants["a"], ClientMessage::WithdrawQuestion { question: first });
    assert!(matches!(lesson.shell.say(lesson.assistants["a"], more())[..], [Effect::Journal(_), ..]));
}

#[test]
fn a_lesson_keeps_two_thousand_questions_and_the_journal_all() {
    let names: Vec<_> = (0..101).map(|n| n.to_string()).collect();
    let mut shell = Shell::new(plan(&names.iter().map(String::as_str).collect::<Vec<_>>()));
    shell.tell(Input::Start);
    let assistants: Vec<_> = names.iter().map(|name| shell.join(Place::Assistant(class(name)))).collect();
    let ask =
        || ClientMessage::AskQuestion { seat: Some(1), text: Some("为什么".to_owned()), wants_to_speak: false };
    for assistant in &assistants[..100] {
        for _ in 0..20 {
            shell.say(*assistant, ask());
        }
    }
    assert_eq!(shell.refused(assistants[100], ask()), ErrorCode::TooMany);
    let oldest = shell.lesson.state.questions.iter().next().expect("asked").id.clone();
    shell.say(assistants[0], ClientMessage::AnswerHere { question: oldest.clone() });
    shell.say(assistants[100], ask());
    assert_eq!(shell.lesson.state.questions.iter().count(), 2_000);
    assert!(shell.lesson.state.questions.get(&oldest).is_none(), "the oldest settled one gave way");
    let report = crate::report::of(shell.lesson.spec(), &shell.journal);
    assert_eq!((report.totals.asked, report.totals.answered_here, report.totals.follow_ups), (2_001, 1, 2_000));
}

#[test]
fn what_is_not_a_question_is_refused() {
    let mut lesson = Class::live(&["a", "b"]);
    let assistant = lesson.assistants["a"];
    let ask =
        |seat, text: &str| ClientMessage::AskQuestion { seat, text: Some(text.to_owned()), wants_to_speak: false };
    let bad = [ask(None, ""), ask(None, " \n"), ask(None, &"问".repeat(301)), ask(None, "a\u{202e}b")];
    for message in bad {
        assert_eq!(lesson.shell.refused(assistant, message), ErrorCode::BadMessage);
    }
    let silent = ClientMessage::AskQuestion { seat: Some(1), text: None, wants_to_speak: false };
    assert_eq!(lesson.shell.refused(assistant, silent), ErrorCode::BadMessage);
    for seat in [0, 41, u16::MAX] {
        assert_eq!(lesson.shell.refused(assistant, ask(Some(seat), "问")), ErrorCode::NotFound);
    }
    let question = lesson.ask("b", 1, "别的班");
    for message in [
        ClientMessage::AnswerHere { question: question.clone() },
        ClientMessage::EscalateQuestion { question: question.clone() },
        ClientMessage::WithdrawQuestion { question: question.clone() },
        ClientMessage::MergeQuestion { question: question.clone(), into: question.clone() },
    ] {
        assert_eq!(lesson.shell.refused(assistant, message.clone()), ErrorCode::NotFound);
        if !matches!(message, ClientMessage::MergeQuestion { .. }) {
            assert_eq!(lesson.shell.refused(lesson.master, message.clone()), ErrorCode::Forbidden);
        }
        assert_eq!(lesson.shell.refused(lesson.screens["b"], message), ErrorCode::Forbidden);
    }
}
