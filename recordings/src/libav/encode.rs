//! H.264 for test pictures and for files that need it: x264, constrained baseline, no B-frames, no look-ahead.

use ff::codec::{Context, encoder};
use ff::format::Pixel;
use ff::{Dictionary, Packet, Rational, frame, picture};
use ffmpeg_next as ff;

pub use super::aac::AacEncoder;
pub use super::opus::OpusEncoder;
use super::picture::Yuv;
use super::{LibavError, init, is_drained};

/// One coded picture: every NAL unit that belongs to one instant, in Annex B form (start codes included).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessUnit {
    /// Annex B bytes; a keyframe begins with its SPS and PPS.
    pub data: Vec<u8>,
    /// Presentation time in 1/90000 s, as RTP counts it.
    pub timestamp: i64,
    /// Whether decoding can start here.
    pub keyframe: bool,
}

/// How an [`H264Encoder`] is set up.
#[derive(Debug, Clone, Copy)]
pub struct H264Config {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Frames per second, used for rate control only.
    pub frames_per_second: u32,
    /// Target and ceiling in bits per second.
    pub bits_per_second: usize,
    /// A keyframe at least every so many frames; [`H264Encoder::encode`] can ask for more.
    pub keyframe_every: u32,
}

/// An x264 encoder that gives each picture back at once (zero latency, one thread).
pub struct H264Encoder {
    encoder: encoder::video::Encoder,
    frame: frame::Video,
}

impl H264Encoder {
    /// Opens the encoder.
    pub fn new(config: H264Config) -> Result<Self, LibavError> {
        init();
        let codec = encoder::find_by_name("libx264").ok_or(LibavError::Missing("libx264"))?;
        let mut context = Context::new_with_codec(codec).encoder().video().map_err(LibavError::of("open libx264"))?;
        context.set_width(config.width);
        context.set_height(config.height);
        context.set_format(Pixel::YUV420P);
        context.set_time_base(Rational(1, 90_000));
        context.set_frame_rate(Some(Rational(config.frames_per_second.max(1) as i32, 1)));
        context.set_bit_rate(config.bits_per_second);
        context.set_max_bit_rate(config.bits_per_second);
        context.set_max_b_frames(0);
        context.set_gop(config.keyframe_every.max(1));
        let mut options = Dictionary::new();
        options.set("preset", "ultrafast");
        options.set("tune", "zerolatency");
        options.set("profile", "baseline");
        options.set("threads", "1");
        options.set("forced-idr", "1");
        // Half a second of buffer: a keyframe may be larger than its share, but not a burst that fills a link.
        options.set("bufsize", &(config.bits_per_second / 2).to_string());
        options.set("x264-params", "annexb=1:repeat-headers=1:scenecut=0:sliced-threads=0");
        let encoder = context.open_as_with(codec, options).map_err(LibavError::of("open libx264"))?;
        let frame = frame::Video::new(Pixel::YUV420P, config.width, config.height);
        Ok(Self { encoder, frame })
    }

    /// Encodes one picture. `timestamp` is in 1/90000 s and must rise from call to call.
    pub fn encode(&mut self, picture: &Yuv, timestamp: i64, keyframe: bool) -> Result<AccessUnit, LibavError> {
        if picture.width != self.frame.width() as usize || picture.height != self.frame.height() as usize {
            return Err(LibavError::Unfit("the picture is not of the encoder's size"));
        }
        // The encoder may keep a reference to the last frame's buffer; a fresh one keeps the two apart.
        self.frame = frame::Video::new(Pixel::YUV420P, self.frame.width(), self.frame.height());
        picture.fill_frame(&mut self.frame);
        self.frame.set_pts(Some(timestamp));
        self.frame.set_kind(if keyframe { picture::Type::I } else { picture::Type::None });
        self.encoder.send_frame(&self.frame).map_err(LibavError::of("encode a picture"))?;
        let mut packet = Packet::empty();
        match self.encoder.receive_packet(&mut packet) {
            Ok(()) => Ok(AccessUnit {
                data: packet.data().unwrap_or_default().to_vec(),
                timestamp: packet.pts().unwrap_or(timestamp),
                keyframe: packet.is_key(),
            }),
            Err(error) if is_drained(&error) => Err(LibavError::Unfit("the encoder kept the picture back")),
            Err(error) => Err(LibavError::of("encode a picture")(error)),
        }
    }
}
