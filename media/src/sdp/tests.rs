//! Real offers and their answers, and hostile texts. Offers in `testdata` come from Chromium 156 and, written after
//! their sources, from FFmpeg, OBS 31 (libdatachannel), GStreamer (webrtcbin) and webrtc-rs.

use std::io::Cursor;

use proptest::prelude::*;
use rtc_sdp::description::session::SessionDescription;

use super::*;

const CHROMIUM_SIMULCAST: &str = include_str!("testdata/chromium-publish-simulcast.sdp");
const CHROMIUM_PUBLISH: &str = include_str!("testdata/chromium-publish.sdp");
const CHROMIUM_RECEIVE: &str = include_str!("testdata/chromium-receive.sdp");
const FFMPEG: &str = include_str!("testdata/ffmpeg-publish.sdp");
const OBS: &str = include_str!("testdata/obs-publish.sdp");
const OBS_SIMULCAST: &str = include_str!("testdata/obs-publish-simulcast.sdp");
const GSTREAMER: &str = include_str!("testdata/gstreamer-publish.sdp");
const WEBRTC_RS_RECEIVE: &str = include_str!("testdata/webrtc-rs-receive.sdp");
const ALL: [&str; 8] =
    [CHROMIUM_SIMULCAST, CHROMIUM_PUBLISH, CHROMIUM_RECEIVE, FFMPEG, OBS, OBS_SIMULCAST, GSTREAMER, WEBRTC_RS_RECEIVE];

fn local() -> LocalDescription {
    LocalDescription {
        ice_ufrag: "airclassairclass".to_owned(),
        ice_pwd: "0123456789abcdef01234567".to_owned(),
        fingerprint: Fingerprint { bytes: [0xab; 32] },
        candidates: vec!["192.0.2.7:8443".parse().unwrap(), "[2001:db8::7]:8443".parse().unwrap()],
        session_id: 42,
    }
}

fn publish(text: &str, recorded: bool) -> Result<PublishPlan, SdpError> {
    answer_publish(&Offer::parse(text)?, &local(), &PublishPolicy { recorded })
}

fn receive(text: &str, audio: u8, video: u8) -> Result<ReceivePlan, SdpError> {
    let mut ssrc = 1000;
    let policy = ReceivePolicy { max_audio_slots: audio, max_video_slots: video };
    answer_receive(&Offer::parse(text)?, &local(), &policy, || {
        ssrc += 1;
        ssrc
    })
}

/// The answer read back by an independent parser, with as many m-lines as the offer.
fn read_back(offer: &str, answer: &str) -> SessionDescription {
    let read = SessionDescription::unmarshal(&mut Cursor::new(answer.as_bytes())).expect(answer);
    assert_eq!(read.media_descriptions.len(), offer.matches("\r\nm=").count());
    assert!(answer.ends_with("\r\n") && answer.lines().all(|line| line.len() > 2));
    read
}

#[test]
fn chromium_simulcast_is_answered_with_h264_opus_and_three_layers() {
    let plan = publish(CHROMIUM_SIMULCAST, true).unwrap();
    read_back(CHROMIUM_SIMULCAST, &plan.answer);
    let [sound, picture] = &plan.media[..] else { panic!("two media lines") };
    assert_eq!((sound.codec, sound.pt, sound.mid.as_str()), (Codec::Opus, 111, "0"));
    assert_eq!(sound.extensions.audio_level, Some(1));
    assert_eq!(sound.ssrcs, [2904296644]);
    assert_eq!((picture.codec, picture.mid.as_str()), (Codec::H264, "1"));
    assert!(picture.fmtp.contains("packetization-mode=1") && picture.fmtp.contains("42e01f"), "{}", picture.fmtp);
    assert_eq!(picture.rids, ["q", "h", "f"]);
    assert!(picture.rtx_pt.is_some() && picture.nack && picture.pli && picture.fir && picture.twcc && picture.remb);
    let ids = picture.extensions;
    assert!(ids.mid.is_some() && ids.rid.is_some() && ids.rrid.is_some() && ids.abs_send_time.is_some());
    for line in [
        "a=group:BUNDLE 0 1",
        "a=ice-lite",
        "a=setup:passive",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rid:q recv",
        "a=simulcast:recv q;h;f",
        "a=candidate:1 1 udp 2130706431 192.0.2.7 8443 typ host",
        "a=candidate:2 1 udp 2130706175 2001:db8::7 8443 typ host",
        "a=end-of-candidates",
        "a=fmtp:111 minptime=10;useinbandfec=1",
    ] {
        assert!(plan.answer.contains(&format!("\r\n{line}\r\n")), "{line} is missing in\n{}", plan.answer);
    }
    assert_eq!(plan.answer.matches("a=candidate:").count(), 2);
}

