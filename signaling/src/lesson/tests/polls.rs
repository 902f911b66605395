//! Polls and quick tests.

use super::*;
use crate::id::PollId;
use crate::wire::{Answer, PollBy, PollKind, PollResultView, PollView};

fn open(kind: PollKind, by: PollBy, correct: Option<Answer>) -> ClientMessage {
    ClientMessage::OpenPoll { question: "示数会怎样？".to_owned(), kind, by, correct, seconds: None }
}

fn choices(n: usize) -> PollKind {
    PollKind::Choices {
        labels: ["变大", "变小", "不变"].iter().cycle().take(n).map(|l| (*l).to_owned()).collect()
    }
}

fn poll(lesson: &Class, conn: ConnectionId) -> PollView {
    lesson.shell.clients[&conn].snapshot.poll.clone().expect("a poll")
}

fn results(lesson: &Class, conn: ConnectionId) -> Vec<(Option<ClassroomId>, Vec<u32>)> {
    let results = &lesson.shell.clients[&conn].snapshot.poll_results;
    results.iter().map(|result: &PollResultView| (result.classroom.clone(), result.counts.clone())).collect()
}

#[test]
fn a_show_of_hands_is_counted_live_at_the_desk_and_shown_to_all_at_the_end() {
    let mut lesson = Class::live(&["a", "b", "c"]);
    let (master, right) = (lesson.master, Answer::whole(1));
    lesson.shell.say(master, open(choices(3), PollBy::Hands, Some(right)));
    let id = poll(&lesson, lesson.screens["c"]).id;
    assert_eq!(poll(&lesson, lesson.screens["c"]).correct, None, "the right answer is not told yet");
    let count = |counts: &[u32]| ClientMessage::AnswerPoll { poll: id.clone(), counts: counts.to_vec() };
    let silent = lesson.shell.frames(lesson.screens["c"]);
    lesson.shell.say(lesson.assistants["a"], count(&[5, 20, 0]));
    lesson.shell.say(lesson.assistants["b"], count(&[1, 30, 9]));
    lesson.shell.say(lesson.assistants["a"], count(&[5, 28, 4]));
    assert!(lesson.shell.say(lesson.assistants["a"], count(&[5, 28, 4])).is_empty(), "the same again");
    assert_eq!(lesson.shell.frames(lesson.screens["c"]), silent, "no other classroom is told");
    let [a, b] = [(Some(class("a")), vec![5, 28, 4]), (Some(class("b")), vec![1, 30, 9])];
    assert_eq!(results(&lesson, master), [a.clone(), b]);
    assert_eq!(results(&lesson, lesson.screens["a"]), [a]);

    lesson.shell.say(master, ClientMessage::ShowPollResult { poll: id.clone(), on: true });
    let shown = poll(&lesson, lesson.screens["c"]);
    let total = shown.result.expect("it is shown");
    assert_eq!((total.answered, total.enrolled, total.counts), (77, 120, vec![6, 58, 13]));
    assert_eq!((shown.correct, shown.closed_ms), (Some(right), Some(lesson.shell.now)), "showing closes it");
    assert_eq!(lesson.shell.refused(lesson.assistants["a"], count(&[0, 0, 0])), ErrorCode::WrongState);
    lesson.shell.say(master, ClientMessage::ShowPollResult { poll: id.clone(), on: false });
    assert_eq!(poll(&lesson, lesson.screens["c"]).result, None);

    lesson.shell.say(master, open(choices(2), PollBy::Hands, None));
    assert!(results(&lesson, master).is_empty(), "the next poll starts afresh");
    let old = ClientMessage::ShowPollResult { poll: id, on: true };
    assert_eq!(lesson.shell.refused(master, old), ErrorCode::WrongState);
}

