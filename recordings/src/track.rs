//! One track on disk: samples become fragments of about a second, fragments become segments, segments a playlist.
//!
//! A fragment is durable when `push` or `tick` returns. The last sample waits for the next one, which tells how long it
//! lasts; when none comes it is written alone and its duration is changed in place later, so that a slide that stands
//! for ten minutes is one picture of ten minutes.

use std::io;

use crate::boxes;
use crate::disk::{Appending, Disk};
use crate::libav::LibavError;
use crate::libav::mux::FragmentMuxer;
use crate::playlist::{MediaPlaylist, Segment, init_path, segment_path};

/// Why a track could not be written. What was durable stays valid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrackError {
    /// The disk refused.
    #[error("the disk refused: {0}")]
    Disk(#[from] io::Error),
    /// The muxer refused.
    #[error(transparent)]
    Mux(#[from] LibavError),
}

/// One sample, timed in the track's timescale since the recording began.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) data: Vec<u8>,
    pub(crate) start: i64,
    pub(crate) keyframe: bool,
}

/// How a track is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cutting {
    /// Ticks per second.
    pub(crate) timescale: i64,
    /// A segment ends at the first keyframe after so many ticks.
    pub(crate) segment: i64,
    /// A fragment is written after so many ticks.
    pub(crate) fragment: i64,
    /// What a last sample lasts when nothing tells.
    pub(crate) sample: i64,
}

struct Open {
    file: Appending,
    segment: Segment,
    /// End of what is durable.
    end: i64,
}

/// A sample that is durable already and whose duration may still grow.
struct Standing {
    start: i64,
    duration_at: u64,
}

pub(crate) struct TrackWriter {
    disk: Disk,
    cutting: Cutting,
    pub(crate) playlist: MediaPlaylist,
    muxer: Option<FragmentMuxer>,
    init: u32,
    next_init: u32,
    next_segment: u32,
    open: Option<Open>,
    held: Option<Sample>,
    standing: Option<Standing>,
    /// Start of the fragment being built.
    fragment: Option<i64>,
    discontinuity: bool,
    cut: Option<i64>,
    /// Discontinuities written so far.
    pub(crate) discontinuities: u32,
    pub(crate) bytes: u64,
    pub(crate) peak_bits_per_second: u64,
}

impl TrackWriter {
    pub(crate) fn new(disk: Disk, playlist: MediaPlaylist, cutting: Cutting) -> Self {
        let next = |last: Option<u32>| last.map_or(0, |last| last + 1);
        let resumed = !playlist.segments.is_empty();
        Self {
            disk,
            cutting,
            muxer: None,
            init: 0,
            next_init: next(playlist.segments.iter().map(|segment| segment.init).max()),
            next_segment: next(playlist.segments.iter().map(|segment| segment.number).max()),
            open: None,
            held: None,
            standing: None,
            fragment: None,
            discontinuity: resumed,
            cut: None,
            discontinuities: playlist.segments.iter().filter(|segment| segment.discontinuity).count() as u32,
            bytes: 0,
            peak_bits_per_second: 0,
            playlist,
        }
    }

    /// Uses `muxer`'s init segment from the next sample on. A change in the middle is a discontinuity.
    /// `at` is that sample's start in ticks.
    pub(crate) fn configure(&mut self, muxer: FragmentMuxer, at: i64) -> Result<(), TrackError> {
        if self.muxer.is_some() {
            self.settle(at.max(self.end() + 1))?;
            self.close_segment(None)?;
            self.discontinuity = true;
        }
        // A number whose file was written but never used stays unused: a crash may have left it.
        self.init = self.next_init;
        while self.disk.folder().join(init_path(&self.playlist.track, self.init)).exists() {
            self.init += 1;
        }
        self.disk.replace(&init_path(&self.playlist.track, self.init), muxer.init_segment())?;
        self.next_init = self.init + 1;
        self.muxer = Some(muxer);
        Ok(())
    }

    pub(crate) fn is_configured(&self) -> bool {
        self.muxer.is_some()
    }

    /// Lets the next keyframe at or after `at` ticks begin a new segment that is not connected to the one before.
    pub(crate) fn disconnect(&mut self, at: i64) {
        self.cut = Some(at);
    }

    /// Discontinuities written or decided on. Tracks that are played together must agree (RFC 8216 section 6.2.4).
    pub(crate) fn decided_discontinuities(&self) -> u32 {
        self.discontinuities + u32::from(self.discontinuity || self.cut.is_some())
    }

    /// Forgets what is not durable; the next keyframe begins a new segment after a discontinuity.
    pub(crate) fn abandon(&mut self) {
        self.held = None;
        self.fragment = None;
        self.muxer = None;
        self.finish_open();
        self.cut = None;
        self.discontinuity = true;
    }

    /// End of the last sample taken, in ticks.
    pub(crate) fn end(&self) -> i64 {
        let standing = self.standing.as_ref().map(|standing| standing.start);
        let open = self.open.as_ref().map(|open| open.end);
        let held = self.held.as_ref().map(|held| held.start);
        let listed = self.playlist.end_micros() * self.cutting.timescale / 1_000_000;
        held.or(standing).or(open).unwrap_or(listed)
    }

