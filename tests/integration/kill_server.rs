//! F13, F15: `kill -9` of the server in mid-lesson.

use std::time::Duration;

use airclass::clock;
use airclass::tools::media::{CardConfig, Feed};
use airclass::tools::publish::{PublishOptions, publish};
use airclass::tools::whep::{Slot, Viewer};
use airclass_signaling::wire::{ClientMessage, FloorState, LessonState, Role, SlotKind, SourceView};

use crate::api::Person;
use crate::recorded::{assert_run, local, sent_slices};
use crate::replay::{duration, slices};
use crate::stage::{AUDIO_SLOTS, Stage, VIDEO_SLOTS};
use crate::studio::Studio;
use crate::turn;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_kill_server() {
    let _turn = turn::light().await;
    let mut stage = Stage::begin_in_process().await;
    let mut master = stage.seat(Role::Master, None).await;
    let mut screens = [stage.seat(Role::Classroom, Some(0)).await, stage.seat(Role::Classroom, Some(1)).await];
    let mut assistants = [stage.seat(Role::Assistant, Some(0)).await, stage.seat(Role::Assistant, Some(1)).await];
    let rooms = stage.classrooms.clone();

    // The first classroom talks, the second waits.
    for ((screen, assistant), room) in screens.iter_mut().zip(&mut assistants).zip(&rooms) {
        screen.send(&ClientMessage::RaiseHand).await.unwrap();
        let pending = |view: &_| airclass::tools::lesson_view::find(view, room, FloorState::Pending).is_some();
        assistant.until("the hand", pending).await.unwrap();
        let request = assistant.request(room, FloorState::Pending).unwrap();
        assistant.send(&ClientMessage::AcceptHand { request }).await.unwrap();
        let accepted = |view: &_| airclass::tools::lesson_view::find(view, room, FloorState::Accepted).is_some();
        master.until("the queue", accepted).await.unwrap();
    }
    let granted = master.request(&rooms[0], FloorState::Accepted).unwrap();
    master.send(&ClientMessage::GrantFloor { request: granted.clone() }).await.unwrap();
    let holds = |view: &_| airclass::tools::lesson_view::find(view, &rooms[0], FloorState::Granted).is_some();
    master.until("the floor", holds).await.unwrap();
    master.send(&ClientMessage::ExtendFloor { request: granted.clone(), seconds: 300 }).await.unwrap();
    let far = clock::utc_ms() + 120_000;
    let extended = |view: &airclass_signaling::wire::Snapshot| {
        view.floor.iter().any(|one| one.id == granted && one.deadline_ms.is_some_and(|deadline| deadline > far))
    };
    master.until("more time", extended).await.unwrap();

    // The talking classroom publishes with the tool that comes back by itself.
    let door = stage.classroom_whip(0).await;
    let class = tokio::spawn(async move {
        publish(&PublishOptions {
            feed: Feed::Card(CardConfig { frames_per_second: 15, bits_per_second: 200_000, ..CardConfig::SMALL }),
            to: door.url,
            token: door.token,
            trust: door.trust,
        })
        .await
    });
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    studio.until_sent(12 * 30).await;

    let killing = clock::instant();
    stage.binary().kill().await;
    let first = studio.leave().await;
    let killed = clock::instant();
    stage.binary().restart().await;
    let up = clock::instant();
    println!("started again in {:?}", up - killed);

    // Tokens and sessions are still good, the lesson is where it was.
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut viewer = Viewer::join(&stage.whep(1).await, AUDIO_SLOTS, VIDEO_SLOTS).await.unwrap();
    let picture = viewer.next_picture(Slot::video(0), Duration::from_secs(8)).await.unwrap();
    assert!(picture.arrived - up < Duration::from_secs(8), "picture again after {:?}", picture.arrived - up);
    let mut master = stage.seat(Role::Master, None).await;
    assert_eq!(master.view().state, LessonState::Live);
    assert!(master.view().recording);
    assert_eq!(master.request(&rooms[0], FloorState::Granted), Some(granted));
    assert!(master.request(&rooms[1], FloorState::Accepted).is_some(), "the queue is back");
    let talks = |view: &_| {
        matches!(airclass::tools::lesson_view::source(view, SlotKind::Video, 2), Some(SourceView::Classroom { .. }))
    };
    master.until("the class is on its slot again", talks).await.unwrap();
    viewer.next_picture(Slot::video(2), Duration::from_secs(15)).await.expect("the class is seen again");
    assert!(!class.is_finished(), "the class came back by itself");

    studio.until_sent(6 * 30).await;
    stage.end_lesson().await;
    let sent_after = studio.leave().await;
    class.abort();

    // The recording plays and lacks at most the last two seconds before the kill.
    let card = stage.recording_ready(Duration::from_secs(10)).await;
    let detail =
        stage.master.get(&format!("/api/recordings/{}", card["id"].as_str().unwrap())).await.expect(200).json();
    let camera = detail["tracks"].as_array().unwrap().iter().find(|track| track["role"] == "camera").unwrap();
    let playlist = local(&stage, &card, camera["playlist"].as_str().unwrap());
    assert!(duration(&playlist) > 10.0);
    let recorded = slices(&playlist);
    let second = sent_slices(&sent_after);
    // Everything after the restart, from its first keyframe on, is at the end; what is before it is of the first part.
    let tail = recorded.iter().rev().zip(second.iter().rev().skip_while(|slice| recorded.last() != Some(*slice)));
    let of_second = tail.take_while(|(a, b)| a == b).count();
    assert!(of_second > 3 * 30, "only {of_second} pictures of the second part");
    let of_first = recorded.len() - of_second;
    let begin = assert_run(&sent_slices(&first), &recorded[..of_first]);
    let last_kept = first.pictures[begin + of_first - 1].1;
    let lost = killing.saturating_duration_since(last_kept);
    println!("{of_first} pictures from before the kill, {lost:?} lost, {of_second} pictures after the restart");
    assert!(lost <= Duration::from_secs(2), "{lost:?} before the kill are lost");
    assert!(detail["gaps"].as_array().is_some_and(|gaps| !gaps.is_empty()), "the gap is marked: {detail}");
    let _ = Person::sign_in(&stage.base, "pupil", "pupil-demo").await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_sigterm_closes_the_recording() {
    let _turn = turn::light().await;
    let stage = Stage::begin_in_process().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    studio.until_sent(5 * 30).await;
    let crate::stage::Host::Process(binary) = stage.host else { unreachable!() };
    let begun = clock::instant();
    let status = binary.terminate().await;
    assert!(status.success(), "{status}");
    assert!(clock::instant() - begun < Duration::from_secs(15));
    drop(studio);
    let recordings: Vec<_> = std::fs::read_dir(stage.folder.path().join("recordings")).unwrap().collect();
    let with_picture =
        recordings.iter().flatten().map(|entry| entry.path().join("master.m3u8")).find(|path| path.exists());
    assert!(duration(&with_picture.expect("a recording")) > 3.0);
}
