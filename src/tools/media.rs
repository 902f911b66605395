//! What a publisher sends: the test card, or a file, as access units and Opus packets on one timeline.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use airclass_recordings::card::Card;
use airclass_recordings::demux::{FileItem, MediaFile};
use airclass_recordings::encode::{H264Config, H264Encoder, OpusEncoder};
use airclass_recordings::voice::Voice;
use airclass_recordings::{LibavError, Yuv};
use bytes::Bytes;

use super::ToolError;
use super::access_unit::split_annex_b;
use super::whip::Tracks;
use crate::clock;

/// Samples per channel in one packet of sound: 20 ms.
const SOUND_SAMPLES: usize = 960;
/// The whole country keeps one time, eight hours ahead of UTC; the card shows it.
const CHINA_AHEAD_MS: i64 = 8 * 3_600_000;

impl From<LibavError> for ToolError {
    fn from(error: LibavError) -> Self {
        Self::Media(error.to_string())
    }
}

/// One thing to send, at its media time.
#[derive(Clone, Debug)]
pub enum Unit {
    /// A picture.
    Picture {
        /// Media time in 1/90000 s.
        timestamp: i64,
        /// Its NAL units.
        nals: Vec<Bytes>,
    },
    /// An Opus packet.
    Sound {
        /// Media time in 1/48000 s.
        timestamp: i64,
        /// The packet.
        packet: Bytes,
    },
}

impl Unit {
    /// Media time.
    #[must_use]
    pub fn at(&self) -> Duration {
        let (timestamp, rate) = match self {
            Self::Picture { timestamp, .. } => (*timestamp, 90_000),
            Self::Sound { timestamp, .. } => (*timestamp, 48_000),
        };
        Duration::from_nanos(u64::try_from(i128::from(timestamp) * 1_000_000_000 / rate).unwrap_or_default())
    }
}

/// How a test card looks.
#[derive(Clone, Copy, Debug)]
pub struct CardConfig {
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
    /// Pictures per second. With 30 the beep begins with every 30th picture.
    pub frames_per_second: u32,
    /// Bits per second of the picture.
    pub bits_per_second: usize,
    /// A keyframe at least every so many pictures, besides those asked for.
    pub keyframe_every: u32,
}

impl CardConfig {
    /// What the demo shows: 720p, 30 pictures a second, keyframes only when asked for, as browsers do.
    pub const DEMO: Self =
        Self { width: 1280, height: 720, frames_per_second: 30, bits_per_second: 1_200_000, keyframe_every: 100_000 };
    /// Small enough for tests on two cores.
    pub const SMALL: Self = Self { width: 640, height: 360, bits_per_second: 500_000, ..Self::DEMO };
}

/// Which source to open.
#[derive(Clone, Debug)]
pub enum Feed {
    /// The test card with its voice.
    Card(CardConfig),
    /// A media file; what is not H.264 without B-frames or Opus is encoded again.
    File {
        /// Where it is.
        path: PathBuf,
        /// Whether it starts over at its end.
        looped: bool,
    },
}

/// Where units come from. It holds codecs that must stay on the thread that opened them.
pub struct Source {
    kind: Kind,
    keyframe_wanted: Arc<AtomicBool>,
}

enum Kind {
    Card(Box<CardSource>),
    File(Box<FileSource>),
}

impl Source {
    /// Opens a source. `keyframe_wanted` is set to ask for a keyframe; the card obeys with its next picture, a file
    /// cannot.
    ///
    /// # Errors
    /// When FFmpeg lacks an encoder, or the file can't be read.
    pub fn open(feed: Feed, keyframe_wanted: Arc<AtomicBool>) -> Result<Self, ToolError> {
        let kind = match feed {
            Feed::Card(config) => Kind::Card(Box::new(CardSource::new(config)?)),
            Feed::File { path, looped } => {
                let open = MediaFile::open(&path, CardConfig::DEMO.bits_per_second)?;
                Kind::File(Box::new(FileSource { path, looped, open, offset: Duration::ZERO, end: Duration::ZERO }))
            }
        };
        Ok(Self { kind, keyframe_wanted })
    }

