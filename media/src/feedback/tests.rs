//! What is written is read back; what is broken ends the compound and nothing else.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn clock() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    Instant::now()
}

fn compound() -> Vec<u8> {
    let mut out = Vec::new();
    let info = SenderInfo { ssrc: 1, ntp: Ntp(0x1234_5678_9abc_def0), rtp: 3, packets: 4, bytes: 5 };
    let block =
        ReportBlock { ssrc: 9, fraction_lost: 12, lost: -3, highest: 70_000, jitter: 8, last_sr: 77, delay: 66 };
    write::sender_report(&mut out, &info, &[block]);
    write::source_description(&mut out, 1, "airclass");
    write::nack(&mut out, 1, 2, &[65_534, 65_535, 0, 14, 15, 100]);
    write::picture_loss(&mut out, 1, 2);
    write::full_intra_request(&mut out, 1, 2, 7);
    write::bitrate_estimate(&mut out, 1, 2, 2_500_000);
    write::receiver_report(&mut out, 1, &[block, block]);
    out
}

#[test]
fn what_is_written_is_read_back() {
    let bytes = compound();
    let messages: Vec<_> = read(&bytes).collect();
    assert_eq!(messages.len(), 7);
    let Message::SenderReport { info, blocks } = &messages[0] else { panic!("{messages:?}") };
    assert_eq!((info.ssrc, info.ntp, info.rtp, info.packets, info.bytes), (1, Ntp(0x1234_5678_9abc_def0), 3, 4, 5));
    let block = blocks.clone().next().unwrap();
    assert_eq!((block.fraction_lost, block.lost, block.highest, block.delay), (12, -3, 70_000, 66));
    assert!(matches!(messages[1], Message::Other));
    let Message::Nack { media: 2, sequences } = &messages[2] else { panic!("{messages:?}") };
    assert_eq!(sequences.clone().collect::<Vec<_>>(), [65_534, 65_535, 0, 14, 15, 100]);
    assert!(matches!(messages[3], Message::Pli { media: 2 }));
    assert!(matches!(messages[4], Message::Fir { entry: FirEntry { media: 2, number: 7 } }));
    let Message::Remb { bitrate } = messages[5] else { panic!("{messages:?}") };
    assert!((2_499_900..=2_500_000).contains(&bitrate), "{bitrate}");
    let Message::ReceiverReport { ssrc: 1, blocks } = &messages[6] else { panic!("{messages:?}") };
    assert_eq!(blocks.clone().count(), 2);
}

#[test]
fn a_broken_packet_ends_the_compound_from_there_on() {
    let bytes = compound();
    for cut in 1..bytes.len() {
        let mut messages = read(&bytes[..cut]);
        let read = messages.by_ref().count();
        assert!(read < 7 && (messages.malformed() || cut % 4 == 0), "cut {cut}");
    }
    let mut lying = bytes.clone();
    lying[0] = 0x9f;
    let mut messages = read(&lying);
    assert!(messages.next().is_none() && messages.malformed());
}

#[test]
fn transport_feedback_of_the_recorder_is_read_back() {
    let start = clock();
    let mut recorder = TwccRecorder::new(start);
    let mut sent = Vec::new();
    for n in 0..60_u16 {
        if n % 9 != 4 {
            let at = start + Duration::from_millis(u64::from(n));
            recorder.record(65_500_u16.wrapping_add(n), at);
            sent.push(65_500_u16.wrapping_add(n));
        }
    }
    let mut out = Vec::new();
    recorder.poll(1, 2, start + Duration::from_millis(74), &mut out);
    assert!(out.is_empty(), "not due yet");
    recorder.poll(1, 2, start + Duration::from_millis(75), &mut out);
    let mut messages = read(&out);
    let Some(Message::Twcc(feedback)) = messages.next() else { panic!("no feedback in {out:02x?}") };
    assert_eq!((feedback.base, feedback.count), (65_500, 60));
    let arrived: Vec<_> = feedback.arrivals().filter_map(|(seq, at)| at.map(|at| (seq, at))).collect();
    assert_eq!(arrived.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), sent);
    for (seq, ticks) in arrived {
        assert_eq!(ticks, i64::from(seq.wrapping_sub(65_500)) * 4, "one millisecond is four ticks");
    }
    assert!(messages.next().is_none() && !messages.malformed());
    assert_eq!(recorder.poll_timeout(), None);
}

