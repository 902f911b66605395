//! A small MP4 film with H.264 and AAC, made from pictures and samples: for the demo's fallback clip and for tests.

use std::path::Path;

use ff::codec::{Id, Parameters};
use ff::format::context::Output;
use ff::{Dictionary, Packet, Rational, Rescale};
use ffmpeg_next as ff;

use super::aac::{AAC_FRAME, AacEncoder, AacFrame};
use super::encode::{H264Config, H264Encoder};
use super::picture::Yuv;
use super::{LibavError, init};
use crate::h264;

/// How a film is made.
#[derive(Debug, Clone, Copy)]
pub struct Film {
    /// Pictures a second.
    pub frames_per_second: u32,
    /// How many pictures.
    pub frames: u32,
    /// Bits a second of the picture.
    pub bits_per_second: usize,
}

impl Film {
    /// Writes the film: `picture` draws each, `sample` gives the sound's value at a sample of 48 kHz, mono.
    pub fn write(
        &self,
        path: &Path,
        mut picture: impl FnMut(u32) -> Yuv,
        mut sample: impl FnMut(u64) -> f32,
    ) -> Result<(), LibavError> {
        init();
        let rate = self.frames_per_second.max(1);
        let first = picture(0);
        let (width, height) = (first.width as u32, first.height as u32);
        let mut video = H264Encoder::new(H264Config {
            width,
            height,
            frames_per_second: rate,
            bits_per_second: self.bits_per_second,
            keyframe_every: rate * 2,
        })?;
        let mut sound = AacEncoder::new(1, 48_000)?;
        let unit = video.encode(&first, 0, true)?;
        let sets =
            h264::ParameterSets::find(&unit.data).ok_or(LibavError::Unfit("the encoder gave no parameter sets"))?;
        let mut output = ff::format::output(path).map_err(LibavError::of("create the film"))?;
        add_video(&mut output, &sets.avcc(), width, height)?;
        add_sound(&mut output, sound.config())?;
        let mut options = Dictionary::new();
        // The index first: the film plays while it is fetched.
        options.set("movflags", "+faststart");
        output.write_header_with(options).map_err(LibavError::of("write the film's header"))?;
        put_picture(&mut output, &unit.data, 0, rate, true)?;
        let mut frames = Vec::new();
        let mut written = 0_u64;
        for n in 1..self.frames {
            let unit = video.encode(&picture(n), i64::from(n) * 90_000 / i64::from(rate), false)?;
            put_picture(&mut output, &unit.data, n, rate, unit.keyframe)?;
            while written < u64::from(n) * 48_000 / u64::from(rate) {
                let samples: Vec<f32> = (0..AAC_FRAME as u64).map(|at| sample(written + at)).collect();
                sound.encode(&samples, written as i64, &mut frames)?;
                written += AAC_FRAME as u64;
            }
            put_sound(&mut output, &mut frames)?;
        }
        sound.finish(&mut frames)?;
        put_sound(&mut output, &mut frames)?;
        output.write_trailer().map_err(LibavError::of("close the film"))
    }
}

fn put_picture(output: &mut Output, annex_b: &[u8], n: u32, rate: u32, keyframe: bool) -> Result<(), LibavError> {
    let mut sample = Vec::with_capacity(annex_b.len());
    h264::annex_b_to_lengths(annex_b, &mut sample);
    put(output, 0, &sample, (i64::from(n), Rational(1, rate as i32)), 1, keyframe)
}

fn put_sound(output: &mut Output, frames: &mut Vec<AacFrame>) -> Result<(), LibavError> {
    for frame in frames.drain(..) {
        // What the encoder gives before the first sample is not of the film.
        if frame.start >= 0 {
            put(output, 1, &frame.data, (frame.start, Rational(1, 48_000)), AAC_FRAME as i64, true)?;
        }
    }
    Ok(())
}

fn put(
    output: &mut Output,
    stream: usize,
    data: &[u8],
    (at, clock): (i64, Rational),
    lasts: i64,
    keyframe: bool,
) -> Result<(), LibavError> {
    let time_base =
        output.stream(stream).map(|stream| stream.time_base()).ok_or(LibavError::Unfit("no such stream"))?;
    let mut packet = Packet::copy(data);
    packet.set_stream(stream);
    packet.set_pts(Some(at.rescale(clock, time_base)));
    packet.set_dts(Some(at.rescale(clock, time_base)));
    packet.set_duration(lasts.rescale(clock, time_base));
    packet.set_flags(if keyframe { ff::packet::Flags::KEY } else { ff::packet::Flags::empty() });
    packet.write_interleaved(output).map_err(LibavError::of("write to the film"))
}

fn add_video(output: &mut Output, avcc: &[u8], width: u32, height: u32) -> Result<(), LibavError> {
    let mut parameters = super::write::parameters(Id::H264, avcc)?;
    // SAFETY: the parameters are owned here and only plain fields are set.
    unsafe {
        let raw = parameters.as_mut_ptr();
        (*raw).codec_type = ff::ffi::AVMediaType::AVMEDIA_TYPE_VIDEO;
        (*raw).width = width as i32;
        (*raw).height = height as i32;
    }
    add(output, parameters, Rational(1, 90_000))
}

fn add_sound(output: &mut Output, config: &[u8]) -> Result<(), LibavError> {
    let mut parameters = super::write::parameters(Id::AAC, config)?;
    // SAFETY: the parameters are owned here; only plain fields are set, and the layout by libav's own function.
    unsafe {
        let raw = parameters.as_mut_ptr();
        (*raw).codec_type = ff::ffi::AVMediaType::AVMEDIA_TYPE_AUDIO;
        (*raw).sample_rate = 48_000;
        (*raw).frame_size = AAC_FRAME as i32;
        ff::ffi::av_channel_layout_default(&raw mut (*raw).ch_layout, 1);
    }
    add(output, parameters, Rational(1, 48_000))
}

fn add(output: &mut Output, parameters: Parameters, time_base: Rational) -> Result<(), LibavError> {
    let mut stream = output.add_stream(ff::encoder::find(Id::None)).map_err(LibavError::of("add a stream"))?;
    stream.set_parameters(parameters);
    stream.set_time_base(time_base);
    Ok(())
}
