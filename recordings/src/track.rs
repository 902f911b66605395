//! One track on disk: samples become fragments of about a second, fragments become segments, segments a playlist.
//!
//! A fragment is durable when `push` or `tick` returns. The last sample waits for the next one, which tells how long it
//! lasts; when none comes it is written alone and its duration is changed in place as time passes.
//!
//! No segment lasts longer than the playlist's target duration, which never changes (RFC 8216 section 4.3.3.1). Where
//! one must end without a keyframe, because a slide stands for minutes or an encoder sends keyframes too rarely, the
//! next one begins with a copy of the pictures since the last keyframe, each a tick long, the last one lasting on. So
//! every segment can be decoded by itself, nothing is encoded again, and the lengths add up to the lesson's time. When
//! there is nothing to repeat (too many bytes), the track pauses until the next keyframe.

mod group;

use std::collections::VecDeque;
use std::io;

use bytes::Bytes;

use crate::boxes;
use crate::disk::{Appending, Disk};
use crate::libav::LibavError;
use crate::libav::mux::FragmentMuxer;
use crate::playlist::{MediaPlaylist, Segment, init_path, segment_path};
use group::Group;

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
    pub(crate) data: Bytes,
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
    /// No segment is longer than so many ticks.
    pub(crate) longest: i64,
}

/// A picture that stands counts as the last of its segment only when nothing came for so many fragments; what is on
/// its way still finds its place.
const GRACE_FRAGMENTS: i64 = 1;

