//! A plain file of what a receiver got: H.264 and Opus in one MP4 or Matroska file, nothing re-encoded.

use std::path::Path;

use ff::codec::{Id, Parameters};
use ff::format::context::Output;
use ff::{Packet, Rational, Rescale};
use ffmpeg_next as ff;

use super::{LibavError, init};
use crate::h264;

/// Opens at the first keyframe, because the file's header needs the picture's parameter sets.
pub struct FileWriter {
    output: Output,
    with_audio: bool,
    header: bool,
    origin: Option<i64>,
    held: Vec<(Vec<u8>, i64)>,
    pictures: u64,
    packets: u64,
}

/// Opus packets kept until the first keyframe: two seconds.
const HELD_AUDIO: usize = 100;

impl FileWriter {
    /// Creates the file; the container follows from the name (`.mp4`, `.mkv`).
    pub fn create(path: &Path, with_audio: bool) -> Result<Self, LibavError> {
        init();
        let output = ff::format::output(path).map_err(LibavError::of("create the file"))?;
        Ok(Self { output, with_audio, header: false, origin: None, held: Vec::new(), pictures: 0, packets: 0 })
    }

    /// Pictures and packets of sound written so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.pictures, self.packets)
    }

    /// Writes one access unit (Annex B) at `micros` on a clock shared with the sound. What comes before the first
    /// keyframe is left out.
    pub fn video(&mut self, annex_b: &[u8], micros: i64, keyframe: bool) -> Result<(), LibavError> {
        if !self.header {
            let Some(sets) = h264::ParameterSets::find(annex_b).filter(|_| keyframe) else { return Ok(()) };
            self.start(&sets)?;
            self.origin = Some(micros);
        }
        let mut sample = Vec::with_capacity(annex_b.len());
        h264::annex_b_to_lengths(annex_b, &mut sample);
        self.put(0, &sample, micros, keyframe)?;
        self.pictures += 1;
        for (packet, at) in std::mem::take(&mut self.held) {
            self.audio(&packet, at)?;
        }
        Ok(())
    }

    /// Writes one Opus packet at `micros`.
    pub fn audio(&mut self, packet: &[u8], micros: i64) -> Result<(), LibavError> {
        if !self.with_audio {
            return Ok(());
        }
        if !self.header {
            if self.held.len() == HELD_AUDIO {
                self.held.remove(0);
            }
            self.held.push((packet.to_vec(), micros));
            return Ok(());
        }
        if self.origin.is_some_and(|origin| micros < origin) {
            return Ok(());
        }
        self.packets += 1;
        self.put(1, packet, micros, true)
    }

    /// Writes the file's index and closes it.
    pub fn finish(mut self) -> Result<(), LibavError> {
        if self.header {
            self.output.write_trailer().map_err(LibavError::of("close the file"))?;
        }
        Ok(())
    }

    fn start(&mut self, sets: &h264::ParameterSets) -> Result<(), LibavError> {
        let avcc = sets.avcc();
        self.add_stream(Id::H264, Rational(1, 90_000), &avcc, Some((sets.sps.width, sets.sps.height)))?;
        if self.with_audio {
            // OpusHead (RFC 7845 section 5.1): version 1, stereo, 312 samples of pre-skip, 48 kHz, no gain.
            let head = b"OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00";
            self.add_stream(Id::OPUS, Rational(1, 48_000), head, None)?;
        }
        self.output.write_header().map_err(LibavError::of("write the file's header"))?;
        self.header = true;
        Ok(())
    }

    fn add_stream(
        &mut self,
        id: Id,
        time_base: Rational,
        extra: &[u8],
        size: Option<(u32, u32)>,
    ) -> Result<(), LibavError> {
        use ff::ffi;
        let mut parameters = parameters(id, extra)?;
        // SAFETY: the parameters are owned here; only plain fields are set, and the layout by libav's own function.
        unsafe {
            let raw = parameters.as_mut_ptr();
            if let Some((width, height)) = size {
                (*raw).codec_type = ffi::AVMediaType::AVMEDIA_TYPE_VIDEO;
                (*raw).width = width as i32;
                (*raw).height = height as i32;
            } else {
                (*raw).codec_type = ffi::AVMediaType::AVMEDIA_TYPE_AUDIO;
                (*raw).sample_rate = 48_000;
                (*raw).frame_size = 960;
                ffi::av_channel_layout_default(&raw mut (*raw).ch_layout, 2);
            }
        }
        let mut stream = self.output.add_stream(ff::encoder::find(Id::None)).map_err(LibavError::of("add a stream"))?;
        stream.set_parameters(parameters);
        stream.set_time_base(time_base);
        Ok(())
    }

    fn put(&mut self, stream: usize, data: &[u8], micros: i64, keyframe: bool) -> Result<(), LibavError> {
        let time_base = self
            .output
            .stream(stream)
            .map(|stream| stream.time_base())
            .ok_or(LibavError::Unfit("the stream is missing"))?;
        let at = (micros - self.origin.unwrap_or(micros)).rescale(Rational(1, 1_000_000), time_base);
        let mut packet = Packet::copy(data);
        packet.set_stream(stream);
        packet.set_pts(Some(at));
        packet.set_dts(Some(at));
        packet.set_flags(if keyframe { ff::packet::Flags::KEY } else { ff::packet::Flags::empty() });
        packet.write_interleaved(&mut self.output).map_err(LibavError::of("write to the file"))
    }
}

/// Parameters of a codec with its decoder configuration.
pub(super) fn parameters(id: Id, extra: &[u8]) -> Result<Parameters, LibavError> {
    use ff::ffi;
    let mut parameters = Parameters::new();
    // SAFETY: the parameters are owned here; the extra data is copied into libav's own allocation with padding and
    // freed with them.
    unsafe {
        let raw = parameters.as_mut_ptr();
        (*raw).codec_id = id.into();
        let copy = ffi::av_mallocz(extra.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize).cast::<u8>();
        if copy.is_null() {
            return Err(LibavError::Unfit("no memory for the decoder configuration"));
        }
        std::ptr::copy_nonoverlapping(extra.as_ptr(), copy, extra.len());
        (*raw).extradata = copy;
        (*raw).extradata_size = extra.len() as i32;
    }
    Ok(parameters)
}
