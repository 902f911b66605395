//! J1: a classroom raises its hand, its assistant passes it on, the master gives the floor, the class is seen and heard,
//! and before and after that nobody gets a single packet of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::clock;
use airclass::tools::ToolError;
use airclass::tools::signaling::SignalingClient;
use airclass::tools::whep::{Arrival, Slot, Viewer};
use airclass_signaling::wire::{
    ClientMessage, ErrorCode, FloorEnd, FloorState, Role, ServerMessage, SlotKind, SourceView,
};
use tokio::time::timeout;

use crate::stage::{AUDIO_SLOTS, Stage, VIDEO_SLOTS};
use crate::studio::Studio;
use crate::turn;

/// Packets on all slots that classrooms are shown on.
fn packets_of_classrooms(viewer: &Viewer) -> u64 {
    let audio = (1..AUDIO_SLOTS).map(Slot::audio);
    let video = (2..VIDEO_SLOTS).map(Slot::video);
    audio.chain(video).map(|slot| viewer.counters(slot).packets.load(Ordering::Relaxed)).sum()
}

async fn next_sound(viewer: &mut Viewer, slot: Slot) {
    let wait = async {
        loop {
            match viewer.next().await.expect("the lesson goes on") {
                Arrival::Sound { slot: on, .. } if on == slot => return,
                _ => {}
            }
        }
    };
    timeout(Duration::from_secs(5), wait).await.expect("the class is heard");
}

