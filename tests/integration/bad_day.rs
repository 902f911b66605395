//! J6 over the wire: the studio's line dies and comes back, a classroom's too, the server is killed; the lesson goes on,
//! and everything that was there is there again.

use std::time::Duration;

use airclass::clock;
use airclass::tools::signaling::SignalingClient;
use airclass_load::relay::{Link, Relay};
use airclass_signaling::id::DeckId;
use airclass_signaling::wire::{
    AttendanceMark, ClientMessage, FloorState, InkColour, LessonState, Point, Points, PollBy, PollKind, Role, Scene,
    SeatMark, ServerMessage, Snapshot, StandIn, StudioCamera, Surface, Tool,
};

use crate::figures::{ms, note};
use crate::lossy_link::by;
use crate::stage::Stage;
use crate::studio::Studio;
use crate::{decks, turn};

/// Until when every room shows a notice, and until when the picture is back once the line is.
const NOTICE: Duration = Duration::from_secs(3);
const BACK: Duration = Duration::from_secs(5);
/// How long the studio's line is dead: shorter than the studio's own patience, so that it comes back without a click.
const OUTAGE: Duration = Duration::from_secs(4);

/// What must be there again, whatever broke.
fn memory(view: &Snapshot) -> impl PartialEq + std::fmt::Debug + use<> {
    let seen = view.clone();
    let mut open: Vec<_> = seen.floor.into_iter().filter(|request| request.ended.is_none()).collect();
    open.sort_by(|a, b| a.id.cmp(&b.id));
    let lesson = (seen.state, seen.started_ms, seen.floor_limit, seen.programme.chosen);
    let ladder = (seen.attendance, open, seen.queue, seen.questions);
    (lesson, ladder, (seen.surfaces, seen.poll, seen.poll_results, seen.staff_talk))
}

/// Brings what a seat knows up to now.
async fn refresh(seat: &mut SignalingClient) {
    seat.send(&ClientMessage::Snapshot).await.unwrap();
    while !matches!(seat.next().await.unwrap(), ServerMessage::Snapshot(_)) {}
}