#[test]
fn a_data_channel_is_rejected_and_the_rest_is_taken() {
    let plan = publish(CHROMIUM_PUBLISH, false).unwrap();
    let read = read_back(CHROMIUM_PUBLISH, &plan.answer);
    assert_eq!(read.media_descriptions[2].media_name.port.value, 0);
    assert!(plan.answer.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    assert!(plan.answer.contains("a=group:BUNDLE 0 1\r\n"));
    assert_eq!(plan.media.len(), 2);
    assert_eq!(plan.media[1].rids, [""; 0]);
    assert_eq!(plan.media[1].fid.len(), 1);
    assert_eq!(plan.media[1].ssrcs, [plan.media[1].fid[0].0, plan.media[1].fid[0].1]);
}

#[test]
fn ffmpeg_and_obs_publish() {
    let plan = publish(FFMPEG, true).unwrap();
    read_back(FFMPEG, &plan.answer);
    assert_eq!(
        (plan.media[1].pt, plan.media[1].rtx_pt, plan.media[1].nack, plan.media[1].pli),
        (106, Some(105), true, false)
    );
    assert_eq!(plan.media[1].fid, [(3483178562, 3483178563)]);
    assert_eq!(plan.media[1].extensions, ExtensionIds::default());

    let plan = publish(OBS, true).unwrap();
    read_back(OBS, &plan.answer);
    assert_eq!((plan.media[0].ssrcs[0], plan.media[1].ssrcs[0]), (1396171425, 1396171426));
    assert_eq!(plan.media[0].fmtp, "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1");

    let passive = publish(&FFMPEG.replace("setup:active", "setup:passive"), true).unwrap_err();
    assert_eq!(passive.code(), "bad_sdp");
    assert!(passive.to_string().contains("dtls_active"));
}

#[test]
fn chromium_receives_eight_slots_and_further_ones_are_rejected() {
    let plan = receive(CHROMIUM_RECEIVE, 4, 4).unwrap();
    read_back(CHROMIUM_RECEIVE, &plan.answer);
    assert_eq!(plan.media.len(), 8);
    let picture = &plan.media[4];
    assert_eq!(picture.slot, Slot { kind: MediaKind::Video, index: 0 });
    assert_eq!(picture.codecs[0].codec, Codec::H264);
    assert!(picture.codecs[0].twcc && picture.codecs[0].nack && picture.codecs[0].rtx_pt.is_some());
    for codec in [Codec::Vp8, Codec::Vp9, Codec::Av1] {
        assert!(picture.codec(codec).is_some(), "{codec:?}");
    }
    assert_eq!((picture.extensions.rid, picture.extensions.rrid), (None, None));
    let ssrcs: std::collections::HashSet<u32> =
        plan.media.iter().flat_map(|slot| std::iter::once(slot.ssrc).chain(slot.rtx_ssrc)).collect();
    assert_eq!(ssrcs.len(), 12, "four sound SSRCs and four pictures with RTX");
    let fid = format!("a=ssrc-group:FID {} {}\r\n", picture.ssrc, picture.rtx_ssrc.unwrap());
    assert!(plan.answer.contains(&fid) && plan.answer.contains("a=msid:stage video0\r\n"));
    assert!(plan.answer.contains("a=msid:stage audio0\r\n") && plan.answer.contains("a=msid:video1 video1\r\n"));
    assert_eq!(plan.answer.matches("a=sendonly").count(), 8);

    let fewer = receive(CHROMIUM_RECEIVE, 1, 2).unwrap();
    let read = read_back(CHROMIUM_RECEIVE, &fewer.answer);
    let ports: Vec<isize> = read.media_descriptions.iter().map(|media| media.media_name.port.value).collect();
    assert_eq!(ports, [9, 0, 0, 0, 9, 9, 0, 0]);
    assert_eq!(fewer.media.iter().map(|slot| slot.mid.as_str()).collect::<Vec<_>>(), ["0", "4", "5"]);
}

#[test]
fn webrtc_rs_receives_two_slots_with_constrained_baseline_first() {
    let plan = receive(WEBRTC_RS_RECEIVE, 4, 4).unwrap();
    read_back(WEBRTC_RS_RECEIVE, &plan.answer);
    assert_eq!(plan.media.len(), 2);
    assert_eq!((plan.media[1].codecs[0].pt, plan.media[1].codecs[0].rtx_pt), (125, Some(107)));
    assert_eq!(plan.media[1].codec(Codec::Vp8).map(|codec| codec.pt), Some(96));
}

#[test]
fn codecs_that_cannot_be_used_are_refused_with_a_code() {
    let vp8 = OBS.replace("H264/90000", "VP8/90000");
    assert_eq!(publish(&vp8, false).unwrap().media[1].codec, Codec::Vp8);
    let error = publish(&vp8, true).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("codec_not_recordable", "this lesson is recorded: send H.264 video")
    );
    let none = OBS.replace("H264/90000", "H265/90000").replace("opus/48000/2", "MP4A-LATM/48000/2");
    assert_eq!(publish(&none, false).unwrap_err().code(), "no_common_codec");
    let sound_only = OBS.replace("H264/90000", "H265/90000");
    assert_eq!(publish(&sound_only, true).unwrap().media.len(), 1);
}

