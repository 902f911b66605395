//! The steps of a packet's way and of a join, each by itself, for the clock (`micro`) and for the instruction count
//! (`instructions`).

use std::hint::black_box;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use airclass_media::rtp::{ExtensionIds, HeaderTemplate, HeaderValues, Packet, Tag, pad_to};
use airclass_media::sdp::{Fingerprint, LocalDescription, Offer, ReceivePolicy, answer_receive};
use airclass_media::srtp::{MasterKey, Opener, Profile, Sealer};
use airclass_media::stage::Stage;
use bytes::Bytes;

/// Payload of a full picture packet, bytes.
const PAYLOAD: usize = 1_140;
/// Receivers and packets of the frame that `forward` brings to everybody.
const RECEIVERS: usize = 64;
const FRAME: [usize; 9] = [1_140, 1_139, 1_140, 1_139, 1_140, 1_139, 1_140, 1_139, 900];
const KEY: MasterKey = MasterKey { key: [7; 16], salt: [9; 14] };
const IDS: ExtensionIds =
    ExtensionIds { mid: Some(4), twcc: Some(3), audio_level: Some(1), rid: None, rrid: None, abs_send_time: None };

/// One step: its name, and what makes its state and gives a way to do it once.
pub(crate) type Step = (&'static str, fn() -> Box<dyn FnMut()>);

/// All of them.
pub(crate) const STEPS: &[Step] = &[
    ("parse", parse),
    ("rewrite", rewrite),
    ("seal_gcm", || seal(Profile::AeadAes128Gcm)),
    ("seal_cm", || seal(Profile::AesCm128HmacSha1_80)),
    ("open_gcm", open),
    ("forward_frame_to_64", forward),
    ("sdp_answer", answer),
];

#[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
fn now() -> Instant {
    Instant::now()
}

/// A picture packet with two header extensions, as a browser sends it.
fn packet(seq: u16) -> Vec<u8> {
    let mut packet = vec![0x90, 102, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0xbe, 0xde, 0, 2, 0x40, b'1', 0x31, 0, 7, 0, 0, 0];
    packet[2..4].copy_from_slice(&seq.to_be_bytes());
    packet.resize(packet.len() + PAYLOAD, 0x41);
    packet
}

fn parse() -> Box<dyn FnMut()> {
    let (datagram, at) = (Bytes::from(packet(1)), now());
    Box::new(move || {
        black_box(Packet::parse_shared(black_box(&datagram), &IDS, at)).expect("a packet");
    })
}

/// What a receiver's copy of a packet needs before it is sealed: the header, and the padding to the frame's size.
fn rewrite() -> Box<dyn FnMut()> {
    let template = HeaderTemplate::new(&IDS, Tag::new(b"1"));
    let mut values = HeaderValues { ssrc: 7, pt: 102, ..HeaderValues::default() };
    let mut out = vec![0; 1_200];
    Box::new(move || {
        values.seq = values.seq.wrapping_add(1);
        values.twcc = values.twcc.wrapping_add(1);
        let header = template.write(black_box(&values), &mut out).expect("room for the header");
        black_box(pad_to(&mut out, header + PAYLOAD - 1, header + PAYLOAD));
    })
}

fn seal(profile: Profile) -> Box<dyn FnMut()> {
    let sealer = Sealer::new(profile, &KEY);
    let mut room = packet(1);
    let header = room.len() - PAYLOAD;
    room.resize(room.len() + sealer.tag_len(), 0);
    let mut index = 0;
    Box::new(move || {
        index += 1;
        sealer.seal_in_place(black_box(&mut room), header, index).expect("a sealed packet");
    })
}

fn open() -> Box<dyn FnMut()> {
    let sealer = Sealer::new(Profile::AeadAes128Gcm, &KEY);
    let mut opener = Opener::new(Profile::AeadAes128Gcm, &KEY, 4);
    let mut sealed = Vec::new();
    let mut seq = 0_u16;
    let mut index = 0_u64;
    Box::new(move || {
        // A packet opens once: each has to be sealed before. What that costs is the step `seal_gcm`.
        (seq, index) = (seq.wrapping_add(1), index + 1);
        sealed.clear();
        sealed.extend_from_slice(&packet(seq));
        let header = sealed.len() - PAYLOAD;
        sealed.resize(sealed.len() + sealer.tag_len(), 0);
        sealer.seal_in_place(&mut sealed, header, index).expect("a sealed packet");
        black_box(opener.open_rtp(&mut sealed)).expect("the packet");
    })
}

/// A frame from the publisher's datagrams to everybody's sealed ones, without sending them.
fn forward() -> Box<dyn FnMut()> {
    let sink = UdpSocket::bind("127.0.0.1:0").expect("a socket").local_addr().expect("bound");
    let mut at = now();
    let mut stage = Stage::new(vec![sink; RECEIVERS], Profile::AeadAes128Gcm, at).expect("a stage");
    let mut timestamp = 0_u32;
    let mut play = move |keyframe: bool| {
        at += Duration::from_millis(33);
        timestamp = timestamp.wrapping_add(3_000);
        black_box(stage.frame_unsent(keyframe, timestamp, &FRAME, at));
    };
    // The join's own work is not the frame's.
    (0..30).for_each(|n| play(n == 0));
    Box::new(move || play(false))
}

/// An offer of four sound and four picture slots, read and answered.
fn answer() -> Box<dyn FnMut()> {
    let offer = offer();
    let local = LocalDescription {
        ice_ufrag: "abcdefgh".to_owned(),
        ice_pwd: "abcdefghijklmnopqrstuvwx".to_owned(),
        fingerprint: Fingerprint { bytes: [7; 32] },
        candidates: vec!["192.0.2.1:8443".parse().expect("an address")],
        session_id: 7,
    };
    let policy = ReceivePolicy { max_audio_slots: 4, max_video_slots: 4 };
    Box::new(move || {
        let mut ssrc = 0;
        let ssrcs = || {
            ssrc += 1;
            ssrc
        };
        let offer = Offer::parse(black_box(&offer)).expect("an offer");
        black_box(answer_receive(&offer, &local, &policy, ssrcs)).expect("an answer");
    })
}

fn offer() -> String {
    let mut sdp = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
                   a=group:BUNDLE 0 1 2 3 4 5 6 7\r\na=extmap-allow-mixed\r\n"
        .to_owned();
    let fingerprint = ["AB"; 32].join(":");
    for mid in 0..8 {
        let (kind, pts, codec, id, extension) = match mid {
            0..4 => (
                "audio",
                "111",
                "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n",
                1,
                "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            ),
            _ => (
                "video",
                "102 103",
                "a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;\
                 profile-level-id=42e01f\r\na=rtcp-fb:102 ccm fir\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n\
                 a=rtcp-fb:102 transport-cc\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n",
                2,
                "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            ),
        };
        sdp.push_str(&format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF {pts}\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
             a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=ice-options:trickle\r\na=fingerprint:sha-256 {fingerprint}\r\n\
             a=setup:actpass\r\na=mid:{mid}\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
             a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
             a=extmap:{id} {extension}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n{codec}a=recvonly\r\n"
        ));
    }
    sdp
}
