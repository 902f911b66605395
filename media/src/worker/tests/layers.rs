//! Layers on their way in, from the offer of an encoder to its tracks: which packet is which layer, and what repairs it.

use super::*;
use crate::rtp::LayerIndex;
use crate::sdp::{LocalDescription, Offer, PublishPolicy, PublishedMedia, answer_publish};
use crate::track::UpTrack;
use crate::worker::track::TrackMedia;

const CHROMIUM: &str = include_str!("../../sdp/testdata/chromium-publish-simulcast.sdp");
const OBS: &str = include_str!("../../sdp/testdata/obs-publish-simulcast.sdp");
const ONE_LAYER: [&str; 3] = [
    include_str!("../../sdp/testdata/obs-publish.sdp"),
    include_str!("../../sdp/testdata/ffmpeg-publish.sdp"),
    include_str!("../../sdp/testdata/gstreamer-publish.sdp"),
];

struct Encoder {
    house: House,
    peer: u32,
    picture: PublishedMedia,
    track: u8,
}

/// The extensions of a packet by id.
type Elements<'a> = &'a [(Option<u8>, &'a str)];

impl Encoder {
    fn connected(offer: &str) -> Self {
        let mut house = house(1);
        let start = house.start;
        let local = LocalDescription {
            ice_ufrag: "airclassairclass".into(),
            ice_pwd: PWD.into(),
            fingerprint: crate::sdp::Fingerprint { bytes: [0; 32] },
            candidates: vec![],
            session_id: 1,
        };
        let plan = answer_publish(&Offer::parse(offer).unwrap(), &local, &PublishPolicy { recorded: true }).unwrap();
        let track = plan.media.iter().position(|media| media.kind == crate::MediaKind::Video).unwrap();
        let picture = plan.media[track].clone();
        let remote = Credentials { ufrag: "remo".into(), pwd: "remoteremoteremoteremote".into() };
        let credentials = Credentials { ufrag: local.ice_ufrag, pwd: local.ice_pwd };
        let spec = PeerSpec {
            id: PeerId(1),
            label: String::new(),
            ice: IceLite::new(credentials, &remote, start),
            fingerprint: local.fingerprint,
            role: RoleSpec::Publish {
                media: plan.media,
                gate: crate::Gate::Open,
                content: crate::Content::Camera,
                taps: Vec::new(),
            },
            since: start,
        };
        let peer = house.cores[0].adopt(spec, address(1), start);
        Self { house, peer, picture, track: track as u8 }
    }

    fn send(&mut self, ssrc: u32, pt: u8, seq: u16, elements: Elements<'_>, payload: &[u8]) {
        let mut block = Vec::new();
        for (id, value) in elements {
            let id = id.expect("an extension that was negotiated");
            block.push(id << 4 | (value.len() - 1) as u8);
            block.extend(value.bytes());
        }
        block.resize(block.len().next_multiple_of(4), 0);
        let mut plain = vec![0x90, pt];
        plain.extend(seq.to_be_bytes());
        plain.extend([0, 0, 0, 9]);
        plain.extend(ssrc.to_be_bytes());
        plain.extend([0xbe, 0xde, 0, (block.len() / 4) as u8]);
        plain.extend(block);
        plain.extend(payload);
        let now = self.house.start;
        self.house.cores[0].publish(self.peer, &plain, now);
    }

    fn up(&mut self) -> &UpTrack {
        let core = &mut self.house.cores[0];
        let crate::worker::peer::Role::Publisher(publisher) = &core.peers.get(self.peer).unwrap().role else {
            panic!()
        };
        let track = publisher.track(self.track).unwrap();
        let TrackMedia::Own { up, .. } = &core.tracks.get(track).unwrap().media else { panic!() };
        up
    }

    /// The SSRC of each layer and the numbers in its ring, smallest picture first.
    fn layers(&mut self) -> Vec<(Option<u32>, Vec<u16>)> {
        let up = self.up();
        let seqs = |layer: LayerIndex| {
            let ring = &up.source().layer(layer).unwrap().ring;
            (0..ring.end()).rev().take(20).filter_map(|index| ring.get(index)).map(|packet| packet.seq).collect()
        };
        (0..up.source().layers().len() as LayerIndex).map(|layer| (up.ssrc(layer), seqs(layer))).collect()
    }
}

#[test]
fn chromiums_layers_and_their_repairs_are_told_apart_by_their_rids() {
    let mut encoder = Encoder::connected(CHROMIUM);
    let (ids, pt, rtx) = (encoder.picture.extensions, encoder.picture.pt, encoder.picture.rtx_pt.unwrap());
    // The largest first, as they come; later packets no longer name their layer.
    for (ssrc, rid) in [(30, "f"), (10, "q"), (20, "h")] {
        encoder.send(ssrc, pt, 1, &[(ids.mid, "1"), (ids.rid, rid)], &[0x67, 1]);
        encoder.send(ssrc, pt, 3, &[], &[0x41, 1]);
    }
    // A repair stream names the layer it repairs; one for probing carries no original.
    encoder.send(21, rtx, 900, &[(ids.mid, "1"), (ids.rrid, "h")], &[0, 2, 0x41, 7]);
    encoder.send(11, rtx, 800, &[(ids.mid, "1"), (ids.rrid, "q")], &[]);
    encoder.send(11, rtx, 801, &[], &[0, 2, 0x41, 7]);
    let expected = [(10, vec![3, 2, 1]), (20, vec![3, 2, 1]), (30, vec![3, 1])];
    assert_eq!(encoder.layers(), expected.map(|(ssrc, seqs)| (Some(ssrc), seqs)));
    assert_eq!(encoder.up().stats().recovered, 2);
    assert_eq!(encoder.house.cores[0].stats.drops.rtp_undeclared, 0);
    encoder.send(40, pt, 1, &[(ids.mid, "1"), (ids.rid, "x")], &[0x67, 1]);
    assert_eq!(encoder.house.cores[0].stats.drops.rtp_undeclared, 1, "a rid nobody offered");
}

#[test]
fn the_ssrc_that_obs_declares_is_its_largest_layer() {
    let mut encoder = Encoder::connected(OBS);
    let (ids, pt, base) = (encoder.picture.extensions, encoder.picture.pt, encoder.picture.ssrcs[0]);
    // Every packet names its layer; what is asked for again comes again as it was.
    for (n, rid) in (0..).zip(["0", "1", "2"]) {
        for seq in [1, 3, 2, 3] {
            encoder.send(base + n, pt, seq, &[(ids.mid, "1"), (ids.rid, rid)], &[0x67, 1]);
        }
    }
    let all = vec![3, 2, 1];
    let expected = [(base + 2, all.clone()), (base + 1, all.clone()), (base, all)];
    assert_eq!(encoder.layers(), expected.map(|(ssrc, seqs)| (Some(ssrc), seqs)));
    assert_eq!(encoder.house.cores[0].stats.drops.rtp_stale, 3);
}

#[test]
fn encoders_with_one_layer_need_no_rids() {
    for offer in ONE_LAYER {
        let mut encoder = Encoder::connected(offer);
        let (pt, ssrc) = (encoder.picture.pt, encoder.picture.ssrcs[0]);
        for seq in [1, 3] {
            encoder.send(ssrc, pt, seq, &[], &[0x67, 1]);
        }
        if let Some(&(_, repair)) = encoder.picture.fid.first() {
            encoder.send(repair, encoder.picture.rtx_pt.unwrap(), 70, &[], &[0, 2, 0x41, 7]);
        } else {
            encoder.send(ssrc, pt, 2, &[], &[0x41, 7]);
        }
        assert_eq!(encoder.layers(), [(Some(ssrc), vec![3, 2, 1])], "{offer}");
    }
}
