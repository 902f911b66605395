//! Crashes, full disks and failing syncs.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::disk::Operation;
use crate::recover::recover;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

/// What an interrupted append leaves: a piece of a fragment behind the last whole one of the newest segment.
fn half_write(dir: &Path, rng: &mut StdRng) {
    for track in ["camera", "voice"] {
        let Ok(entries) = fs::read_dir(dir.join(track)) else { continue };
        let newest = entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "m4s")).max();
        let Some(path) = newest else { continue };
        let mut data = fs::read(&path).unwrap();
        let piece = rng.random_range(0..data.len().clamp(1, 9000));
        data.extend_from_within(..piece.min(data.len()));
        let whole = crate::boxes::fragments(&data).len();
        // A piece that happens to be whole fragments would be a second copy, which no interrupted append leaves.
        if whole == crate::boxes::fragments(&fs::read(&path).unwrap()).len() {
            fs::write(&path, data).unwrap();
        }
    }
    fs::write(dir.join("camera.m3u8.part"), "#EXTM3U\n#EXT").unwrap();
    let mut timeline = fs::read(dir.join("timeline.jsonl")).unwrap();
    timeline.extend(b"{\"media_ms\":1");
    fs::write(dir.join("timeline.jsonl"), timeline).unwrap();
}

/// The copies are many and need not survive anything: in memory where there is such a folder.
fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

#[test]
fn f15_killed_at_200_instants_loses_at_most_two_seconds() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), in_memory());
    let start = Instant::now();
    let studio = studio(start, Duration::from_millis(200), 14, SMALL);
    let arrivals = merged(&studio);
    let mut rng = StdRng::seed_from_u64(15);
    let mut kills: Vec<usize> = (0..200).map(|_| rng.random_range(arrivals.len() / 10..arrivals.len())).collect();
    kills.sort_unstable();
    let mut lesson = Lesson::open(disk(&folder), start);
    let mut fed = 0;
    let mut worst = 0;
    for (number, kill) in kills.into_iter().enumerate() {
        lesson.feed(&arrivals[fed..kill.max(fed)], |_, _| {});
        fed = fed.max(kill);
        let now_ms = arrivals[fed - 1].1.at.as_millis() as i64;
        let dir = copies.path().join(number.to_string());
        copy(folder.path(), &dir);
        half_write(&dir, &mut rng);
        let summary = recover(&dir).unwrap();
        assert_eq!(recover(&dir).unwrap(), summary, "idempotent");
        let playlists = check::folder(&dir);
        assert!(summary.closed && playlists.iter().all(|playlist| playlist.ended));
        for playlist in playlists {
            let lost = now_ms - playlist.end_micros() / 1000;
            assert!(lost <= 2000, "kill {number} at {now_ms} ms: {} lost {lost} ms", playlist.track);
            worst = worst.max(lost);
        }
        let kept = check::samples(&dir, "camera");
        assert_eq!(kept[..], sent(&studio)[..kept.len()]);
        check::plays(&dir, "master.m3u8");
        fs::remove_dir_all(&dir).unwrap();
    }
    println!("worst loss: {worst} ms");
}

#[test]
fn cut_at_any_byte_the_rest_stays() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), in_memory());
    let start = Instant::now();
    let studio = studio(start, Duration::ZERO, 5, SMALL);
    let mut lesson = Lesson::open(disk(&folder), start);
    lesson.feed(&merged(&studio), |_, _| {});
    let mut rng = StdRng::seed_from_u64(36);
    let last = fs::read_dir(folder.path().join("camera")).unwrap().map(|e| e.unwrap().path());
    let last = last.filter(|path| path.extension().is_some_and(|e| e == "m4s")).max().unwrap();
    let whole = fs::read(&last).unwrap();
    for number in 0..200 {
        let dir = copies.path().join(number.to_string());
        copy(folder.path(), &dir);
        let cut = rng.random_range(0..whole.len());
        fs::write(dir.join("camera").join(last.file_name().unwrap()), &whole[..cut]).unwrap();
        recover(&dir).unwrap();
        check::folder(&dir);
        let kept = check::samples(&dir, "camera");
        assert_eq!(kept[..], sent(&studio)[..kept.len()]);
        fs::remove_dir_all(&dir).unwrap();
    }
    // F36: a listed segment that is gone is not listed any more; a folder without an index is no recording.
    fs::remove_file(folder.path().join("camera/00001.m4s")).unwrap();
    recover(folder.path()).unwrap();
    fs::remove_file(folder.path().join("index.json")).unwrap();
    assert_eq!(recover(folder.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn f18_a_full_disk_is_told_and_recording_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let studio = studio(start, Duration::ZERO, 14, SMALL);
    let full = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&full);
    let disk = disk(&folder).with_faults(move |_| {
        if seen.load(Ordering::Relaxed) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    });
    let mut lesson = Lesson::open(disk, start);
    lesson.feed(&merged(&studio), |at, _| {
        full.store((4000..7500).contains(&at.as_millis()), Ordering::Relaxed);
        if at.as_millis() % 1000 == 0 {
            check::folder(folder.path());
        }
    });
    let summary = lesson.finish(Duration::from_secs(14));
    for track in ["camera", "voice"] {
        let told = |wanted: fn(&RecorderEvent) -> Option<&String>| {
            lesson.session.events.iter().any(|event| wanted(event).is_some_and(|name| name == track))
        };
        assert!(
            told(|event| match event {
                RecorderEvent::Alarm { track, .. } => Some(track),
                _ => None,
            }),
            "{track}"
        );
        assert!(
            told(|event| match event {
                RecorderEvent::Resumed { track } => Some(track),
                _ => None,
            }),
            "{track}"
        );
        let gap = summary.gaps.iter().find(|gap| gap.track == track).expect("a gap");
        assert_eq!(gap.reason, GapReason::Disk);
        assert!(gap.duration_ms >= 3500 && gap.at_ms >= 2000, "{gap:?}");
    }
    for playlist in check::folder(folder.path()) {
        assert!(playlist.end_micros() >= 13_900_000, "{} ends at {}", playlist.track, playlist.end_micros());
        assert_eq!(playlist.segments.iter().filter(|segment| segment.discontinuity).count(), 1, "{}", playlist.track);
    }
    check::plays(folder.path(), "master.m3u8");
}

