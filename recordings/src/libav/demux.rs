//! A media file read as H.264 access units and Opus packets, the two codecs a lesson carries.
//!
//! What is in another codec is decoded and encoded again here; H.264 without B-frames and Opus are passed on untouched.
//! The file is one the operator names on the command line: uploads by users do not come this way.

use std::collections::VecDeque;
use std::path::Path;

use ff::codec::{Context, Id, decoder};
use ff::format::{Pixel, context::Input};
use ff::software::{resampling, scaling};
use ff::{ChannelLayout, Packet, Rational, Rescale, frame, media};
use ffmpeg_next as ff;

pub use super::encode::AccessUnit;
use super::encode::{H264Config, H264Encoder};
use super::opus::{OPUS_FRAME, OPUS_RATE, OpusEncoder};
use super::picture::Yuv;
use super::{LibavError, init, is_drained};

/// One thing read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileItem {
    /// A picture; its timestamp is in 1/90000 s from the start of the file.
    Video(AccessUnit),
    /// An Opus packet of 20 ms.
    Audio {
        /// The packet.
        data: Vec<u8>,
        /// First sample, in 1/48000 s from the start of the file.
        timestamp: i64,
    },
}

/// A media file, read from start to end in file order (pictures and sound interleaved as stored).
pub struct MediaFile {
    input: Input,
    video: Option<Video>,
    audio: Option<Audio>,
    ready: VecDeque<FileItem>,
    ended: bool,
}

struct Video {
    stream: usize,
    time_base: Rational,
    last: i64,
    way: VideoWay,
}

enum VideoWay {
    /// Length-prefixed H.264 turned into Annex B; the parameter sets go before each keyframe.
    Copy {
        parameter_sets: Vec<u8>,
        length_size: usize,
    },
    Recode {
        decoder: decoder::Video,
        scaler: scaling::Context,
        encoder: H264Encoder,
    },
}

struct Audio {
    stream: usize,
    decoder: decoder::Audio,
    resampler: Option<resampling::Context>,
    encoder: OpusEncoder,
    pending: Vec<f32>,
    next: i64,
}

impl MediaFile {
    /// Opens the file. `bits_per_second` is for a picture that must be coded again.
    pub fn open(path: &Path, bits_per_second: usize) -> Result<Self, LibavError> {
        init();
        let input = ff::format::input(path).map_err(LibavError::of("open the file"))?;
        let video = input.streams().best(media::Type::Video).map(|s| Video::open(&s, bits_per_second)).transpose()?;
        let audio = input.streams().best(media::Type::Audio).map(|s| Audio::open(&s)).transpose()?;
        if video.is_none() && audio.is_none() {
            return Err(LibavError::Unfit("the file has neither picture nor sound"));
        }
        Ok(Self { input, video, audio, ready: VecDeque::new(), ended: false })
    }

    /// Whether there is a picture and whether there is sound.
    pub fn has(&self) -> (bool, bool) {
        (self.video.is_some(), self.audio.is_some())
    }

    /// The next picture or packet of sound; `None` at the end of the file.
    pub fn next_item(&mut self) -> Result<Option<FileItem>, LibavError> {
        while self.ready.is_empty() && !self.ended {
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) => self.take(&packet)?,
                Err(ff::Error::Eof) => {
                    self.ended = true;
                    if let Some(video) = &mut self.video {
                        video.finish(&mut self.ready)?;
                    }
                }
                Err(error) => return Err(LibavError::of("read the file")(error)),
            }
        }
        Ok(self.ready.pop_front())
    }

    fn take(&mut self, packet: &Packet) -> Result<(), LibavError> {
        if let Some(video) = self.video.as_mut().filter(|video| video.stream == packet.stream()) {
            video.take(packet, &mut self.ready)?;
        } else if let Some(audio) = self.audio.as_mut().filter(|audio| audio.stream == packet.stream()) {
            audio.take(packet, &mut self.ready)?;
        }
        Ok(())
    }
}

impl Video {
    fn open(stream: &ff::Stream<'_>, bits_per_second: usize) -> Result<Self, LibavError> {
        let parameters = stream.parameters();
        // SAFETY: the parameters belong to the open input, which outlives this read; the extra data is copied.
        let (extra, reordered) = unsafe {
            let raw = parameters.as_ptr();
            let extra = if (*raw).extradata.is_null() {
                &[][..]
            } else {
                std::slice::from_raw_parts((*raw).extradata, usize::try_from((*raw).extradata_size).unwrap_or(0))
            };
            (extra.to_vec(), (*raw).video_delay > 0)
        };
        let way = match crate::h264::avcc_to_annex_b(&extra) {
            Some((parameter_sets, length_size)) if parameters.id() == Id::H264 && !reordered => {
                VideoWay::Copy { parameter_sets, length_size }
            }
            _ => {
                let context = Context::from_parameters(parameters).map_err(LibavError::of("open the picture"))?;
                let decoder = context.decoder().video().map_err(LibavError::of("open the picture"))?;
                let (width, height) = (decoder.width() & !1, decoder.height() & !1);
                let from = (decoder.format(), decoder.width(), decoder.height());
                let flags = scaling::Flags::BILINEAR;
                let scaler = scaling::Context::get(from.0, from.1, from.2, Pixel::YUV420P, width, height, flags)
                    .map_err(LibavError::of("scale the picture"))?;
                let rate = stream.avg_frame_rate();
                let frames_per_second = if rate.denominator() > 0 {
                    (rate.numerator() / rate.denominator()).clamp(1, 60) as u32
                } else {
                    30
                };
                let keyframe_every = frames_per_second * 2;
                let encoder =
                    H264Encoder::new(H264Config { width, height, frames_per_second, bits_per_second, keyframe_every })?;
                VideoWay::Recode { decoder, scaler, encoder }
            }
        };
        Ok(Self { stream: stream.index(), time_base: stream.time_base(), last: -1, way })
    }

