//! H.264 back to pictures, for the tools that look at what they received.

use ff::codec::{Context, decoder};
use ff::format::Pixel;
use ff::{Packet, frame};
use ffmpeg_next as ff;

pub use super::opus::OpusDecoder;
use super::picture::Yuv;
use super::{LibavError, init, is_drained};

/// An H.264 decoder fed with Annex B access units.
pub struct H264Decoder {
    decoder: decoder::Video,
}

impl H264Decoder {
    /// Opens the decoder: one thread, no reordering delay.
    pub fn new() -> Result<Self, LibavError> {
        init();
        let codec = decoder::find(ff::codec::Id::H264).ok_or(LibavError::Missing("the H.264 decoder"))?;
        let mut context = Context::new_with_codec(codec);
        context.set_flags(ff::codec::Flags::LOW_DELAY);
        context.set_threading(ff::threading::Config::count(1));
        let decoder = context.decoder().video().map_err(LibavError::of("open the H.264 decoder"))?;
        Ok(Self { decoder })
    }

    /// Decodes one access unit; the picture it completes, if any.
    ///
    /// # Errors
    /// When the bytes don't decode; the decoder stays usable.
    pub fn decode(&mut self, annex_b: &[u8]) -> Result<Option<Yuv>, LibavError> {
        self.decoder.send_packet(&Packet::copy(annex_b)).map_err(LibavError::of("decode H.264"))?;
        self.receive()
    }

    /// The picture held back by a stream that announces reordering, if any; nothing can be decoded afterwards.
    ///
    /// # Errors
    /// When it doesn't decode.
    pub fn finish(&mut self) -> Result<Option<Yuv>, LibavError> {
        self.decoder.send_eof().map_err(LibavError::of("decode H.264"))?;
        self.receive()
    }

    fn receive(&mut self) -> Result<Option<Yuv>, LibavError> {
        let mut picture = frame::Video::empty();
        match self.decoder.receive_frame(&mut picture) {
            Ok(()) if matches!(picture.format(), Pixel::YUV420P | Pixel::YUVJ420P) => {
                Ok(Some(Yuv::from_frame(&picture)))
            }
            Ok(()) => Err(LibavError::Unfit("the picture is not 4:2:0")),
            Err(error) if is_drained(&error) => Ok(None),
            Err(error) => Err(LibavError::of("decode H.264")(error)),
        }
    }
}