#[test]
fn seats_and_devices_answer_once_each_and_may_think_again() {
    let mut lesson = Class::live(&["a", "b"]);
    lesson.shell.say(lesson.master, open(PollKind::Number, PollBy::Devices, None));
    let id = poll(&lesson, lesson.master).id;
    let number = |number: f64| Answer::of(number).expect("small");
    let device = |classroom: &str, seat, answer| Input::DeviceAnswer {
        poll: id.clone(),
        classroom: class(classroom),
        seat,
        answer,
    };
    for (classroom, seat, answer) in [("a", 1, 0.8), ("a", 2, 0.8), ("a", 2, 1.0), ("b", 1, -2.5), ("a", 3, 0.8)] {
        assert!(!lesson.shell.tell(device(classroom, seat, number(answer))).is_empty());
    }
    // What the poll does not take changes nothing.
    for (classroom, seat) in [("a", 41), ("z", 1), ("a", 3)] {
        assert!(lesson.shell.tell(device(classroom, seat, number(0.8))).is_empty());
    }
    let takes = |seat| lesson.shell.lesson.takes_device_answer(&id, &class("a"), seat, number(0.8));
    assert_eq!((takes(3), takes(41)), (Ok(()), Err(ErrorCode::NotFound)));
    assert_eq!(lesson.shell.lesson.open_poll().map(|poll| poll.id), Some(id.clone()));
    let seat = |seat, answer| ClientMessage::AnswerPollSeat { poll: id.clone(), seat, answer };
    lesson.shell.say(lesson.assistants["b"], seat(2, number(0.8)));
    assert_eq!(lesson.shell.refused(lesson.assistants["b"], seat(99, number(0.8))), ErrorCode::NotFound);
    lesson.shell.say(lesson.master, ClientMessage::ShowPollResult { poll: id.clone(), on: true });
    let total = poll(&lesson, lesson.screens["a"]).result.expect("shown");
    let seen: Vec<_> = total.numbers.iter().map(|n| (n.answer.to_string(), n.count)).collect();
    assert_eq!(seen, [("-2.5".to_owned(), 1), ("0.8".to_owned(), 3), ("1".to_owned(), 1)]);
    assert_eq!((total.answered, total.others), (5, 0));
}

#[test]
fn twenty_numbers_are_named_and_the_rest_counted() {
    let mut lesson = Class::live(&["a"]);
    lesson.shell.say(lesson.master, open(PollKind::Number, PollBy::Seats, None));
    let poll = poll(&lesson, lesson.master).id;
    for seat in 1..=40 {
        let answer = Answer::whole(i32::from(seat).max(10));
        lesson.shell.say(lesson.assistants["a"], ClientMessage::AnswerPollSeat { poll: poll.clone(), seat, answer });
    }
    let result = &lesson.shell.clients[&lesson.screens["a"]].snapshot.poll_results[0];
    assert_eq!((result.answered, result.numbers.len(), result.others), (40, 20, 11));
    assert_eq!(result.numbers[0].count, 10, "ten answered 10");
}

