//! Transport-wide feedback to publishers: which stream it is said to be about.

use super::voices::sound;
use super::*;
use crate::sdp::ExtensionIds;
use crate::srtp::{MasterKey, Opener, Profile, SrtpKeys};
use crate::worker::stage;

const TWCC: u8 = 3;
/// Payload type of transport-wide feedback within RTP feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).
const FORMAT: u8 = 15;

/// The streams that feedback of a second names to a publisher behind `gate`.
fn named(gate: crate::Gate) -> Vec<u32> {
    let mut house = house(1);
    let (core, mut now) = (&mut house.cores[0], house.start);
    let mut media = sound(None);
    media.twcc = true;
    media.extensions = ExtensionIds { twcc: Some(TWCC), ..ExtensionIds::default() };
    let role = RoleSpec::Publish { media: vec![media], gate, content: crate::Content::Camera, taps: Vec::new() };
    let publisher = core.adopt(stage::spec(1, role, now), address(1), now);
    let key = |n: u8| MasterKey { key: [n; 16], salt: [n; 14] };
    let keys = SrtpKeys { profile: Profile::AeadAes128Gcm, local: key(1), remote: key(2) };
    core.connected(publisher, &keys, now);
    let mut opener = Opener::new(keys.profile, &keys.local, 2);
    let (mut arena, mut named) = (Arena::new(1 << 16), Vec::new());
    for seq in 0..50_u16 {
        now += Duration::from_millis(20);
        let mut plain = vec![0x90, 111];
        plain.extend(seq.to_be_bytes());
        plain.extend((u32::from(seq) * 960).to_be_bytes());
        let [high, low] = seq.to_be_bytes();
        plain.extend([0, 0, 0, 7, 0xbe, 0xde, 0, 1, TWCC << 4 | 1, high, low, 0, 1, 2, 3]);
        core.publish(publisher, &plain, now);
        core.settle(now);
        core.handle_timeout(now);
        while core.poll_round(&mut arena, now) {
            for run in arena.runs() {
                for datagram in arena.slice(run.start, run.len).chunks(run.segment) {
                    let mut bytes = datagram.to_vec();
                    let end = opener.open_rtcp(&mut bytes).unwrap();
                    named.extend(feedback(&bytes[..end]));
                }
            }
            arena.clear();
        }
    }
    named
}

/// The media sources of the transport-wide feedback of a compound.
fn feedback(mut compound: &[u8]) -> Vec<u32> {
    let mut found = Vec::new();
    while compound.len() >= 12 {
        if compound[1] == 205 && compound[0] & 0x1f == FORMAT {
            found.push(u32::from_be_bytes(compound[8..12].try_into().unwrap()));
        }
        let words = usize::from(u16::from_be_bytes([compound[2], compound[3]]));
        compound = &compound[4 * (words + 1)..];
    }
    found
}

#[test]
fn feedback_names_a_stream_of_the_publisher_behind_every_gate() {
    for gate in [crate::Gate::Open, crate::Gate::PictureOnly, crate::Gate::Closed] {
        let named = named(gate);
        assert!(named.len() >= 8 && named.iter().all(|ssrc| *ssrc == 7), "{gate:?}: {named:?}");
    }
}
