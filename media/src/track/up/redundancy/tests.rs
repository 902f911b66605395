use std::time::Instant;

use bytes::Bytes;

use super::*;
use crate::codec::Codec;
use crate::rtp::AudioLevel;
use crate::track::UpConfig;
use crate::track::source::tests::{clock_base, packet};

const PT: u8 = 111;
const RED_PT: u8 = 63;
const FRAME: u32 = 960;

fn sound() -> (UpTrack, Instant) {
    let clock = clock_base();
    let config = UpConfig { red_pt: Some(RED_PT), nack: false, ..UpConfig::new(Codec::Opus, PT, 1, clock) };
    (UpTrack::new(config, clock.instant), clock.instant)
}

fn frame(n: u16) -> Vec<u8> {
    vec![n as u8; 40 + usize::from(n % 7)]
}

fn bare(n: u16) -> Packet {
    let mut bare = (*packet(u64::from(n), u32::from(n) * FRAME, false, 1)).clone();
    (bare.pt, bare.payload) = (PT, frame(n).into());
    bare.extensions.audio_level = Some(AudioLevel { voice: true, level: 30 });
    bare
}

/// A packet as an encoder with redundancy sends it: with the frame before.
fn red(n: u16) -> Packet {
    let payload = Red::join(PT, &frame(n - 1), FRAME, &frame(n)).unwrap();
    Packet { pt: RED_PT, payload, ..bare(n) }
}

/// Takes a packet in; the numbers of what comes out, recovered ones first.
fn take(up: &mut UpTrack, packet: Packet, now: Instant) -> Vec<u16> {
    let taken = up.receive(packet, 0, false, now).unwrap();
    up.take_recovered().iter().chain([&taken]).map(|packet| packet.seq).collect()
}

#[test]
fn what_is_lost_comes_with_the_next_packet() {
    let (mut up, now) = sound();
    let heard = [10, 11, 13, 14, 16, 19].map(|n| take(&mut up, red(n), now));
    assert_eq!(heard, [vec![10], vec![11], vec![12, 13], vec![14], vec![15, 16], vec![18, 19]]);
    assert_eq!(up.receive(red(15), 0, false, now), Err(DropReason::Duplicate), "it has come already");
    assert_eq!(take(&mut up, red(17), now), [17], "nothing came instead of it");
    assert_eq!(up.stats().recovered, 4, "three copies and one that was overtaken");
}

#[test]
fn receivers_get_either_form() {
    let (mut up, now) = sound();
    for n in [10, 12] {
        take(&mut up, red(n), now);
    }
    let ring = &up.source().layers()[0].ring;
    for (index, n, is_red) in [(0x1_000a, 10, true), (0x1_000b, 11, false), (0x1_000c, 12, true)] {
        let kept = ring.get(index).unwrap();
        assert_eq!((&kept.payload[..], kept.pt, kept.timestamp), (&frame(n)[..], PT, u32::from(n) * FRAME));
        assert_eq!(kept.red.is_some(), is_red, "{n}: as the publisher sent it");
        assert_eq!(kept.extensions.audio_level, Some(AudioLevel { voice: true, level: 30 }));
    }
    assert_eq!(ring.get(0x1_000c).unwrap().red.as_deref(), Some(&red(12).payload[..]));
}

#[test]
fn sound_without_redundancy_is_given_the_frame_before_it() {
    let (mut up, now) = sound();
    for n in [10, 11, 13] {
        take(&mut up, bare(n), now);
    }
    let ring = &up.source().layers()[0].ring;
    let made = |index| ring.get(index).unwrap().red.clone();
    assert_eq!(made(0x1_000a), None, "nothing came before");
    assert_eq!(made(0x1_000b), Some(red(11).payload));
    assert_eq!(made(0x1_000d), None, "what came before is missing");
}

#[test]
fn silence_that_was_not_sent_is_no_frame() {
    let (mut up, now) = sound();
    take(&mut up, bare(10), now);
    let later = Packet { timestamp: 10 * FRAME + 20_000, ..bare(11) };
    take(&mut up, later, now);
    assert_eq!(up.source().layers()[0].ring.newest().unwrap().red, None, "too long ago for the field");
}

#[test]
fn a_copy_of_what_is_known_is_not_taken_for_a_lost_packet() {
    let (mut up, now) = sound();
    take(&mut up, red(10), now);
    // The encoder left frame 11 out: the packet after the lost one holds a copy of frame 10.
    let payload = Red::join(PT, &frame(10), 2 * FRAME, &frame(12)).unwrap();
    let skipped = Packet { pt: RED_PT, payload, ..bare(12) };
    assert_eq!(take(&mut up, skipped, now), [12]);
    assert_eq!(up.stats().recovered, 0);
}

#[test]
fn lying_redundancy_is_dropped_and_the_stream_goes_on() {
    let (mut up, now) = sound();
    take(&mut up, red(10), now);
    let lie = Packet { pt: RED_PT, payload: Bytes::from_static(&[0xef, 0x0f, 0xff, 0xff, 0x6f]), ..bare(11) };
    assert_eq!(up.receive(lie, 0, false, now), Err(DropReason::Redundancy));
    assert_eq!(take(&mut up, red(12), now), [11, 12]);
}