    /// Takes the next sample. Starts must rise; one that doesn't is moved up.
    pub(crate) fn push(&mut self, mut sample: Sample) -> Result<(), TrackError> {
        if self.muxer.is_none() || (self.open.is_none() && self.held.is_none() && !sample.keyframe) {
            return Ok(());
        }
        if self.held.is_some() || self.standing.is_some() {
            sample.start = sample.start.max(self.end() + 1);
        }
        self.settle(sample.start)?;
        let age = self.open.as_ref().map(|open| sample.start - self.ticks(open.segment.start_micros));
        let pending_age = self.fragment.map(|start| sample.start - start);
        let cut = self.cut.is_some_and(|at| sample.start >= at);
        if sample.keyframe && (cut || age.or(pending_age).is_some_and(|age| age >= self.cutting.segment)) {
            self.close_segment(Some(sample.start))?;
            if cut {
                self.cut = None;
                self.discontinuity = true;
            }
        } else if pending_age.is_some_and(|age| age >= self.cutting.fragment) {
            self.flush()?;
        }
        self.held = Some(sample);
        Ok(())
    }

    /// Writes what has waited for longer than a fragment lasts. `now` is the present in ticks.
    pub(crate) fn tick(&mut self, now: i64) -> Result<(), TrackError> {
        if self.fragment.is_some_and(|start| now - start > self.cutting.fragment + self.cutting.fragment / 4) {
            self.flush()?;
        }
        if self.held.as_ref().is_some_and(|held| now - held.start > self.cutting.fragment + self.cutting.fragment / 4) {
            self.flush()?;
            self.settle(now)?;
            let start = self.fragment;
            let placed = self.flush()?;
            self.standing = start.zip(placed).map(|(start, duration_at)| Standing { start, duration_at });
        }
        Ok(())
    }

    /// Ends the track at `end` ticks: the last sample lasts until then.
    pub(crate) fn finish(&mut self, end: i64) -> Result<(), TrackError> {
        let least = self.end() + self.cutting.sample;
        let end = if self.held.is_some() || self.standing.is_some() { end.max(least) } else { end };
        let settled = self.settle(end).and_then(|()| self.close_segment(None));
        if settled.is_err() {
            self.abandon();
        }
        self.playlist.ended = true;
        self.write_playlist()
    }

    /// The held or standing sample lasts until `end`.
    fn settle(&mut self, end: i64) -> Result<(), TrackError> {
        if let Some(standing) = self.standing.take()
            && let Some(open) = &mut self.open
        {
            let duration = u32::try_from(end - standing.start).unwrap_or(u32::MAX);
            self.disk.patch(&open.file, standing.duration_at, &duration.to_be_bytes())?;
            open.end = standing.start + i64::from(duration);
        }
        if let Some(held) = self.held.take()
            && let Some(muxer) = &mut self.muxer
        {
            muxer.write(&held.data, held.start, end - held.start, held.keyframe)?;
            self.fragment.get_or_insert(held.start);
        }
        Ok(())
    }

    /// Makes the fragment durable; where its last sample's duration stands in the file.
    fn flush(&mut self) -> Result<Option<u64>, TrackError> {
        let (Some(start), Some(muxer)) = (self.fragment.take(), &mut self.muxer) else { return Ok(None) };
        let data = muxer.flush()?;
        let Some(parsed) = boxes::fragments(&data).pop() else {
            return Err(LibavError::Unfit("the muxer gave an incomplete fragment").into());
        };
        if self.open.is_none() {
            self.open_segment(start)?;
        }
        let Some(open) = &mut self.open else { return Ok(None) };
        let at = self.disk.append(&mut open.file, &data)?;
        open.end = parsed.start + parsed.duration;
        self.bytes += data.len() as u64;
        Ok(parsed.last_duration.map(|offset| at + offset as u64))
    }

    fn open_segment(&mut self, start: i64) -> Result<(), TrackError> {
        let number = self.next_segment;
        self.next_segment += 1;
        let file = self.disk.create(&segment_path(&self.playlist.track, number))?;
        let start_micros = start * 1_000_000 / self.cutting.timescale;
        let discontinuity = std::mem::take(&mut self.discontinuity) && !self.playlist.segments.is_empty();
        self.discontinuities += u32::from(discontinuity);
        let segment = Segment { number, init: self.init, start_micros, duration_micros: 0, discontinuity };
        self.open = Some(Open { file, segment, end: start });
        Ok(())
    }

    /// Ends the segment and lists it.
    fn close_segment(&mut self, end: Option<i64>) -> Result<(), TrackError> {
        if let Some(held) = &self.held {
            let end = end.unwrap_or(held.start + self.cutting.sample);
            self.settle(end)?;
        }
        self.flush()?;
        if self.finish_open() { self.write_playlist() } else { Ok(()) }
    }

    fn finish_open(&mut self) -> bool {
        self.standing = None;
        let Some(mut open) = self.open.take() else { return false };
        if open.file.is_empty() {
            // Nothing became durable: the file goes, its number is not used again.
            self.disk.remove(&segment_path(&self.playlist.track, open.segment.number));
            self.discontinuity |= open.segment.discontinuity;
            self.discontinuities -= u32::from(open.segment.discontinuity);
            return false;
        }
        let end_micros = open.end * 1_000_000 / self.cutting.timescale;
        open.segment.duration_micros = (end_micros - open.segment.start_micros).max(1);
        let rate = open.file.len() * 8 * 1_000_000 / open.segment.duration_micros.max(1) as u64;
        self.peak_bits_per_second = self.peak_bits_per_second.max(rate);
        self.playlist.segments.push(open.segment);
        true
    }

    pub(crate) fn write_playlist(&mut self) -> Result<(), TrackError> {
        let name = format!("{}.m3u8", self.playlist.track);
        Ok(self.disk.replace(&name, self.playlist.render().as_bytes())?)
    }

    fn ticks(&self, micros: i64) -> i64 {
        micros * self.cutting.timescale / 1_000_000
    }
}
