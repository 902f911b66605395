//! A YUV 4:2:0 picture in memory, and its way into and out of libav frames.

use ffmpeg_next as ff;

/// A planar YUV 4:2:0 picture with tight rows: luma `width` x `height`, each chroma plane half of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yuv {
    /// Width in pixels, even.
    pub width: usize,
    /// Height in pixels, even.
    pub height: usize,
    /// Luma, `width * height` bytes.
    pub y: Vec<u8>,
    /// Blue difference, a quarter of that.
    pub u: Vec<u8>,
    /// Red difference, a quarter of that.
    pub v: Vec<u8>,
}

impl Yuv {
    /// A mid-grey picture; odd sizes are rounded down to even ones.
    pub fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width & !1, height & !1);
        let chroma = vec![128; width * height / 4];
        Self { width, height, y: vec![128; width * height], u: chroma.clone(), v: chroma }
    }

    pub(super) fn fill_frame(&self, frame: &mut ff::frame::Video) {
        let planes = [(&self.y, self.width), (&self.u, self.width / 2), (&self.v, self.width / 2)];
        for (index, (plane, width)) in planes.into_iter().enumerate() {
            let stride = frame.stride(index);
            for (to, from) in frame.data_mut(index).chunks_mut(stride).zip(plane.chunks(width)) {
                to[..width].copy_from_slice(from);
            }
        }
    }

    pub(super) fn from_frame(frame: &ff::frame::Video) -> Self {
        let mut yuv = Self::new(frame.width() as usize, frame.height() as usize);
        let (width, half) = (yuv.width, yuv.width / 2);
        for (index, plane, width) in [(0, &mut yuv.y, width), (1, &mut yuv.u, half), (2, &mut yuv.v, half)] {
            let stride = frame.stride(index);
            for (to, from) in plane.chunks_mut(width).zip(frame.data(index).chunks(stride)) {
                to.copy_from_slice(&from[..width]);
            }
        }
        yuv
    }
}
