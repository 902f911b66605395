//! The voices' way to disk: Opus decoded, mixed on one timeline, coded as AAC.

use super::RETRY_MICROS;
use crate::disk::Disk;
use crate::libav::LibavError;
use crate::libav::aac::{AAC_FRAME, AacEncoder, AacFrame};
use crate::libav::mux::{FragmentMuxer, TrackFormat};
use crate::libav::opus::OpusDecoder;
use crate::mix::Mixer;
use crate::playlist::MediaPlaylist;
use crate::recorder::Rhythm;
use crate::track::{Cutting, Sample, TrackError, TrackWriter};

/// Opus decoders give out what was said this many samples before the packet's timestamp: 6.5 ms (RFC 7845 section 5.1).
const OPUS_DELAY: i64 = 312;
/// Bits per second of the stereo mix.
const AAC_BITS: usize = 128_000;

/// One voice's packets.
pub(super) struct VoiceInput {
    decoder: OpusDecoder,
    samples: Vec<f32>,
}

impl VoiceInput {
    pub(super) fn new() -> Result<Self, LibavError> {
        Ok(Self { decoder: OpusDecoder::new()?, samples: Vec::new() })
    }

    /// Decodes a packet of media time `media` into the mix. What is not Opus is left out.
    pub(super) fn take(&mut self, id: u32, packet: &[u8], media: i64, now: i64, mixer: &mut Mixer) {
        self.samples.clear();
        if self.decoder.decode(packet, &mut self.samples).is_ok() {
            mixer.add(id, samples(media) - OPUS_DELAY, &self.samples, samples(now));
        }
    }
}

/// The mix and its track.
pub(super) struct Sound {
    pub(super) mixer: Mixer,
    pub(super) writer: TrackWriter,
    /// Set when the disk took sound again: from when to when it had not, in media microseconds.
    pub(super) resumed: Option<(i64, i64)>,
    encoder: AacEncoder,
    base: i64,
    retry: Option<(i64, i64)>,
    block: Vec<f32>,
    frames: Vec<AacFrame>,
}

impl Sound {
    pub(super) fn open(
        disk: Disk,
        playlist: MediaPlaylist,
        rhythm: Rhythm,
        base_micros: i64,
    ) -> Result<Self, TrackError> {
        let base = samples(base_micros);
        let ticks = |duration: std::time::Duration| (duration.as_micros() * 48 / 1000) as i64;
        let cutting = Cutting {
            timescale: 48_000,
            segment: ticks(rhythm.segment),
            // The mix is up to 0.9 s behind; together with this a crash takes less than 2 s.
            fragment: ticks(rhythm.fragment) * 3 / 4,
            sample: AAC_FRAME as i64,
            longest: i64::from(rhythm.target_seconds()) * 48_000,
        };
        let mut sound = Self {
            mixer: Mixer::new(base),
            writer: TrackWriter::new(disk, playlist, cutting),
            resumed: None,
            encoder: AacEncoder::new(2, AAC_BITS)?,
            base,
            retry: None,
            block: Vec::new(),
            frames: Vec::new(),
        };
        sound.configure()?;
        Ok(sound)
    }

    fn configure(&mut self) -> Result<(), TrackError> {
        let muxer = FragmentMuxer::new(TrackFormat::Aac { channels: 2, config: self.encoder.config() })?;
        self.writer.configure(muxer, self.mixer.position())
    }

    /// Writes what is settled at media time `now`.
    pub(super) fn advance(&mut self, now: i64) -> Result<(), TrackError> {
        let settled = self.mixer.settled(samples(now));
        self.advance_to(settled, now)
    }

    fn advance_to(&mut self, settled: i64, now: i64) -> Result<(), TrackError> {
        while self.mixer.position() + AAC_FRAME as i64 <= settled {
            let start = self.mixer.position();
            self.mixer.take(AAC_FRAME, &mut self.block);
            self.encoder.encode(&self.block, start, &mut self.frames)?;
            if let Some((at, from)) = self.retry {
                if now < at {
                    self.frames.clear();
                    continue;
                }
                self.configure()?;
                self.retry = None;
                self.resumed = Some((from, start * 1000 / 48));
            }
            self.write_frames(i64::MAX)?;
        }
        Ok(())
    }

    fn write_frames(&mut self, end: i64) -> Result<(), TrackError> {
        for frame in std::mem::take(&mut self.frames) {
            // The encoder's priming comes before the first sample that was asked for.
            if frame.start >= self.base && frame.start < end {
                self.writer.push(Sample { data: frame.data.into(), start: frame.start, keyframe: true })?;
            }
        }
        Ok(())
    }

    /// The disk refused: what is not durable is gone, and it is tried again later.
    pub(super) fn refuse(&mut self, now: i64) {
        let from = self.retry.map_or(self.writer.end() * 1000 / 48, |(_, from)| from);
        self.frames.clear();
        self.writer.abandon();
        self.retry = Some((now + RETRY_MICROS, from));
    }

    /// Mixes up to `end` without waiting for anybody and ends the track.
    pub(super) fn finish(&mut self, end: i64) -> Result<(), TrackError> {
        let end_samples = samples(end);
        let mixed = self.advance_to(end_samples + AAC_FRAME as i64, end).and_then(|()| {
            self.encoder.finish(&mut self.frames)?;
            self.write_frames(end_samples)
        });
        if mixed.is_err() {
            self.refuse(end);
        }
        // AAC frames have one length; the last one must not be stretched to the very end.
        self.writer.finish(0).and(mixed)
    }
}

fn samples(micros: i64) -> i64 {
    micros * 48 / 1000
}