#[test]
fn what_is_missing_or_doubled_is_bad_sdp() {
    let many = format!("{OBS}{}", "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n".repeat(31));
    let cases = [
        ("empty", String::new()),
        ("not sdp", "hello".to_owned()),
        ("too long", format!("{OBS}a=x:{}\r\n", "y".repeat(MAX_SDP_BYTES))),
        ("33 media lines", many),
        ("no ufrag", OBS.replace("a=ice-ufrag:N5kg\r\n", "")),
        ("short ufrag", OBS.replace("ice-ufrag:N5kg", "ice-ufrag:N5k")),
        ("odd ufrag", OBS.replace("ice-ufrag:N5kg", "ice-ufrag:N5 g")),
        ("no pwd", OBS.replace("a=ice-pwd:VB8rJ2wXRwnCzzkCV7jyyI\r\n", "")),
        ("no fingerprint", OBS.replace("a=fingerprint:sha-256", "a=fingerprint:sha-1")),
        ("short fingerprint", OBS.replace(":A5:AA", ":A5")),
        ("fingerprint with signs", OBS.replace(":A5:AA", ":A5:+A")),
        ("same mids", OBS.replace("a=mid:1", "a=mid:0")),
        ("no bundle", OBS.replace("a=group:BUNDLE 0 1\r\n", "")),
        ("no rtcp-mux", OBS.replace("a=rtcp-mux\r\n", "")),
        ("ice-lite", OBS.replace("t=0 0", "t=0 0\r\na=ice-lite")),
        ("same rids", CHROMIUM_SIMULCAST.replace("a=rid:h send", "a=rid:q send")),
        ("odd rid", CHROMIUM_SIMULCAST.replace("a=rid:h send", "a=rid:<h> send")),
        ("nul", OBS.replace("s=-", "s=\0")),
        ("payload type 300", OBS.replace("SAVPF 96", "SAVPF 300")),
        ("extension ids", CHROMIUM_SIMULCAST.replace("a=extmap:2 http://www.webrtc", "a=extmap:1 http://www.webrtc")),
        ("nothing sent", OBS.replace("a=sendonly", "a=recvonly")),
    ];
    for (name, text) in cases {
        let error = publish(&text, false).expect_err(name);
        assert_eq!(error.code(), "bad_sdp", "{name}: {error}");
    }
    assert!(publish(&OBS.replace("\r\n", "\n"), true).is_ok(), "bare line feeds are accepted");
}

