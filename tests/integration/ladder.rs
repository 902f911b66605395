//! J1 over the wire: attendance, questions answered here, merged, escalated; the floor, a written answer, a poll; and
//! what the report makes of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::clock;
use airclass::conductor::told;
use airclass::tools::signaling::SignalingClient;
use airclass::tools::whep::{Slot, Viewer};
use airclass_signaling::id::{LessonId, QuestionId};
use airclass_signaling::report;
use airclass_signaling::wire::{
    AnswerTo, AttendanceMark, ClientMessage, ErrorCode, FloorEnd, FloorState, PollBy, PollKind, QuestionState, Role,
    SeatMark, ServerMessage, Snapshot,
};
use tokio::time::timeout;

use crate::stage::{Host, Stage};
use crate::studio::Studio;
use crate::turn;

/// Asks, and waits until the assistant sees it.
async fn ask(assistant: &mut SignalingClient, seat: u16, text: &str) -> QuestionId {
    let known = assistant.view().questions.len();
    let ask = ClientMessage::AskQuestion { seat: Some(seat), text: Some(text.to_owned()), wants_to_speak: true };
    assistant.send(&ask).await.unwrap();
    assistant.until("the question", |view| view.questions.len() == known + 1).await.unwrap();
    assistant.view().questions.last().expect("just asked").id.clone()
}

/// Waits until a question stands like this.
async fn stands(client: &mut SignalingClient, question: &QuestionId, state: QuestionState) {
    let stands = |view: &Snapshot| view.questions.iter().any(|known| known.id == *question && known.state == state);
    client.until("the question's next step", stands).await.unwrap();
}