/// The master's part of a lesson that has something of everything.
async fn fill(master: &mut SignalingClient) {
    for message in [
        ClientMessage::SetFloorLimit { limit: 2 },
        ClientMessage::TurnPage { surface: Surface::Board, page: 2 },
        ClientMessage::DrawStroke {
            surface: Surface::Board,
            stroke: 1,
            tool: Tool::Pen,
            colour: InkColour::Red,
            width: 40,
            points: Points(vec![Point { x: 10, y: 20, pressure: 128 }, Point { x: 40, y: 10, pressure: 200 }]),
            done: true,
        },
        ClientMessage::SetProgramme { scene: Scene::Board, camera: StudioCamera::Camera },
        ClientMessage::OpenPoll {
            question: "懂了吗？".to_owned(),
            kind: PollKind::Choices { labels: vec!["懂了".to_owned(), "没懂".to_owned()] },
            by: PollBy::Hands,
            correct: None,
            seconds: None,
        },
        ClientMessage::SayToStaff { text: "讲完这页就连你们".to_owned(), classroom: None },
    ] {
        master.send(&message).await.unwrap();
    }
    let drawn = |view: &Snapshot| {
        view.staff_talk.len() == 1 && view.surfaces.iter().any(|known| known.page.page == 2 && known.strokes.len() == 1)
    };
    master.until("what the master did", drawn).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_a_bad_day() {
    let _turn = turn::light().await;
    let mut stage = Stage::begin_in_process().await;
    stage.enrol().await;
    stage.lesson = stage.another_lesson(true).await;
    let rooms = stage.classrooms.clone();
    let deck = decks::prepare(&stage.master, &stage.lesson).await;
    let relay = Relay::start(stage.media, Link::CLEAN, Link::CLEAN, 6).await.unwrap();
    let mut master = stage.seat(Role::Master, None).await;
    let mut assistants = [stage.seat(Role::Assistant, Some(0)).await, stage.seat(Role::Assistant, Some(1)).await];
    let mut screen = stage.seat(Role::Classroom, Some(0)).await;
    let mut other = stage.seat(Role::Classroom, Some(1)).await;
    let studio = Studio::on_air(&by(&relay, stage.whip("camera").await)).await;

    // Something of everything: a board, a poll, a list, a question in the queue, a floor.
    fill(&mut master).await;
    let marks = vec![SeatMark { seat: 31, mark: AttendanceMark::Absent }];
    assistants[0].send(&ClientMessage::TakeAttendance { marks }).await.unwrap();
    assistants[0].until("the poll", |view| view.poll.is_some()).await.unwrap();
    let poll = assistants[0].view().poll.as_ref().expect("open").id.clone();
    assistants[0].send(&ClientMessage::AnswerPoll { poll, counts: vec![30, 8] }).await.unwrap();
    let ask =
        ClientMessage::AskQuestion { seat: Some(8), text: Some("盐水里呢？".to_owned()), wants_to_speak: true };
    assistants[1].send(&ask).await.unwrap();
    assistants[1].until("the question", |view| view.questions.len() == 1).await.unwrap();
    let question = assistants[1].view().questions[0].id.clone();
    assistants[1].send(&ClientMessage::EscalateQuestion { question }).await.unwrap();
    assistants[0].send(&ClientMessage::RaiseHand).await.unwrap();
    let queued = |view: &Snapshot| airclass::tools::lesson_view::find(view, &rooms[0], FloorState::Accepted).is_some();
    master.until("a hand", queued).await.unwrap();
    let hand = |one: &&airclass_signaling::wire::FloorRequestView| one.classroom == rooms[0] && one.question.is_none();
    let request = master.view().floor.iter().find(hand).expect("the hand").id.clone();
    master.send(&ClientMessage::GrantFloor { request: request.clone() }).await.unwrap();
    master.send(&ClientMessage::ExtendFloor { request: request.clone(), seconds: 600 }).await.unwrap();
    let far = clock::utc_ms() + 300_000;
    let all = |view: &Snapshot| {
        let extended = view.floor.iter().any(|one| one.id == request && one.deadline_ms > Some(far));
        extended && view.queue.waiting == 1 && view.poll_results.len() == 1 && view.studio.camera
    };
    master.until("all of it", all).await.unwrap();
    studio.until_sent(60).await;

    // The studio's line dies: within three seconds every room knows; it comes back by itself.
    let cut = clock::instant();
    relay.set_blackout(true);
    for seat in [&mut other, &mut assistants[1], &mut master] {
        seat.until("the notice", |view| view.studio.lost_since_ms.is_some()).await.unwrap();
    }
    let noticed = clock::instant() - cut;
    assert!(noticed <= NOTICE, "{noticed:?}");
    assert!(other.view().surfaces.iter().any(|known| known.page.page == 2), "the last page stays");
    // An assistant goes on with a slide on the own screen; nobody else's screen shows it.
    let show = StandIn::Page { deck: DeckId::new(deck), page: 2 };
    let stand_in = ClientMessage::StandIn { classroom: rooms[0].clone(), show: Some(show.clone()) };
    assistants[0].send(&stand_in).await.unwrap();
    let stands = |view: &Snapshot| view.classrooms[0].stand_in.clone().map(|shown| shown.show);
    screen.until("the slide", |view| stands(view).as_ref() == Some(&show)).await.unwrap();
    tokio::time::sleep(OUTAGE.saturating_sub(clock::instant() - cut)).await;
    relay.set_blackout(false);
    let mended = clock::instant();
    for seat in [&mut other, &mut assistants[1], &mut master] {
        seat.until("the studio is back", |view| view.studio.lost_since_ms.is_none()).await.unwrap();
    }
    screen.until("the lesson again", |view| stands(view).is_none()).await.unwrap();
    assert_eq!(stands(other.view()), None);
    let back = clock::instant() - mended;
    note("J6", "the studio's line", serde_json::json!({ "noticed_ms": ms(noticed), "back_ms": ms(back) }));
    assert!(back <= BACK && studio.is_on_air(), "{back:?}");

    // A classroom's line dies; its assistant's phone has its own.
    screen.close().await;
    let alone = |view: &Snapshot| {
        let room = view.classrooms.iter().find(|one| one.id == rooms[0]);
        room.is_some_and(|one| !one.screen_present && one.assistant_present && one.lost_since_ms.is_some())
    };
    master.until("its assistant is still there", alone).await.unwrap();
    let screen = stage.seat(Role::Classroom, Some(0)).await;
    master.until("the classroom is back", |view| view.classrooms.iter().all(|one| one.screen_present)).await.unwrap();
    assert!(screen.request(&rooms[0], FloorState::Granted).is_some(), "and still has the floor");

    // The server is killed and started again: the lesson is as it was, for everybody.
    refresh(&mut master).await;
    refresh(&mut assistants[0]).await;
    let before = [memory(master.view()), memory(assistants[0].view())];
    studio.leave().await;
    stage.binary().kill().await;
    stage.binary().restart().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut master = stage.seat(Role::Master, None).await;
    let assistant = stage.seat(Role::Assistant, Some(0)).await;
    assert_eq!(master.view().state, LessonState::Live);
    assert_eq!(memory(master.view()), before[0]);
    assert_eq!(memory(assistant.view()), before[1]);
    master.until("the studio is on air", |view| view.studio.camera).await.unwrap();
    studio.until_sent(30).await;
    stage.end_lesson().await;
    studio.leave().await;

    // What broke is in the report.
    let path = format!("/api/lessons/{}/report", stage.lesson);
    let report = stage.master.get(&path).await.expect(200).json();
    let gaps = report["interruptions"].as_array().expect("a list").clone();
    let kinds: Vec<_> = gaps.iter().map(|gap| gap["what"].to_string()).collect();
    for what in ["studio", "classroom", "server"] {
        assert!(kinds.iter().any(|kind| kind.contains(what)), "{what} in {kinds:?}");
    }
    stage.stop().await;
}
