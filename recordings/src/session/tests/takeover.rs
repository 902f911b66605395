//! Publishers that take each other's place, clocks that change their mind, and stalls: the playlist keeps the lesson's
//! time.

use super::*;

/// The timestamps of a publisher with a clock of its own, its first report `silent` after its first packet.
fn by_another(mut arrivals: Vec<Arrival>, ticks: u64, ntp_seconds: u64, silent: Duration) -> Vec<Arrival> {
    let began = arrivals[0].at;
    arrivals.retain(|arrival| !matches!(arrival.input, Input::Clock { .. }) || arrival.at - began >= silent);
    for arrival in &mut arrivals {
        match &mut arrival.input {
            Input::Packet(packet) => packet.timestamp += ticks,
            Input::Clock { timestamp, ntp } => {
                *timestamp += ticks;
                *ntp += ntp_seconds << 32;
            }
            _ => {}
        }
    }
    arrivals
}

/// Every picture's frames at a rate that changes between 5 and 30 a second: some are never sent.
fn uneven(arrivals: Vec<Arrival>, start_frame: u64, rng: &mut StdRng) -> Vec<Arrival> {
    let mut frames: BTreeMap<u64, bool> = BTreeMap::new();
    let mut late = 0;
    arrivals
        .into_iter()
        .filter_map(|mut arrival| {
            if let Input::Packet(packet) = &mut arrival.input {
                let frame = packet.timestamp / 3000;
                // Nothing refers to a picture of another keyframe's; whole stretches between two are made sparse.
                let kept = *frames.entry(frame).or_insert_with(|| {
                    late = rng.random_range(0..25_000);
                    frame.abs_diff(start_frame) % 60 < 20 || rng.random_ratio(1, 6)
                });
                if !kept {
                    return None;
                }
                packet.arrived += Duration::from_micros(late);
                arrival.at += Duration::from_micros(late);
            }
            Some(arrival)
        })
        .collect()
}

/// The lengths in the playlist add up to the lesson, and each segment begins where the one before ended.
fn adds_up(dir: &Path, end: Duration) {
    for playlist in check::folder(dir) {
        let sum: i64 = playlist.segments.iter().map(|segment| segment.duration_micros).sum();
        let (start, end) = (playlist.segments[0].start_micros, end.as_micros() as i64);
        assert!((start + sum - end).abs() <= 1_000_000, "{}: {sum} for {end}", playlist.track);
        for segment in &playlist.segments {
            let rounded = (segment.duration_micros + 500_000) / 1_000_000;
            assert!(rounded <= i64::from(playlist.target_seconds), "{segment:?}");
        }
        assert_eq!(playlist.target_seconds, RHYTHM.target_seconds());
        for pair in playlist.segments.windows(2) {
            let apart = pair[1].start_micros - pair[0].start_micros - pair[0].duration_micros;
            assert!((0..=100_000).contains(&apart), "{}: {pair:?} {apart} us apart", playlist.track);
        }
        check::plays(dir, &format!("{}.m3u8", playlist.track));
    }
}

