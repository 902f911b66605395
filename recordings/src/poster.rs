//! `poster.jpg`: a still of the recording, from a keyframe a few seconds in.
//!
//! Only the studio's own pictures are looked at, the camera's first; a classroom's never get here. A recording without
//! a picture that decodes has no poster.

use std::fs;
use std::path::Path;

use crate::boxes;
use crate::decode::H264Decoder;
use crate::disk::Disk;
use crate::h264::{avcc_to_annex_b, lengths_to_annex_b};
use crate::libav::jpeg::encode_jpeg;
use crate::libav::picture::Yuv;
use crate::playlist::{MediaPlaylist, Segment, init_path, segment_path};

/// The file's name in the recording's folder.
pub const POSTER: &str = "poster.jpg";

/// Widest poster in pixels.
const WIDTH: usize = 640;
/// The beginning is left out: cameras open black, teachers adjust them.
const BEGINNING_MICROS: i64 = 3_000_000;
/// Segments looked at for a picture that shows something.
const TRIES: usize = 4;
/// Least spread of the luma (standard deviation) of such a picture.
const SPREAD: f64 = 8.0;

/// Writes the poster of a recording with these tracks, the preferred one first. False when there is none to write.
pub(crate) fn write<'a>(disk: &Disk, tracks: impl IntoIterator<Item = &'a MediaPlaylist>) -> bool {
    let made = tracks.into_iter().find_map(|playlist| make(disk.folder(), playlist));
    // A recording is whole without its poster: what the disk refuses here is tried again by the next scan.
    made.is_some_and(|jpeg| disk.replace(POSTER, &jpeg).is_ok())
}

fn make(folder: &Path, playlist: &MediaPlaylist) -> Option<Vec<u8>> {
    let from = playlist.segments.first()?.start_micros + BEGINNING_MICROS;
    let later = playlist.segments.iter().filter(|segment| segment.start_micros >= from).take(TRIES);
    let mut plain = None;
    for segment in later.chain(playlist.segments.first()) {
        let Some(picture) = first_picture(folder, &playlist.track, segment) else { continue };
        if spread(&picture) >= SPREAD {
            return encode_jpeg(&picture, WIDTH).ok();
        }
        plain.get_or_insert(picture);
    }
    encode_jpeg(&plain?, WIDTH).ok()
}

/// The keyframe a segment begins with.
fn first_picture(folder: &Path, track: &str, segment: &Segment) -> Option<Yuv> {
    let init = fs::read(folder.join(init_path(track, segment.init))).ok()?;
    let data = fs::read(folder.join(segment_path(track, segment.number))).ok()?;
    let (mut annex_b, length_size) = avcc_to_annex_b(boxes::avcc(&init)?)?;
    if !lengths_to_annex_b(data.get(boxes::first_sample(&data)?)?, length_size, &mut annex_b) {
        return None;
    }
    let mut decoder = H264Decoder::new().ok()?;
    match decoder.decode(&annex_b).ok()? {
        Some(picture) => Some(picture),
        None => decoder.finish().ok()?,
    }
}

fn spread(picture: &Yuv) -> f64 {
    let count = picture.y.len().max(1) as f64;
    let sum = picture.y.iter().map(|luma| f64::from(*luma)).sum::<f64>();
    let squares = picture.y.iter().map(|luma| f64::from(*luma) * f64::from(*luma)).sum::<f64>();
    (squares / count - (sum / count).powi(2)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Card;

    #[test]
    fn a_picture_becomes_a_small_jpeg() {
        let card = Card::new(1280, 720);
        let mut picture = card.picture();
        card.draw(7, 0, &mut picture);
        assert!(spread(&picture) > SPREAD && spread(&Yuv::new(640, 360)) < 1.0);
        let jpeg = encode_jpeg(&picture, WIDTH).unwrap();
        assert_eq!((&jpeg[..2], &jpeg[jpeg.len() - 2..]), (&[0xff, 0xd8][..], &[0xff, 0xd9][..]));
        // Start of frame (ITU-T T.81): its size stands five bytes behind the marker.
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        let be = |at: usize| u16::from_be_bytes([jpeg[frame + at], jpeg[frame + at + 1]]);
        assert_eq!((be(7), be(5)), (640, 360));
        assert!(jpeg.len() < 100_000, "{}", jpeg.len());
        assert!(encode_jpeg(&Yuv::new(0, 0), WIDTH).is_err());
    }
}
