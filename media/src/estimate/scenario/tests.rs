//! Behaviour and figures: `cargo test -p airclass-media --lib estimate::scenario -- --nocapture --test-threads 1`
//! prints the table.

use std::time::Duration;

use super::bottleneck::Line;
use super::network::{Classroom, Network};
use super::picture::RATES;

const SEEDS: std::ops::Range<u64> = 1..6;

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn ms(duration: Option<Duration>) -> i64 {
    duration.map_or(-1, |duration| duration.as_millis() as i64)
}

fn clean(kbps: u32) -> Line {
    Line::clean(kbps)
}

/// One line, one classroom.
fn single(line: Line, seed: u64) -> Network {
    Network::new(&[line], &[0], seed)
}

/// What a line that narrows at 20 s and is freed at 40 s does to its classroom.
#[derive(Debug)]
struct Cut {
    /// Until a frame of a fitting layer was shown.
    down: Option<Duration>,
    /// Longest time without a new frame, and without sound, after the cut.
    freeze: Duration,
    silence: Duration,
    /// Longest queue later than three seconds after the cut.
    queue: Duration,
    /// Until a frame of the top layer was shown again.
    up: Option<Duration>,
    /// Mean target while narrow, in kbit/s.
    narrow: u32,
    probes: usize,
}

fn cut(kbps: u32, fits: u8, queue: usize, seed: u64) -> Cut {
    let mut network = single(Line { queue, ..clean(4_000) }, seed);
    network.run(20.0);
    network.lines[0].line.rate = f64::from(kbps) * 1_000.0;
    network.run(3.0);
    network.lines[0].longest_wait();
    network.run(17.0);
    let queue = network.lines[0].longest_wait();
    network.lines[0].line.rate = 4e6;
    network.run(20.0);
    Cut {
        down: network.shown_after(0, s(20.5), |layer| layer <= fits).map(|after| after + s(0.5)),
        freeze: network.longest_freeze(0, s(20.0), s(59.0)),
        silence: network.longest_silence(0, s(20.0), s(59.0)),
        queue,
        up: network.shown_after(0, s(40.0), |layer| layer == 2),
        narrow: (network.target(0, s(25.0), s(40.0)).1 / 1_000.0) as u32,
        probes: network.rooms[0].sender.probes,
    }
}

fn line_of_cut(name: &str, seed: u64, cut: &Cut) {
    println!(
        "{name:<28} seed {seed}: down {:>5} ms, freeze {:>5.0?}, silence {:>5.0?}, queue {:>5.0?}, up {:>6} ms, {:>4} kbit/s, {} probes",
        ms(cut.down),
        cut.freeze,
        cut.silence,
        cut.queue,
        ms(cut.up),
        cut.narrow,
        cut.probes
    );
}

#[test]
fn a_clean_line_is_known_within_five_seconds() {
    for seed in SEEDS {
        let mut network = single(clean(4_000), seed);
        network.run(30.0);
        let top = network.shown_after(0, Duration::ZERO, |layer| layer == 2);
        let freeze = network.longest_freeze(0, s(1.0), s(30.0));
        let (least, mean) = network.target(0, s(5.0), s(30.0));
        let probes = network.rooms[0].sender.probes;
        println!(
            "4 Mbit/s clean               seed {seed}: top after {} ms, freeze {freeze:.0?}, target least {least} mean {mean:.0}, {probes} probes",
            ms(top)
        );
        assert!(top.is_some_and(|top| top <= s(5.0)));
        assert!(least >= 1_800_000 && freeze <= Duration::from_millis(300));
    }
}

#[test]
fn an_elastic_sender_fills_a_clean_line() {
    for seed in SEEDS {
        let mut network = single(clean(4_000), seed);
        network.rooms[0].sender.elastic = true;
        network.run(5.0);
        let early = network.rooms[0].receiver.bytes;
        network.run(25.0);
        let through = (network.rooms[0].receiver.bytes - early) as f64 * 8.0 / 25.0;
        let (least, mean) = network.target(0, s(5.0), s(30.0));
        println!(
            "4 Mbit/s clean, elastic      seed {seed}: through {through:.0}, target least {least} mean {mean:.0}, queue {:.0?}",
            network.lines[0].longest_wait()
        );
        assert!(through >= 0.75 * 4e6, "{through}");
    }
}

#[test]
fn f9_a_line_cut_to_800_kbit_per_second() {
    for seed in SEEDS {
        let cut = cut(800, 1, 64_000, seed);
        line_of_cut("4 -> 0.8 Mbit/s", seed, &cut);
        assert!(cut.down.is_some_and(|down| down <= s(3.0)));
        assert!(cut.up.is_some_and(|up| up <= s(15.0)));
        assert!(cut.queue <= s(0.4));
    }
}

