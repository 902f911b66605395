use std::time::Duration;

use super::bottleneck::Line;
use super::network::Network;

const SEEDS: std::ops::Range<u64> = 1..6;

fn ms(duration: Option<Duration>) -> i64 {
    duration.map_or(-1, |duration| duration.as_millis() as i64)
}

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// One line, one classroom.
fn single(line: Line, seed: u64) -> Network {
    Network::new(&[line], &[0], seed)
}

#[test]
fn a_clean_line_is_known_within_five_seconds() {
    for seed in SEEDS {
        let mut network = single(Line::clean(4_000), seed);
        network.run(30.0);
        let top = network.shown_after(0, Duration::ZERO, |layer| layer == 2);
        let freeze = network.longest_freeze(0, s(1.0), s(30.0));
        let (least, mean) = network.target(0, s(5.0), s(30.0));
        let probes = network.rooms[0].sender.probes;
        println!("4 Mbit/s clean, seed {seed}: top after {} ms, freeze {freeze:?}, least {least}, mean {mean:.0}, {probes} probes", ms(top));
        assert!(top.is_some_and(|top| top <= s(5.0)));
        assert!(least >= 1_800_000 && freeze <= Duration::from_millis(300));
    }
}
