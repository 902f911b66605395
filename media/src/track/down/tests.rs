mod line;

use bytes::Bytes;

use super::*;
use crate::feedback::{ClockBase, fixed_point};
use crate::rtp::Extensions;
use crate::track::SourceChange;
use crate::track::source::tests::clock_base;

/// A publisher's track without a publisher: frames of two packets, 40 ms apart, from timestamp and number zero.
struct Feed {
    source: Source,
    base: ClockBase,
    frame: [u64; 3],
    step: u32,
    first: u32,
}

impl Feed {
    fn new(codec: Codec, layers: usize, base: ClockBase) -> Self {
        let step = codec.clock_rate() / 25;
        Self { source: Source::new(codec, layers, base), base, frame: [0; 3], step, first: 0 }
    }

    fn at(&self, ms: u64) -> Instant {
        self.base.instant + Duration::from_millis(ms)
    }

    fn packet(&self, layer: u8, index: u64, frame: u64, marker: bool, keyframe: bool) -> Arc<Packet> {
        Arc::new(Packet {
            ssrc: 1,
            pt: 96,
            seq: index as u16,
            timestamp: (frame as u32).wrapping_mul(self.step).wrapping_add(self.first),
            marker,
            extensions: Extensions::default(),
            payload: Bytes::from(vec![0; 500]),
            red: None,
            arrived: self.at(frame * 40),
            layer,
            index,
            keyframe,
        })
    }

    /// The next frame of `layer` at its time; the packets are kept and given back.
    fn frame(&mut self, layer: u8, keyframe: bool) -> Vec<Arc<Packet>> {
        let frame = self.frame[usize::from(layer)];
        self.frame[usize::from(layer)] += 1;
        let packets = [0, 1].map(|n| self.packet(layer, 1_000 + 2 * frame + n, frame, n == 1, keyframe && n == 0));
        packets.iter().for_each(|packet| self.source.push(packet));
        packets.to_vec()
    }

    /// Feeds frames of all layers to `down` and gives what it sends; keyframes where `keyframe` says so.
    fn play(&mut self, down: &mut DownTrack, frames: u64, keyframe: impl Fn(u8, u64) -> bool) -> Vec<(u8, Outgoing)> {
        let mut sent = Vec::new();
        for _ in 0..frames {
            for layer in 0..self.source.layers().len() as u8 {
                let number = self.frame[usize::from(layer)];
                let now = self.at(number * 40);
                for packet in self.frame(layer, keyframe(layer, number)) {
                    sent.extend(down.forward(&packet, &self.source, now).map(|out| (layer, out)));
                }
                while let Some((packet, out)) = down.next_burst(&self.source, now) {
                    sent.push((packet.layer, out));
                }
            }
        }
        sent
    }
}

fn config(kind: MediaKind) -> DownConfig {
    let red_pt = |codec| (codec == Codec::Opus).then_some(63);
    let format = |codec, pt| Format { codec, pt, rtx_pt: Some(pt + 1), red_pt: red_pt(codec) };
    DownConfig {
        ssrc: 50,
        rtx_ssrc: Some(51),
        formats: [format(Codec::H264, 102), format(Codec::Vp8, 104), format(Codec::Opus, 111)].into_iter().collect(),
        first_seq: 32_000,
        first_timestamp: u32::MAX - 5_000,
        squeeze: true,
        burst_rate: DownConfig::BURST_RATE,
        ..DownConfig::tap(kind)
    }
}

fn never(_: u8, _: u64) -> bool {
    false
}

fn first(_: u8, frame: u64) -> bool {
    frame == 0
}

/// Numbers without a seam, timestamps that never fall.
fn assert_continuous(sent: &[(u8, Outgoing)]) {
    for pair in sent.windows(2) {
        assert_eq!(pair[1].1.index, pair[0].1.index + 1, "{pair:?}");
        assert!(pair[1].1.timestamp >= pair[0].1.timestamp, "{pair:?}");
    }
}

#[test]
fn numbers_and_timestamps_are_rewritten_and_wrap_cleanly() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    assert!(down.show(Some(&feed.source), base.instant));
    let sent = feed.play(&mut down, 20_000, first);
    assert_eq!(sent.len(), 40_000);
    assert_continuous(&sent);
    assert_eq!((sent[0].1.ssrc, sent[0].1.pt, sent[0].1.seq(), sent[0].1.index), (50, 102, 32_000, 32_000));
    assert_eq!(sent[39_999].1.index, 71_999);
    assert_eq!(sent[39_999].1.timestamp - sent[0].1.timestamp, 19_999 * 3_600);
    assert!(sent[1].1.marker && !sent[0].1.marker);
}

