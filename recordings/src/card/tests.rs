use super::*;
use crate::demux::{FileItem, MediaFile};
use crate::encode::{H264Config, H264Encoder};
use crate::libav::decode::H264Decoder;

#[test]
fn every_size_tells_its_counter() {
    for (width, height) in [(320, 180), (640, 360), (1280, 720)] {
        let card = Card::new(width, height);
        let mut picture = card.picture();
        for frame in [0, 1, 2, 0x55_5555, 0xaa_aaaa, 0xff_ffff, 12_345] {
            card.draw(frame, 43_200_123, &mut picture);
            assert_eq!(read_counter(&picture.y, width, width, height), Some(frame));
        }
    }
}

#[test]
fn other_pictures_have_no_counter() {
    for luma in [0u8, 16, 128, 235, 255] {
        assert_eq!(read_counter(&vec![luma; 640 * 360], 640, 640, 360), None);
    }
    assert_eq!(read_counter(&[], 640, 640, 360), None);
}

#[test]
fn survives_500_kbit_and_half_the_size() {
    let card = Card::new(640, 360);
    let mut picture = card.picture();
    let config =
        H264Config { width: 640, height: 360, frames_per_second: 30, bits_per_second: 500_000, keyframe_every: 60 };
    let mut encoder = H264Encoder::new(config).unwrap();
    let mut decoder = H264Decoder::new().unwrap();
    let mut bytes = 0;
    for frame in 0..90u32 {
        card.draw(frame * 1001, u64::from(frame) * 33, &mut picture);
        let unit = encoder.encode(&picture, i64::from(frame) * 3000, frame == 45).unwrap();
        assert_eq!(unit.keyframe, frame == 0 || frame == 45);
        bytes += unit.data.len();
        let seen = decoder.decode(&unit.data).unwrap().expect("no delay");
        assert_eq!(read_counter(&seen.y, 640, 640, 360), Some(frame * 1001));
        let mut half = Vec::new();
        for row in (0..360).step_by(2) {
            for column in (0..640).step_by(2) {
                let sum: u32 = [(0, 0), (0, 1), (1, 0), (1, 1)]
                    .iter()
                    .map(|(r, c)| u32::from(seen.y[(row + r) * 640 + column + c]))
                    .sum();
                half.push((sum / 4) as u8);
            }
        }
        assert_eq!(read_counter(&half, 320, 320, 180), Some(frame * 1001));
    }
    assert!(bytes * 8 / 3 < 700_000, "{} bit/s", bytes * 8 / 3);
}

#[test]
fn a_written_file_is_read_back() {
    for name in ["card.mp4", "card.mkv"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let units = write_card(&path);
        let mut file = MediaFile::open(&path, 500_000).unwrap();
        assert_eq!(file.has(), (true, true));
        let (mut pictures, mut packets) = (0, 0);
        while let Some(item) = file.next_item().unwrap() {
            match item {
                FileItem::Video(unit) => {
                    let sent: Vec<&[u8]> = crate::h264::split_annex_b(&units[pictures]);
                    let got = crate::h264::split_annex_b(&unit.data);
                    assert_eq!(got[got.len() - sent.len()..], sent[..], "picture {pictures} of {name}");
                    let at = pictures as i64 * 3000;
                    assert!((unit.timestamp - at).abs() <= 90, "{} for {at} in {name}", unit.timestamp);
                    pictures += 1;
                }
                FileItem::Audio { .. } => packets += 1,
            }
        }
        assert_eq!((pictures, packets > 45), (30, true), "{packets} packets in {name}");
    }
}

fn write_card(path: &std::path::Path) -> Vec<Vec<u8>> {
    let card = Card::new(320, 180);
    let mut picture = card.picture();
    let config =
        H264Config { width: 320, height: 180, frames_per_second: 30, bits_per_second: 300_000, keyframe_every: 30 };
    let mut encoder = H264Encoder::new(config).unwrap();
    let mut opus = crate::encode::OpusEncoder::new(1, 32_000).unwrap();
    let mut voice = crate::voice::Voice::new();
    let mut writer = crate::write::FileWriter::create(path, true).unwrap();
    let mut units = Vec::new();
    let mut samples = [0.0; 960];
    for frame in 0..30u32 {
        card.draw(frame, 0, &mut picture);
        let unit = encoder.encode(&picture, i64::from(frame) * 3000, false).unwrap();
        writer.video(&unit.data, i64::from(frame) * 1_000_000 / 30, unit.keyframe).unwrap();
        units.push(unit.data);
    }
    for packet in 0..50i64 {
        voice.fill(&mut samples);
        writer.audio(&opus.encode(&samples).unwrap(), packet * 20_000).unwrap();
    }
    writer.finish().unwrap();
    units
}