#[test]
fn another_publisher_takes_over_with_its_own_clock_and_size() {
    for (silent_ms, seed) in [(1000, 1), (3000, 2), (5000, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let first = studio(start, Duration::ZERO, 5, SMALL);
        let second = studio(start, Duration::from_millis(5400), 9, (640, 360));
        let mut rng = StdRng::seed_from_u64(seed);
        let camera = uneven(second.camera, 7_000_000_000 / 3000, &mut rng);
        let camera = by_another(camera, 3_111_222_333, 77_000, Duration::from_millis(silent_ms));
        let voice = by_another(second.voice, 987_654_321, 77_000, Duration::from_millis(silent_ms / 2));
        let mut lesson = Lesson::open(disk(&folder), start);
        lesson.feed(&merged(&first), |_, _| {});
        lesson.run_to(Duration::from_millis(5200), &mut |_, _| {});
        lesson.session.add_track(3, &TrackRole::Camera, 11);
        lesson.session.add_track(4, &TrackRole::Voice { label: "master".into() }, 11);
        lesson.session.input(1, Input::Ended, start + Duration::from_millis(5210));
        lesson.session.input(2, Input::Ended, start + Duration::from_millis(5210));
        let mut arrivals: Vec<_> =
            camera.into_iter().map(|a| (3, a)).chain(voice.into_iter().map(|a| (4, a))).collect();
        arrivals.sort_by_key(|(_, arrival)| arrival.at);
        lesson.feed(&arrivals, |_, _| {
            check::folder(folder.path());
        });
        let end = Duration::from_millis(14_600);
        lesson.finish(end);
        adds_up(folder.path(), end);
        for playlist in check::folder(folder.path()) {
            let breaks: Vec<_> = playlist.segments.iter().filter(|segment| segment.discontinuity).collect();
            assert_eq!(breaks.len(), 1, "{}: {:?}", playlist.track, playlist.segments);
            assert!((5_300_000..5_600_000).contains(&breaks[0].start_micros), "{breaks:?}");
            assert!(playlist.track == "voice" || breaks[0].init == 1);
        }
    }
}

#[test]
fn a_report_that_moves_the_clock_moves_nothing() {
    for jump_ms in [-4000i64, -900, -300, 300, 900, 4000, 3_600_000] {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let mut studio = studio(start, Duration::ZERO, 8, SMALL);
        for arrivals in [&mut studio.camera, &mut studio.voice] {
            for arrival in arrivals.iter_mut().filter(|arrival| arrival.at > Duration::from_secs(4)) {
                if let Input::Clock { ntp, .. } = &mut arrival.input {
                    *ntp = ntp.wrapping_add_signed((jump_ms << 32) / 1000);
                }
            }
        }
        let mut lesson = Lesson::open(disk(&folder), start);
        lesson.feed(&merged(&studio), |_, _| {});
        let end = Duration::from_millis(8100);
        lesson.finish(end);
        adds_up(folder.path(), end);
    }
}

#[test]
fn timestamps_that_jump_are_tied_to_their_arrival_again() {
    for jump in [-900_000i64, 7 * 90_000, 90_000_000] {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let mut studio = studio(start, Duration::ZERO, 8, SMALL);
        for arrival in studio.camera.iter_mut().filter(|arrival| arrival.at > Duration::from_secs(4)) {
            match &mut arrival.input {
                Input::Packet(packet) => packet.timestamp = packet.timestamp.wrapping_add_signed(jump),
                Input::Clock { timestamp, .. } => *timestamp = timestamp.wrapping_add_signed(jump),
                _ => {}
            }
        }
        let mut lesson = Lesson::open(disk(&folder), start);
        lesson.feed(&merged(&studio), |_, _| {});
        let end = Duration::from_millis(8100);
        lesson.finish(end);
        adds_up(folder.path(), end);
    }
}

#[test]
fn a_stall_before_the_recorder_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let studio = studio(start, Duration::ZERO, 14, SMALL);
    let mut lesson = Lesson::open(disk(&folder), start);
    // Whatever comes in a stretch of 2.5 s is seen at its end, three times over.
    for (id, arrival) in merged(&studio) {
        let second = arrival.at.as_millis() % 4000;
        let seen = if second > 1500 { arrival.at + Duration::from_millis(4000 - second as u64) } else { arrival.at };
        lesson.run_to(seen, &mut |_, _| {
            check::folder(folder.path());
        });
        lesson.session.input(id, arrival.input, start + seen);
    }
    let end = Duration::from_millis(14_500);
    let summary = lesson.finish(end);
    assert_eq!(check::samples(folder.path(), "camera"), sent(&studio));
    let playlists = check::folder(folder.path());
    assert!(playlists.iter().all(|playlist| playlist.segments.iter().all(|segment| !segment.discontinuity)));
    assert!(summary.gaps.iter().all(|gap| gap.duration_ms < 100), "{:?}", summary.gaps);
    adds_up(folder.path(), end);
}
