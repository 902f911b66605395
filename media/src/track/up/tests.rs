use bytes::Bytes;

use super::*;
use crate::codec::Codec;
use crate::feedback::{Message, read};
use crate::rtp::{AudioLevel, Extensions};
use crate::track::source::tests::{clock_base, start};

const SSRC: u32 = 100;

fn track(layers: usize) -> (UpTrack, Instant) {
    let clock = clock_base();
    (UpTrack::new(UpConfig::new(Codec::H264, 96, layers, clock), clock.instant), clock.instant)
}

fn ms(t0: Instant, n: u64) -> Instant {
    t0 + Duration::from_millis(n)
}

fn media(seq: u16, payload: &[u8]) -> Packet {
    Packet {
        ssrc: SSRC,
        pt: 96,
        seq,
        timestamp: u32::from(seq) * 3_000,
        marker: true,
        extensions: Extensions::default(),
        payload: Bytes::copy_from_slice(payload),
        red: None,
        arrived: start(),
        layer: 0,
        index: 0,
        keyframe: false,
    }
}

fn repair(original: u16, payload: &[u8]) -> Packet {
    let mut bytes = original.to_be_bytes().to_vec();
    bytes.extend_from_slice(payload);
    Packet { ssrc: SSRC + 1, pt: 97, timestamp: u32::from(original) * 3_000, ..media(1, &bytes) }
}

