//! Who comes and goes is told to the desk and to its own room, and to nobody else.

use airclass::tools::signaling::SignalingClient;
use airclass_signaling::wire::{ClientMessage, Role, ServerMessage, Snapshot};

use crate::stage::Stage;
use crate::turn;

/// How many changes a seat was told of before the answer to a ping that is sent now.
async fn told(seat: &mut SignalingClient) -> usize {
    seat.send(&ClientMessage::Ping { n: 1 }).await.unwrap();
    let mut changes = 0;
    loop {
        match seat.next().await.unwrap() {
            ServerMessage::Pong { .. } => return changes,
            ServerMessage::Delta { .. } | ServerMessage::Private { .. } => changes += 1,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_classroom_that_comes_costs_the_others_nothing() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let mut master = stage.seat(Role::Master, None).await;
    let mut others = [
        stage.seat(Role::Classroom, Some(1)).await,
        stage.seat(Role::Assistant, Some(1)).await,
        stage.seat(Role::Observer, None).await,
    ];
    for other in &mut others {
        told(other).await;
    }
    let room = stage.classrooms[0].clone();
    let there = |view: &Snapshot, screen: bool, assistant: bool| {
        view.classrooms
            .iter()
            .any(|one| one.id == room && (one.screen_present, one.assistant_present) == (screen, assistant))
    };
    let screen = stage.seat(Role::Classroom, Some(0)).await;
    let assistant = stage.seat(Role::Assistant, Some(0)).await;
    master.until("both are there", |view| there(view, true, true)).await.unwrap();
    assistant.close().await;
    screen.close().await;
    master.until("both have gone", |view| there(view, false, false)).await.unwrap();
    for other in &mut others {
        assert_eq!(told(other).await, 0, "{:?}", other.view().seat.role);
    }
    stage.stop().await;
}
