//! A lesson that is not recorded relays what its studio sends, whatever the codec.

use std::time::Duration;

use airclass::tools::ToolError;
use bytes::Bytes;
use rtc::rtp;

use crate::any_codec::{AnyPublisher, AnyReceiver, Format};
use crate::stage::Stage;
use crate::turn;

const fn format(mime: &'static str, payload_type: u8) -> Format {
    Format { mime, payload_type }
}

/// What the studios send, and with which payload types.
const SENT: [Format; 3] = [format("video/VP8", 96), format("video/VP9", 98), format("video/AV1", 39)];
/// What the receivers take, with payload types of their own.
const TAKEN: [Format; 4] =
    [format("video/VP8", 120), format("video/VP9", 122), format("video/AV1", 45), format("video/H264", 109)];
const FRAMES_PER_KEYFRAME: u16 = 100;

/// A frame of two packets: RFC 7741, RFC 9628 and the AV1 RTP specification up to the bits that tell keyframes, then
/// the number of the frame and bytes that mean nothing.
fn frame(mime: &str, number: u16) -> [Bytes; 2] {
    let keyframe = is_keyframe(number);
    let [high, low] = (number | 0x8000).to_be_bytes();
    let (first, second) = match mime {
        "video/VP8" => (vec![0x90, 0x80, high, low, u8::from(!keyframe)], vec![0x80, 0x80, high, low]),
        "video/VP9" if keyframe => (vec![0x88, high, low], vec![0x84, high, low]),
        "video/VP9" => (vec![0xc8, high, low], vec![0xc4, high, low]),
        _ if keyframe => (vec![0x58], vec![0x90]),
        _ => (vec![0x50], vec![0x90]),
    };
    let tail = |mut head: Vec<u8>| {
        head.extend([0xa5; 400]);
        head.extend(number.to_be_bytes());
        Bytes::from(head)
    };
    [tail(first), tail(second)]
}

fn is_keyframe(number: u16) -> bool {
    number.is_multiple_of(FRAMES_PER_KEYFRAME)
}

fn number(packet: &rtp::Packet) -> u16 {
    let tail = packet.payload.last_chunk::<2>().expect("a number at the end");
    u16::from_be_bytes(*tail)
}

/// The receiver's payload type, sequence numbers without a seam, and exactly the bytes that were sent.
fn assert_relayed(packets: &[rtp::Packet], mime: &str, payload_type: u8) {
    let start = packets[0].header.sequence_number;
    for (packet, expected) in packets.iter().zip(start..) {
        assert_eq!(packet.header.payload_type, payload_type, "{mime}");
        assert_eq!(packet.header.sequence_number, expected, "{mime}");
    }
    let first = number(&packets[0]);
    assert!(is_keyframe(first), "{mime} begins with frame {first}");
    let sent = (first..).flat_map(|number| frame(mime, number));
    for (packet, payload) in packets.iter().zip(sent) {
        assert!(packet.payload == payload, "{mime}: frame {} is changed", number(packet));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_codecs_are_relayed_with_the_receivers_numbers_from_a_keyframe_on() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(false).await;
    for sent in SENT {
        let taken = TAKEN.iter().find(|taken| taken.mime == sent.mime).expect("receivers take it");
        let mut studio = AnyPublisher::join(&stage, sent).await.expect("the studio joins");
        let early = AnyReceiver::join(&stage, &TAKEN);
        let play = tokio::spawn(async move {
            for number in 0.. {
                studio.send(frame(sent.mime, number)).await;
                if number == FRAMES_PER_KEYFRAME * 9 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            studio.leave().await;
        });
        let mut early = early.await;
        assert_relayed(&early.take(60).await, sent.mime, taken.payload_type);
        // Somewhere between two keyframes.
        let mut late = AnyReceiver::join(&stage, &TAKEN).await;
        assert_relayed(&late.take(60).await, sent.mime, taken.payload_type);
        early.leave().await;
        late.leave().await;
        play.abort();
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_lesson_says_that_it_cant_archive_them() {
    let _turn = turn::light().await;
    let stage = Stage::begin_with(true).await;
    for sent in SENT {
        let Err(ToolError::Refused { status, code, message }) = AnyPublisher::join(&stage, sent).await else {
            panic!("{} is taken", sent.mime)
        };
        assert_eq!((status, code.as_str()), (400, "codec_not_recordable"), "{}: {message}", sent.mime);
        assert!(!message.is_empty());
    }
    stage.stop().await;
}