#[test]
fn a_picture_begins_at_a_keyframe_and_asks_for_it_once_a_second() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    feed.frame(0, false);
    down.show(Some(&feed.source), feed.at(40));
    let asked = (0..3_000).filter(|ms| down.poll_keyframe(&feed.source, feed.at(*ms)).is_some()).count();
    assert_eq!(asked, 3);
    assert!(feed.play(&mut down, 4, never).is_empty());
    let sent = feed.play(&mut down, 4, |_, frame| frame == 6);
    assert_eq!(sent.len(), 6);
    assert_eq!(down.poll_keyframe(&feed.source, feed.at(5_000)), None);
}

#[test]
fn sources_in_turn_leave_no_seam_and_keep_the_time() {
    let base = clock_base();
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    let (mut a, mut b) = (Feed::new(Codec::H264, 1, base), Feed::new(Codec::Vp8, 1, base));
    // The other source's own timestamps are far away.
    b.first = u32::MAX - 9_000;
    down.show(Some(&a.source), base.instant);
    let mut sent = a.play(&mut down, 50, first);
    b.play(&mut DownTrack::new(config(MediaKind::Video), base.instant), 50, first);
    assert!(down.show(Some(&b.source), b.at(50 * 40)));
    sent.extend(b.play(&mut down, 50, never));
    assert_continuous(&sent);
    assert_eq!(sent[100].1.pt, 104, "the burst of the other source comes first");
    let live = sent.last().unwrap().1.timestamp - sent[99].1.timestamp;
    assert_eq!(live, 50 * 3_600, "the clocks decide, not the burst");
    // Nothing shown, and back: the gap in time is in the timestamps, not in the numbers.
    assert!(down.show(None, b.at(4_000)));
    a.play(&mut DownTrack::new(config(MediaKind::Video), base.instant), 150, |_, frame| frame == 195);
    down.show(Some(&a.source), a.at(8_000));
    let late = a.play(&mut down, 20, never);
    assert_eq!(late[late.len() - 1].1.timestamp - sent[99].1.timestamp, (219 - 49) * 3_600);
    sent.extend(late);
    assert_continuous(&sent);
}

#[test]
fn a_codec_that_was_not_offered_is_not_shown() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::Av1, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    assert!(!down.show(Some(&feed.source), base.instant));
    assert!(feed.play(&mut down, 5, first).is_empty());
    assert_eq!(down.poll_keyframe(&feed.source, base.instant), None);
}

#[test]
fn sound_switches_at_once_and_marks_the_seam() {
    let base = clock_base();
    let mut down = DownTrack::new(config(MediaKind::Audio), base.instant);
    let (mut a, mut b) = (Feed::new(Codec::Opus, 1, base), Feed::new(Codec::Opus, 1, base));
    down.show(Some(&a.source), base.instant);
    let mut sent = a.play(&mut down, 10, never);
    assert!(sent[0].1.marker);
    b.frame = [10, 0, 0];
    down.show(Some(&b.source), b.at(400));
    let next = b.play(&mut down, 10, never);
    assert_eq!(next.len(), 20, "no waiting");
    assert!(next[0].1.marker);
    sent.extend(next);
    assert_continuous(&sent);
    assert_eq!(sent[20].1.timestamp - sent[18].1.timestamp, 1_920);
}