#[test]
fn a_long_pause_and_late_packets_are_reported_in_messages_of_their_own() {
    let start = clock();
    let mut recorder = TwccRecorder::new(start);
    recorder.record(10, start);
    recorder.record(12, start + Duration::from_secs(20));
    let mut out = Vec::new();
    recorder.poll(1, 2, start + Duration::from_secs(21), &mut out);
    assert_eq!(read(&out).count(), 2, "the delta does not fit 16 bits");
    recorder.record(11, start + Duration::from_secs(22));
    out.clear();
    recorder.poll(1, 2, start + Duration::from_secs(22), &mut out);
    let Some(Message::Twcc(feedback)) = read(&out).next() else { panic!() };
    assert_eq!((feedback.base, feedback.count), (11, 1));
}

#[test]
fn unknown_symbols_end_the_compound() {
    let mut body = vec![0x8f, 205, 0, 5];
    body.extend_from_slice(&[0; 8]);
    body.extend_from_slice(&[0, 1, 0, 3, 0, 0, 0, 0, 0x60, 3, 0, 0]);
    let mut messages = read(&body);
    assert!(messages.next().is_none() && messages.malformed());
}

#[test]
fn wall_clock_follows_the_monotonic_clock() {
    let start = clock();
    let base = ClockBase { instant: start, ntp: Ntp::from_unix(Duration::from_millis(1_700_000_000_123)) };
    assert_eq!(base.at(start + Duration::from_millis(1_877)).unix_ms(), 1_700_000_002_000 - 1);
    assert!(base.at(start - Duration::from_secs(1)) < base.ntp);
}

#[test]
fn round_trip_from_a_report_block() {
    let block = ReportBlock { last_sr: 0x1_0000, delay: 0x8000, ..ReportBlock::default() };
    assert_eq!(block.round_trip(0x1_0000 + 0x8000 + 0x0a00), Some(0x0a00));
    assert_eq!(block.round_trip(0x1_0000), Some(0));
    assert_eq!(ReportBlock::default().round_trip(5), None);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drain(&bytes);
    }

    #[test]
    fn damaged_compounds_never_panic(at in 0_usize..200, value in any::<u8>()) {
        let mut bytes = compound();
        if let Some(byte) = bytes.get_mut(at) { *byte = value }
        drain(&bytes);
    }

    #[test]
    fn any_arrivals_survive_the_round_trip(gaps in proptest::collection::vec((1_u16..20, 0_u64..9_000), 1..300)) {
        let start = clock();
        let mut recorder = TwccRecorder::new(start);
        let (mut seq, mut at, mut sent, mut out) = (60_000_u16, start, Vec::new(), Vec::new());
        for (step, millis) in gaps {
            seq = seq.wrapping_add(step);
            at += Duration::from_millis(millis);
            recorder.record(seq, at);
            sent.push(seq);
        }
        recorder.poll(1, 2, at + Duration::from_secs(1), &mut out);
        let mut messages = read(&out);
        let mut read_back = Vec::new();
        for message in messages.by_ref() {
            if let Message::Twcc(feedback) = message {
                read_back.extend(feedback.arrivals().filter(|(_, at)| at.is_some()).map(|(seq, _)| seq));
            }
        }
        prop_assert!(!messages.malformed());
        prop_assert_eq!(read_back, sent);
    }
}

fn drain(bytes: &[u8]) {
    for message in read(bytes) {
        match message {
            Message::SenderReport { blocks, .. } | Message::ReceiverReport { blocks, .. } => drop(blocks.count()),
            Message::Nack { sequences, .. } => drop(sequences.count()),
            Message::Twcc(feedback) => drop(feedback.arrivals().count()),
            _ => {}
        }
    }
}