/// Reads on for a while; what counts are the counters.
async fn read_for(viewer: &mut Viewer, time: Duration) {
    let _ = timeout(time, async { while viewer.next().await.is_some() {} }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_raised_hand() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let mut master = stage.seat(Role::Master, None).await;
    let mut assistant = stage.seat(Role::Assistant, Some(0)).await;
    let mut screen = stage.seat(Role::Classroom, Some(0)).await;
    let mut other = stage.seat(Role::Classroom, Some(1)).await;
    let room = stage.classrooms[0].clone();

    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let class = Studio::on_air(&stage.classroom_whip(0).await).await;
    let mut in_studio = Viewer::join(&stage.studio_whep().await, AUDIO_SLOTS, VIDEO_SLOTS).await.unwrap();
    let mut elsewhere = stage.watch(1).await;
    let mut at_home = stage.watch(0).await;
    // The studio is not shown itself.
    for viewer in [&mut elsewhere, &mut at_home] {
        viewer.next_picture(Slot::video(0), Duration::from_secs(10)).await.unwrap();
    }

    // It publishes all the time, and nobody gets any of it.
    class.until_sent(90).await;
    for viewer in [&mut in_studio, &mut elsewhere, &mut at_home] {
        read_for(viewer, Duration::from_millis(100)).await;
        assert_eq!(packets_of_classrooms(viewer), 0, "without the floor nothing is forwarded");
    }

    // The hand goes up; the assistant passes it on; it is first in the master's queue.
    screen.send(&ClientMessage::RaiseHand).await.unwrap();
    assistant.until("the hand", |view| floor(view, &room, FloorState::Pending)).await.unwrap();
    let request = assistant.request(&room, FloorState::Pending).unwrap();
    assistant.send(&ClientMessage::AcceptHand { request: request.clone() }).await.unwrap();
    master.until("the queue", |view| floor(view, &room, FloorState::Accepted)).await.unwrap();
    let queued = master.view().floor.iter().find(|one| one.id == request).unwrap().clone();
    assert_eq!(queued.position, Some(1));
    assert_eq!(packets_of_classrooms(&in_studio), 0, "waiting is not speaking");

    // The floor is given: seen and heard in the studio and in the other classroom, not in its own.
    master.send(&ClientMessage::GrantFloor { request: request.clone() }).await.unwrap();
    let shown = SourceView::Classroom { classroom: room.clone(), name: queued.classroom_name.clone() };
    other.until("the class is on a slot", |view| slot_shows(view, SlotKind::Video, 2, &shown)).await.unwrap();
    assert_eq!(other.source(SlotKind::Audio, 1), Some(&shown));
    for viewer in [&mut in_studio, &mut elsewhere] {
        let first = viewer.next_picture(Slot::video(2), Duration::from_secs(5)).await.unwrap();
        assert!(first.unit.is_keyframe());
        assert!(class.number_of(&first.unit).is_some(), "the class's own pictures, bit by bit");
        next_sound(viewer, Slot::audio(1)).await;
    }
    read_for(&mut at_home, Duration::from_millis(100)).await;
    assert_eq!(packets_of_classrooms(&at_home), 0, "no class hears itself");

    // Taken back: forwarding stops within 500 ms, for good.
    master.send(&ClientMessage::RevokeFloor { request: request.clone() }).await.unwrap();
    let revoked = clock::instant();
    screen.until("the floor is gone", |view| floor(view, &room, FloorState::Revoked)).await.unwrap();
    let ended = screen.view().floor.iter().find(|one| one.id == request).unwrap().ended;
    assert_eq!(ended, Some(FloorEnd::RevokedByMaster));
    let left = Duration::from_millis(500).saturating_sub(clock::instant() - revoked);
    read_for(&mut in_studio, left).await;
    read_for(&mut elsewhere, Duration::from_millis(1)).await;
    let stopped = [packets_of_classrooms(&in_studio), packets_of_classrooms(&elsewhere)];
    class.until_sent(class.count() + 45).await;
    read_for(&mut in_studio, Duration::from_millis(200)).await;
    read_for(&mut elsewhere, Duration::from_millis(200)).await;
    let later = [packets_of_classrooms(&in_studio), packets_of_classrooms(&elsewhere)];
    assert_eq!(later, stopped, "0 packets without the floor");
    assert!(class.is_on_air(), "the class's own connection was never touched");
    assert!(studio.is_on_air());
    class.leave().await;
    studio.leave().await;
    stage.stop().await;
}

fn floor(
    view: &airclass_signaling::wire::Snapshot,
    room: &airclass_signaling::id::ClassroomId,
    state: FloorState,
) -> bool {
    airclass::tools::lesson_view::find(view, room, state).is_some()
}

fn slot_shows(view: &airclass_signaling::wire::Snapshot, kind: SlotKind, index: u8, source: &SourceView) -> bool {
    airclass::tools::lesson_view::source(view, kind, index) == Some(source)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_only_those_who_may_decide_decide() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let mut master = stage.seat(Role::Master, None).await;
    let mut stranger = stage.seat(Role::Assistant, Some(1)).await;
    let mut observer = stage.seat(Role::Observer, None).await;
    let mut screen = stage.seat(Role::Classroom, Some(0)).await;
    let room = stage.classrooms[0].clone();
    screen.send(&ClientMessage::RaiseHand).await.unwrap();
    master.until("the hand", |view| floor(view, &room, FloorState::Pending)).await.unwrap();
    let request = master.request(&room, FloorState::Pending).unwrap();
    for (who, message) in [
        (&mut stranger, ClientMessage::AcceptHand { request: request.clone() }),
        (&mut observer, ClientMessage::GrantFloor { request: request.clone() }),
        (&mut screen, ClientMessage::GrantFloor { request: request.clone() }),
    ] {
        assert!(matches!(refusal(who, &message).await, ErrorCode::Forbidden | ErrorCode::NotFound), "{message:?}");
    }
    let raise = refusal(&mut observer, &ClientMessage::RaiseHand).await;
    assert_eq!(raise, ErrorCode::Forbidden);
    // The hand is where it was, and can be taken down by the class.
    screen.send(&ClientMessage::LowerHand { request }).await.unwrap();
    master.until("the hand is down", |view| floor(view, &room, FloorState::Cancelled)).await.unwrap();
    stage.stop().await;
}

async fn refusal(client: &mut SignalingClient, message: &ClientMessage) -> ErrorCode {
    client.send(message).await.unwrap();
    match client.reply().await.unwrap() {
        ServerMessage::Error { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f35_the_same_seat_twice_closes_the_old_one_with_a_reason() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let mut old = stage.seat(Role::Classroom, Some(0)).await;
    let begun = clock::instant();
    let new = stage.seat(Role::Classroom, Some(0)).await;
    let bye = timeout(Duration::from_secs(1), async {
        loop {
            match old.next().await {
                Ok(ServerMessage::Bye { reason }) => return Ok(reason),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
    });
    let reason = bye.await.expect("within a second").unwrap_or_else(|error: ToolError| panic!("{error}"));
    assert_eq!(reason, airclass_signaling::wire::ByeReason::JoinedElsewhere);
    assert!(clock::instant() - begun < Duration::from_secs(3));
    assert_eq!(new.view().seat.role, Role::Classroom);
    stage.stop().await;
}
