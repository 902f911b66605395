mod check;
mod faults;
mod sender;
mod takeover;

use std::path::Path;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::demux::{FileItem, MediaFile};
use crate::index::GapReason;
use crate::voice;
use sender::{Arrival, Studio, studio};

const SMALL: (usize, usize) = (320, 180);
const RHYTHM: Rhythm = Rhythm { segment: Duration::from_secs(2), fragment: Duration::from_secs(1) };

/// A session in a folder of its own with the studio's tracks 1 (camera) and 2 (voice), on a virtual clock.
struct Lesson {
    session: Session,
    start: Instant,
    ticked: Duration,
}

impl Lesson {
    fn open(disk: Disk, start: Instant) -> Self {
        let session = Session::open(disk, RHYTHM, Summary::new(0), BTreeMap::new(), 0, start).unwrap();
        let mut lesson = Self { session, start, ticked: Duration::ZERO };
        lesson.join();
        lesson
    }

    fn join(&mut self) {
        self.session.add_track(1, &TrackRole::Camera, 9);
        self.session.add_track(2, &TrackRole::Voice { label: "master".into() }, 9);
    }

    /// Feeds arrivals of both tracks in order of time; `each` runs after every tick.
    fn feed(&mut self, arrivals: &[(u32, Arrival)], mut each: impl FnMut(Duration, &mut Session)) {
        for (id, arrival) in arrivals {
            self.run_to(arrival.at, &mut each);
            self.session.input(*id, arrival.input.clone(), self.start + arrival.at);
        }
    }

    fn run_to(&mut self, at: Duration, each: &mut impl FnMut(Duration, &mut Session)) {
        while self.ticked + Duration::from_millis(100) <= at {
            self.ticked += Duration::from_millis(100);
            self.session.tick(self.start + self.ticked);
            each(self.ticked, &mut self.session);
        }
    }

    fn finish(&mut self, at: Duration) -> Summary {
        self.run_to(at, &mut |_, _| {});
        self.session.finish(self.start + at)
    }
}

fn merged(studio: &Studio) -> Vec<(u32, Arrival)> {
    let mut all: Vec<_> = studio.camera.iter().cloned().map(|a| (1, a)).collect();
    all.extend(studio.voice.iter().cloned().map(|a| (2, a)));
    all.sort_by_key(|(_, arrival)| arrival.at);
    all
}

fn disk(folder: &tempfile::TempDir) -> Disk {
    Disk::open(folder.path()).unwrap()
}

fn sent(studio: &Studio) -> Vec<Vec<Vec<u8>>> {
    let units = studio.units.iter();
    units.map(|unit| crate::h264::split_annex_b(unit).into_iter().map(<[u8]>::to_vec).collect()).collect()
}

/// How far the card's pictures and the voice's beeps are apart, in milliseconds, at each full second.
fn skews(dir: &Path) -> Vec<i64> {
    let mut shown = Vec::new();
    let mut decoder = crate::decode::H264Decoder::new().unwrap();
    let mut file = MediaFile::open(&dir.join("camera.m3u8"), 300_000).unwrap();
    while let Some(FileItem::Video(unit)) = file.next_item().unwrap() {
        if let Some(picture) = decoder.decode(&unit.data).unwrap() {
            let counter = crate::card::read_counter(&picture.y, picture.width, picture.width, picture.height);
            if let Some(second) = counter.filter(|counter| counter % 30 == 0).map(|counter| counter / 30) {
                shown.push((second, unit.timestamp / 90));
            }
        }
    }
    let mut sound = Vec::new();
    let mut opus = crate::decode::OpusDecoder::new().unwrap();
    let mut file = MediaFile::open(&dir.join("voice.m3u8"), 0).unwrap();
    while let Some(FileItem::Audio { data, .. }) = file.next_item().unwrap() {
        opus.decode(&data, &mut sound).unwrap();
    }
    let mono: Vec<f32> = sound.chunks_exact(2).map(|pair| pair[0]).collect();
    // Reading the file back codes the sound again, which delays it by 6.5 ms.
    let beeps: Vec<i64> = voice::find_beeps(&mono).into_iter().map(|at| (at as i64 - 312) / 48).collect();
    assert_eq!(beeps.len(), shown.len(), "{beeps:?} {shown:?}");
    // The first picture stands from the beginning of the recording, so its own time is not measured.
    shown.iter().zip(&beeps).skip(1).map(|((_, picture), beep)| beep - picture).collect()
}

