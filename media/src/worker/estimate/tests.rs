//! What a receiver gets as its line changes.

mod world;

use std::time::Duration;

use world::{Feedback, Scene, VIDEO, World, longest};

use crate::estimate::Content;
use crate::estimate::scenario::bottleneck::Line;
use crate::slot::{PeerId, UpTrackId};

#[test]
fn f9_the_layer_follows_the_line() {
    for (kbps, fits, sound_ms) in [(800, 1, 150), (300, 0, 200)] {
        let mut world = World::new(Line::clean(4_000), 0..3);
        world.run(20);
        assert_eq!(world.shown.last().unwrap().1, Some(2), "{:?}", world.shown);
        world.line.line.rate = f64::from(kbps) * 1e3;
        world.run(20);
        world.line.line.rate = 4e6;
        world.run(20);
        let (down, up) = (world.until(20_000, |layer| layer <= fits), world.until(40_000, |layer| layer == 2));
        let (silence, freeze) = (longest(&world.sound, 20_000, 60_000), longest(&world.frames, 20_000, 60_000));
        println!("4 -> {kbps} kbit/s: down {down:?} ms, up {up:?} ms, silence {silence} ms, freeze {freeze} ms");
        println!("  {} repair packets, {} requests, layers {:?}", world.repairs, world.answered, world.shown);
        assert!(down.is_some_and(|down| down <= 3_000));
        assert!(up.is_some_and(|up| up <= 15_000));
        assert!(silence <= sound_ms);
    }
}

#[test]
fn a_single_layer_that_does_not_fit_becomes_stills_and_comes_back() {
    let mut world = World::new(Line::clean(4_000), 2..3);
    world.run(20);
    assert!(longest(&world.frames, 1_000, 20_000) <= 150, "{:?}", world.shown);
    world.line.line.rate = 500e3;
    world.run(20);
    let stills = world.frames.iter().filter(|at| (25_000..40_000).contains(*at)).count();
    let silence = longest(&world.sound, 20_000, 40_000);
    world.line.line.rate = 4e6;
    world.run(20);
    let moving = world.frames.iter().filter(|at| (55_000..60_000).contains(*at)).count();
    println!("single layer: {stills} stills in 15 s, silence {silence} ms, {moving} frames in the last 5 s");
    assert!((3..60).contains(&stills) && silence <= 400 && moving >= 140);
}

#[test]
fn a_single_layer_of_which_not_even_stills_fit_comes_back() {
    let mut world = World::new(Line::clean(4_000), 2..3);
    world.run(10);
    world.line.line.rate = 200e3;
    world.run(40);
    let silence = longest(&world.sound, 20_000, 50_000);
    world.line.line.rate = 4e6;
    world.run(20);
    let back = world.frames.iter().filter(|at| (65_000..70_000).contains(*at)).count();
    println!("single layer at 200 kbit/s: silence {silence} ms, {back} frames in the last 5 s");
    assert!(silence <= 400 && back >= 140);
}

#[test]
fn a_wide_line_is_left_alone() {
    let mut world = World::new(Line::clean(20_000), 0..3);
    world.run(30);
    println!("20 Mbit/s: {} repair packets, layers {:?}", world.repairs, world.shown);
    assert!(world.repairs <= 60 && longest(&world.frames, 1_000, 30_000) <= 110);
    assert!(world.shown.iter().all(|(_, layer)| layer.is_none_or(|layer| layer == 2)), "{:?}", world.shown);
}

#[test]
fn a_line_without_feedback_keeps_the_best_layer() {
    for feedback in [Feedback::Silence, Feedback::Reports, Feedback::Remb] {
        let mut world = World::of(Scene { feedback, ..Scene::new(Line::clean(20_000), 0..3) });
        world.run(40);
        println!("{feedback:?}: {} requests, layers {:?}", world.answered, world.shown);
        assert!(world.shown.iter().all(|(_, layer)| layer.is_none_or(|layer| layer == 2)), "{:?}", world.shown);
        // One for each layer when it comes, and those at the interval.
        assert!(world.answered <= 3 + 3 * 40 / 6, "{}", world.answered);
    }
}

