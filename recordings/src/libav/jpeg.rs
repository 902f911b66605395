//! A picture as a JPEG file, for posters.

use ff::codec::{Context, Id, encoder};
use ff::format::Pixel;
use ff::software::scaling;
use ff::{Packet, Rational, frame};
use ffmpeg_next as ff;

use super::picture::Yuv;
use super::{LibavError, init};

/// Quantiser scale, 2 (best) to 31: about 40 kB for a 640 x 360 face.
const QUANTISER: i32 = 4;

/// The picture as JPEG, made smaller to at most `width` pixels (even, at least 2) in width.
pub fn encode_jpeg(picture: &Yuv, width: usize) -> Result<Vec<u8>, LibavError> {
    init();
    if picture.width < 2 || picture.height < 2 || width < 2 {
        return Err(LibavError::Unfit("the picture has no size"));
    }
    let (from_width, from_height) = (picture.width as u32, picture.height as u32);
    let width = (picture.width.min(width) & !1) as u32;
    let height = ((u64::from(from_height) * u64::from(width) / u64::from(from_width)) as u32 & !1).max(2);
    let mut source = frame::Video::new(Pixel::YUV420P, from_width, from_height);
    picture.fill_frame(&mut source);
    // JPEG's luma has the full range.
    let (from, to, flags) = (Pixel::YUV420P, Pixel::YUVJ420P, scaling::Flags::BICUBIC);
    let mut scaled = frame::Video::empty();
    scaling::Context::get(from, from_width, from_height, to, width, height, flags)
        .and_then(|mut scaler| scaler.run(&source, &mut scaled))
        .map_err(LibavError::of("scale the picture"))?;
    let codec = encoder::find(Id::MJPEG).ok_or(LibavError::Missing("the JPEG encoder"))?;
    let mut context = Context::new_with_codec(codec).encoder().video().map_err(LibavError::of("open JPEG"))?;
    context.set_width(width);
    context.set_height(height);
    context.set_format(to);
    context.set_time_base(Rational(1, 1));
    context.set_qmin(QUANTISER);
    context.set_qmax(QUANTISER);
    let mut encoder = context.open_as(codec).map_err(LibavError::of("open JPEG"))?;
    scaled.set_pts(Some(0));
    encoder.send_frame(&scaled).map_err(LibavError::of("encode JPEG"))?;
    encoder.send_eof().map_err(LibavError::of("encode JPEG"))?;
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet).map_err(LibavError::of("encode JPEG"))?;
    Ok(packet.data().unwrap_or_default().to_vec())
}