#[test]
fn a_lesson_is_stored_bit_for_bit_and_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let studio = studio(start, Duration::from_millis(300), 9, SMALL);
    let mut lesson = Lesson::open(disk(&folder), start);
    lesson.feed(&merged(&studio), |_, _| {
        check::folder(folder.path());
    });
    let fields = serde_json::from_str(r#"{"page":2}"#).unwrap();
    lesson.session.mark(start + Duration::from_secs(4), "slide", crate::Detail::Chapter, fields);
    let summary = lesson.finish(Duration::from_millis(9400));
    let playlists = check::folder(folder.path());
    assert!(playlists.iter().all(|playlist| playlist.ended));
    assert_eq!(check::samples(folder.path(), "camera"), sent(&studio));
    assert_eq!((summary.closed, summary.gaps.len(), summary.tracks.len()), (true, 0, 2));
    for track in &summary.tracks {
        assert_eq!(track.start_ms, 0);
        assert!((9300..=9500).contains(&track.end_ms), "{} ends at {}", track.name, track.end_ms);
    }
    for playlist in ["master.m3u8", "camera.m3u8", "voice.m3u8"] {
        check::plays(folder.path(), playlist);
    }
    let skews = skews(folder.path());
    println!("sound after picture, ms: {skews:?}");
    assert!(skews.len() >= 8 && skews.iter().all(|skew| skew.abs() <= 20), "{skews:?}");
    // The poster is written at the close, and again by the scan when it is not there.
    let poster = std::fs::read(folder.path().join("poster.jpg")).unwrap();
    std::fs::remove_file(folder.path().join("poster.jpg")).unwrap();
    crate::recover::recover(folder.path()).unwrap();
    assert!(poster.starts_with(&[0xff, 0xd8]) && std::fs::read(folder.path().join("poster.jpg")).unwrap() == poster);
    let line = std::fs::read_to_string(folder.path().join("timeline.jsonl")).unwrap();
    assert_eq!(line, "{\"kind\":\"slide\",\"media_ms\":4000,\"page\":2}\n");
}

#[test]
fn f5_jitter_reorder_and_duplicates_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let studio = studio(start, Duration::from_millis(300), 8, SMALL);
    let mut rng = StdRng::seed_from_u64(5);
    let mut arrivals = Vec::new();
    for (index, (id, mut arrival)) in merged(&studio).into_iter().enumerate() {
        let mut delay = rng.random_range(20..80);
        if index > 4 && rng.random_ratio(5, 100) {
            delay += 60;
        }
        let copies = if rng.random_ratio(1, 100) { 2 } else { 1 };
        if index < 4 {
            delay = 20;
        }
        arrival.at += Duration::from_millis(delay);
        for copy in 0..copies {
            let mut arrival = arrival.clone();
            arrival.at += Duration::from_millis(copy * 15);
            if let Input::Packet(packet) = &mut arrival.input {
                packet.arrived = start + arrival.at;
            }
            arrivals.push((id, arrival));
        }
    }
    arrivals.sort_by_key(|(_, arrival)| arrival.at);
    let mut lesson = Lesson::open(disk(&folder), start);
    lesson.feed(&arrivals, |_, _| {});
    let summary = lesson.finish(Duration::from_millis(8600));
    assert_eq!(check::samples(folder.path(), "camera"), sent(&studio));
    assert_eq!(summary.gaps, []);
    let skews = skews(folder.path());
    println!("sound after picture with jitter, ms: {skews:?}");
    assert!(skews.iter().all(|skew| skew.abs() <= 80), "{skews:?}");
}

