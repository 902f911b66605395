//! AAC-LC at 48 kHz for the recording's sound.

use ff::codec::{Context, Flags, encoder};
use ff::format::sample::{Sample, Type};
use ff::{ChannelLayout, Packet, Rational, frame};
use ffmpeg_next as ff;

use super::{LibavError, init, is_drained};

/// Samples per channel in one AAC-LC frame.
pub const AAC_FRAME: usize = 1024;

/// One AAC frame with the sample it starts at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AacFrame {
    /// Raw AAC, no ADTS header.
    pub data: Vec<u8>,
    /// First sample it decodes to, on the clock of [`AacEncoder::encode`].
    pub start: i64,
}

/// An AAC-LC encoder whose frames say which samples they decode to, its own delay taken off.
pub struct AacEncoder {
    encoder: encoder::audio::Encoder,
    channels: u16,
    config: Vec<u8>,
}

impl AacEncoder {
    /// Opens the encoder for 1 or 2 channels at 48 kHz.
    pub fn new(channels: u16, bits_per_second: usize) -> Result<Self, LibavError> {
        init();
        let codec = encoder::find_by_name("aac").ok_or(LibavError::Missing("the AAC encoder"))?;
        let mut context = Context::new_with_codec(codec).encoder().audio().map_err(LibavError::of("open AAC"))?;
        context.set_rate(48_000);
        context.set_format(Sample::F32(Type::Planar));
        context.set_channel_layout(if channels == 1 { ChannelLayout::MONO } else { ChannelLayout::STEREO });
        context.set_time_base(Rational(1, 48_000));
        context.set_bit_rate(bits_per_second);
        context.set_flags(Flags::GLOBAL_HEADER);
        let encoder = context.open_as(codec).map_err(LibavError::of("open AAC"))?;
        // SAFETY: the opened context owns `extradata_size` readable bytes at `extradata` for its whole life; they are
        // copied here and the pointer is not kept.
        let config = unsafe {
            let context = encoder.as_ptr();
            if (*context).extradata.is_null() || (*context).extradata_size <= 0 {
                return Err(LibavError::Unfit("the AAC encoder gave no configuration"));
            }
            std::slice::from_raw_parts((*context).extradata, (*context).extradata_size as usize).to_vec()
        };
        Ok(Self { encoder, channels: channels.clamp(1, 2), config })
    }

    /// The AudioSpecificConfig (ISO 14496-3) for the init segment.
    pub fn config(&self) -> &[u8] {
        &self.config
    }

    /// Encodes [`AAC_FRAME`] samples per channel, interleaved, the first of which is number `start`; what is ready is
    /// appended to `out`. The first frame out is the encoder's priming, one frame before the first `start`.
    pub fn encode(&mut self, samples: &[f32], start: i64, out: &mut Vec<AacFrame>) -> Result<(), LibavError> {
        let channels = usize::from(self.channels);
        if samples.len() != AAC_FRAME * channels {
            return Err(LibavError::Unfit("an AAC frame is 1024 samples per channel"));
        }
        let layout = if channels == 1 { ChannelLayout::MONO } else { ChannelLayout::STEREO };
        let mut frame = frame::Audio::new(Sample::F32(Type::Planar), AAC_FRAME, layout);
        frame.set_rate(48_000);
        frame.set_pts(Some(start));
        for channel in 0..channels {
            let plane = frame.plane_mut::<f32>(channel);
            for (to, from) in plane.iter_mut().zip(samples.iter().skip(channel).step_by(channels)) {
                *to = *from;
            }
        }
        self.encoder.send_frame(&frame).map_err(LibavError::of("encode AAC"))?;
        self.drain(out)
    }

    /// Gives out what the encoder still holds; nothing can be encoded afterwards.
    pub fn finish(&mut self, out: &mut Vec<AacFrame>) -> Result<(), LibavError> {
        self.encoder.send_eof().map_err(LibavError::of("finish AAC"))?;
        self.drain(out)
    }

    fn drain(&mut self, out: &mut Vec<AacFrame>) -> Result<(), LibavError> {
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => out.push(AacFrame {
                    data: packet.data().unwrap_or_default().to_vec(),
                    start: packet.pts().unwrap_or_default(),
                }),
                Err(error) if is_drained(&error) => return Ok(()),
                Err(error) => return Err(LibavError::of("encode AAC")(error)),
            }
        }
    }
}
