//! The recorder's core: told the time and the items, it writes a recording's folder.
//!
//! Each input has its reorder buffer and its clock. Pictures go to the track of their role, sound into the mix. What the
//! disk refuses is dropped up to the next keyframe and tried again; the lesson never waits for it.

mod picture;
mod sound;

use std::collections::BTreeMap;
use std::time::Instant;

use crate::clock::{SenderClock, TrackClock};
use crate::disk::Disk;
use crate::index::{GapReason, Picture, Summary, VOICE};
use crate::input::Input;
use crate::jitter::{JitterBuffer, Ordered, REPAIR_WAIT, VOICE_WAIT};
use crate::playlist::{MediaPlaylist, Variant, master};
use crate::recorder::{RecorderError, RecorderEvent, Rhythm, TrackRole};
use crate::timeline::{Detail, Timeline};
use crate::track::TrackError;
use picture::{PictureInput, PictureTrack};
use sound::{Sound, VoiceInput};

/// How long the disk is left alone after it refused: 2 s.
const RETRY_MICROS: i64 = 2_000_000;
/// How often the index is written when nothing but its figures changed: 10 s.
const INDEX_MICROS: i64 = 10_000_000;

enum Source {
    Picture(PictureInput),
    Voice(VoiceInput),
}

struct InputTrack {
    source: Source,
    sender: u64,
    clock: TrackClock,
    jitter: JitterBuffer,
}

pub(crate) struct Session {
    disk: Disk,
    rhythm: Rhythm,
    origin: Instant,
    /// Media time at `origin`; not 0 when a recording is taken up again.
    base_micros: i64,
    inputs: BTreeMap<u32, InputTrack>,
    senders: BTreeMap<u64, SenderClock>,
    pictures: BTreeMap<Picture, PictureTrack>,
    sound: Sound,
    summary: Summary,
    timeline: Timeline,
    master: String,
    index_at: i64,
    index_due: bool,
    pub(crate) events: Vec<RecorderEvent>,
}

impl Session {
    /// Opens the folder. `before` is what was recorded into it earlier, `base_micros` the media time at `now`.
    pub(crate) fn open(
        disk: Disk,
        rhythm: Rhythm,
        summary: Summary,
        mut playlists: BTreeMap<String, MediaPlaylist>,
        base_micros: i64,
        now: Instant,
    ) -> Result<Self, RecorderError> {
        let mut take = |name: &str| {
            playlists.remove(name).unwrap_or_else(|| MediaPlaylist {
                track: name.to_owned(),
                started_ms: summary.started_ms,
                target_seconds: rhythm.target_seconds(),
                segments: Vec::new(),
                ended: false,
            })
        };
        let sound = Sound::open(disk.clone(), take(VOICE), rhythm, base_micros)?;
        let mut pictures = BTreeMap::new();
        for picture in [Picture::Camera, Picture::Screen] {
            pictures.insert(picture, PictureTrack::new(picture, disk.clone(), take(picture.name()), rhythm));
        }
        let mut sound = sound;
        for writer in pictures.values_mut().map(|track: &mut PictureTrack| &mut track.writer).chain([&mut sound.writer])
        {
            let before = summary.tracks.iter().find(|track| track.name == writer.playlist.track);
            writer.bytes = before.map_or(0, |track| track.bytes);
        }
        let timeline = Timeline::open(disk.clone())?;
        let mut session = Self {
            disk,
            rhythm,
            origin: now,
            base_micros,
            inputs: BTreeMap::new(),
            senders: BTreeMap::new(),
            pictures,
            sound,
            summary,
            timeline,
            master: String::new(),
            index_at: base_micros,
            index_due: true,
            events: Vec::new(),
        };
        session.sound.writer.write_playlist().map_err(RecorderError::Track)?;
        session.write_index(base_micros)?;
        Ok(session)
    }

    /// Media time of an instant, in microseconds.
    pub(crate) fn media(&self, at: Instant) -> i64 {
        let since = at.saturating_duration_since(self.origin).as_micros() as i64;
        self.base_micros + since - self.origin.saturating_duration_since(at).as_micros() as i64
    }