#[test]
fn a_hole_is_a_gap_up_to_the_next_keyframe_and_sound_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let studio = studio(start, Duration::ZERO, 8, SMALL);
    let mut arrivals = merged(&studio);
    // One packet of the picture at 3 s never comes.
    let hole = arrivals.iter().position(|(id, a)| *id == 1 && a.at > Duration::from_secs(3)).unwrap();
    arrivals.remove(hole);
    let mut lesson = Lesson::open(disk(&folder), start);
    lesson.feed(&arrivals, |_, _| {
        check::folder(folder.path());
    });
    let summary = lesson.finish(Duration::from_secs(8));
    assert_eq!(summary.gaps.len(), 1, "{:?}", summary.gaps);
    let gap = &summary.gaps[0];
    assert_eq!((gap.track.as_str(), gap.reason), ("camera", GapReason::Loss));
    assert!((2900..3100).contains(&gap.at_ms) && (900..1200).contains(&gap.duration_ms), "{gap:?}");
    assert!(lesson.session.events.contains(&RecorderEvent::KeyframeWanted { picture: Picture::Camera }));
    let (kept, all) = (check::samples(folder.path(), "camera"), sent(&studio));
    assert_eq!(kept[..88], all[..88]);
    assert_eq!(kept[kept.len() - 120..], all[120..]);
    assert!(kept.len() < 212);
    check::plays(folder.path(), "master.m3u8");
    let apart = ends_apart(folder.path());
    assert!(apart <= 80, "{apart}");
}

/// How far the ends of picture and sound are apart, in milliseconds.
fn ends_apart(dir: &Path) -> i64 {
    let playlists = check::folder(dir);
    let ends: Vec<i64> = playlists.iter().map(MediaPlaylist::end_micros).collect();
    (ends[0] - ends[1]).abs() / 1000
}

#[test]
fn another_size_is_another_init_segment_in_picture_and_sound() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let first = studio(start, Duration::ZERO, 3, SMALL);
    let mut second = studio(start, Duration::from_secs(3), 3, (640, 360));
    for (arrivals, rate, seqs) in [(&mut second.camera, 90_000, 100_000), (&mut second.voice, 48_000, 150)] {
        for arrival in arrivals {
            match &mut arrival.input {
                Input::Packet(packet) => {
                    packet.timestamp += 3 * rate;
                    packet.seq += seqs;
                }
                Input::Clock { timestamp, ntp } => {
                    *timestamp += 3 * rate;
                    *ntp += 3 << 32;
                }
                _ => {}
            }
        }
    }
    let mut lesson = Lesson::open(disk(&folder), start);
    lesson.feed(&merged(&first), |_, _| {});
    lesson.session.input(1, Input::Lost, start + Duration::from_millis(3050));
    lesson.feed(&merged(&second), |_, _| {
        check::folder(folder.path());
    });
    // The hole between the two numbers is given up after a second.
    let summary = lesson.finish(Duration::from_secs(6));
    let playlists = check::folder(folder.path());
    for playlist in &playlists {
        let breaks = playlist.segments.iter().filter(|segment| segment.discontinuity).count();
        assert_eq!(breaks, 1, "{}: {:?}", playlist.track, playlist.segments);
    }
    let camera = &playlists[0];
    assert_eq!(camera.segments.last().unwrap().init, 1);
    assert_eq!(summary.tracks.iter().find(|t| t.name == "camera").map(|t| (t.width, t.height)), Some((640, 360)));
    let expected = [sent(&first), sent(&second)].concat();
    assert_eq!(check::samples(folder.path(), "camera"), expected);
    check::plays(folder.path(), "camera.m3u8");
}

