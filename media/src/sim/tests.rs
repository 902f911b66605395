//! Whole paths under faults: publisher, up-track, ring, down-track, receiver, with repair on both hops.

use std::time::Duration;

use super::model::Path;
use super::{Burst, LinkConfig, LossyLink, VirtualClock};
use crate::track::KEYFRAME_REQUEST_SPACING;

const SEEDS: std::ops::Range<u64> = 1..6;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn link(delay_ms: u64) -> LinkConfig {
    LinkConfig { delay: Duration::from_millis(delay_ms), ..LinkConfig::default() }
}

/// Thirty seconds of one receiver, both hops as bad as `link`; gives residual loss and longest gap.
fn watch(link: &LinkConfig, seed: u64) -> (f64, Duration, Path) {
    let mut path = Path::new(link, seed);
    path.up.want_keyframes(true);
    path.join(link);
    path.run(seconds(32));
    let receiver = &path.legs[0].receiver;
    let first = receiver.shown.first().expect("something was shown").1;
    (receiver.residual_loss(first, 900), receiver.longest_gap(), path)
}

#[test]
fn a_perfect_link_loses_nothing_and_adds_nothing() {
    let (loss, gap, path) = watch(&link(20), 1);
    assert_eq!(loss, 0.0);
    assert!(gap <= Duration::from_millis(36), "{gap:?}");
    assert_eq!((path.publisher.repaired, path.legs[0].down.stats().resent), (0, 0));
    // One keyframe in six seconds.
    assert!((4..=6).contains(&path.publisher.keyframe_requests.len()));
}

#[test]
fn f1_five_percent_random_loss_is_repaired() {
    for seed in SEEDS {
        let (loss, gap, path) = watch(&LinkConfig { loss: 0.05, ..link(20) }, seed);
        eprintln!("seed {seed}: residual {:.4} %, gap {gap:?}, {:?}", loss * 100.0, path.legs[0].down.stats());
        assert!(loss <= 0.001, "seed {seed}: residual {loss}");
        assert!(gap <= Duration::from_millis(500), "seed {seed}: gap {gap:?}");
    }
}

#[test]
fn f2_ten_percent_burst_loss_is_repaired() {
    for seed in SEEDS {
        // A frame or more at a time, a tenth of all.
        let burst = Some(Burst { good: Duration::from_millis(315), bad: Duration::from_millis(35) });
        let (loss, gap, path) = watch(&LinkConfig { burst, ..link(20) }, seed);
        let lost = path.legs[0].to.loss();
        eprintln!(
            "seed {seed}: link {lost:.3}, residual {:.4} %, gap {gap:?} {:?} up {:?} recv {:?}",
            loss * 100.0,
            path.legs[0].down.stats(),
            path.up.stats(),
            path.legs[0].receiver.stats()
        );
        assert!(loss <= 0.005, "seed {seed}: residual {loss}");
        assert!(gap <= seconds(1), "seed {seed}: gap {gap:?}");
    }
}

#[test]
fn f5_jitter_reorder_and_duplicates_come_out_once() {
    for seed in SEEDS {
        let jitter = Duration::from_millis(60);
        let (loss, gap, path) = watch(&LinkConfig { jitter, reorder: 0.05, duplicate: 0.01, ..link(20) }, seed);
        assert_eq!(loss, 0.0, "seed {seed}");
        assert!(gap <= Duration::from_millis(250), "seed {seed}: gap {gap:?}");
        // The model asserts that no index leaves twice; here, that no source packet does.
        let stats = path.legs[0].down.stats();
        assert!(stats.packets <= path.publisher.packets as u64, "seed {seed}");
    }
}

#[test]
fn f6_the_picture_is_back_soon_after_a_blackout() {
    for (dark_ms, back_ms) in [(500, 1_000), (5_000, 2_000)] {
        let mut path = Path::new(&link(20), 3);
        let dark = seconds(4)..seconds(4) + Duration::from_millis(dark_ms);
        path.join(&LinkConfig { blackouts: vec![dark.clone()], ..link(20) });
        path.run(seconds(14));
        let receiver = &path.legs[0].receiver;
        let end = receiver.joined + dark.end;
        let back =
            receiver.shown.iter().find(|(at, _)| *at > end + Duration::from_millis(25)).expect("it came back").0 - end;
        eprintln!("dark {dark_ms} ms: back after {back:?}");
        assert!(back <= Duration::from_millis(back_ms), "dark {dark_ms} ms: back after {back:?}");
    }
}