#[test]
fn reports_have_to_do_where_there_is_nothing_else() {
    for (feedback, kbps, fits) in
        [(Feedback::Reports, 800, 1), (Feedback::Reports, 300, 0), (Feedback::Remb, 800, 1), (Feedback::Remb, 300, 0)]
    {
        let mut world = World::of(Scene { feedback, ..Scene::new(Line::clean(4_000), 0..3) });
        world.run(20);
        assert_eq!(world.shown.last().unwrap().1, Some(2), "{:?}", world.shown);
        world.line.line.rate = f64::from(kbps) * 1e3;
        world.run(30);
        world.line.line.rate = 4e6;
        world.run(40);
        let (down, up) = (world.until(20_000, |layer| layer <= fits), world.until(50_000, |layer| layer == 2));
        let spans = world.shown.windows(2).filter(|pair| pair[0].1.is_some_and(|layer| layer <= fits));
        let fitting: u64 = spans.map(|pair| pair[1].0.min(50_000).saturating_sub(pair[0].0.max(23_000))).sum();
        println!("{feedback:?} 4 -> {kbps} kbit/s: down {down:?} ms, up {up:?} ms, {fitting} ms of 27 s on what fits");
        println!("  {} requests, layers {:?}", world.answered, world.shown);
        assert!(down.is_some_and(|down| down <= 5_000) && up.is_some_and(|up| up <= 35_000));
        assert!(fitting >= 16_000, "{fitting}");
    }
}

#[test]
fn layers_that_nobody_takes_pause_and_come_back_in_time() {
    let mut world = World::of(Scene { obeys: true, ..Scene::new(Line::clean(4_000), 0..3) });
    world.run(20);
    assert_eq!(world.wanted.last().map(|(_, layers)| *layers), Some(0b101), "{:?}", world.wanted);
    assert!(world.shown.iter().all(|(_, layer)| layer.is_none_or(|layer| layer == 2)), "{:?}", world.shown);
    world.line.line.rate = 800e3;
    world.run(20);
    let down = world.until(20_000, |layer| layer <= 1);
    let middle = world.until(20_000, |layer| layer == 1);
    let asked =
        world.wanted.iter().find(|(at, layers)| *at >= 20_000 && layers & 0b010 != 0).map(|(at, _)| at - 20_000);
    let paused = world.wanted.iter().any(|(at, layers)| (20_000..40_000).contains(at) && layers & 0b100 == 0);
    let freeze = longest(&world.frames, 20_000, 40_000);
    world.line.line.rate = 4e6;
    world.run(20);
    let up = world.until(40_000, |layer| layer == 2);
    println!(
        "down {down:?} ms, the middle one asked for after {asked:?} and sent after {middle:?} ms, freeze {freeze} ms"
    );
    println!("  up {up:?} ms, wanted {:?}, layers {:?}", world.wanted, world.shown);
    assert!(paused && world.sends & 0b100 != 0);
    assert!(down.is_some_and(|down| down <= 3_000) && up.is_some_and(|up| up <= 15_000));
    assert!(middle.zip(asked).is_some_and(|(middle, asked)| middle <= asked + 3_000));
    assert_eq!(world.shown.last().unwrap().1, Some(2));
    // Two layers, each paused for five seconds at least before it can be asked for again.
    assert!(world.wanted.len() <= 2 * 60 / 5, "{:?}", world.wanted);
}

#[test]
fn a_layer_is_back_within_300_ms_of_being_needed() {
    let mut world = World::of(Scene { obeys: true, ..Scene::new(Line::clean(20_000), 0..3) });
    world.run(1);
    // Nobody watches: only the smallest picture is worth sending.
    world.core.map_slot(world.receiver, VIDEO, None, world.start + Duration::from_millis(world.ms));
    world.run(10);
    assert_eq!(world.sends, 0b001, "{:?}", world.wanted);
    let track = UpTrackId { peer: PeerId(0), media: 0 };
    let joined = world.ms;
    world.core.map_slot(world.receiver, VIDEO, Some(track), world.start + Duration::from_millis(world.ms));
    world.run(3);
    let asked = world.wanted.iter().find(|(at, layers)| *at >= joined && layers & 0b100 != 0).unwrap().0 - joined;
    let first = world.frames.iter().find(|at| **at >= joined).unwrap() - joined;
    let (small, best) = (world.until(joined, |layer| layer == 0), world.until(joined, |layer| layer == 2).unwrap());
    println!("asked for after {asked} ms, first frame after {first} ms, smallest {small:?}, best after {best} ms");
    assert!(asked <= 10 && first <= 100 && best <= 300, "{:?}", world.shown);
    assert!(small.is_some_and(|small| small < best), "it is shown what flows until then: {:?}", world.shown);
}