#[test]
fn layers_change_at_keyframes_only_and_leave_no_seam() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 3, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.set_layer_cap(0);
    down.show(Some(&feed.source), base.instant);
    let mut sent = feed.play(&mut down, 100, first);
    assert!(sent.iter().all(|(layer, _)| *layer == 0));
    down.set_layer_cap(2);
    sent.extend(feed.play(&mut down, 10, never));
    assert_eq!(down.layer(), Some(0));
    assert_eq!(down.poll_keyframe(&feed.source, feed.at(4_400)), Some(2));
    sent.extend(feed.play(&mut down, 10, |layer, frame| layer == 2 && frame == 115));
    assert_eq!(down.layer(), Some(2));
    let seam = sent.iter().position(|(layer, _)| *layer == 2).unwrap();
    assert!(sent[..seam].iter().all(|(layer, _)| *layer == 0) && sent[seam..].iter().all(|(layer, _)| *layer == 2));
    assert_continuous(&sent);
    // The small picture of the same instant has gone out already.
    assert_eq!(sent[seam].1.timestamp - sent[seam - 1].1.timestamp, 90);
    // A packet of before the seam can still be asked for.
    let seq = sent[seam - 3].1.seq();
    let (packet, out) = down.resend(seq, &feed.source, feed.at(4_900)).unwrap();
    assert_eq!((packet.layer, out.timestamp), (0, sent[seam - 3].1.timestamp));
}

#[test]
fn a_layer_that_stops_is_left_by_way_of_the_ring() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 2, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    down.show(Some(&feed.source), base.instant);
    let mut sent = feed.play(&mut down, 60, first);
    sent.extend(feed.play(&mut down, 1, |layer, _| layer == 1));
    assert_eq!(down.layer(), Some(1));
    feed.source.apply(&SourceChange::Active { layer: 1, active: false });
    let now = feed.at(61 * 40);
    assert_eq!(down.poll_keyframe(&feed.source, now), None, "the ring has one");
    while let Some((packet, out)) = down.next_burst(&feed.source, now) {
        sent.push((packet.layer, out));
    }
    assert_eq!((down.layer(), sent.last().unwrap().0), (Some(0), 0));
    assert_continuous(&sent);
}

#[test]
fn what_comes_late_has_its_place_and_goes_out_once() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(config(MediaKind::Video), base.instant);
    let packets: Vec<_> = (0..8).map(|n| feed.packet(0, 70 + n, n, true, n == 0)).collect();
    let arrive = |feed: &mut Feed, down: &mut DownTrack, n: usize| {
        feed.source.push(&packets[n]);
        down.forward(&packets[n], &feed.source, feed.at(400)).map(|out| out.seq())
    };
    arrive(&mut feed, &mut down, 0);
    arrive(&mut feed, &mut down, 2);
    down.show(Some(&feed.source), feed.at(400));
    assert_eq!(arrive(&mut feed, &mut down, 3), None, "the burst brings it");
    let now = feed.at(400);
    let burst: Vec<u16> = std::iter::from_fn(|| down.next_burst(&feed.source, now).map(|(_, out)| out.seq())).collect();
    assert_eq!(burst, [32_000, 32_002, 32_003]);
    assert_eq!(down.forward(&packets[3], &feed.source, now), None, "sent with the burst already");
    assert_eq!(down.resend(32_001, &feed.source, now), None, "not here yet");
    assert_eq!(arrive(&mut feed, &mut down, 1), Some(32_001));
    assert_eq!(arrive(&mut feed, &mut down, 1), None);
    assert_eq!(arrive(&mut feed, &mut down, 5), Some(32_005));
    assert_eq!(arrive(&mut feed, &mut down, 4), Some(32_004));
    down.resends.earn(10_000);
    let (packet, out) = down.resend(32_002, &feed.source, now).unwrap();
    assert_eq!((packet.index, out.ssrc, out.pt, out.index, out.original), (72, 51, 103, 0, Some(32_002)));
    assert_eq!(down.resend(31_999, &feed.source, now), None);
    assert_eq!(down.resend(32_006, &feed.source, now), None);
}

#[test]
fn without_a_repair_stream_nothing_is_sent_again() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 1, base);
    let mut down = DownTrack::new(DownConfig { rtx_ssrc: None, ..config(MediaKind::Video) }, base.instant);
    down.show(Some(&feed.source), base.instant);
    let sent = feed.play(&mut down, 5, first);
    assert_eq!(down.resend(sent[3].1.seq(), &feed.source, feed.at(200)), None);
}

