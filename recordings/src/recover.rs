//! The start-up scan: what a crash left open is closed, at most the last unfinished fragment is lost.
//!
//! Segments are trusted as far as their boxes are complete. A playlist is brought into line with the files, never the
//! other way round; running the scan again changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::boxes;
use crate::disk::Disk;
use crate::index::{Picture, Summary, TRACKS};
use crate::playlist::{MediaPlaylist, Segment, init_path, master, segment_path};
use crate::poster::{self, POSTER};
use crate::session::variant;

/// Closes the recording in `dir`: truncates what is half written, lists what is complete, writes the end tags and the
/// index. Safe to repeat.
///
/// # Errors
/// When the folder cannot be read or written; `NotFound` when it holds no recording.
pub fn recover(dir: &Path) -> io::Result<Summary> {
    if !dir.is_dir() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let disk = Disk::open(dir)?;
    let Some((mut summary, playlists)) = repair(&disk)? else { return Err(io::ErrorKind::NotFound.into()) };
    if !dir.join(POSTER).exists() {
        let pictures = [Picture::Camera, Picture::Screen];
        poster::write(&disk, pictures.iter().filter_map(|picture| playlists.get(picture.name())));
    }
    for mut playlist in playlists.into_values() {
        playlist.ended = true;
        write_if_changed(&disk, &format!("{}.m3u8", playlist.track), playlist.render().as_bytes())?;
    }
    write_if_changed(&disk, "master.m3u8", master(variant(&summary).as_ref()).as_bytes())?;
    summary.closed = true;
    write_if_changed(&disk, "index.json", &summary.render())?;
    Ok(summary)
}

/// Makes files and playlists agree without ending anything; `None` when there is no recording.
pub(crate) fn repair(disk: &Disk) -> io::Result<Option<(Summary, BTreeMap<String, MediaPlaylist>)>> {
    let folder = disk.folder();
    remove_partial(folder)?;
    let stored = fs::read(folder.join("index.json")).ok().and_then(|text| Summary::parse(&text));
    // The index is the first file written and replaced whole, so without it there is nothing to keep.
    let Some(mut summary) = stored else { return Ok(None) };
    let mut playlists = BTreeMap::new();
    for name in TRACKS {
        let playlist = repair_track(disk, name, summary.started_ms)?;
        if playlist.segments.is_empty() && name != crate::index::VOICE {
            summary.tracks.retain(|track| track.name != name);
            disk.remove(&format!("{name}.m3u8"));
            continue;
        }
        if let Some(first) = playlist.segments.first() {
            let bytes: u64 = playlist
                .segments
                .iter()
                .filter_map(|s| fs::metadata(folder.join(segment_path(name, s.number))).ok())
                .map(|file| file.len())
                .sum();
            let track = summary.track(name);
            track.start_ms = first.start_micros / 1000;
            track.end_ms = playlist.end_micros() / 1000;
            track.segments = playlist.segments.len();
            track.bytes = bytes;
        }
        playlists.insert(name.to_owned(), playlist);
    }
    summary.total();
    drop(disk.open_lines("timeline.jsonl")?);
    Ok(Some((summary, playlists)))
}

fn repair_track(disk: &Disk, name: &str, started_ms: i64) -> io::Result<MediaPlaylist> {
    let folder = disk.folder();
    let listed = fs::read_to_string(folder.join(format!("{name}.m3u8")))
        .ok()
        .and_then(|text| MediaPlaylist::parse(name, started_ms, &text));
    let mut playlist = listed.unwrap_or_else(|| MediaPlaylist {
        track: name.to_owned(),
        started_ms,
        target_seconds: 12,
        segments: Vec::new(),
        ended: false,
    });
    let timescale = if name == crate::index::VOICE { 48_000 } else { 90_000 };
    let count = playlist.segments.len();
    let mut position = 0;
    // All but the last listed segment were closed before the playlist named them and only need to be there.
    playlist.segments.retain_mut(|segment| {
        position += 1;
        let path = folder.join(segment_path(name, segment.number));
        let init = folder.join(init_path(name, segment.init));
        match fs::metadata(&path) {
            Ok(file) if file.len() > 0 && init.exists() => position < count || measure(&path, timescale, segment),
            _ => false,
        }
    });
    let last = playlist.segments.last().map(|segment| segment.number);
    for number in numbers(&folder.join(name), "", ".m4s")?.into_iter().filter(|number| last.is_none_or(|l| *number > l))
    {
        let path = folder.join(segment_path(name, number));
        // An init segment is written after the segment before it was closed, so the newest is the one in use.
        let init = numbers(&folder.join(name), "init-", ".mp4")?
            .into_iter()
            .rev()
            .find(|init| fs::read(folder.join(init_path(name, *init))).is_ok_and(|data| boxes::is_init(&data)));
        let mut segment = Segment { number, init: 0, start_micros: 0, duration_micros: 0, discontinuity: false };
        match init {
            Some(init) if measure(&path, timescale, &mut segment) => {
                segment.init = init;
                let before = playlist.segments.last();
                segment.discontinuity = before.is_some_and(|before| {
                    before.init != init
                        || (segment.start_micros - before.start_micros - before.duration_micros).abs() > 500_000
                });
                playlist.segments.push(segment);
            }
            _ => fs::remove_file(&path)?,
        }
    }
    playlist.ended = false;
    Ok(playlist)
}

/// Cuts off what is incomplete and reads the segment's times from its boxes; false when nothing is complete.
fn measure(path: &Path, timescale: i64, segment: &mut Segment) -> bool {
    let Ok(data) = fs::read(path) else { return false };
    let fragments = boxes::fragments(&data);
    let (Some(first), Some(last)) = (fragments.first(), fragments.last()) else { return false };
    if last.end < data.len() {
        let cut = fs::OpenOptions::new().write(true).open(path).and_then(|file| {
            file.set_len(last.end as u64)?;
            file.sync_data()
        });
        if cut.is_err() {
            return false;
        }
    }
    let micros = |ticks: i64| ticks.saturating_mul(1_000_000) / timescale;
    segment.start_micros = micros(first.start);
    segment.duration_micros = (micros(last.start + last.duration) - segment.start_micros).max(1);
    true
}

/// The numbers in the names of a folder's files, rising.
fn numbers(folder: &Path, before: &str, after: &str) -> io::Result<Vec<u32>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let number: Option<u32> =
            name.to_str().and_then(|name| name.strip_prefix(before)?.strip_suffix(after)?.parse().ok());
        found.extend(number);
    }
    found.sort_unstable();
    Ok(found)
}

/// Files that were being written whole when the crash came.
fn remove_partial(folder: &Path) -> io::Result<()> {
    for sub in ["", "camera", "screen", "voice"] {
        let Ok(entries) = fs::read_dir(folder.join(sub)) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

fn write_if_changed(disk: &Disk, name: &str, data: &[u8]) -> io::Result<()> {
    if fs::read(disk.folder().join(name)).is_ok_and(|old| old == data) {
        return Ok(());
    }
    disk.replace(name, data)
}
