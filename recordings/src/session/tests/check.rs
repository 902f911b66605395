//! What a recording's folder must look like at any moment.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::boxes;
use crate::h264::{lengths_to_annex_b, split_annex_b};
use crate::playlist::{MediaPlaylist, init_path, segment_path};

/// Every playlist there is, after checking that all it lists exists and is complete.
pub(super) fn folder(dir: &Path) -> Vec<MediaPlaylist> {
    let mut found = Vec::new();
    for track in crate::index::TRACKS {
        let Ok(text) = fs::read_to_string(dir.join(format!("{track}.m3u8"))) else { continue };
        let playlist = MediaPlaylist::parse(track, 0, &text).expect(&text);
        let timescale = if track == "voice" { 48_000 } else { 90_000 };
        let mut before: Option<i64> = None;
        for segment in &playlist.segments {
            let init = fs::read(dir.join(init_path(track, segment.init))).expect("the init segment is there");
            assert!(boxes::is_init(&init));
            let data = fs::read(dir.join(segment_path(track, segment.number))).expect("the segment is there");
            let fragments = boxes::fragments(&data);
            assert_eq!(fragments.last().expect("a fragment").end, data.len(), "{track} {}", segment.number);
            for pair in fragments.windows(2) {
                assert_eq!(pair[0].start + pair[0].duration, pair[1].start, "{track}: fragments join");
            }
            assert_eq!(fragments[0].start * 1_000_000 / timescale, segment.start_micros);
            let end = fragments.last().map(|last| last.start + last.duration).unwrap() * 1_000_000 / timescale;
            assert_eq!(end - segment.start_micros, segment.duration_micros, "{track}: EXTINF is what the boxes say");
            if let Some(before) = before.filter(|_| !segment.discontinuity) {
                assert!((before - segment.start_micros).abs() <= 1, "{track}: segments join");
            }
            before = Some(segment.start_micros + segment.duration_micros);
        }
        found.push(playlist);
    }
    let master = fs::read_to_string(dir.join("master.m3u8")).expect("a master playlist");
    for name in ["camera.m3u8", "voice.m3u8"] {
        assert!(!master.contains(name) || dir.join(name).exists(), "{name} is named and missing");
    }
    found
}

/// FFmpeg reads the playlist to its end without a complaint.
pub(super) fn plays(dir: &Path, playlist: &str) {
    let run = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0"])
        .arg(dir.join(playlist))
        .output()
        .expect("ffprobe is installed");
    let complaints = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && complaints.is_empty(), "{playlist}: {complaints}");
    assert!(!run.stdout.is_empty(), "{playlist} has no packets");
}

/// The NAL units of every sample of a picture track, sample by sample.
pub(super) fn samples(dir: &Path, track: &str) -> Vec<Vec<Vec<u8>>> {
    let playlist = folder(dir).into_iter().find(|playlist| playlist.track == track).expect("the track is there");
    let mut out = Vec::new();
    for segment in playlist.segments {
        let data = fs::read(dir.join(segment_path(track, segment.number))).unwrap();
        for (range, sizes) in mdats(&data) {
            let mut at = range;
            for size in sizes {
                let mut annex_b = Vec::new();
                assert!(lengths_to_annex_b(&data[at..at + size], 4, &mut annex_b));
                out.push(split_annex_b(&annex_b).into_iter().map(<[u8]>::to_vec).collect());
                at += size;
            }
        }
    }
    out
}

/// Start of each `mdat`'s payload and the sizes of the samples in it. Samples are found by their AVC lengths, so this
/// reader shares nothing with the one under test.
fn mdats(data: &[u8]) -> Vec<(usize, Vec<usize>)> {
    let be = |at: usize| u32::from_be_bytes(data[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut sizes, mut out) = (0, Vec::new(), Vec::new());
    while at < data.len() {
        match &data[at + 4..at + 8] {
            b"moof" => {
                let trun = at + data[at..].windows(4).position(|kind| kind == b"trun").unwrap() + 4;
                let flags = be(trun);
                let tfhd = at + data[at..].windows(4).position(|kind| kind == b"tfhd").unwrap() + 4;
                let before =
                    [(1, 8), (2, 4), (8, 4)].iter().map(|(f, n)| if be(tfhd) & f != 0 { *n } else { 0 }).sum::<usize>();
                let default = if be(tfhd) & 0x10 != 0 { be(tfhd + 8 + before) } else { 0 };
                let mut entry = trun + 8 + 4 * (flags & 1) + (flags & 4);
                sizes = (0..be(trun + 4))
                    .map(|_| {
                        entry += if flags & 0x100 != 0 { 4 } else { 0 };
                        let size = if flags & 0x200 != 0 { be(entry) } else { default };
                        entry += [0x200, 0x400, 0x800].iter().filter(|flag| flags & **flag != 0).count() * 4;
                        size
                    })
                    .collect();
            }
            b"mdat" => out.push((at + 8, std::mem::take(&mut sizes))),
            _ => {}
        }
        at += be(at);
    }
    out
}
