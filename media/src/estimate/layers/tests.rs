use super::*;
use crate::estimate::tests::start;

const RATES: LayerRates = LayerRates { bps: [150_000, 500_000, 1_700_000], available: 0b111 };

/// Budgets in kbit/s, each held for this many seconds; the layers seen, with the time in ms they came.
fn play(chooser: &mut LayerChooser, budgets: &[(u32, u64)]) -> Vec<(u64, Delivery)> {
    let (t0, mut ms, mut seen) = (start(), 0, Vec::<(u64, Delivery)>::new());
    for (kbps, seconds) in budgets {
        for _ in 0..seconds * 10 {
            let decision = chooser.choose(&RATES, kbps * 1_000, false, t0 + Duration::from_millis(ms));
            if seen.last().is_none_or(|(_, delivery)| *delivery != decision.delivery) {
                seen.push((ms, decision.delivery));
            }
            ms += 100;
        }
    }
    seen
}

#[test]
fn down_at_once_and_up_after_a_while() {
    let mut chooser = LayerChooser::new(Content::Camera);
    let seen = play(&mut chooser, &[(3_000, 40), (400, 2), (3_000, 5)]);
    let expected = [(0, Delivery::All(2)), (40_000, Delivery::All(0)), (42_800, Delivery::All(2))];
    assert_eq!(seen, expected);
}

#[test]
fn failed_attempts_make_it_patient() {
    let mut chooser = LayerChooser::new(Content::Camera);
    let budgets: Vec<(u32, u64)> = (0..60).map(|n| if n % 2 == 0 { (600, 1) } else { (2_500, 6) }).collect();
    let ups = |from: u64, to: u64, seen: &[(u64, Delivery)]| {
        seen.iter().filter(|(at, d)| (from..to).contains(at) && *d == Delivery::All(2)).count()
    };
    let seen = play(&mut chooser, &budgets);
    assert!(ups(0, 60_000, &seen) >= 3, "{seen:?}");
    assert_eq!(ups(60_000, 210_000, &seen), 0, "{seen:?}");
}

#[test]
fn just_enough_is_kept_and_not_taken_up() {
    let mut chooser = LayerChooser::new(Content::Camera);
    assert_eq!(play(&mut chooser, &[(1_750, 5), (1_710, 5)]).len(), 1);
    let mut chooser = LayerChooser::new(Content::Camera);
    assert_eq!(play(&mut chooser, &[(600, 5), (1_900, 50)]).len(), 1);
}

#[test]
fn a_camera_shrinks_before_it_stutters() {
    let mut chooser = LayerChooser::new(Content::Camera);
    let seen: Vec<_> =
        play(&mut chooser, &[(800, 1), (160, 1), (130, 1), (50, 1), (10, 1)]).into_iter().map(|s| s.1).collect();
    assert_eq!(seen, [Delivery::All(1), Delivery::All(0), Delivery::Stills(0), Delivery::Nothing]);
}

#[test]
fn a_screen_stutters_before_it_shrinks() {
    let mut chooser = LayerChooser::new(Content::Screen);
    let seen: Vec<_> = play(&mut chooser, &[(2_000, 1), (800, 1), (200, 1)]).into_iter().map(|s| s.1).collect();
    assert_eq!(seen, [Delivery::All(2), Delivery::Stills(2), Delivery::All(0)]);
}

#[test]
fn what_is_gone_is_left_and_what_is_wanted_is_told() {
    let (t0, mut chooser) = (start(), LayerChooser::new(Content::Camera));
    let decision = chooser.choose(&RATES, 2_000_000, false, t0);
    assert_eq!((decision.delivery, decision.stop, decision.wanted_bps), (Delivery::All(2), false, 2_142_000));
    let fewer = LayerRates { available: 0b011, ..RATES };
    assert_eq!(chooser.choose(&fewer, 2_000_000, false, t0).delivery, Delivery::All(1));
    assert!(chooser.choose(&fewer, 100_000, false, t0).stop);
    let none = LayerRates { available: 0, ..RATES };
    assert_eq!(chooser.choose(&none, 2_000_000, false, t0).delivery, Delivery::Nothing);
    assert_eq!((RATES.least(), none.least()), (150_000, 0));
}

#[test]
fn what_is_got_or_about_to_be_got_is_asked_for() {
    let (t0, mut chooser) = (start(), LayerChooser::new(Content::Camera));
    let at = |ms| t0 + Duration::from_millis(ms);
    assert_eq!((chooser.asks_for(0b111, false), chooser.asks_for(0b011, true)), (0b100, 0b010));
    chooser.choose(&RATES, 600_000, false, t0);
    assert_eq!((chooser.asks_for(0b111, false), chooser.asks_for(0b111, true)), (0b010, 0b011));
    // There is enough for the best one, which is taken when there has been for a while.
    chooser.choose(&RATES, 3_000_000, false, at(100));
    assert_eq!(chooser.current(), Some(Delivery::All(1)));
    assert_eq!(chooser.asks_for(0b111, false), 0b110);
    chooser.choose(&RATES, 600_000, false, at(200));
    assert_eq!(chooser.asks_for(0b111, false), 0b010);
    chooser.choose(&RATES, 0, true, at(300));
    assert_eq!(chooser.asks_for(0b111, true), 0, "nothing fits");
}
