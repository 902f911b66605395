//! Looks at a recording the way other people's players do: through `ffmpeg` and `ffprobe`.

use std::path::Path;
use std::process::Command;

use airclass::tools::access_unit::split_annex_b;
use airclass_recordings::card::read_counter;
use airclass_recordings::voice::find_beeps;
use bytes::Bytes;
use serde_json::Value;

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(["-v", "error"]).args(arguments).output().expect(program);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {complaints}");
    output.stdout
}

/// Duration in seconds, as a player would show it.
pub(crate) fn duration(playlist: &Path) -> f64 {
    let playlist = playlist.to_str().unwrap();
    let out = run("ffprobe", &["-show_entries", "format=duration", "-of", "json", playlist]);
    let found: Value = serde_json::from_slice(&out).unwrap();
    found["format"]["duration"].as_str().expect("a duration").parse().unwrap()
}

/// Presentation times in seconds of the packets of a stream (`v:0`, `a:0`).
pub(crate) fn times(playlist: &Path, stream: &str) -> Vec<f64> {
    let playlist = playlist.to_str().unwrap();
    let out =
        run("ffprobe", &["-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0", playlist]);
    let text = String::from_utf8(out).unwrap();
    text.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect()
}

/// Coded slices (NAL unit types 1 and 5) of every picture, in order.
pub(crate) fn slices(playlist: &Path) -> Vec<Bytes> {
    let playlist = playlist.to_str().unwrap();
    let stream = run(
        "ffmpeg",
        &["-i", playlist, "-map", "0:v:0", "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "-"],
    );
    split_annex_b(&stream).into_iter().filter(is_slice).collect()
}

/// Whether a NAL unit carries picture.
pub(crate) fn is_slice(nal: &Bytes) -> bool {
    matches!(nal[0] & 0x1f, 1 | 5)
}

/// Counters of all pictures with their presentation times; `None` where none could be read.
pub(crate) fn counters(playlist: &Path, size: (usize, usize)) -> Vec<(f64, Option<u32>)> {
    let at = times(playlist, "v:0");
    let playlist = playlist.to_str().unwrap();
    let arguments =
        ["-i", playlist, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"];
    let pixels = run("ffmpeg", &arguments);
    let (width, height) = size;
    let read = pixels.chunks_exact(width * height).map(|luma| read_counter(luma, width, width, height));
    at.into_iter().zip(read).collect()
}

/// When the beeps of the voice are heard, seconds on the same clock as [`counters`].
pub(crate) fn beeps(playlist: &Path) -> Vec<f64> {
    let start = times(playlist, "a:0").first().copied().expect("sound");
    let playlist = playlist.to_str().unwrap();
    let out = run("ffmpeg", &["-i", playlist, "-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f", "f32le", "-"]);
    let samples: Vec<f32> = out.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    find_beeps(&samples).into_iter().map(|at| start + at as f64 / 48_000.0).collect()
}

/// How far each beep is from the picture it belongs to (every 30th), seconds; positive when the sound is late.
pub(crate) fn skews(playlist: &Path, size: (usize, usize)) -> Vec<f64> {
    let on_the_second: Vec<f64> = counters(playlist, size)
        .into_iter()
        // The first picture stands from the very beginning, whenever it came: it tells nothing about the clocks.
        .skip(1)
        .filter(|(_, counter)| counter.is_some_and(|counter| counter % 30 == 0))
        .map(|(at, _)| at)
        .collect();
    let nearest = |beep: f64| {
        let distances = on_the_second.iter().map(|at| beep - at);
        distances.min_by(|a, b| a.abs().total_cmp(&b.abs())).filter(|distance| distance.abs() < 0.4)
    };
    // Beeps at the very ends may have lost their picture.
    beeps(playlist).into_iter().filter_map(nearest).collect()
}
