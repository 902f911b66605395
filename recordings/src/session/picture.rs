//! A picture's way to disk: packets in order, access units, samples.

use super::RETRY_MICROS;
use crate::depacket::{CodedPicture, Depacketizer};
use crate::disk::Disk;
use crate::h264::Sps;
use crate::index::{GapReason, Picture, Summary};
use crate::jitter::Ordered;
use crate::libav::mux::{FragmentMuxer, TrackFormat};
use crate::playlist::MediaPlaylist;
use crate::recorder::{RecorderEvent, Rhythm};
use crate::track::{Cutting, Sample, TrackError, TrackWriter};

/// A camera that sends nothing for so long is absent: 3 s.
const ABSENT_MICROS: i64 = 3_000_000;
/// A camera that leaves so shortly before the end of the lesson leaves no gap: 1 s.
const LEFT_MICROS: i64 = 1_000_000;
/// A first picture that comes within 10 s stands from the beginning, so that picture and sound start together.
const FROM_START_MICROS: i64 = 10_000_000;
/// Keyframes are asked for at most every second.
const KEYFRAME_MICROS: i64 = 1_000_000;

/// One publisher's packets.
pub(super) struct PictureInput {
    pub(super) picture: Picture,
    pub(super) depacketizer: Depacketizer,
}

impl PictureInput {
    pub(super) fn new(picture: Picture) -> Self {
        Self { picture, depacketizer: Depacketizer::default() }
    }

    pub(super) fn take(&mut self, item: Ordered) -> Vec<CodedPicture> {
        let mut out = Vec::new();
        match item {
            Ordered::Packet(packet) => self.depacketizer.push(&packet, &mut out),
            Ordered::Missing(_) => self.depacketizer.lost(),
        }
        out
    }
}

/// The track of one role; publishers may come and go.
pub(super) struct PictureTrack {
    picture: Picture,
    pub(super) writer: TrackWriter,
    /// The input that counts: the newest.
    pub(super) input: Option<u32>,
    pub(super) changed: bool,
    sps: Option<Sps>,
    gap: Option<(i64, GapReason)>,
    last_micros: Option<i64>,
    asked_micros: Option<i64>,
    retry_micros: Option<i64>,
}

impl PictureTrack {
    pub(super) fn new(picture: Picture, disk: Disk, playlist: MediaPlaylist, rhythm: Rhythm) -> Self {
        let ticks = |duration: std::time::Duration| (duration.as_micros() * 9 / 100) as i64;
        // Keyframes come about every target, not exactly: one that is a little early still ends the segment.
        let cutting = Cutting {
            timescale: 90_000,
            segment: ticks(rhythm.segment) * 7 / 10,
            fragment: ticks(rhythm.fragment),
            sample: 3000,
            longest: i64::from(rhythm.target_seconds()) * 90_000,
        };
        Self {
            picture,
            writer: TrackWriter::new(disk, playlist, cutting),
            input: None,
            changed: false,
            sps: None,
            gap: None,
            last_micros: None,
            asked_micros: None,
            retry_micros: None,
        }
    }

    /// Another publisher's pictures come from now on. They begin with an init segment of their own.
    pub(super) fn take_over(&mut self, input: u32) {
        self.input = Some(input);
        self.sps = None;
    }

    pub(super) fn has_begun(&self) -> bool {
        self.writer.is_configured() || !self.writer.playlist.segments.is_empty()
    }

    /// From where the track ends nothing of its own follows.
    pub(super) fn open_gap(&mut self, reason: GapReason) {
        if self.has_begun() && self.gap.is_none() {
            self.gap = Some((self.writer.end() * 100 / 9, reason));
        }
    }

    pub(super) fn want_keyframe(&mut self, now: i64, events: &mut Vec<RecorderEvent>) {
        if !self.has_begun() && self.asked_micros.is_none() {
            // A tap begins with the keyframe it has; only when that does not come within a second is one missing.
            self.asked_micros = Some(now);
            return;
        }
        if self.asked_micros.is_none_or(|asked| now - asked >= KEYFRAME_MICROS) {
            self.asked_micros = Some(now);
            events.push(RecorderEvent::KeyframeWanted { picture: self.picture });
        }
    }