/// The NACKed numbers and the SSRCs asked for keyframes in what the track has to say.
fn said(up: &mut UpTrack, now: Instant) -> (Vec<u16>, Vec<u32>) {
    let (mut out, mut lost, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    up.poll(1, now, &mut out);
    let mut messages = read(&out);
    for message in messages.by_ref() {
        match message {
            Message::Nack { sequences, .. } => lost.extend(sequences),
            Message::Pli { media } => pictures.push(media),
            other => panic!("{other:?}"),
        }
    }
    assert!(!messages.malformed());
    (lost, pictures)
}

#[test]
fn packets_pass_once_and_repairs_become_originals() {
    let (mut up, t0) = track(1);
    let mut take = |packet: Packet| {
        let repair = packet.pt == 97;
        up.receive(packet, 0, repair, t0).map(|p| (p.index & 0xffff, p.keyframe))
    };
    assert_eq!(take(repair(10, &[0x61])), Err(DropReason::Late), "a repair of nothing known");
    assert_eq!(take(media(10, &[0x67])), Ok((10, true)));
    assert_eq!(take(media(10, &[0x67])), Err(DropReason::Duplicate));
    assert_eq!(take(media(13, &[0x61])), Ok((13, false)));
    assert_eq!(take(repair(11, &[0x65])), Ok((11, true)));
    assert_eq!(take(repair(11, &[0x65])), Err(DropReason::Duplicate));
    assert_eq!(take(media(11, &[0x65])), Err(DropReason::Duplicate));
    assert_eq!(take(media(12, &[0x61])), Ok((12, false)));
    assert_eq!(take(repair(30_000, &[0x61])), Err(DropReason::Late));
    assert_eq!(take(Packet { payload: Bytes::from_static(&[1]), ..repair(1, &[]) }), Err(DropReason::Probe));
    let ring = &up.source().layers()[0].ring;
    let restored = ring.get(0x1_000b).unwrap();
    assert_eq!((restored.ssrc, restored.pt, restored.seq, &restored.payload[..]), (SSRC, 96, 11, &[0x65][..]));
    assert_eq!(up.stats().recovered, 2);
}

#[test]
fn what_is_missing_is_asked_for_by_the_publishers_own_numbers() {
    let (mut up, t0) = track(1);
    for seq in [65_533, 65_535, 2] {
        up.receive(media(seq, &[0x61]), 0, false, t0).unwrap();
    }
    assert_eq!(up.poll_timeout(), Some(ms(t0, 8)));
    assert_eq!(said(&mut up, ms(t0, 8)).0, [65_534, 0, 1]);
    up.receive(repair(0, &[0x61]), 0, true, ms(t0, 30)).unwrap();
    assert_eq!(said(&mut up, ms(t0, 80)).0, [65_534, 1]);
    // The publisher starts anew somewhere else: the old gaps are forgotten, the numbering goes on.
    assert_eq!(up.receive(media(30_000, &[0x61]), 0, false, t0), Err(DropReason::Late));
    let index = up.receive(media(30_001, &[0x61]), 0, false, ms(t0, 90)).unwrap().index;
    assert_eq!(index, 0x2_0003);
    assert_eq!(up.poll_change(), Some(SourceChange::Gap { layer: 0 }), "nobody joins before it");
    up.receive(media(30_004, &[0x61]), 0, false, ms(t0, 90)).unwrap();
    assert_eq!(said(&mut up, ms(t0, 100)), (vec![30_002, 30_003], vec![SSRC]));
    // So it does with a new SSRC.
    let index = up.receive(Packet { ssrc: 7, ..media(5, &[0x61]) }, 0, false, ms(t0, 700)).unwrap().index;
    assert_eq!(index, 0x2_0007);
    assert_eq!(said(&mut up, ms(t0, 710)), (vec![], vec![7]));
}

#[test]
fn without_nack_nothing_is_asked_for() {
    let clock = clock_base();
    let mut up = UpTrack::new(UpConfig { nack: false, ..UpConfig::new(Codec::Opus, 96, 1, clock) }, clock.instant);
    for seq in [1, 5] {
        assert!(!up.receive(media(seq, &[0x67]), 0, false, clock.instant).unwrap().keyframe, "sound has no keyframes");
    }
    assert_eq!(said(&mut up, ms(clock.instant, 50)), (vec![], vec![]));
    assert_eq!(up.poll_timeout(), None);
}

#[test]
fn keyframes_are_asked_for_once_in_half_a_second_and_at_the_interval() {
    let (mut up, t0) = track(2);
    up.want_keyframes(true);
    up.receive(media(1, &[0x67]), 0, false, t0).unwrap();
    up.receive(Packet { ssrc: 200, ..media(1, &[0x67]) }, 1, false, t0).unwrap();
    let mut asked = Vec::new();
    for n in 1..2_000_u64 {
        let now = ms(t0, n);
        (0..40).for_each(|_| up.request_keyframe(1, now));
        asked.extend(said(&mut up, now).1);
    }
    assert_eq!(asked, [200; 4]);
    for n in 2..8_u16 {
        up.receive(media(n, &[0x61]), 0, false, ms(t0, u64::from(n) * 1_000 - 100)).unwrap();
    }
    assert_eq!(said(&mut up, ms(t0, 5_999)).1, [200], "what was pending");
    assert_eq!(said(&mut up, ms(t0, 6_000)).1, [SSRC], "layer 1 has gone quiet");
    up.want_keyframes(false);
    assert!(said(&mut up, ms(t0, 30_000)).1.is_empty());
}

#[test]
fn f26_a_flood_is_dropped_at_the_door() {
    let (mut up, t0) = track(1);
    let (mut taken, mut dropped) = (0, 0);
    for n in 0..30_000_u64 {
        // Fifteen thousand a second, ten times the bound.
        match up.receive(media(n as u16, &[0x61]), 0, false, t0 + Duration::from_micros(n * 1_000 / 15)) {
            Ok(_) => taken += 1,
            Err(DropReason::Rate) => dropped += 1,
            Err(_) => {}
        }
    }
    assert!((2_900..=3_760).contains(&taken), "{taken} in two seconds");
    assert!(dropped > 26_000, "{dropped}");
}

#[test]
fn a_stopped_layer_is_told_to_the_replicas() {
    let (mut up, t0) = track(2);
    for n in 0..40_u16 {
        let now = ms(t0, u64::from(n) * 100);
        up.receive(media(n, &[0x61]), 0, false, now).unwrap();
        if n < 10 {
            up.receive(Packet { ssrc: 200, ..media(n, &[0x61]) }, 1, false, now).unwrap();
        }
        said(&mut up, now);
    }
    assert_eq!(up.source().active_layers(), 0b01);
    assert_eq!(up.poll_change(), Some(SourceChange::Active { layer: 1, active: false }));
    assert_eq!(up.poll_change(), None);
    up.receive(Packet { ssrc: 200, ..media(10, &[0x61]) }, 1, false, ms(t0, 4_100)).unwrap();
    assert_eq!(up.source().active_layers(), 0b11);
    // All quiet together is a picture that stands still.
    said(&mut up, ms(t0, 9_000));
    assert_eq!(up.source().active_layers(), 0b11);
}

#[test]
fn reports_and_clocks_belong_to_the_media_stream() {
    let (mut up, t0) = track(1);
    up.receive(media(7, &[0x61]), 0, false, t0).unwrap();
    let info = SenderInfo { ssrc: SSRC, ntp: Ntp(0x10_0000_0000), rtp: 21_000, packets: 1, bytes: 1 };
    up.sender_report(&SenderInfo { ssrc: SSRC + 1, ..info }, Ntp(5), t0);
    assert_eq!(up.poll_change(), None, "a repair stream has no clock of its own");
    up.sender_report(&info, Ntp(77 << 32), t0);
    let clock = SenderClock { ntp: Ntp(77 << 32), rtp: 21_000, exact: true };
    assert_eq!(up.poll_change(), Some(SourceChange::Clock { layer: 0, clock }));
    assert_eq!(up.source().layers()[0].clock, Some(clock));
    let mut blocks = Vec::new();
    up.report_blocks(ms(t0, 500), &mut blocks);
    assert_eq!(blocks.len(), 1);
    assert_eq!((blocks[0].ssrc, blocks[0].last_sr, blocks[0].delay), (SSRC, 0x10_0000, 0x8000));
}

#[test]
fn a_voice_follows_the_levels_of_the_packets() {
    let clock = clock_base();
    let (mut up, t0) = (UpTrack::new(UpConfig::new(Codec::Opus, 96, 1, clock), clock.instant), clock.instant);
    let mut say = |from: u16, level: Option<u8>| {
        for seq in from..from + 75 {
            let now = ms(t0, u64::from(seq) * 20);
            let mut packet = Packet { timestamp: u32::from(seq) * 960, ..media(seq, &[0]) };
            packet.extensions.audio_level = level.map(|level| AudioLevel { voice: true, level });
            up.receive(packet, 0, false, now).unwrap();
        }
        up.voice(ms(t0, u64::from(from + 75) * 20))
    };
    assert!(say(1, Some(20)).is_some_and(|loudness| loudness > 100));
    assert_eq!(say(76, Some(127)), None);
    assert!(say(151, Some(20)).is_some());
    assert_eq!(say(226, None), None, "a publisher that says nothing never talks");
}