#[test]
fn redundant_sound_is_taken_first_where_it_is_offered() {
    let plan = publish(CHROMIUM_PUBLISH, true).unwrap();
    assert_eq!((plan.media[0].pt, plan.media[0].red_pt), (111, Some(63)));
    for line in ["m=audio 9 UDP/TLS/RTP/SAVPF 63 111", "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"] {
        assert!(plan.answer.contains(&format!("{line}\r\n")), "{line} is missing in\n{}", plan.answer);
    }
    assert_eq!(plan.media[1].red_pt, None, "red/90000 is another thing");
    let plan = receive(CHROMIUM_RECEIVE, 4, 4).unwrap();
    assert_eq!(plan.answer.matches("a=fmtp:63 111/111\r\n").count(), 4);
    assert!(plan.media[..4].iter().all(|slot| slot.codecs[0].red_pt == Some(63)));
    for (name, offer) in [
        ("none", OBS.to_owned()),
        ("of two codecs", CHROMIUM_PUBLISH.replace("a=fmtp:63 111/111", "a=fmtp:63 111/13")),
        ("of another codec", CHROMIUM_PUBLISH.replace("a=fmtp:63 111/111", "a=fmtp:63 9/9")),
        ("without parameters", CHROMIUM_PUBLISH.replace("a=fmtp:63 111/111\r\n", "")),
        ("mono", CHROMIUM_PUBLISH.replace("red/48000/2", "red/48000")),
    ] {
        let plan = publish(&offer, true).unwrap();
        assert!(plan.media[0].red_pt.is_none() && !plan.answer.contains("red/"), "{name}");
    }
}

#[test]
fn opus_parameters_are_accepted() {
    let dtx = OBS.replace("useinbandfec=1", "useinbandfec=1;usedtx=1;cbr=1").replace("stereo=1;sprop-stereo=1;", "");
    assert_eq!(publish(&dtx, true).unwrap().media[0].fmtp, "minptime=10;useinbandfec=1;usedtx=1");
}

#[test]
fn layers_are_ordered_low_to_high() {
    for (names, expected) in [
        (["f", "h", "q"], ["q", "h", "f"]),
        (["high", "mid", "low"], ["low", "mid", "high"]),
        (["2", "10", "1"], ["1", "2", "10"]),
        (["x", "b", "a"], ["x", "b", "a"]),
    ] {
        let rids = |names: [&str; 3]| names.map(|name| format!("a=rid:{name} send\r\n")).concat();
        let text = CHROMIUM_SIMULCAST
            .replace("send q;h;f", &format!("send {}", names.join(";")))
            .replace(&rids(["q", "h", "f"]), &rids(names));
        let plan = publish(&text, true).unwrap();
        assert_eq!(plan.media[1].rids, expected);
        assert!(plan.answer.contains(&format!("a=simulcast:recv {}\r\n", names.join(";"))));
    }
}