struct Open {
    file: Appending,
    segment: Segment,
    /// Its first sample, in ticks.
    start: i64,
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
    /// Nothing may start before: the end of what was written.
    floor: i64,
    group: Group,
    discontinuity: bool,
    cuts: VecDeque<i64>,
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
            floor: (playlist.end_micros() * cutting.timescale + 999_999) / 1_000_000,
            group: Group::default(),
            discontinuity: resumed,
            cuts: VecDeque::new(),
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
            self.bridge(at)?;
            self.settle(at.max(self.end() + 1))?;
            self.close_segment(None)?;
            self.discontinuity = true;
        }
        self.group.clear();
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

    /// Whether the picture that stands, or the segment being written, needs a keyframe from the publisher.
    pub(crate) fn needs_keyframe(&self) -> bool {
        let began = self.segment_start().unwrap_or(i64::MAX);
        let overdue = self.end().saturating_sub(began) > self.cutting.segment * 2;
        self.muxer.is_some() && !self.group.is_keyframe() && (overdue || self.standing.is_some())
    }

    /// Lets the next keyframe at or after `at` ticks begin a new segment that is not connected to the one before.
    pub(crate) fn disconnect(&mut self, at: i64) {
        self.cuts.push_back(at);
    }

    /// Discontinuities written or decided on. Tracks that are played together must agree (RFC 8216 section 6.2.4).
    pub(crate) fn decided_discontinuities(&self) -> u32 {
        self.discontinuities + u32::from(self.discontinuity) + self.cuts.len() as u32
    }

    /// Forgets what is not durable; the next keyframe begins a new segment after a discontinuity.
    pub(crate) fn abandon(&mut self) {
        self.held = None;
        self.fragment = None;
        self.muxer = None;
        self.finish_open();
        self.cuts.clear();
        self.group.clear();
        self.discontinuity = true;
    }

    /// Start of the last sample that may still grow, else the end of what was written, in ticks.
    pub(crate) fn end(&self) -> i64 {
        let standing = self.standing.as_ref().map(|standing| standing.start);
        let held = self.held.as_ref().map(|held| held.start);
        held.or(standing).unwrap_or(self.floor)
    }

    /// Takes the next sample. Starts must rise; one that doesn't is moved up.
    pub(crate) fn push(&mut self, mut sample: Sample) -> Result<(), TrackError> {
        if self.muxer.is_none() {
            return Ok(());
        }
        self.bridge(sample.start)?;
        if self.open.is_none() && self.held.is_none() && !sample.keyframe {
            return Ok(());
        }
        let waiting = i64::from(self.held.is_some() || self.standing.is_some());
        sample.start = sample.start.max(self.end() + waiting);
        self.settle(sample.start)?;
        let age = self.segment_start().map(|start| sample.start - start);
        let pending_age = self.fragment.map(|start| sample.start - start);
        let cut = self.cuts.front().is_some_and(|at| sample.start >= *at);
        if sample.keyframe && (cut || age.is_some_and(|age| age >= self.cutting.segment)) {
            self.close_segment(Some(sample.start))?;
            if cut {
                self.cuts.pop_front();
                self.discontinuity = true;
            }
        } else if pending_age.is_some_and(|age| age >= self.cutting.fragment) {
            self.flush(None)?;
        }
        self.group.push(&sample.data, sample.keyframe);
        self.held = Some(sample);
        Ok(())
    }

    /// Writes what has waited for longer than a fragment lasts, and lets a picture that stands last until `now`, the
    /// present in ticks.
    pub(crate) fn tick(&mut self, now: i64) -> Result<(), TrackError> {
        let patience = self.cutting.fragment + self.cutting.fragment / 4;
        if self.fragment.is_some_and(|start| now - start > patience) {
            self.flush(None)?;
        }
        if self.held.as_ref().is_some_and(|held| now - held.start > patience) {
            self.flush(None)?;
            self.stand(now)?;
        } else if let (Some(standing), Some(open)) = (&self.standing, &mut self.open)
            && now - open.end >= self.cutting.fragment
        {
            let end = now.min(open.start + self.cutting.longest).max(standing.start + 1);
            if end > open.end {
                self.disk.patch(&open.file, standing.duration_at, &((end - standing.start) as u32).to_be_bytes())?;
                open.end = end;
            }
        }
        self.bridge(now - patience - GRACE_FRAGMENTS * self.cutting.fragment)
    }

    /// Ends the track at `end` ticks: the last sample lasts until then.
    pub(crate) fn finish(&mut self, end: i64) -> Result<(), TrackError> {
        let settled = self.bridge(end).and_then(|()| {
            let least = self.end() + self.cutting.sample;
            let end = if self.held.is_some() || self.standing.is_some() { end.max(least) } else { end };
            self.settle(end)?;
            self.close_segment(None)
        });
        if settled.is_err() {
            self.abandon();
        }
        self.playlist.ended = true;
        self.write_playlist()
    }

    /// First sample of the segment being written.
    fn segment_start(&self) -> Option<i64> {
        let pending = self.fragment.or(self.held.as_ref().map(|held| held.start));
        self.open.as_ref().map(|open| open.start).or(pending)
    }

    /// Ends segments that would last too long by `to`, where the next sample begins.
    fn bridge(&mut self, to: i64) -> Result<(), TrackError> {
        while let Some(start) = self.segment_start()
            && to - start >= self.cutting.longest
        {
            let at = start + self.cutting.longest;
            self.settle(at.max(self.end() + 1))?;
            self.close_segment(None)?;
            let mut pictures = self.group.pictures();
            let (Some(last), Some(muxer)) = (pictures.pop(), &mut self.muxer) else {
                self.group.clear();
                self.discontinuity = true;
                return Ok(());
            };
            let at = self.floor;
            for (index, picture) in pictures.iter().enumerate() {
                muxer.write(picture, at + index as i64, 1, index == 0)?;
                self.fragment.get_or_insert(at);
            }
            let start = at + pictures.len() as i64;
            self.floor = start;
            self.held = Some(Sample { data: last, start, keyframe: pictures.is_empty() });
        }
        Ok(())
    }

    /// The held or standing sample lasts until `end`.
    fn settle(&mut self, end: i64) -> Result<(), TrackError> {
        if let Some(standing) = self.standing.take()
            && let Some(open) = &mut self.open
        {
            let duration = u32::try_from(end - standing.start).unwrap_or(u32::MAX);
            self.disk.patch(&open.file, standing.duration_at, &duration.to_be_bytes())?;
            open.end = standing.start + i64::from(duration);
            self.floor = open.end;
        }
        if let Some(held) = self.held.take()
            && let Some(muxer) = &mut self.muxer
        {
            muxer.write(&held.data, held.start, end - held.start, held.keyframe)?;
            self.fragment.get_or_insert(held.start);
            self.floor = end;
        }
        Ok(())
    }

    /// Writes the held sample alone, lasting until `now` for the time being.
    fn stand(&mut self, now: i64) -> Result<(), TrackError> {
        let Some(start) = self.held.as_ref().map(|held| held.start) else { return Ok(()) };
        let began = self.open.as_ref().map_or(start, |open| open.start);
        let end = now.min(began + self.cutting.longest).max(start + 1);
        // The muxer moves up what begins before the end it was told, so it is told a tick; the file says the rest.
        self.settle(start + 1)?;
        let placed = self.flush(Some(end - start))?;
        self.standing = placed.map(|duration_at| Standing { start, duration_at });
        Ok(())
    }

    /// Makes the fragment durable, its last sample lasting `last` ticks if that is told here; where that stands in the
    /// file.
    fn flush(&mut self, last: Option<i64>) -> Result<Option<u64>, TrackError> {
        let (Some(start), Some(muxer)) = (self.fragment.take(), &mut self.muxer) else { return Ok(None) };
        let mut data = muxer.flush()?;
        let parsed = boxes::fragments(&data).pop().filter(|parsed| parsed.start == start);
        let Some(mut parsed) = parsed.filter(|parsed| parsed.start + parsed.duration == self.floor) else {
            return Err(LibavError::Unfit("the muxer changed a fragment's times").into());
        };
        if let (Some(last), Some(at)) = (last, parsed.last_duration) {
            data[at..at + 4].copy_from_slice(&u32::try_from(last).unwrap_or(u32::MAX).to_be_bytes());
            parsed.duration += last - 1;
        }
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
        self.open = Some(Open { file, segment, start, end: start });
        Ok(())
    }

    /// Ends the segment and lists it.
    fn close_segment(&mut self, end: Option<i64>) -> Result<(), TrackError> {
        if let Some(held) = &self.held {
            let end = end.unwrap_or(held.start + self.cutting.sample);
            self.settle(end)?;
        }
        self.flush(None)?;
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
        self.floor = self.floor.max(open.end);
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
}
