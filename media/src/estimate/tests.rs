//! The estimator's parts together, told directly what arrives.

use std::time::{Duration, Instant};

use super::{EstimateStats, Estimator, SentHistory};
use crate::feedback::{Message, TwccRecorder, read};

/// An origin for virtual clocks.
pub(super) fn start() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    Instant::now()
}

#[test]
fn a_receiver_costs_little_memory() {
    let bytes = size_of::<Estimator>() + SentHistory::BYTES;
    eprintln!("estimator {} + history {} bytes", size_of::<Estimator>(), SentHistory::BYTES);
    assert!(bytes <= 8_000, "{bytes}");
}

#[test]
fn without_feedback_the_start_rate_stays_and_everything_has_room() {
    let (t0, mut estimator) = (start(), Estimator::new(Estimator::START_BPS, start()));
    estimator.set_wanted(5_000_000, 0);
    for n in 0..20_000_u32 {
        let now = t0 + Duration::from_millis(u64::from(n));
        estimator.on_packet_sent(n as u16, 1_200, now, 0);
        assert!(estimator.has_room());
        let update = estimator.poll(now);
        assert_eq!((update.target_bps, update.probe, update.congested), (Estimator::START_BPS, None, false));
    }
}

#[test]
fn receivers_without_transport_wide_feedback_are_heard_by_their_reports() {
    let (t0, mut estimator) = (start(), Estimator::new(1_000_000, start()));
    estimator.set_wanted(2_000_000, 0);
    let mut now = t0;
    let mut run = |seconds: u64, lost: f32, estimator: &mut Estimator| {
        for n in 0..seconds * 100 {
            now += Duration::from_millis(10);
            estimator.on_packet_sent(n as u16, 1_000, now, 0);
            estimator.poll(now);
            if n % 100 == 99 {
                estimator.on_receiver_report(lost, Some(Duration::from_millis(40)), now);
            }
        }
        estimator.poll(now).target_bps
    };
    assert!((2_000_000..2_300_000).contains(&run(12, 0.0, &mut estimator)));
    assert!(run(6, 0.4, &mut estimator) < 500_000);
    assert!(run(30, 0.0, &mut estimator) > 1_000_000);
    for bps in [1_200_000, 300_000] {
        estimator.on_remb(bps, t0 + Duration::from_secs(48));
    }
    assert!((300_000..370_000).contains(&run(1, 0.0, &mut estimator)));
}

/// Tells an estimator of packets 10 ms apart through messages of which some are lost; gives the figures.
fn feed(lose_message: impl Fn(u64) -> bool) -> EstimateStats {
    let (t0, mut estimator) = (start(), Estimator::new(2_000_000, start()));
    let mut recorder = TwccRecorder::new(t0);
    let (mut message, mut bytes) = (0, Vec::new());
    let mut now = t0;
    for n in 0..2_000_u32 {
        now += Duration::from_millis(10);
        // The numbers wrap on the way.
        let seq = 65_000_u16.wrapping_add(n as u16);
        estimator.on_packet_sent(seq, 1_250, now, 0);
        recorder.record(seq, now + Duration::from_millis(20));
        bytes.clear();
        recorder.poll(1, 2, now + Duration::from_millis(20), &mut bytes);
        if !bytes.is_empty() {
            message += 1;
            for heard in read(&bytes) {
                if let Message::Twcc(feedback) = heard
                    && !lose_message(message)
                {
                    estimator.on_feedback(&feedback, now + Duration::from_millis(40));
                }
            }
        }
        estimator.poll(now);
    }
    estimator.stats()
}

#[test]
fn lost_messages_are_not_lost_packets() {
    for figures in [feed(|_| false), feed(|n| n % 5 == 0)] {
        assert_eq!((figures.loss, figures.queue_ms), (0.0, 0.0), "{figures:?}");
        assert!((900_000..1_100_000).contains(&figures.through_bps), "{figures:?}");
        assert_eq!(figures.target_bps, 2_000_000, "{figures:?}");
    }
}