    /// What it holds.
    #[must_use]
    pub fn tracks(&self) -> Tracks {
        match &self.kind {
            Kind::Card(_) => Tracks::BOTH,
            Kind::File(file) => {
                let (video, audio) = file.open.has();
                Tracks { video, audio }
            }
        }
    }

    /// The next unit, in rising media time; `None` at the end of a file. It encodes, so it takes its time.
    ///
    /// # Errors
    /// What FFmpeg could not do.
    pub fn next_unit(&mut self) -> Result<Option<Unit>, ToolError> {
        match &mut self.kind {
            Kind::Card(card) => card.next_unit(&self.keyframe_wanted).map(Some),
            Kind::File(file) => file.next_unit(),
        }
    }
}

struct CardSource {
    config: CardConfig,
    card: Card,
    picture: Yuv,
    video: H264Encoder,
    audio: OpusEncoder,
    voice: Voice,
    pictures: u32,
    packets: i64,
}

impl CardSource {
    fn new(config: CardConfig) -> Result<Self, ToolError> {
        let card = Card::new(config.width as usize, config.height as usize);
        let video = H264Encoder::new(H264Config {
            width: config.width,
            height: config.height,
            frames_per_second: config.frames_per_second,
            bits_per_second: config.bits_per_second,
            keyframe_every: config.keyframe_every,
        })?;
        let picture = card.picture();
        let audio = OpusEncoder::new(1, 48_000)?;
        Ok(Self { config, card, picture, video, audio, voice: Voice::new(), pictures: 0, packets: 0 })
    }

    fn next_unit(&mut self, keyframe_wanted: &AtomicBool) -> Result<Unit, ToolError> {
        let picture_at = i64::from(self.pictures) * 90_000 / i64::from(self.config.frames_per_second);
        let sound_at = self.packets * SOUND_SAMPLES as i64;
        if picture_at * 48_000 <= sound_at * 90_000 {
            let wall = clock::utc_ms() + CHINA_AHEAD_MS;
            self.card.draw(self.pictures, wall.unsigned_abs(), &mut self.picture);
            let keyframe = keyframe_wanted.swap(false, Ordering::Relaxed) || self.pictures == 0;
            let coded = self.video.encode(&self.picture, picture_at, keyframe)?;
            self.pictures += 1;
            return Ok(Unit::Picture { timestamp: picture_at, nals: split_annex_b(&coded.data) });
        }
        let mut samples = [0.0; SOUND_SAMPLES];
        self.voice.fill(&mut samples);
        self.packets += 1;
        Ok(Unit::Sound { timestamp: sound_at, packet: self.audio.encode(&samples)?.into() })
    }
}

struct FileSource {
    path: PathBuf,
    looped: bool,
    open: MediaFile,
    /// Where the current round begins.
    offset: Duration,
    /// Where it will have ended.
    end: Duration,
}

impl FileSource {
    fn next_unit(&mut self) -> Result<Option<Unit>, ToolError> {
        let item = match self.open.next_item()? {
            Some(item) => item,
            None if self.looped && self.end > self.offset => {
                self.offset = self.end;
                self.open = MediaFile::open(&self.path, CardConfig::DEMO.bits_per_second)?;
                match self.open.next_item()? {
                    Some(item) => item,
                    None => return Ok(None),
                }
            }
            None => return Ok(None),
        };
        let ticks = |rate: u128| i64::try_from(self.offset.as_nanos() * rate / 1_000_000_000).unwrap_or_default();
        let unit = match item {
            FileItem::Video(unit) => {
                Unit::Picture { timestamp: unit.timestamp + ticks(90_000), nals: split_annex_b(&unit.data) }
            }
            FileItem::Audio { data, timestamp } => {
                Unit::Sound { timestamp: timestamp + ticks(48_000), packet: data.into() }
            }
        };
        // One picture or packet more, so that the next round does not begin on top of the last one.
        self.end = self.end.max(unit.at() + Duration::from_millis(20));
        Ok(Some(unit))
    }
}