#[test]
fn f17_a_failing_sync_costs_a_segment_not_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let studio = studio(start, Duration::ZERO, 10, SMALL);
    let syncs = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = Arc::clone(&syncs);
    let disk = disk(&folder).with_faults(move |operation| match operation {
        Operation::Sync if counted.fetch_add(1, Ordering::Relaxed) == 9 => Err(io::Error::other("sync failed")),
        _ => Ok(()),
    });
    let mut lesson = Lesson::open(disk, start);
    lesson.feed(&merged(&studio), |_, _| {
        check::folder(folder.path());
    });
    let summary = lesson.finish(Duration::from_secs(10));
    assert_eq!(summary.gaps.len(), 1, "{:?}", summary.gaps);
    assert!(lesson.session.events.iter().any(|event| matches!(event, RecorderEvent::Alarm { .. })));
    check::plays(folder.path(), "master.m3u8");
}

#[test]
fn f13_a_recording_is_taken_up_again_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let before = studio(start, Duration::ZERO, 5, SMALL);
    let mut lesson = Lesson::open(disk(&folder), start);
    lesson.feed(&merged(&before), |_, _| {});
    drop(lesson);
    // Four seconds later, a new process: its monotonic clock and the studio's packets begin anew.
    let (summary, playlists) = crate::recover::repair(&disk(&folder)).unwrap().unwrap();
    let base = 9_000_000;
    let session = Session::open(disk(&folder), RHYTHM, summary, playlists, base, start).unwrap();
    let mut lesson = Lesson { session, start, ticked: Duration::ZERO };
    lesson.join();
    let after = studio(start, Duration::from_millis(100), 5, SMALL);
    lesson.feed(&merged(&after), |_, _| {
        check::folder(folder.path());
    });
    let summary = lesson.finish(Duration::from_millis(5200));
    assert!((14_000..14_400).contains(&summary.duration_ms), "{}", summary.duration_ms);
    for playlist in check::folder(folder.path()) {
        assert_eq!(playlist.segments.iter().filter(|segment| segment.discontinuity).count(), 1, "{}", playlist.track);
    }
    let kept = check::samples(folder.path(), "camera");
    assert_eq!(kept[kept.len() - 150..], sent(&after));
    check::plays(folder.path(), "master.m3u8");
}

#[test]
fn the_thread_records_and_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("01");
    let recorder = crate::Recorder::start(crate::RecorderConfig::new(dir.clone(), 0)).unwrap();
    let camera = recorder.add_track(TrackRole::Camera, 1);
    assert!(recorder.mark("started", crate::Detail::Chapter, Default::default()));
    let studio = studio(Instant::now(), Duration::ZERO, 1, SMALL);
    for arrival in &studio.camera {
        assert!(camera.push(arrival.input.clone()));
    }
    let summary = recorder.finish().unwrap();
    assert!(!camera.push(Input::Lost));
    assert!(!summary.closed || summary.gaps.is_empty());
    assert_eq!(check::samples(&dir, "camera"), sent(&studio));
    assert!(crate::Recorder::start(crate::RecorderConfig::new(dir.clone(), 0)).is_err());
    let recorder = crate::Recorder::resume(crate::RecorderConfig::new(dir.clone(), 60_000)).unwrap();
    let summary = recorder.finish().unwrap();
    assert!(summary.duration_ms < 62_000 && summary.closed);
    assert_eq!(recover(&dir).unwrap().duration_ms, summary.duration_ms);
}