#[test]
fn a_slide_that_stands_is_durable_and_lasts_until_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let studio = studio(start, Duration::ZERO, 1, SMALL);
    let mut lesson = Lesson::open(disk(&folder), start);
    lesson.session.add_track(3, &TrackRole::Screen, 9);
    // Two pictures of a screen, ten seconds apart.
    let pictures: Vec<_> = studio.camera.iter().filter(|a| matches!(a.input, Input::Packet(_))).cloned().collect();
    let first_ts = match &pictures[0].input {
        Input::Packet(p) => p.timestamp,
        _ => 0,
    };
    let arrivals: Vec<_> = pictures
        .into_iter()
        .filter_map(|mut arrival| {
            let Input::Packet(packet) = &mut arrival.input else { return None };
            let frame = (packet.timestamp - first_ts) / 3000;
            if frame > 1 {
                return None;
            }
            packet.timestamp = first_ts + frame * 900_000;
            arrival.at = Duration::from_secs(1 + frame * 10);
            packet.arrived = start + arrival.at;
            Some((3, arrival))
        })
        .collect();
    let mut durable_at = None;
    lesson.feed(&arrivals, |at, _| {
        let written = std::fs::read(folder.path().join("screen/00000.m4s")).unwrap_or_default();
        if durable_at.is_none() && crate::boxes::fragments(&written).len() == 1 {
            durable_at = Some(at);
        }
        // What stands is on disk to within two seconds, so that a crash takes no more.
        if let Some(last) = crate::boxes::fragments(&written).last().filter(|_| at < Duration::from_secs(5)) {
            assert!(at.as_micros() as i64 * 9 / 100 - last.start - last.duration <= 180_000, "{at:?}");
        }
    });
    lesson.finish(Duration::from_secs(15));
    assert!(durable_at.unwrap() <= Duration::from_millis(2500), "{durable_at:?}");
    let screen = check::folder(folder.path()).into_iter().find(|p| p.track == "screen").unwrap();
    assert_eq!((screen.segments[0].start_micros, screen.end_micros()), (1_000_000, 15_000_000));
    // No segment is longer than the target of 4 s; each begins with the keyframe again.
    let durations: Vec<i64> = screen.segments.iter().map(|segment| segment.duration_micros / 1000).collect();
    assert_eq!(durations, [4000, 4000, 4000, 2000]);
    assert!(screen.segments.iter().all(|segment| !segment.discontinuity && segment.init == 0));
    let (one, two) = (sent(&studio)[0].clone(), sent(&studio)[1].clone());
    let expected = [one.clone(), one.clone(), one.clone(), two.clone(), one, two];
    assert_eq!(check::samples(folder.path(), "screen"), expected);
    check::plays(folder.path(), "screen.m3u8");
}

#[test]
fn keyframes_that_come_too_rarely_make_no_long_segments() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let mut studio = studio(start, Duration::ZERO, 11, SMALL);
    for arrival in &mut studio.camera {
        if let Input::Packet(packet) = &mut arrival.input {
            // The slices of every keyframe but the first pass for another picture's.
            let frame = (packet.timestamp - 7_000_000_000) / 3000;
            if frame > 0 && packet.payload[0] & 0x1f == 28 && packet.payload[1] & 0x1f == 5 {
                let mut payload = packet.payload.to_vec();
                payload[1] = payload[1] & 0xe0 | 1;
                packet.payload = payload.into();
            }
        }
    }
    let mut lesson = Lesson::open(disk(&folder), start);
    lesson.feed(&merged(&studio), |_, _| {
        check::folder(folder.path());
    });
    let summary = lesson.finish(Duration::from_secs(11));
    let camera = &check::folder(folder.path())[0];
    let durations: Vec<i64> = camera.segments.iter().map(|segment| segment.duration_micros / 1000).collect();
    assert_eq!(durations[..2], [4000, 4000], "{:?}", summary.gaps);
    assert!(durations.len() == 3 && (2900..=3100).contains(&durations[2]), "{durations:?}");
    assert!(lesson.session.events.contains(&RecorderEvent::KeyframeWanted { picture: Picture::Camera }));
    for segment in &camera.segments {
        let data = std::fs::read(folder.path().join(crate::playlist::segment_path("camera", segment.number))).unwrap();
        let sample = crate::boxes::first_sample(&data).unwrap();
        let mut annex_b = Vec::new();
        assert!(crate::h264::lengths_to_annex_b(&data[sample], 4, &mut annex_b));
        assert!(crate::h264::split_annex_b(&annex_b).iter().any(|unit| unit[0] & 0x1f == 5), "{segment:?}");
    }
}