    pub(super) fn take(
        &mut self,
        media: i64,
        coded: CodedPicture,
        now: i64,
        summary: &mut Summary,
        events: &mut Vec<RecorderEvent>,
    ) {
        self.last_micros = Some(now);
        if self.retry_micros.is_some_and(|at| now < at || !coded.keyframe) {
            self.want_keyframe(now, events);
            return;
        }
        let at = media;
        let first = !self.has_begun();
        let media =
            if first && self.picture == Picture::Camera && media < FROM_START_MICROS { 0 } else { media.max(0) };
        match self.put(media, coded, summary) {
            Ok(()) => {
                if self.retry_micros.take().is_some() {
                    events.push(RecorderEvent::Resumed { track: self.picture.name().to_owned() });
                }
                if let Some((from, reason)) = self.gap.take() {
                    summary.add_gap(self.picture.name(), from, at, reason);
                    self.changed = true;
                }
            }
            Err(error) => self.refuse(&error, now, events),
        }
    }

    fn put(&mut self, media: i64, coded: CodedPicture, summary: &mut Summary) -> Result<(), TrackError> {
        let start = media * 9 / 100;
        if let Some(sets) = &coded.sets
            && (self.sps != Some(sets.sps) || !self.writer.is_configured())
        {
            // Encoders number their parameter sets anew at every keyframe; only what they say is compared. The sets in
            // the samples themselves are what decoders go by.
            let (width, height) = (sets.sps.width, sets.sps.height);
            let muxer = FragmentMuxer::new(TrackFormat::H264 { width, height, avcc: &sets.avcc() })?;
            self.writer.configure(muxer, start)?;
            if self.writer.playlist.segments.is_empty() {
                self.writer.write_playlist()?;
            }
            self.sps = Some(sets.sps);
            let track = summary.track(self.picture.name());
            track.codec = sets.codec_string();
            (track.width, track.height) = (width, height);
            self.changed = true;
        }
        self.writer.push(Sample { data: coded.sample.into(), start, keyframe: coded.keyframe })
    }

    fn refuse(&mut self, error: &TrackError, now: i64, events: &mut Vec<RecorderEvent>) {
        self.gap = self.gap.take().or_else(|| Some((self.writer.end() * 100 / 9, GapReason::Disk)));
        self.writer.abandon();
        self.retry_micros = Some(now + RETRY_MICROS);
        events.push(RecorderEvent::Alarm { track: self.picture.name().to_owned(), cause: error.to_string() });
    }

    pub(super) fn tick(&mut self, now: i64, events: &mut Vec<RecorderEvent>) {
        if self.picture == Picture::Camera && self.last_micros.is_some_and(|last| now - last > ABSENT_MICROS) {
            self.open_gap(GapReason::Absent);
        }
        if self.retry_micros.is_some_and(|at| now >= at) {
            self.want_keyframe(now, events);
        }
        if self.input.is_some() && self.writer.needs_keyframe() {
            self.want_keyframe(now, events);
        }
        if let Err(error) = self.writer.tick(now * 9 / 100) {
            self.refuse(&error, now, events);
        }
    }

    pub(super) fn finish(&mut self, end: i64, summary: &mut Summary, events: &mut Vec<RecorderEvent>) {
        if !self.has_begun() {
            return;
        }
        // A camera that leaves in the last moment has ended with the lesson.
        if let Some((from, reason)) =
            self.gap.take_if(|(from, reason)| *reason != GapReason::Absent || end - *from > LEFT_MICROS)
        {
            summary.add_gap(self.picture.name(), from, end, reason);
        }
        if let Err(error) = self.writer.finish(end * 9 / 100) {
            events.push(RecorderEvent::Alarm { track: self.picture.name().to_owned(), cause: error.to_string() });
        }
    }
}
