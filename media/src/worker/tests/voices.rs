//! What a core says of the voices of its publishers.

use super::*;
use crate::codec::{Codec, MediaKind};
use crate::sdp::{ExtensionIds, PublishedMedia};

const PT: u8 = 111;
const LEVEL: u8 = 1;

pub(super) fn sound(audio_level: Option<u8>) -> PublishedMedia {
    PublishedMedia {
        mid: "0".into(),
        kind: MediaKind::Audio,
        codec: Codec::Opus,
        pt: PT,
        rtx_pt: None,
        red_pt: None,
        fmtp: String::new(),
        clock_rate: 48_000,
        channels: 2,
        extensions: ExtensionIds { audio_level, ..ExtensionIds::default() },
        rids: Vec::new(),
        ssrcs: vec![7],
        fid: Vec::new(),
        nack: false,
        pli: false,
        fir: false,
        twcc: false,
        remb: false,
    }
}

struct Talk {
    house: House,
    publisher: u32,
    seq: u16,
    now: Instant,
}

impl Talk {
    /// A publisher that is connected.
    fn begin(audio_level: Option<u8>) -> Self {
        let mut house = house(1);
        let now = house.start;
        let remote = Credentials { ufrag: "remo".into(), pwd: "remoteremoteremoteremote".into() };
        let local = Credentials { ufrag: "airclassairclass".into(), pwd: PWD.into() };
        let role = RoleSpec::Publish {
            media: vec![sound(audio_level)],
            gate: crate::Gate::Open,
            content: crate::Content::Camera,
            taps: Vec::new(),
        };
        let spec = PeerSpec {
            id: PeerId(1),
            label: String::new(),
            ice: IceLite::new(local, &remote, now),
            fingerprint: crate::sdp::Fingerprint { bytes: [0; 32] },
            role,
            since: now,
        };
        let publisher = house.cores[0].adopt(spec, address(1), now);
        house.cores[0].timers.joining.clear();
        Self { house, publisher, seq: 0, now }
    }

    /// Talks for a while, this many dB below full scale; gives what the core says of it.
    fn talk(&mut self, seconds: u64, level: u8) -> Vec<bool> {
        for _ in 0..seconds * 50 {
            self.seq += 1;
            self.now += Duration::from_millis(20);
            let timestamp = u32::from(self.seq) * 960;
            let mut plain = vec![0x90, PT];
            plain.extend(self.seq.to_be_bytes());
            plain.extend(timestamp.to_be_bytes());
            plain.extend([0, 0, 0, 7, 0xbe, 0xde, 0, 1, LEVEL << 4, level, 0, 0, 1, 2, 3]);
            let core = &mut self.house.cores[0];
            core.publish(self.publisher, &plain, self.now);
            core.settle(self.now);
            core.handle_timeout(self.now);
        }
        let said = self.house.events(0);
        said.into_iter()
            .filter_map(|event| match event {
                MediaEvent::TrackSpeaking { loudness, .. } => Some(loudness.is_some()),
                _ => None,
            })
            .collect()
    }
}

#[test]
fn a_voice_is_told_once_and_its_end_too() {
    let mut talk = Talk::begin(Some(LEVEL));
    assert!(talk.talk(2, 90).is_empty());
    let said = talk.talk(4, 30);
    assert!(said.iter().all(|talks| *talks) && (1..=4).contains(&said.len()), "at most once a second: {said:?}");
    let said = talk.talk(3, 90);
    assert_eq!(said.iter().position(|talks| !talks), Some(said.len() - 1), "its end is the last of it: {said:?}");
}

#[test]
fn behind_a_closed_gate_nobody_talks() {
    let mut talk = Talk::begin(Some(LEVEL));
    assert!(!talk.talk(3, 30).is_empty());
    for shut in [crate::Gate::Closed, crate::Gate::PictureOnly] {
        let now = talk.now;
        talk.house.cores[0].set_gate(talk.publisher, shut, now);
        assert_eq!(talk.talk(3, 30), [false], "{shut:?}");
        let now = talk.now;
        talk.house.cores[0].set_gate(talk.publisher, crate::Gate::Open, now);
        assert!(talk.talk(3, 30).first().is_some_and(|talks| *talks));
    }
    let now = talk.now;
    talk.house.cores[0].close_peer(talk.publisher, CloseReason::Requested, now);
    assert_eq!(talk.talk(1, 30), [false]);
}

#[test]
fn without_the_extension_nobody_is_taken_for_talking() {
    assert!(Talk::begin(None).talk(5, 5).is_empty());
}
