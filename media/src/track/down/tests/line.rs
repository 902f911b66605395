//! What a receiver gets whose line, or whose worker, cannot carry everything.

use super::*;

#[test]
fn a_receiver_that_falls_behind_gets_its_frame_and_then_a_keyframe() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.show(Some(&feed.source), base.instant);
    feed.play(&mut down, 10, first);
    let packets = feed.frame(0, false);
    assert!(down.forward(&packets[0], &feed.source, feed.at(400)).is_some());
    down.fall_behind(feed.at(400));
    down.fall_behind(feed.at(400));
    assert!(down.forward(&packets[1], &feed.source, feed.at(400)).is_some(), "the rest of its frame");
    assert!(feed.play(&mut down, 5, never).is_empty());
    assert_eq!(down.poll_keyframe(&feed.source, feed.at(2_399)), None, "others pay for it");
    assert_eq!(down.poll_keyframe(&feed.source, feed.at(2_400)), Some(0));
    assert_eq!(feed.play(&mut down, 5, |_, frame| frame == 18).len(), 6);
    assert_eq!(down.stats().behind, 1);
}

#[test]
fn complaints_of_a_lost_picture_are_heard_but_not_all() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.show(Some(&feed.source), base.instant);
    feed.play(&mut down, 10, first);
    let mut heard = 0;
    for ms in (0..20_000).step_by(50) {
        down.picture_loss(feed.at(ms));
        heard += usize::from(down.poll_keyframe(&feed.source, feed.at(ms)).is_some());
    }
    assert!((6..=8).contains(&heard), "{heard}");
}

#[test]
fn frames_that_wait_go_on_from_the_ring_without_a_seam() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.show(Some(&feed.source), base.instant);
    let mut sent = feed.play(&mut down, 5, first);
    let fresh = feed.frame(0, false);
    assert!(down.defer(&fresh));
    assert!(!down.defer(&fresh), "it is from the ring already");
    for packet in fresh.iter().chain(&feed.frame(0, false)) {
        assert_eq!(down.forward(packet, &feed.source, feed.at(240)), None);
    }
    while let Some((_, out)) = down.next_burst(&feed.source, feed.at(300)) {
        sent.push((0, out));
    }
    sent.extend(feed.play(&mut down, 5, never));
    assert_eq!(sent.len(), 24);
    assert_continuous(&sent);
}

#[test]
fn a_step_down_ends_the_frame_and_waits_for_the_layer_below() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 2, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.show(Some(&feed.source), base.instant);
    assert_eq!(feed.play(&mut down, 5, first).last().unwrap().0, 1);
    down.set_layer_cap(0);
    down.step_down();
    assert_eq!(feed.play(&mut down, 3, never), [], "the frame had ended");
    assert_eq!(down.poll_keyframe(&feed.source, feed.at(320)), Some(0), "at once");
    let sent = feed.play(&mut down, 3, |layer, frame| layer == 0 && frame == 9);
    assert!(sent.len() == 4 && sent.iter().all(|(layer, _)| *layer == 0), "{sent:?}");
}

#[test]
fn stills_are_keyframes_and_nothing_else() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.show(Some(&feed.source), base.instant);
    let mut sent = feed.play(&mut down, 5, first);
    down.set_stills(true);
    sent.extend(feed.play(&mut down, 20, |_, frame| frame % 10 == 0));
    assert_eq!(sent.len(), 10 + 4);
    down.set_stills(false);
    sent.extend(feed.play(&mut down, 10, |_, frame| frame == 30));
    assert_eq!(sent.len(), 14 + 10);
    assert_continuous(&sent);
}

#[test]
fn probes_repeat_what_was_sent_under_numbers_of_their_own() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.show(Some(&feed.source), base.instant);
    assert!(down.redundant(0, &feed.source).is_none(), "nothing was sent yet");
    let sent = feed.play(&mut down, 5, first);
    let newest = sent.last().unwrap().1;
    let (_, first) = down.redundant(0, &feed.source).unwrap();
    let (_, second) = down.redundant(1, &feed.source).unwrap();
    assert_eq!((first.ssrc, first.original, first.timestamp), (51, Some(newest.seq()), newest.timestamp));
    assert_eq!((second.index, second.original), (first.index + 1, Some(newest.seq().wrapping_sub(1))));
    assert!(down.redundant(10, &feed.source).is_none());
}

#[test]
fn only_what_is_being_shown_is_worth_a_repeat() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 2, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.show(Some(&feed.source), base.instant);
    let mut high = feed.play(&mut down, 3, first);
    high.retain(|(layer, _)| *layer == 1);
    assert!(high.len() == 6 && high.iter().all(|(_, out)| down.is_shown(out.seq())));
    down.set_layer_cap(0);
    down.step_down();
    assert!(high.iter().all(|(_, out)| !down.is_shown(out.seq())), "a picture that has stopped");
    assert_eq!(down.poll_keyframe(&feed.source, feed.at(160)), Some(0));
    let low = feed.play(&mut down, 2, |layer, frame| layer == 0 && frame == 3);
    assert!(low.len() == 4 && low.iter().all(|(layer, out)| *layer == 0 && down.is_shown(out.seq())));
    assert!(high.iter().all(|(_, out)| !down.is_shown(out.seq())), "before the switch");
    // Between two stills nothing is being sent, and the last one is still to be repaired.
    down.set_stills(true);
    feed.play(&mut down, 2, never);
    assert!(down.layer().is_none() && low.iter().all(|(_, out)| down.is_shown(out.seq())));
}