#[test]
fn obs_publishes_three_layers_of_which_number_0_is_the_largest() {
    let plan = publish(OBS_SIMULCAST, true).unwrap();
    read_back(OBS_SIMULCAST, &plan.answer);
    let picture = &plan.media[1];
    assert_eq!(picture.rids, ["2", "1", "0"]);
    assert_eq!((picture.extensions.rid, picture.extensions.rrid, picture.rtx_pt), (Some(2), None, None));
    assert!(picture.nack && picture.pli && picture.remb && !picture.twcc);
    // OBS gives up when the answer takes fewer layers than it offers.
    assert!(plan.answer.contains("a=simulcast:recv 0;1;2\r\n"), "{}", plan.answer);
    assert!(["a=rid:0 recv", "a=rid:1 recv", "a=rid:2 recv"].iter().all(|rid| plan.answer.contains(rid)));

    let four =
        OBS_SIMULCAST.replace("a=rid:2 send\r\n", "a=rid:2 send\r\na=rid:3 send\r\n").replace("0;1;2", "0;1;2;3");
    let plan = publish(&four, true).unwrap();
    assert_eq!(plan.media[1].rids, ["3", "2", "0"], "three are relayed");
    assert!(plan.answer.contains("a=simulcast:recv 0;2;3\r\n"), "{}", plan.answer);
    let one = OBS_SIMULCAST.replace("a=rid:1 send\r\na=rid:2 send\r\n", "").replace("0;1;2", "0");
    assert_eq!(publish(&one, true).unwrap().media[1].rids, ["0"]);
}

#[test]
fn gstreamer_publishes_one_layer_with_repair() {
    let plan = publish(GSTREAMER, true).unwrap();
    read_back(GSTREAMER, &plan.answer);
    let [picture, sound] = &plan.media[..] else { panic!("two media lines") };
    assert_eq!((picture.pt, picture.rtx_pt, picture.rids.len()), (96, Some(100), 0));
    assert_eq!(picture.fid, [(1_402_379_013, 2_718_803_317)]);
    assert!(picture.nack && picture.pli && picture.fir && picture.twcc);
    assert_eq!((sound.codec, sound.mid.as_str(), sound.extensions.audio_level), (Codec::Opus, "audio1", Some(2)));
    assert_eq!(sound.fmtp, "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;usedtx=1");
}

#[test]
fn fragments_parse_and_build() {
    let text = "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\n\
        a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\n\
        a=candidate:2 1 udp 2 x.local 9 typ host\r\na=end-of-candidates\r\n";
    let fragment = Fragment::parse(text).unwrap();
    assert_eq!(fragment.ice.as_ref().map(|ice| ice.ufrag.as_str()), Some("EsAw"));
    assert_eq!(
        (fragment.mids.as_slice(), fragment.candidate_count, fragment.end_of_candidates),
        (&["0".to_owned()][..], 2, true)
    );
    assert!(Fragment::parse("").unwrap().ice.is_none());
    for bad in ["a=ice-ufrag:EsAw\r\n", "a=ice-ufrag:E\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n", "nonsense"] {
        assert_eq!(Fragment::parse(bad).unwrap_err().code(), "bad_sdp");
    }
    let built = build_restart(&local(), &["0", "1"], MediaKind::Audio);
    let read = Fragment::parse(&built).unwrap();
    assert_eq!(read.ice.map(|ice| ice.ufrag), Some(local().ice_ufrag));
    assert_eq!((read.candidate_count, read.end_of_candidates), (2, true));
}

fn never_panics(text: &str) {
    if let Ok(offer) = Offer::parse(text) {
        for recorded in [false, true] {
            let _ = answer_publish(&offer, &local(), &PublishPolicy { recorded });
        }
        let policy = ReceivePolicy { max_audio_slots: 4, max_video_slots: 4 };
        if let Ok(plan) = answer_receive(&offer, &local(), &policy, || 7) {
            assert!(plan.answer.lines().all(|line| line.as_bytes().get(1) == Some(&b'=')), "{}", plan.answer);
        }
    }
    let _ = Fragment::parse(text);
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(v=0\r?\n)?([amcst]=[a-z\\-]{0,12}[: ]?[ -~]{0,40}\r?\n){0,20}") {
        never_panics(&text);
    }

    #[test]
    fn mutated_offers_never_panic(
        which in 0..ALL.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..12),
    ) {
        let mut bytes = ALL[which].as_bytes().to_vec();
        for (at, byte, kind) in edits {
            if bytes.is_empty() { break }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, byte),
                _ => bytes.truncate(at),
            }
        }
        never_panics(&String::from_utf8_lossy(&bytes));
    }
}
