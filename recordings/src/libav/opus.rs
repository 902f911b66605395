//! Opus, both ways, through libopus: 48 kHz, interleaved `f32` samples.

use ff::codec::{Context, decoder, encoder};
use ff::format::sample::{Sample, Type};
use ff::{ChannelLayout, Dictionary, Packet, Rational, frame};
use ffmpeg_next as ff;

use super::{LibavError, init, is_drained};

/// Samples per channel in one second; Opus in RTP always counts at this rate (RFC 7587 section 4.1).
pub const OPUS_RATE: u32 = 48_000;
/// Samples per channel in the 20 ms frames this encoder makes.
pub const OPUS_FRAME: usize = 960;

fn layout(channels: u16) -> Result<ChannelLayout, LibavError> {
    match channels {
        1 => Ok(ChannelLayout::MONO),
        2 => Ok(ChannelLayout::STEREO),
        _ => Err(LibavError::Unfit("sound is mono or stereo")),
    }
}

/// An Opus encoder of 20 ms frames.
pub struct OpusEncoder {
    encoder: encoder::audio::Encoder,
    channels: u16,
    samples: i64,
}

impl OpusEncoder {
    /// Opens the encoder for 1 or 2 channels.
    pub fn new(channels: u16, bits_per_second: usize) -> Result<Self, LibavError> {
        init();
        let codec = encoder::find_by_name("libopus").ok_or(LibavError::Missing("libopus"))?;
        let mut context = Context::new_with_codec(codec).encoder().audio().map_err(LibavError::of("open libopus"))?;
        context.set_rate(OPUS_RATE as i32);
        context.set_format(Sample::F32(Type::Packed));
        context.set_channel_layout(layout(channels)?);
        context.set_time_base(Rational(1, OPUS_RATE as i32));
        context.set_bit_rate(bits_per_second);
        let mut options = Dictionary::new();
        options.set("application", "audio");
        options.set("frame_duration", "20");
        let encoder = context.open_as_with(codec, options).map_err(LibavError::of("open libopus"))?;
        Ok(Self { encoder, channels, samples: 0 })
    }

    /// Encodes [`OPUS_FRAME`] samples per channel, interleaved, into one packet.
    ///
    /// The codec's look-ahead (6.5 ms) is part of what comes out: packet n carries the sound from 6.5 ms before its
    /// first sample on, as every WebRTC sender's does.
    pub fn encode(&mut self, samples: &[f32]) -> Result<Vec<u8>, LibavError> {
        if samples.len() != OPUS_FRAME * usize::from(self.channels) {
            return Err(LibavError::Unfit("an Opus frame is 960 samples per channel"));
        }
        let mut frame = frame::Audio::new(Sample::F32(Type::Packed), OPUS_FRAME, layout(self.channels)?);
        frame.set_rate(OPUS_RATE);
        frame.set_pts(Some(self.samples));
        self.samples += OPUS_FRAME as i64;
        for (to, from) in frame.data_mut(0).chunks_exact_mut(4).zip(samples) {
            to.copy_from_slice(&from.to_ne_bytes());
        }
        self.encoder.send_frame(&frame).map_err(LibavError::of("encode Opus"))?;
        let mut packet = Packet::empty();
        self.encoder.receive_packet(&mut packet).map_err(LibavError::of("encode Opus"))?;
        Ok(packet.data().unwrap_or_default().to_vec())
    }
}

/// An Opus decoder; whatever the packets hold, the output is interleaved stereo.
pub struct OpusDecoder {
    decoder: decoder::Audio,
    frame: frame::Audio,
}

impl OpusDecoder {
    /// Opens the decoder.
    pub fn new() -> Result<Self, LibavError> {
        init();
        let codec = decoder::find_by_name("libopus").ok_or(LibavError::Missing("libopus"))?;
        let mut context = Context::new_with_codec(codec).decoder().audio_or_open(codec)?;
        context.set_packet_time_base(Rational(1, OPUS_RATE as i32));
        Ok(Self { decoder: context, frame: frame::Audio::empty() })
    }

    /// Decodes one packet and appends its stereo samples to `out`; returns how many per channel were added.
    ///
    /// # Errors
    /// When the packet is not Opus; the decoder stays usable.
    pub fn decode(&mut self, packet: &[u8], out: &mut Vec<f32>) -> Result<usize, LibavError> {
        if packet.is_empty() {
            return Err(LibavError::Unfit("an empty Opus packet"));
        }
        self.decoder.send_packet(&Packet::copy(packet)).map_err(LibavError::of("decode Opus"))?;
        let mut added = 0;
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => added += self.take(out)?,
                Err(error) if is_drained(&error) => return Ok(added),
                Err(error) => return Err(LibavError::of("decode Opus")(error)),
            }
        }
    }

    fn take(&self, out: &mut Vec<f32>) -> Result<usize, LibavError> {
        let (samples, channels) = (self.frame.samples(), usize::from(self.frame.channels()));
        if channels != 2 {
            return Err(LibavError::Unfit("the Opus decoder changed its layout"));
        }
        let count = samples * channels;
        match self.frame.format() {
            Sample::F32(Type::Packed) => out.extend(
                self.frame.data(0).chunks_exact(4).take(count).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])),
            ),
            Sample::I16(Type::Packed) => out.extend(
                self.frame
                    .data(0)
                    .chunks_exact(2)
                    .take(count)
                    .map(|b| f32::from(i16::from_ne_bytes([b[0], b[1]])) / 32_768.0),
            ),
            _ => return Err(LibavError::Unfit("the Opus decoder changed its format")),
        }
        Ok(samples)
    }
}

/// Opening a sound decoder with a layout set beforehand, which `ffmpeg-next` has no call for.
trait OpenAudio {
    fn audio_or_open(self, codec: ff::Codec) -> Result<decoder::Audio, LibavError>;
}

impl OpenAudio for decoder::Decoder {
    fn audio_or_open(mut self, codec: ff::Codec) -> Result<decoder::Audio, LibavError> {
        // SAFETY: `self` owns a valid, not yet opened AVCodecContext; the fields set are plain integers that the
        // decoder reads in avcodec_open2. Without them libopus has no channel count, since RTP carries no header.
        unsafe {
            let context = self.as_mut_ptr();
            (*context).sample_rate = OPUS_RATE as i32;
            (*context).request_sample_fmt = ff::ffi::AVSampleFormat::AV_SAMPLE_FMT_FLT;
            ff::ffi::av_channel_layout_default(&raw mut (*context).ch_layout, 2);
        }
        self.open_as(codec).and_then(|opened| opened.audio()).map_err(LibavError::of("open the Opus decoder"))
    }
}