    fn take(&mut self, packet: &Packet, ready: &mut VecDeque<FileItem>) -> Result<(), LibavError> {
        match &mut self.way {
            VideoWay::Copy { parameter_sets, length_size } => {
                let Some(data) = packet.data() else { return Ok(()) };
                let mut annex_b = if packet.is_key() { parameter_sets.clone() } else { Vec::new() };
                if !crate::h264::lengths_to_annex_b(data, *length_size, &mut annex_b) {
                    return Err(LibavError::Unfit("a picture's NAL lengths do not fit"));
                }
                let timestamp =
                    packet.pts().unwrap_or(0).rescale(self.time_base, Rational(1, 90_000)).max(self.last + 1);
                self.last = timestamp;
                ready.push_back(FileItem::Video(AccessUnit { data: annex_b, timestamp, keyframe: packet.is_key() }));
                Ok(())
            }
            VideoWay::Recode { decoder, .. } => {
                // A damaged packet costs its picture, not the whole file.
                let _ = decoder.send_packet(packet);
                self.drain(ready)
            }
        }
    }

    fn finish(&mut self, ready: &mut VecDeque<FileItem>) -> Result<(), LibavError> {
        if let VideoWay::Recode { decoder, .. } = &mut self.way {
            let _ = decoder.send_eof();
        }
        self.drain(ready)
    }

    fn drain(&mut self, ready: &mut VecDeque<FileItem>) -> Result<(), LibavError> {
        let VideoWay::Recode { decoder, scaler, encoder } = &mut self.way else { return Ok(()) };
        let mut decoded = frame::Video::empty();
        while decoder.receive_frame(&mut decoded).is_ok() {
            let mut scaled = frame::Video::empty();
            scaler.run(&decoded, &mut scaled).map_err(LibavError::of("scale the picture"))?;
            let at = decoded.timestamp().or(decoded.pts()).unwrap_or(0);
            let timestamp = at.rescale(self.time_base, Rational(1, 90_000)).max(self.last + 1);
            self.last = timestamp;
            ready.push_back(FileItem::Video(encoder.encode(&Yuv::from_frame(&scaled), timestamp, false)?));
        }
        Ok(())
    }
}

impl Audio {
    fn open(stream: &ff::Stream<'_>) -> Result<Self, LibavError> {
        let context = Context::from_parameters(stream.parameters()).map_err(LibavError::of("open the sound"))?;
        let decoder = context.decoder().audio().map_err(LibavError::of("open the sound"))?;
        let encoder = OpusEncoder::new(2, 64_000)?;
        Ok(Self { stream: stream.index(), decoder, resampler: None, encoder, pending: Vec::new(), next: 0 })
    }

    fn take(&mut self, packet: &Packet, ready: &mut VecDeque<FileItem>) -> Result<(), LibavError> {
        let _ = self.decoder.send_packet(packet);
        let mut decoded = frame::Audio::empty();
        loop {
            match self.decoder.receive_frame(&mut decoded) {
                Ok(()) => self.resample(&decoded)?,
                Err(error) if is_drained(&error) => break,
                Err(_) => break,
            }
        }
        let mut taken = 0;
        while self.pending.len() - taken >= OPUS_FRAME * 2 {
            let data = self.encoder.encode(&self.pending[taken..taken + OPUS_FRAME * 2])?;
            taken += OPUS_FRAME * 2;
            ready.push_back(FileItem::Audio { data, timestamp: self.next });
            self.next += OPUS_FRAME as i64;
        }
        self.pending.drain(..taken);
        Ok(())
    }

    fn resample(&mut self, decoded: &frame::Audio) -> Result<(), LibavError> {
        use ff::format::sample::{Sample, Type};
        if self.resampler.is_none() {
            let to = (Sample::F32(Type::Packed), ChannelLayout::STEREO, OPUS_RATE);
            let made =
                resampling::Context::get(decoded.format(), decoded.channel_layout(), decoded.rate(), to.0, to.1, to.2);
            self.resampler = Some(made.map_err(LibavError::of("resample the sound"))?);
        }
        let Some(resampler) = &mut self.resampler else { return Ok(()) };
        let mut out = frame::Audio::empty();
        // A frame unlike the first (other rate or layout) is refused by the resampler and left out.
        if resampler.run(decoded, &mut out).is_ok() {
            let count = out.samples() * 2;
            let bytes = out.data(0).chunks_exact(4).take(count);
            self.pending.extend(bytes.map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])));
        }
        Ok(())
    }
}