#[test]
fn f9_a_line_cut_to_300_kbit_per_second() {
    for (name, queue) in [("4 -> 0.3 Mbit/s, 64 kB", 64_000), ("4 -> 0.3 Mbit/s, 20 kB", 20_000)] {
        for seed in SEEDS {
            let cut = cut(300, 0, queue, seed);
            line_of_cut(name, seed, &cut);
            assert!(cut.down.is_some_and(|down| down <= s(3.0)));
            assert!(cut.silence <= Duration::from_millis(250));
            assert!(cut.up.is_some_and(|up| up <= s(15.0)));
        }
    }
}

#[test]
fn f1_f2_random_loss_costs_no_layer() {
    let lossy = |loss| Line { loss, ..clean(4_000) };
    let bursty = Line { burst: Some((0.315, 0.035)), ..clean(4_000) };
    let jittery = Line { jitter: Duration::from_millis(30), ..clean(4_000) };
    // Share of the top layer's rate that the target has to keep on the mean. Repair is not what is tested here, and at
    // 30 % three repeats are not enough for most frames.
    let cases = [
        ("5 % random loss", lossy(0.05), 1.0, 0.99),
        ("10 % random loss", lossy(0.1), 1.0, 0.85),
        ("10 % loss in bursts", bursty, 1.0, 0.9),
        ("30 % random loss", lossy(0.3), 0.8, 0.0),
        ("30 ms of jitter", jittery, 1.0, 0.99),
    ];
    for (name, line, share, top) in cases {
        for seed in SEEDS {
            let mut network = single(line, seed);
            network.run(60.0);
            let (least, mean) = network.target(0, s(5.0), s(60.0));
            let shown = network.top_share(0, s(5.0), s(60.0));
            println!(
                "{name:<28} seed {seed}: target least {least} mean {mean:.0}, top layer shown {:.0} %",
                100.0 * shown
            );
            assert!(mean >= share * f64::from(RATES.bps[2]), "{mean}");
            assert!(shown >= top && network.rooms[0].sender.layer == Some(2), "{shown}");
        }
    }
}

#[test]
fn two_share_a_line() {
    for seed in SEEDS {
        let mut network = Network::new(&[clean(4_000)], &[0, 0], seed);
        network.rooms.iter_mut().for_each(|room| room.sender.elastic = true);
        network.run(20.0);
        let early: Vec<u64> = network.rooms.iter().map(|room| room.receiver.bytes).collect();
        network.run(60.0);
        let rate = |(room, early): (&Classroom, &u64)| (room.receiver.bytes - early) as f64 * 8.0 / 60e3;
        let rates: Vec<f64> = network.rooms.iter().zip(&early).map(rate).collect();
        let queue = network.lines[0].longest_wait();
        println!("two elastic on 4 Mbit/s      seed {seed}: {rates:.0?} kbit/s, queue {queue:.0?}");
        let (least, most) = (rates[0].min(rates[1]), rates[0].max(rates[1]));
        assert!(least + most >= 3_000.0 && least >= 800.0, "{rates:?}");
    }
}

#[test]
fn two_classrooms_behind_one_narrow_line_both_have_a_picture() {
    for seed in SEEDS {
        let mut network = Network::new(&[clean(1_500)], &[0, 0], seed);
        network.run(60.0);
        let freezes: Vec<Duration> = (0..2).map(|room| network.longest_freeze(room, s(10.0), s(60.0))).collect();
        let layers: Vec<Option<u8>> = network.rooms.iter().map(|room| room.sender.layer).collect();
        println!("two on 1.5 Mbit/s            seed {seed}: layers {layers:?}, freezes {freezes:.0?}");
        assert!(freezes.iter().all(|freeze| *freeze <= s(1.5)), "{freezes:?}");
    }
}

#[test]
fn f10_a_bad_line_hurts_nobody_else() {
    let mut lines = vec![clean(4_000); 6];
    lines[3] = Line { loss: 0.2, ..clean(250) };
    let mut network = Network::new(&lines, &[0, 1, 2, 3, 4, 5], 1);
    network.run(40.0);
    for room in 0..6 {
        let freeze = network.longest_freeze(room, s(1.0), s(40.0));
        let layers = network.rooms[room].layers.len();
        println!("one of six on 0.25 Mbit/s    room {room}: freeze {freeze:.0?}, {layers} layer(s)");
        assert!(room == 3 || freeze <= Duration::from_millis(150) && layers == 1);
    }
}

#[test]
fn a_narrow_line_is_found_out_at_the_start() {
    let bad = Line { loss: 0.2, ..clean(250) };
    for (name, line, within) in [
        ("starts at 800 kbit/s", clean(800), 1.5),
        ("starts at 300 kbit/s", clean(300), 3.0),
        ("starts at 250 kbit/s, 20 %", bad, 4.0),
    ] {
        for seed in SEEDS {
            let mut network = single(line, seed);
            network.run(30.0);
            let lower = network.rooms[0].layers.iter().find(|(_, layer)| layer.is_some_and(|layer| layer < 2));
            let down = lower.map(|(at, _)| *at);
            let silence = network.longest_silence(0, s(0.0), s(30.0));
            println!("{name:<28} seed {seed}: down {} ms, silence {silence:.0?}", ms(down));
            assert!(down.is_some_and(|down| down <= s(within)), "{down:?}");
        }
    }
}