#[test]
fn reports_of_sound_and_picture_speak_of_one_time() {
    let base = clock_base();
    let (mut voice, mut camera) = (Feed::new(Codec::Opus, 1, base), Feed::new(Codec::H264, 1, base));
    let mut sound = DownTrack::new(config(MediaKind::Audio), base.instant);
    let mut picture = DownTrack::new(config(MediaKind::Video), base.instant);
    sound.show(Some(&voice.source), base.instant);
    picture.show(Some(&camera.source), base.instant);
    let heard = voice.play(&mut sound, 25, never);
    let seen = camera.play(&mut picture, 25, first);
    assert_eq!(picture.poll_report(&camera.source, &base, camera.at(1_000)), None, "only a guess so far");
    assert_eq!(picture.clock(&camera.source), None);
    // The publisher says: the picture was captured 120 ms before the sound that has the same frame number.
    let told = |ms: u64| crate::track::SenderClock {
        ntp: base.at(base.instant + Duration::from_millis(ms)),
        rtp: 0,
        exact: true,
    };
    voice.source.apply(&SourceChange::Clock { layer: 0, clock: told(0) });
    let clock =
        crate::track::SenderClock { ntp: told(0).ntp.moved(-fixed_point(Duration::from_millis(120))), ..told(0) };
    camera.source.apply(&SourceChange::Clock { layer: 0, clock });
    let now = camera.at(1_000);
    let a = sound.poll_report(&voice.source, &base, now).unwrap();
    let v = picture.poll_report(&camera.source, &base, now).unwrap();
    assert_eq!(a.ntp, v.ntp);
    // When each frame was captured, as the receiver computes it, in milliseconds before the report.
    let capture =
        |out: &Outgoing, rtp: u32, rate: i64| i64::from((out.timestamp as u32).wrapping_sub(rtp) as i32) * 1_000 / rate;
    let skew = capture(&heard[20].1, a.rtp, 48_000) - capture(&seen[20].1, v.rtp, 90_000);
    assert!((119..=121).contains(&skew), "{skew}");
    assert_eq!((v.packets, v.bytes), (50, 25_000));
    assert_eq!(picture.poll_report(&camera.source, &base, camera.at(1_999)), None);
    assert!(picture.poll_report(&camera.source, &base, camera.at(2_000)).is_some());
    assert!(picture.clock(&camera.source).is_some());
}

#[test]
fn a_tap_gets_the_ring_with_its_own_times() {
    let base = clock_base();
    let mut feed = Feed::new(Codec::H264, 2, base);
    feed.play(&mut DownTrack::new(config(MediaKind::Video), base.instant), 50, first);
    let mut tap = DownTrack::new(DownConfig::tap(MediaKind::Video), base.instant);
    assert!(tap.show(Some(&feed.source), feed.at(2_000)));
    let now = feed.at(2_000);
    let mut sent: Vec<_> =
        std::iter::from_fn(|| tap.next_burst(&feed.source, now).map(|(p, out)| (p.layer, out))).collect();
    assert_eq!(sent.len(), 100, "all of the highest layer");
    sent.extend(feed.play(&mut tap, 5, never));
    assert_continuous(&sent);
    assert_eq!(sent.last().unwrap().1.timestamp - sent[0].1.timestamp, 54 * 3_600);
}

#[test]
fn sound_goes_out_with_redundancy_where_both_have_it() {
    let base = clock_base();
    let mut source = Source::new(Codec::Opus, 1, base);
    let with = config(MediaKind::Audio);
    let mut without = with.clone();
    without.formats.iter_mut().for_each(|format| format.red_pt = None);
    let mut downs = [with, without].map(|config| DownTrack::new(config, base.instant));
    downs.iter_mut().for_each(|down| assert!(down.show(Some(&source), base.instant)));
    let feed = Feed::new(Codec::Opus, 1, base);
    let mut sent = Vec::new();
    for (index, red) in [(1, false), (2, true), (3, true)] {
        let mut packet = (*feed.packet(0, index, index, false, false)).clone();
        packet.red = red.then(|| Bytes::from_static(b"both"));
        let packet = Arc::new(packet);
        source.push(&packet);
        for down in &mut downs {
            let out = down.forward(&packet, &source, base.instant).unwrap();
            sent.push((out.pt, out.red, out.payload(&packet).len()));
        }
    }
    let (red, bare) = ((63, Some(111), 4), (111, None, 500));
    assert_eq!(sent, [bare, bare, red, bare, red, bare]);
    // A receiver that asks for it again is sent the bare frame, as the repair format is that of the bare sound.
    downs[0].resends.earn(10_000);
    let (packet, again) = downs[0].resend(32_002, &source, base.instant).unwrap();
    assert_eq!((again.pt, again.red, again.payload(packet).len()), (112, None, 500));
}
