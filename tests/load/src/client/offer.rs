//! Offers as browsers make them: the web client's receive-only slots, and one camera with its microphone.

use std::fmt::Write as _;

use rand::RngExt as _;

use super::Identity;

/// Payload type of H.264, constrained baseline, packetization mode 1.
pub(crate) const H264_PT: u8 = 102;
const H264_RTX_PT: u8 = 103;
/// Payload type of Opus.
pub(crate) const OPUS_PT: u8 = 111;
/// Header extension id of the transport-wide sequence number.
pub(crate) const TWCC_ID: u8 = 3;
/// Header extension id of the audio level.
pub(crate) const AUDIO_LEVEL_ID: u8 = 1;
const MID_ID: u8 = 4;

/// ICE user name fragment and password.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
}

impl Credentials {
    /// Fresh ones, as short as a browser's.
    pub(crate) fn random() -> Self {
        let letters = |count: usize| -> String {
            rand::rng().sample_iter(rand::distr::Alphanumeric).take(count).map(char::from).collect()
        };
        Self { ufrag: letters(4), pwd: letters(24) }
    }
}

/// The streams of a publisher.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublishedSsrcs {
    pub(crate) audio: u32,
    pub(crate) video: u32,
}

/// `audio` and `video` receive-only sections; `twcc` offers transport-wide feedback.
pub(crate) fn receive_offer(identity: &Identity, ice: &Credentials, audio: u8, video: u8, twcc: bool) -> String {
    let mut sdp = session(audio + video);
    for mid in 0..audio + video {
        let is_audio = mid < audio;
        section(&mut sdp, identity, ice, mid, is_audio, twcc);
        line(&mut sdp, "a=recvonly");
    }
    sdp
}

/// One sound and one picture section to send; a section whose SSRC is `None` is left out.
pub(crate) fn publish_offer(identity: &Identity, ice: &Credentials, ssrcs: PublishedSsrcs) -> String {
    let mut sdp = session(2);
    for (mid, ssrc) in [(0, ssrcs.audio), (1, ssrcs.video)] {
        section(&mut sdp, identity, ice, mid, mid == 0, true);
        line(&mut sdp, "a=sendonly");
        line(&mut sdp, &format!("a=msid:studio {mid}"));
        line(&mut sdp, &format!("a=ssrc:{ssrc} cname:studio"));
    }
    sdp
}

fn line(sdp: &mut String, line: &str) {
    sdp.push_str(line);
    sdp.push_str("\r\n");
}

fn session(sections: u8) -> String {
    let mut sdp = String::with_capacity(8192);
    line(&mut sdp, "v=0");
    line(&mut sdp, "o=- 4611731400430051336 2 IN IP4 127.0.0.1");
    line(&mut sdp, "s=-");
    line(&mut sdp, "t=0 0");
    sdp.push_str("a=group:BUNDLE");
    for mid in 0..sections {
        let _ = write!(sdp, " {mid}");
    }
    line(&mut sdp, "");
    line(&mut sdp, "a=extmap-allow-mixed");
    sdp
}

fn section(sdp: &mut String, identity: &Identity, ice: &Credentials, mid: u8, is_audio: bool, twcc: bool) {
    let (kind, formats) =
        if is_audio { ("audio", OPUS_PT.to_string()) } else { ("video", format!("{H264_PT} {H264_RTX_PT}")) };
    line(sdp, &format!("m={kind} 9 UDP/TLS/RTP/SAVPF {formats}"));
    line(sdp, "c=IN IP4 0.0.0.0");
    line(sdp, &format!("a=ice-ufrag:{}", ice.ufrag));
    line(sdp, &format!("a=ice-pwd:{}", ice.pwd));
    line(sdp, "a=ice-options:trickle");
    line(sdp, &format!("a=fingerprint:sha-256 {}", identity.fingerprint()));
    line(sdp, "a=setup:active");
    line(sdp, &format!("a=mid:{mid}"));
    line(sdp, &format!("a=extmap:{MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid"));
    if twcc {
        let uri = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
        line(sdp, &format!("a=extmap:{TWCC_ID} {uri}"));
    }
    if is_audio {
        line(sdp, &format!("a=extmap:{AUDIO_LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level"));
    }
    line(sdp, "a=rtcp-mux");
    line(sdp, "a=rtcp-rsize");
    if is_audio {
        line(sdp, &format!("a=rtpmap:{OPUS_PT} opus/48000/2"));
        line(sdp, &format!("a=fmtp:{OPUS_PT} minptime=10;useinbandfec=1"));
    } else {
        line(sdp, &format!("a=rtpmap:{H264_PT} H264/90000"));
        let profile = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
        line(sdp, &format!("a=fmtp:{H264_PT} {profile}"));
        for feedback in ["ccm fir", "nack", "nack pli"] {
            line(sdp, &format!("a=rtcp-fb:{H264_PT} {feedback}"));
        }
        line(sdp, &format!("a=rtpmap:{H264_RTX_PT} rtx/90000"));
        line(sdp, &format!("a=fmtp:{H264_RTX_PT} apt={H264_PT}"));
    }
    if twcc {
        let pt = if is_audio { OPUS_PT } else { H264_PT };
        line(sdp, &format!("a=rtcp-fb:{pt} transport-cc"));
    }
}

#[cfg(test)]
mod tests {
    use airclass_media::sdp::Offer;

    use super::*;

    #[test]
    fn the_server_reads_both_offers() {
        let identity = Identity::generate().unwrap();
        let ice = Credentials::random();
        let offer = Offer::parse(&receive_offer(&identity, &ice, 4, 4, true)).unwrap();
        assert_eq!(offer.media.len(), 8);
        assert!(offer.media.iter().all(|media| media.direction.receives() && !media.codecs.is_empty()));
        let offer = publish_offer(&identity, &ice, PublishedSsrcs { audio: 7, video: 8 });
        let offer = Offer::parse(&offer).unwrap();
        assert_eq!(offer.media[1].ssrcs, [8]);
    }
}