    pub(crate) fn add_track(&mut self, id: u32, role: &TrackRole, sender: u64) {
        let (source, rate, wait) = match role {
            TrackRole::Camera => (Source::Picture(PictureInput::new(Picture::Camera)), 90_000, REPAIR_WAIT),
            TrackRole::Screen => (Source::Picture(PictureInput::new(Picture::Screen)), 90_000, REPAIR_WAIT),
            TrackRole::Voice { .. } => match VoiceInput::new() {
                Ok(input) => (Source::Voice(input), 48_000, VOICE_WAIT),
                Err(error) => {
                    self.alarm(VOICE, &error.into());
                    return;
                }
            },
        };
        if let Source::Picture(input) = &source
            && let Some(track) = self.pictures.get_mut(&input.picture)
        {
            track.take_over(id);
        }
        self.inputs
            .insert(id, InputTrack { source, sender, clock: TrackClock::new(rate), jitter: JitterBuffer::new(wait) });
    }

    pub(crate) fn input(&mut self, id: u32, input: Input, now: Instant) {
        let Some(track) = self.inputs.get_mut(&id) else { return };
        match input {
            Input::Packet(packet) => track.jitter.push(packet),
            Input::Clock { timestamp, ntp } => {
                track.clock.report(timestamp, ntp, self.senders.entry(track.sender).or_default());
            }
            Input::Lost => {
                for item in track.jitter.drain() {
                    self.ordered(id, item, now);
                }
                self.ordered(id, Ordered::Missing(1), now);
            }
            Input::Ended => {
                if let Some(picture) = self.end_input(id, now) {
                    picture.open_gap(GapReason::Absent);
                }
                return;
            }
        }
        self.drain(id, now);
    }

    fn drain(&mut self, id: u32, now: Instant) {
        while let Some(item) = self.inputs.get_mut(&id).and_then(|track| track.jitter.pop(now)) {
            self.ordered(id, item, now);
        }
        self.advance_sound(now);
    }

    /// Takes an input away with all it still held; the track that is without an input now, if it is a picture's.
    fn end_input(&mut self, id: u32, now: Instant) -> Option<&mut PictureTrack> {
        let held = self.inputs.get_mut(&id)?.jitter.drain();
        for item in held {
            self.ordered(id, item, now);
        }
        match self.inputs.remove(&id).map(|track| track.source) {
            Some(Source::Picture(input)) => {
                let track = self.pictures.get_mut(&input.picture).filter(|track| track.input == Some(id))?;
                track.input = None;
                Some(track)
            }
            _ => {
                self.sound.mixer.remove(id);
                None
            }
        }
    }

    fn ordered(&mut self, id: u32, item: Ordered, now: Instant) {
        let now_micros = self.media(now);
        let arrived = match &item {
            Ordered::Packet(packet) => self.media(packet.arrived),
            Ordered::Missing(_) => now_micros,
        };
        let Some(track) = self.inputs.get_mut(&id) else { return };
        let sender = self.senders.entry(track.sender).or_default();
        if let Ordered::Packet(packet) = &item {
            track.clock.packet(packet.timestamp, arrived, sender);
        }
        match &mut track.source {
            Source::Voice(input) => {
                if let Ordered::Packet(packet) = item {
                    let media = track.clock.media(packet.timestamp, sender);
                    input.take(id, &packet.payload, media, now_micros, &mut self.sound.mixer);
                }
            }
            Source::Picture(input) => {
                let done = input.take(item);
                let waiting = input.depacketizer.is_waiting();
                let picture = input.picture;
                let timed: Vec<_> =
                    done.into_iter().map(|coded| (track.clock.media(coded.timestamp, sender), coded)).collect();
                let Some(writer) = self.pictures.get_mut(&picture).filter(|writer| writer.input == Some(id)) else {
                    return;
                };
                for (media, coded) in timed {
                    writer.take(media, coded, now_micros, &mut self.summary, &mut self.events);
                }
                if waiting {
                    writer.open_gap(GapReason::Loss);
                    writer.want_keyframe(now_micros, &mut self.events);
                }
                self.index_due |= std::mem::take(&mut writer.changed);
                self.agree();
            }
        }
    }

    /// Camera and voice are played together: where one begins anew, so must the other.
    fn agree(&mut self) {
        let Some(camera) = self.pictures.get_mut(&Picture::Camera).filter(|camera| camera.has_begun()) else { return };
        let (picture, sound) = (camera.writer.decided_discontinuities(), self.sound.writer.decided_discontinuities());
        if picture > sound {
            self.sound.writer.disconnect(camera.writer.end() * 48 / 90);
        } else if sound > picture && self.sound.writer.discontinuities > picture {
            camera.writer.disconnect(0);
        }
    }