#[test]
fn what_a_poll_does_not_take_is_refused() {
    let mut lesson = Class::live(&["a"]);
    let (master, assistant) = (lesson.master, lesson.assistants["a"]);
    for (kind, by, correct) in [
        (PollKind::Number, PollBy::Hands, None),
        (choices(1), PollBy::Hands, None),
        (choices(9), PollBy::Hands, None),
        (choices(3), PollBy::Hands, Some(Answer::whole(3))),
        (choices(3), PollBy::Hands, Answer::of(0.5)),
        (PollKind::Choices { labels: vec!["一".repeat(61), "二".to_owned()] }, PollBy::Seats, None),
        (PollKind::Choices { labels: vec![String::new(), "二".to_owned()] }, PollBy::Seats, None),
    ] {
        assert_eq!(lesson.shell.refused(master, open(kind, by, correct)), ErrorCode::BadMessage);
    }
    for conn in [assistant, lesson.screens["a"]] {
        assert_eq!(lesson.shell.refused(conn, open(choices(2), PollBy::Hands, None)), ErrorCode::Forbidden);
    }
    lesson.shell.say(master, open(choices(2), PollBy::Hands, None));
    assert_eq!(lesson.shell.refused(master, open(choices(2), PollBy::Hands, None)), ErrorCode::WrongState);
    let id = poll(&lesson, master).id;
    let count = |counts: Vec<u32>| ClientMessage::AnswerPoll { poll: id.clone(), counts };
    for counts in [vec![1], vec![1, 1, 1], vec![41, 0], vec![u32::MAX, u32::MAX]] {
        assert_eq!(lesson.shell.refused(assistant, count(counts)), ErrorCode::BadMessage);
    }
    let seat = ClientMessage::AnswerPollSeat { poll: id.clone(), seat: 1, answer: Answer::whole(0) };
    assert_eq!(lesson.shell.refused(assistant, seat), ErrorCode::WrongState, "this one takes hands");
    let missing = ClientMessage::AnswerPoll { poll: PollId::new("no such"), counts: vec![0, 0] };
    assert_eq!(lesson.shell.refused(assistant, missing), ErrorCode::NotFound);
    for message in [ClientMessage::ClosePoll { poll: id.clone() }, ClientMessage::ShowPollResult { poll: id, on: true }]
    {
        assert_eq!(lesson.shell.refused(assistant, message), ErrorCode::Forbidden);
    }
}

#[test]
fn a_poll_with_a_clock_closes_by_itself() {
    let mut lesson = Class::live(&["a"]);
    let (master, start) = (lesson.master, lesson.shell.now);
    let timed = |seconds| ClientMessage::OpenPoll {
        question: "示数会怎样？".to_owned(),
        kind: choices(2),
        by: PollBy::Seats,
        correct: None,
        seconds: Some(seconds),
    };
    for seconds in [0, 9, 601] {
        assert_eq!(lesson.shell.refused(master, timed(seconds)), ErrorCode::BadMessage);
    }
    lesson.shell.say(master, timed(60));
    let id = poll(&lesson, master).id;
    let extend = |seconds| ClientMessage::ExtendPoll { poll: id.clone(), seconds };
    lesson.shell.wait(59_000);
    lesson.shell.say(master, extend(0));
    assert_eq!(lesson.shell.refused(master, extend(601)), ErrorCode::BadMessage);
    assert_eq!(lesson.shell.refused(lesson.assistants["a"], extend(0)), ErrorCode::Forbidden);
    assert_eq!(poll(&lesson, lesson.screens["a"]).deadline_ms, Some(start + 90_000));
    lesson.shell.wait(30_999);
    assert_eq!(poll(&lesson, lesson.screens["a"]).closed_ms, None);
    lesson.shell.wait(1);
    let closed = poll(&lesson, lesson.screens["a"]);
    assert_eq!((closed.closed_ms, closed.deadline_ms), (Some(start + 90_000), None));
    assert_eq!(lesson.shell.refused(master, extend(0)), ErrorCode::WrongState);
    lesson.shell.say(master, open(choices(2), PollBy::Seats, None));
    let poll = poll(&lesson, master).id;
    lesson.shell.say(master, ClientMessage::ExtendPoll { poll, seconds: 20 });
    lesson.shell.wait(20_000);
    assert!(lesson.shell.lesson.open_poll().is_none(), "a clock that was started later");
}

#[test]
fn a_lesson_has_fifty_polls() {
    let mut lesson = Class::live(&["a"]);
    for _ in 0..50 {
        lesson.shell.say(lesson.master, open(choices(2), PollBy::Seats, None));
        let poll = poll(&lesson, lesson.master).id;
        lesson.shell.say(lesson.master, ClientMessage::ClosePoll { poll });
    }
    let more = open(choices(2), PollBy::Seats, None);
    assert_eq!(lesson.shell.refused(lesson.master, more), ErrorCode::TooMany);
}
