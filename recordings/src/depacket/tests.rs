use super::*;

const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x28, 0x02, 0xdd, 0x00, 0xf0, 0x88, 0x45, 0x38];
const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];

fn packet(timestamp: u64, marker: bool, payload: &[u8]) -> RtpPacket {
    RtpPacket { seq: 0, timestamp, marker, arrived: Instant::now(), payload: payload.to_vec().into() }
}

fn stap(units: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![24];
    for unit in units {
        out.extend((unit.len() as u16).to_be_bytes());
        out.extend(*unit);
    }
    out
}

fn run(packets: &[RtpPacket]) -> (Vec<CodedPicture>, Depacketizer) {
    let (mut out, mut depacketizer) = (Vec::new(), Depacketizer::default());
    for packet in packets {
        depacketizer.push(packet, &mut out);
    }
    (out, depacketizer)
}

#[test]
fn the_three_packetizations_give_the_units_as_sent() {
    let (out, _) = run(&[
        packet(1, false, &stap(&[SPS, PPS])),
        packet(1, false, &[0x7c, 0x85, 1, 2]),
        packet(1, false, &[0x7c, 0x05, 3]),
        packet(1, true, &[0x7c, 0x45, 4]),
        packet(2, true, &[0x41, 9, 9]),
        packet(3, false, &[0x41, 8]),
        packet(4, true, &[0x41, 7]),
    ]);
    assert_eq!(
        out.iter().map(|p| (p.timestamp, p.keyframe)).collect::<Vec<_>>(),
        [(1, true), (2, false), (3, false), (4, false)]
    );
    let mut annex_b = Vec::new();
    assert!(crate::h264::lengths_to_annex_b(&out[0].sample, 4, &mut annex_b));
    assert_eq!(crate::h264::split_annex_b(&annex_b), [SPS, PPS, &[0x65, 1, 2, 3, 4]]);
    let sets = out[0].sets.as_ref().unwrap();
    assert_eq!((sets.sps.width, sets.sps.height, sets.codec_string().as_str()), (1280, 720, "avc1.42c01f"));
}

#[test]
fn after_a_loss_nothing_comes_until_a_keyframe() {
    let (mut out, mut depacketizer) = run(&[packet(1, false, &stap(&[SPS, PPS])), packet(1, true, &[0x65, 1])]);
    depacketizer.push(&packet(2, false, &[0x41, 1]), &mut out);
    depacketizer.lost();
    depacketizer.push(&packet(2, true, &[0x41, 2]), &mut out);
    depacketizer.push(&packet(3, true, &[0x41, 3]), &mut out);
    assert_eq!(out.len(), 1);
    assert!(depacketizer.is_waiting());
    depacketizer.push(&packet(4, true, &[0x65, 4]), &mut out);
    depacketizer.push(&packet(5, true, &[0x41, 5]), &mut out);
    assert_eq!(out.iter().map(|p| p.timestamp).collect::<Vec<_>>(), [1, 4, 5]);
}

#[test]
fn headers_that_lie_write_nothing() {
    let key = [0x65u8, 1];
    let table: [(&str, Vec<Vec<u8>>); 9] = [
        ("aggregate longer than its packet", vec![vec![24, 0xff, 0xff, 0x65, 1]]),
        ("aggregate in an aggregate", vec![stap(&[SPS, PPS, &[24, 0, 1, 2]])]),
        ("empty unit in an aggregate", vec![stap(&[SPS, PPS, &[]])]),
        ("fragment without a start", vec![stap(&[SPS, PPS]), vec![0x7c, 0x05, 1]]),
        ("fragment that never ends", vec![stap(&[SPS, PPS]), vec![0x7c, 0x85, 1]]),
        ("start and end at once", vec![stap(&[SPS, PPS]), vec![0x7c, 0xc5, 1]]),
        ("another type in mid-fragment", vec![stap(&[SPS, PPS]), vec![0x7c, 0x85, 1], vec![0x7c, 0x41, 1]]),
        ("forbidden bit", vec![stap(&[SPS, PPS]), vec![0xe5, 1]]),
        (
            "absurd parameter set",
            vec![stap(&[&[0x67, 0x42, 0xc0, 0x1f, 0xdc, 0, 0, 0x80, 0, 0x40], PPS]), key.to_vec()],
        ),
    ];
    for (name, payloads) in table {
        let last = payloads.len() - 1;
        let packets: Vec<_> = payloads.iter().enumerate().map(|(i, p)| packet(1, i == last, p)).collect();
        let (out, depacketizer) = run(&packets);
        assert!(out.is_empty() && depacketizer.is_waiting(), "{name}");
    }
    assert!(run(&[packet(1, true, &key)]).0.is_empty(), "a keyframe without parameter sets");
}

proptest::proptest! {
    #[test]
    fn anything_is_survived(payloads in proptest::collection::vec((proptest::collection::vec(0u8.., 0..40), 0u64..4, proptest::bool::ANY), 0..60)) {
        let packets: Vec<_> = payloads.iter().map(|(p, t, m)| packet(*t, *m, p)).collect();
        run(&packets);
    }
}