    fn advance_sound(&mut self, now: Instant) {
        let now_micros = self.media(now);
        if let Err(error) = self.sound.advance(now_micros) {
            self.sound.refuse(now_micros);
            self.alarm(VOICE, &error);
        }
        if let Some((from, to)) = self.sound.resumed.take() {
            self.summary.add_gap(VOICE, from, to, GapReason::Disk);
            self.events.push(RecorderEvent::Resumed { track: VOICE.to_owned() });
            self.index_due = true;
        }
    }

    /// To be called every 100 ms or so.
    pub(crate) fn tick(&mut self, now: Instant) {
        let ids: Vec<u32> = self.inputs.keys().copied().collect();
        for id in ids {
            self.drain(id, now);
        }
        self.advance_sound(now);
        let now_micros = self.media(now);
        for track in self.pictures.values_mut() {
            track.tick(now_micros, &mut self.events);
        }
        self.timeline.tick(now_micros);
        if self.index_due || now_micros - self.index_at > INDEX_MICROS {
            // A full disk is told by the tracks already; the index is simply tried again.
            let _ = self.write_index(now_micros);
        }
    }

    /// Adds a line to the timeline.
    pub(crate) fn mark(
        &mut self,
        at: Instant,
        kind: &str,
        detail: Detail,
        fields: serde_json::Map<String, serde_json::Value>,
    ) {
        self.timeline.mark(self.media(at), kind, detail, fields);
    }

    fn alarm(&mut self, track: &str, error: &TrackError) {
        self.events.push(RecorderEvent::Alarm { track: track.to_owned(), cause: error.to_string() });
    }

    fn write_index(&mut self, now_micros: i64) -> Result<(), RecorderError> {
        self.index_at = now_micros;
        self.index_due = true;
        let writers = self.pictures.values().map(|track| &track.writer).chain([&self.sound.writer]);
        for writer in writers {
            if let Some(first) = writer.playlist.segments.first() {
                let track = self.summary.track(&writer.playlist.track);
                track.start_ms = first.start_micros / 1000;
                track.end_ms = writer.playlist.end_micros() / 1000;
                track.segments = writer.playlist.segments.len();
                track.bytes = writer.bytes;
                track.bits_per_second = track.bits_per_second.max(writer.peak_bits_per_second);
            }
        }
        self.summary.total();
        let text = master(variant(&self.summary).as_ref());
        if text != self.master {
            self.disk.replace("master.m3u8", text.as_bytes())?;
            self.master = text;
        }
        self.disk.replace("index.json", &self.summary.render())?;
        self.index_due = false;
        Ok(())
    }

    /// Ends the recording at `now`.
    pub(crate) fn finish(&mut self, now: Instant) -> Summary {
        let ids: Vec<u32> = self.inputs.keys().copied().collect();
        for id in ids {
            self.end_input(id, now);
        }
        let end = self.media(now);
        for track in self.pictures.values_mut() {
            track.finish(end, &mut self.summary, &mut self.events);
        }
        if let Err(error) = self.sound.finish(end) {
            self.alarm(VOICE, &error);
        }
        self.timeline.finish();
        crate::poster::write(&self.disk, self.pictures.values().map(|track| &track.writer.playlist));
        self.summary.closed = true;
        if let Err(error) = self.write_index(end) {
            self.events.push(RecorderEvent::Alarm { track: "index".to_owned(), cause: error.to_string() });
        }
        tracing::debug!(duration_ms = self.summary.duration_ms, segment = ?self.rhythm.segment, "recording ended");
        self.summary.clone()
    }
}

/// The camera's entry for the master playlist, once there is one. Bandwidth never shrinks and starts at 2 Mbit/s.
pub(crate) fn variant(summary: &Summary) -> Option<Variant> {
    let camera = summary.tracks.iter().find(|track| track.name == Picture::Camera.name())?;
    let bits_per_second = (camera.bits_per_second + 160_000).next_multiple_of(500_000).max(2_000_000);
    Some(Variant { codec: camera.codec.clone(), width: camera.width, height: camera.height, bits_per_second })
}

#[cfg(test)]
mod tests;