#[test]
fn f11_a_late_join_starts_from_the_ring_and_costs_the_studio_nothing() {
    let mut path = Path::new(&link(5), 7);
    path.join(&link(5));
    path.run(seconds(4));
    let asked = path.publisher.keyframe_requests.len();
    for _ in 0..200 {
        path.join(&link(5));
    }
    path.run(seconds(3));
    assert_eq!(path.publisher.keyframe_requests.len(), asked, "no join asks for a keyframe");
    for leg in &path.legs[1..] {
        assert!(leg.first_sent[0], "the keyframe comes first");
        let receiver = &leg.receiver;
        let first = receiver.shown[0].0 - receiver.joined;
        assert!(first <= Duration::from_millis(20), "{first:?}");
        let packets = &receiver.packets;
        let timestamps: Vec<u32> =
            packets.iter().map(|(_, p)| p.timestamp.wrapping_sub(packets[0].1.timestamp)).collect();
        assert!(timestamps.is_sorted(), "timestamps rise");
        // What is live keeps its distance in time from the first live frame on: nothing lasting stays of the burst.
        let (at, last) = packets.last().unwrap();
        let live = packets.iter().find(|(at, _)| *at > receiver.joined + seconds(1)).unwrap();
        let ticks = last.timestamp.wrapping_sub(live.1.timestamp);
        let expected = (*at - live.0).as_millis() as i64 * 90;
        assert!((i64::from(ticks) - expected).abs() < 900, "{ticks} {expected}");
        // Four seconds of frames are squeezed into an eighth of a second.
        let squeezed = live.1.timestamp.wrapping_sub(packets[0].1.timestamp);
        assert!(squeezed < 90_000 + 4 * 90_000 / 32 + 9_000, "{squeezed}");
    }
}

#[test]
fn f11_joins_without_a_keyframe_in_the_ring_are_merged_into_one_request() {
    let mut path = Path::new(&link(5), 8);
    for _ in 0..200 {
        path.join(&link(5));
        path.run(Duration::from_millis(5));
    }
    path.run(seconds(2));
    let requests = &path.publisher.keyframe_requests;
    assert!(requests.windows(2).all(|w| w[1] - w[0] >= KEYFRAME_REQUEST_SPACING), "{}", requests.len());
    assert!(path.legs.iter().all(|leg| !leg.receiver.shown.is_empty()));
}

#[test]
fn f12_a_receiver_that_asks_for_everything_gets_its_share() {
    let mut path = Path::new(&link(20), 9);
    path.join(&link(20));
    path.legs[0].greedy = true;
    path.run(seconds(20));
    let stats = path.legs[0].down.stats();
    eprintln!("{stats:?}");
    assert!(stats.resent_bytes * 100 <= stats.bytes * 16, "{stats:?}");
    assert!(stats.asked > 10 * stats.resent);
    assert_eq!(path.publisher.repaired, 0, "the publisher hears nothing of it");
}

#[test]
fn a_receiver_that_cannot_keep_up_waits_for_a_keyframe_of_its_own() {
    let mut path = Path::new(&link(20), 10);
    path.join(&link(20));
    path.join(&link(20));
    path.run(seconds(2));
    let now = path.clock.now();
    path.legs[0].down.fall_behind(now);
    path.run(seconds(6));
    let (slow, other) = (&path.legs[0].receiver, &path.legs[1].receiver);
    assert_eq!(path.legs[0].down.stats().behind, 1);
    assert!((Duration::from_millis(1_900)..seconds(3)).contains(&slow.longest_gap()), "{:?}", slow.longest_gap());
    assert!(other.longest_gap() <= Duration::from_millis(36));
    assert!(slow.packets.windows(2).all(|w| w[1].1.index == w[0].1.index + 1), "no seam in the numbers");
    assert_eq!(path.publisher.keyframe_requests.len(), 1);
}

#[test]
fn one_seed_is_one_run() {
    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    let clock = VirtualClock::new(std::time::Instant::now());
    let config = LinkConfig { loss: 0.3, jitter: seconds(1), reorder: 0.2, duplicate: 0.2, ..link(10) };
    let arrivals = |seed| {
        let mut link = LossyLink::new(config.clone(), seed, clock.now());
        (0..500).for_each(|n| link.send(n, clock.now() + Duration::from_millis(n)));
        std::iter::from_fn(|| link.receive(clock.now() + seconds(10))).collect::<Vec<u64>>()
    };
    assert_eq!(arrivals(5), arrivals(5));
    assert_ne!(arrivals(5), arrivals(6));
}