#[test]
fn a_screen_stays_sharp_on_a_narrow_line() {
    let mut world = World::of(Scene { content: Content::Screen, ..Scene::new(Line::clean(4_000), 0..3) });
    world.run(20);
    world.line.line.rate = 800e3;
    world.run(30);
    let frames = world.frames.iter().filter(|at| (30_000..50_000).contains(*at)).count();
    let layers: Vec<_> = world.shown.iter().filter(|(at, _)| *at >= 20_000).map(|(_, layer)| *layer).collect();
    world.line.line.rate = 4e6;
    world.run(20);
    let moving = world.frames.iter().filter(|at| (65_000..70_000).contains(*at)).count();
    println!("screen: {frames} frames in 20 s, {moving} in the last 5 s, layers {layers:?}");
    assert!(layers.iter().all(|layer| layer.is_none_or(|layer| layer == 2)), "{layers:?}");
    assert!((3..400).contains(&frames) && moving >= 140);
}

/// How much later than the fastest ones frames were whole between two moments: mean, 95 in 100, and the last, in ms.
fn lateness(world: &World, from: u64, to: u64) -> (i64, i64, i64) {
    let mut late: Vec<i64> =
        world.delays.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, delay)| *delay).collect();
    late.sort_unstable();
    let above = |delay: i64| delay - late[0];
    let mean = late.iter().sum::<i64>() / late.len() as i64;
    (above(mean), above(late[late.len() * 95 / 100]), above(late[late.len() - 1]))
}

#[test]
fn f9_sound_gets_between_the_packets_of_a_picture() {
    // A line that has never been full, and one that was a while ago.
    for (cuts, queue) in [([300, 300], 40_000), ([300, 300], 64_000), ([800, 300], 40_000), ([800, 300], 64_000)] {
        let line = Line { queue, ..Line::clean(4_000) };
        let mut world = World::of(Scene { hard: true, ..Scene::new(line, 0..3) });
        world.run(20);
        for kbps in cuts {
            let cut = world.ms;
            world.line.line.rate = f64::from(kbps) * 1e3;
            world.run(6);
            let freed = world.ms;
            world.line.line.rate = 4e6;
            world.run(15);
            let fits = u8::from(kbps >= 800);
            let (down, up) = (world.until(cut, |layer| layer <= fits), world.until(freed, |layer| layer == 2));
            let (silence, freeze) = (longest(&world.sound, cut, world.ms), longest(&world.frames, cut, world.ms));
            println!(
                "4 -> {kbps} kbit/s, {queue} B: silence {silence} ms, freeze {freeze} ms, down {down:?}, up {up:?}"
            );
            assert!(silence <= 200, "{silence}");
            assert!(down.is_some_and(|down| down <= 3_000) && up.is_some_and(|up| up <= 10_000));
        }
    }
}

#[test]
fn a_picture_is_spread_where_it_has_to_be() {
    // On a line that is narrow but has never been full, then on wider ones: there large frames are not kept back.
    for (kbps, hard, most) in [(4_000, false, (8, 15, 100)), (4_000, true, (20, 50, 60)), (8_000, true, (7, 20, 20))] {
        let mut world = World::of(Scene { hard, ..Scene::new(Line::clean(kbps), 0..3) });
        world.run(40);
        let late = lateness(&world, 10_000, 40_000);
        println!("{kbps} kbit/s, hard {hard}: frames late by mean, 95 %, most {late:?} ms, layers {:?}", world.shown);
        assert!(late.0 <= most.0 && late.1 <= most.1 && late.2 <= most.2, "{late:?}");
        assert!(world.shown.iter().all(|(_, layer)| layer.is_none_or(|layer| layer == 2)), "{:?}", world.shown);
    }
}

#[test]
fn what_a_bad_line_loses_is_repeated_while_frames_are_spread() {
    for kbps in [4_000, 8_000] {
        let line = Line { loss: 0.1, ..Line::clean(kbps) };
        let mut world = World::of(Scene { hard: true, ..Scene::new(line, 0..3) });
        world.run(60);
        println!("10 % loss, {kbps} kbit/s: {} repairs, {} still missing", world.repairs, world.missing.len());
        assert!(world.repairs > 1_000 && world.missing.len() <= 5);
        assert!(world.shown.iter().all(|(_, layer)| layer.is_none_or(|layer| layer == 2)), "{:?}", world.shown);
    }
}
