//! A studio is seen and heard by classrooms.

use std::sync::atomic::Ordering;
use std::time::Duration;

use airclass::clock;
use airclass::tools::whep::{Arrival, Slot, Viewer};
use airclass_signaling::wire::{Role, SlotKind, SourceView};
use tokio::time::timeout;

use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;

const SOON: Duration = Duration::from_secs(10);

/// The numbers (in the order of sending) of the next pictures of a slot.
async fn numbers(viewer: &mut Viewer, studio: &Studio, slot: Slot, count: usize) -> Vec<usize> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let received = viewer.next_picture(slot, SOON).await.expect("pictures arrive");
        numbers.push(studio.number_of(&received.unit).expect("exactly as it was sent"));
    }
    numbers
}

#[track_caller]
fn assert_consecutive(numbers: &[usize]) {
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_classrooms_get_the_studios_pictures_bit_by_bit() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut first = stage.watch(0).await;
    let mut second = stage.watch(1).await;
    let (one, two) = tokio::join!(
        numbers(&mut first, &studio, Slot::video(0), 90),
        numbers(&mut second, &studio, Slot::video(0), 90),
    );
    assert_consecutive(&one);
    assert_consecutive(&two);
    for viewer in [&first, &second] {
        let counters = viewer.counters(Slot::video(0));
        assert_eq!(counters.lost.load(Ordering::Relaxed), 0);
        assert_eq!(counters.broken.load(Ordering::Relaxed), 0);
        for slot in [Slot::video(1), Slot::video(2), Slot::video(3), Slot::audio(1), Slot::audio(2), Slot::audio(3)] {
            assert_eq!(viewer.counters(slot).packets.load(Ordering::Relaxed), 0, "{slot:?} shows nothing");
        }
    }
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_and_picture_share_one_clock() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut viewer = stage.watch(0).await;
    let (mut picture, mut sound) = (None, None);
    let (mut sounds, mut last) = (0, None);
    let both = async {
        while picture.is_none() || sound.is_none() || sounds < 100 {
            match viewer.next().await.expect("the lesson goes on") {
                Arrival::Picture(slot, received) if slot == Slot::video(0) => {
                    picture = viewer.feedback().sender_report(ssrc(&viewer, slot)).map(|report| (report, received));
                }
                Arrival::Sound { slot, timestamp, arrived, .. } if slot == Slot::audio(0) => {
                    if let Some(last) = last {
                        assert_eq!(timestamp.wrapping_sub(last), 960, "sound in order and whole");
                    }
                    last = Some(timestamp);
                    sounds += 1;
                    sound =
                        viewer.feedback().sender_report(ssrc(&viewer, slot)).map(|report| (report, timestamp, arrived));
                }
                _ => {}
            }
        }
    };
    timeout(Duration::from_secs(20), both).await.expect("sender reports for both");
    let ((video_report, picture), (audio_report, timestamp, arrived)) = (picture.unwrap(), sound.unwrap());
    let video = wall_micros(video_report.ntp, video_report.rtp, picture.unit.timestamp, 90_000);
    let audio = wall_micros(audio_report.ntp, audio_report.rtp, timestamp, 48_000);
    // Sent at the same media time they arrive at the same time; what is left is the difference of their clocks.
    let apart = picture.arrived.max(arrived) - picture.arrived.min(arrived);
    let signed = if arrived > picture.arrived { 1 } else { -1 } * i64::try_from(apart.as_micros()).unwrap();
    let skew = (audio - video - signed).abs();
    assert!(skew < 80_000, "sound and picture are {skew} us apart");
    studio.leave().await;
    stage.stop().await;
}

fn ssrc(viewer: &Viewer, slot: Slot) -> u32 {
    viewer.counters(slot).ssrc.load(Ordering::Relaxed) as u32
}

fn wall_micros(ntp: u64, at: u32, timestamp: u32, rate: i64) -> i64 {
    let wall = ((i128::from(ntp) * 1_000_000) >> 32) as i64;
    wall + i64::from(timestamp.wrapping_sub(at).cast_signed()) * 1_000_000 / rate
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screen_has_a_slot_of_its_own_and_signaling_says_so() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let mut observer = stage.seat(Role::Observer, None).await;
    let camera = Studio::on_air(&stage.whip("camera").await).await;
    let screen = Studio::silent(&stage.whip("screen").await).await;
    observer.until("both sources are on air", |view| view.studio.camera && view.studio.screen).await.unwrap();
    assert_eq!(observer.source(SlotKind::Video, 0), Some(&SourceView::Camera));
    assert_eq!(observer.source(SlotKind::Video, 1), Some(&SourceView::Screen));
    assert_eq!(observer.source(SlotKind::Audio, 0), Some(&SourceView::Camera));
    assert_eq!(observer.source(SlotKind::Video, 2), None);
    let mut viewer = stage.watch(0).await;
    assert_consecutive(&numbers(&mut viewer, &camera, Slot::video(0), 20).await);
    assert_consecutive(&numbers(&mut viewer, &screen, Slot::video(1), 20).await);
    screen.leave().await;
    observer.until("the screen is off", |view| !view.studio.screen).await.unwrap();
    assert_eq!(observer.source(SlotKind::Video, 1), None);
    assert_consecutive(&numbers(&mut viewer, &camera, Slot::video(0), 20).await);
    camera.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fewer_slots_in_the_offer_are_fine() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut viewer = Viewer::join(&stage.whep(0).await, 1, 1).await.unwrap();
    assert_consecutive(&numbers(&mut viewer, &studio, Slot::video(0), 30).await);
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_studio_that_comes_back_is_seen_on_the_same_connections() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let first = Studio::on_air(&stage.whip("camera").await).await;
    let mut viewer = stage.watch(0).await;
    assert_consecutive(&numbers(&mut viewer, &first, Slot::video(0), 20).await);
    first.leave().await;
    let second = Studio::on_air(&stage.whip("camera").await).await;
    let back = clock::instant();
    // Pictures of the first session may still be on their way; the second one's begin with a keyframe.
    let keyframe = loop {
        let received = viewer.next_picture(Slot::video(0), SOON).await.unwrap();
        if second.number_of(&received.unit).is_some() {
            break received;
        }
    };
    assert!(keyframe.unit.is_keyframe());
    assert!(keyframe.arrived - back < Duration::from_secs(3));
    assert_consecutive(&numbers(&mut viewer, &second, Slot::video(0), 20).await);
    second.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_are_told_about_arrivals_so_that_they_can_ramp_up() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    studio.until_sent(150).await;
    let feedback = studio.feedback();
    assert!(feedback.transport_feedbacks() >= 10, "{}", feedback.transport_feedbacks());
    assert!(feedback.receiver_reports() >= 1);
    studio.leave().await;
    stage.stop().await;
}