async fn refusal(client: &mut SignalingClient, message: ClientMessage) -> ErrorCode {
    client.send(&message).await.unwrap();
    match client.reply().await.unwrap() {
        ServerMessage::Error { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_question_ladder() {
    let _turn = turn::light().await;
    let stage = Stage::begin_enrolled(false).await;
    let mut master = stage.seat(Role::Master, None).await;
    let mut assistant = stage.seat(Role::Assistant, Some(0)).await;
    let mut elsewhere = stage.seat(Role::Assistant, Some(1)).await;
    let mut screen = stage.seat(Role::Classroom, Some(0)).await;
    let mut observer = stage.seat(Role::Observer, None).await;
    let room = stage.classrooms[0].clone();
    assert_eq!((assistant.view().seats.len(), master.view().seats.len()), (40, 0), "a list stays in its room");

    // A few taps: who is absent.
    let mark = |seat| SeatMark { seat, mark: AttendanceMark::Absent };
    assistant.send(&ClientMessage::TakeAttendance { marks: vec![mark(12), mark(31)] }).await.unwrap();
    let counted = |view: &Snapshot| {
        view.attendance.iter().any(|list| list.classroom == room && (list.present, list.absent) == (38, 2))
    };
    master.until("the list", counted).await.unwrap();
    assert!(master.view().attendance.iter().all(|list| list.marks.is_none()), "the desk gets counts");

    // The same thing asked twice is one, answered on the spot; a third goes to the master, with no number in it.
    let first = ask(&mut assistant, 5, "铝块换成铁块，排开的水一样多吗？").await;
    let second = ask(&mut assistant, 22, "铝块换成铁块排开的水一样多吗").await;
    let offered = |view: &Snapshot| view.questions.iter().any(|one| one.id == second && one.similar.contains(&first));
    assistant.until("the two sound the same", offered).await.unwrap();
    assistant.send(&ClientMessage::MergeQuestion { question: second.clone(), into: first.clone() }).await.unwrap();
    stands(&mut assistant, &second, QuestionState::Merged).await;
    assistant.send(&ClientMessage::AnswerHere { question: first.clone() }).await.unwrap();
    stands(&mut assistant, &first, QuestionState::AnsweredHere).await;
    let third = ask(&mut assistant, 17, "为什么露在外面？打我电话13812345678").await;
    assistant.send(&ClientMessage::EscalateQuestion { question: third.clone() }).await.unwrap();
    stands(&mut master, &third, QuestionState::Escalated).await;
    let seen = master.view().questions.iter().find(|one| one.id == third).expect("in the queue").clone();
    assert_eq!(seen.text.as_deref(), Some("为什么露在外面？打我电话***********"));
    assert_eq!(master.view().queue.waiting, 1, "one thing, not three");

    // It gets the floor; everybody sees which question it is.
    let request = seen.request.expect("a place in the queue");
    master.send(&ClientMessage::GrantFloor { request: request.clone() }).await.unwrap();
    let granted = |view: &Snapshot| {
        view.floor.iter().any(|one| {
            one.id == request
                && one.state == FloorState::Granted
                && one.question.as_ref().is_some_and(|question| question.seat == Some(17))
        })
    };
    observer.until("who speaks, and about what", granted).await.unwrap();
    screen.until("the floor", granted).await.unwrap();
    screen.send(&ClientMessage::ReleaseFloor { request: request.clone() }).await.unwrap();
    stands(&mut master, &third, QuestionState::AnsweredOnFloor).await;

    // A written answer reaches everybody; a question is put off; a stranger touches neither.
    let fourth = ask(&mut assistant, 8, "盐水里会怎样？").await;
    assistant.send(&ClientMessage::EscalateQuestion { question: fourth.clone() }).await.unwrap();
    stands(&mut master, &fourth, QuestionState::Escalated).await;
    for message in [
        ClientMessage::AnswerHere { question: fourth.clone() },
        ClientMessage::WithdrawQuestion { question: fourth.clone() },
    ] {
        assert_eq!(refusal(&mut elsewhere, message).await, ErrorCode::NotFound);
    }
    let answer = ClientMessage::AnswerQuestion {
        question: fourth.clone(),
        text: "密度大，浮力大。".to_owned(),
        to: AnswerTo::Everyone,
    };
    assert_eq!(refusal(&mut assistant, answer.clone()).await, ErrorCode::Forbidden);
    master.send(&answer).await.unwrap();
    observer.until("the answer", |view| view.answers.iter().any(|one| one.question == fourth)).await.unwrap();
    let fifth = ask(&mut assistant, 9, "潜水艇怎么下沉？").await;
    assistant.send(&ClientMessage::EscalateQuestion { question: fifth.clone() }).await.unwrap();
    stands(&mut master, &fifth, QuestionState::Escalated).await;
    master.send(&ClientMessage::PutOffQuestion { question: fifth.clone() }).await.unwrap();
    stands(&mut assistant, &fifth, QuestionState::PutOff).await;
    assert!(
        elsewhere.view().questions.is_empty() && observer.view().questions.is_empty(),
        "questions stay in the room"
    );

    // A poll by show of hands, its result for all.
    let open = ClientMessage::OpenPoll {
        question: "懂了吗？".to_owned(),
        kind: PollKind::Choices { labels: vec!["懂了".to_owned(), "没懂".to_owned()] },
        by: PollBy::Hands,
        correct: None,
        seconds: None,
    };
    master.send(&open).await.unwrap();
    assistant.until("the poll", |view| view.poll.is_some()).await.unwrap();
    elsewhere.until("the poll", |view| view.poll.is_some()).await.unwrap();
    let poll = assistant.view().poll.as_ref().expect("open").id.clone();
    assistant.send(&ClientMessage::AnswerPoll { poll: poll.clone(), counts: vec![30, 8] }).await.unwrap();
    elsewhere.send(&ClientMessage::AnswerPoll { poll: poll.clone(), counts: vec![25, 15] }).await.unwrap();
    master.until("both answers", |view| view.poll_results.len() == 2).await.unwrap();
    master.send(&ClientMessage::ShowPollResult { poll, on: true }).await.unwrap();
    let sum = |view: &Snapshot| {
        view.poll.as_ref().and_then(|poll| poll.result.as_ref()).is_some_and(|result| result.counts == [55, 23])
    };
    observer.until("the sum", sum).await.unwrap();

    // What is left at the bell is the assistant's to follow up.
    stage.end_lesson().await;
    let Host::Here(running) = &stage.host else { unreachable!("the server runs here") };
    let told = told(&running.state().db, &LessonId::new(stage.lesson.as_str())).await.unwrap();
    let report = report::of(&told.spec, &told.lines);
    let totals = &report.totals;
    assert_eq!((totals.enrolled, totals.present, totals.absent), (80, 78, 2));
    assert_eq!((totals.asked, totals.merged, totals.escalated, totals.answered_here), (5, 1, 3, 2));
    assert_eq!((totals.answered_on_floor, totals.answered_in_text, totals.follow_ups), (1, 1, 1));
    assert_eq!((totals.floors, totals.polls), (1, 1));
    assert!(report.follow_ups.iter().all(|left| left.question == fifth));
    stage.stop().await;
}

/// Puts a hand into the queue, where an assistant's own goes at once; its request.
async fn queued(
    master: &mut SignalingClient,
    assistant: &mut SignalingClient,
    room: &airclass_signaling::id::ClassroomId,
) -> airclass_signaling::id::FloorRequestId {
    assistant.send(&ClientMessage::RaiseHand).await.unwrap();
    let accepted = |view: &Snapshot| airclass::tools::lesson_view::find(view, room, FloorState::Accepted).is_some();
    master.until("the queue", accepted).await.unwrap();
    master.request(room, FloorState::Accepted).unwrap()
}

fn packets(viewer: &Viewer, slot: Slot) -> u64 {
    viewer.counters(slot).packets.load(Ordering::Relaxed)
}

async fn read_for(viewer: &mut Viewer, time: Duration) {
    let _ = timeout(time, async { while viewer.next().await.is_some() {} }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_a_full_floor_waits_and_a_muted_one_is_seen_and_not_heard() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let mut master = stage.seat(Role::Master, None).await;
    let mut assistants = [stage.seat(Role::Assistant, Some(0)).await, stage.seat(Role::Assistant, Some(1)).await];
    let rooms = stage.classrooms.clone();
    let classes =
        [Studio::on_air(&stage.classroom_whip(0).await).await, Studio::on_air(&stage.classroom_whip(1).await).await];
    let mut studio = Viewer::join(&stage.studio_whep().await, 7, 4).await.unwrap();
    let (voice, picture) = (Slot::audio(1), Slot::video(2));

    master.send(&ClientMessage::SetFloorLimit { limit: 1 }).await.unwrap();
    master.until("one at a time", |view| view.floor_limit == 1).await.unwrap();
    let first = queued(&mut master, &mut assistants[0], &rooms[0]).await;
    let second = queued(&mut master, &mut assistants[1], &rooms[1]).await;
    let next: Vec<_> = master.view().queue.next.iter().map(|entry| entry.request.clone()).collect();
    assert_eq!(next, [first.clone(), second.clone()], "by waiting time");
    master.send(&ClientMessage::GrantFloor { request: first.clone() }).await.unwrap();
    studio.next_picture(picture, Duration::from_secs(5)).await.expect("the first class is seen");
    let grant = ClientMessage::GrantFloor { request: second.clone() };
    assert_eq!(refusal(&mut master, grant.clone()).await, ErrorCode::FloorFull);

    // Held back: within half a second nothing of it is heard, and it is seen all the time.
    master.send(&ClientMessage::MuteFloor { request: first.clone(), on: true }).await.unwrap();
    master.until("the mute", |view| view.floor.iter().any(|one| one.id == first && one.muted_by_master)).await.unwrap();
    read_for(&mut studio, Duration::from_millis(500)).await;
    let (heard, seen) = (packets(&studio, voice), packets(&studio, picture));
    read_for(&mut studio, Duration::from_secs(1)).await;
    assert_eq!(packets(&studio, voice), heard, "0 packets of sound");
    assert!(packets(&studio, picture) > seen + 10, "its picture goes on");
    master.send(&ClientMessage::MuteFloor { request: first.clone(), on: false }).await.unwrap();
    read_for(&mut studio, Duration::from_secs(1)).await;
    assert!(packets(&studio, voice) > heard + 10, "heard again");

    // Revoked: the next one speaks, and nothing of the first comes any more.
    let mut other = stage.watch(1).await;
    master.send(&ClientMessage::RevokeFloor { request: first.clone() }).await.unwrap();
    let revoked = clock::instant();
    master.send(&grant).await.unwrap();
    let ended =
        |view: &Snapshot| view.floor.iter().any(|one| one.id == first && one.ended == Some(FloorEnd::RevokedByMaster));
    master.until("the end of the first", ended).await.unwrap();
    read_for(&mut other, Duration::from_millis(500).saturating_sub(clock::instant() - revoked)).await;
    let at_home = packets(&other, voice) + packets(&other, picture);
    loop {
        let received = studio.next_picture(picture, Duration::from_secs(5)).await.expect("the second class");
        if received.arrived.saturating_duration_since(revoked) > Duration::from_millis(500) {
            assert!(classes[1].number_of(&received.unit).is_some() && received.complete);
        }
        if clock::instant() - revoked > Duration::from_millis(2_500) {
            break;
        }
    }
    read_for(&mut other, Duration::from_millis(100)).await;
    assert_eq!(packets(&other, voice) + packets(&other, picture), at_home, "of neither the first nor itself");
    for class in classes {
        class.leave().await;
    }
    stage.stop().await;
}
