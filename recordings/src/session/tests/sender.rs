//! A studio for the tests: the test card and its voice as RTP packets, with sender reports, on a virtual clock.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::card::Card;
use crate::encode::{H264Config, H264Encoder, OpusEncoder};
use crate::h264::split_annex_b;
use crate::input::{Input, RtpPacket};
use crate::voice::Voice;

/// Something that arrives at the recorder.
#[derive(Clone)]
pub(super) struct Arrival {
    /// Since the recording began.
    pub(super) at: Duration,
    pub(super) input: Input,
}

pub(super) struct Studio {
    /// Access units as encoded, Annex B.
    pub(super) units: Vec<Vec<u8>>,
    pub(super) camera: Vec<Arrival>,
    pub(super) voice: Vec<Arrival>,
}

/// `seconds` of a studio whose picture begins `offset` after the recording, with a keyframe every two seconds.
pub(super) fn studio(start: Instant, offset: Duration, seconds: u32, size: (usize, usize)) -> Studio {
    let card = Card::new(size.0, size.1);
    let mut picture = card.picture();
    let mut encoder = H264Encoder::new(H264Config {
        width: size.0 as u32,
        height: size.1 as u32,
        frames_per_second: 30,
        bits_per_second: 300_000,
        keyframe_every: 60,
    })
    .unwrap();
    let (mut camera, mut units, mut seq) = (Vec::new(), Vec::new(), 4_000_000u64);
    for frame in 0..seconds * 30 {
        card.draw(frame, 0, &mut picture);
        let unit = encoder.encode(&picture, i64::from(frame) * 3000, false).unwrap();
        // The picture takes 60 ms to encode and send.
        let at = offset + Duration::from_nanos(u64::from(frame) * 1_000_000_000 / 30) + Duration::from_millis(60);
        let timestamp = 7_000_000_000 + u64::from(frame) * 3000;
        for (payload, marker) in packetize(&unit.data) {
            let packet = RtpPacket { seq, timestamp, marker, arrived: start + at, payload };
            camera.push(Arrival { at, input: Input::Packet(packet) });
            seq += 1;
        }
        if frame % 30 == 10 {
            camera.push(Arrival { at, input: Input::Clock { timestamp, ntp: ntp(u64::from(frame) * 1_000_000 / 30) } });
        }
        units.push(unit.data);
    }
    let (mut opus, mut speech) = (OpusEncoder::new(1, 32_000).unwrap(), Voice::new());
    let (mut voice, mut samples) = (Vec::new(), [0.0; 960]);
    for index in 0..u64::from(seconds) * 50 {
        speech.fill(&mut samples);
        // Sound is 40 ms faster than the picture.
        let at = offset + Duration::from_millis(index * 20 + 20);
        let timestamp = 1_000_000 + index * 960;
        let payload = Bytes::from(opus.encode(&samples).unwrap());
        let packet = RtpPacket { seq: index, timestamp, marker: false, arrived: start + at, payload };
        voice.push(Arrival { at, input: Input::Packet(packet) });
        if index % 100 == 30 {
            voice.push(Arrival { at, input: Input::Clock { timestamp, ntp: ntp(index * 20_000) } });
        }
    }
    Studio { units, camera, voice }
}

fn ntp(micros: u64) -> u64 {
    ((3_900_000_000 + micros / 1_000_000) << 32) | (((micros % 1_000_000) << 32) / 1_000_000)
}

/// RFC 6184: parameter sets in one STAP-A, slices in FU-A of 900 bytes.
pub(super) fn packetize(annex_b: &[u8]) -> Vec<(Bytes, bool)> {
    let mut out = Vec::new();
    let (mut sets, units) = (vec![24u8], split_annex_b(annex_b));
    for unit in units {
        match unit[0] & 0x1f {
            6..=8 => {
                sets.extend((unit.len() as u16).to_be_bytes());
                sets.extend(unit);
            }
            _ if unit.len() <= 900 => out.push(Bytes::copy_from_slice(unit)),
            kind => {
                let chunks: Vec<&[u8]> = unit[1..].chunks(900).collect();
                for (index, chunk) in chunks.iter().enumerate() {
                    let edge = u8::from(index == 0) << 7 | u8::from(index + 1 == chunks.len()) << 6;
                    let mut payload = vec![unit[0] & 0xe0 | 28, edge | kind];
                    payload.extend(*chunk);
                    out.push(payload.into());
                }
            }
        }
    }
    if sets.len() > 1 {
        out.insert(0, sets.into());
    }
    let last = out.len() - 1;
    out.into_iter().enumerate().map(|(index, payload)| (payload, index == last)).collect()
}
