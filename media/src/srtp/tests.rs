//! Both profiles against `rtc-srtp` in both directions, replay, caps and arbitrary bytes.

use bytes::BytesMut;
use proptest::prelude::*;
use rtc_crypto::default_provider;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

use super::*;

const PROFILES: [Profile; 2] = [Profile::AeadAes128Gcm, Profile::AesCm128HmacSha1_80];

fn master() -> MasterKey {
    let mut master = MasterKey { key: *b"0123456789abcdef", salt: [0; 14] };
    master.salt[..12].copy_from_slice(b"salty-salt-1");
    master
}

fn reference(profile: Profile) -> Context {
    let theirs = match profile {
        Profile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        Profile::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
    };
    let provider = default_provider().unwrap();
    let salt = &master().salt[..profile.salt_len()];
    Context::new(&master().key, salt, theirs, None, None, provider.crypto()).unwrap()
}

/// A packet with one header extension of two words.
fn rtp(sequence: u16, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x90, 96];
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 9]);
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(&[0xbe, 0xde, 0, 2, 0x10, 7, 0, 0, 0, 0, 0, 0]);
    packet.extend_from_slice(payload);
    packet
}

fn seal(sealer: &Sealer, plain: &[u8], index: u64) -> Vec<u8> {
    let mut packet = plain.to_vec();
    packet.resize(plain.len() + sealer.tag_len(), 0);
    sealer.seal_in_place(&mut packet, 24, index).unwrap();
    packet
}

#[test]
fn rtp_agrees_with_rtc_srtp_in_both_directions_across_rollover() {
    for profile in PROFILES {
        let sealer = Sealer::new(profile, &master());
        let (mut theirs_open, mut theirs_seal) = (reference(profile), reference(profile));
        let mut opener = Opener::new(profile, &master(), 4);
        for index in 0x7ff0_u64..0x3_8010 {
            // Every packet near the turns, a few between.
            if index % 0x1000 > 4 && (0x20..0xffe0).contains(&(index & 0xffff)) {
                continue;
            }
            let plain = rtp(index as u16, 7, &index.to_be_bytes());
            let ours = seal(&sealer, &plain, index);
            assert_eq!(ours, theirs_seal.encrypt_rtp(&plain).unwrap()[..], "{profile:?} {index:x}");
            assert_eq!(theirs_open.decrypt_rtp(&ours).unwrap()[..], plain[..]);
            let mut datagram = ours;
            let n = opener.open_rtp(&mut datagram).unwrap();
            assert_eq!(datagram[..n], plain[..]);
        }
    }
}

#[test]
fn rtcp_agrees_with_rtc_srtp_in_both_directions() {
    // A receiver report of SSRC 5 without blocks, and one byte-string of an APP packet.
    let compound = [0x80, 201, 0, 1, 0, 0, 0, 5, 0x80, 204, 0, 2, 0, 0, 0, 5, b'a', b'b', b'c', b'd'];
    for profile in PROFILES {
        let mut sealer = Sealer::new(profile, &master());
        let (mut theirs_open, mut theirs_seal) = (reference(profile), reference(profile));
        let mut opener = Opener::new(profile, &master(), 4);
        for _ in 0..5 {
            let mut ours = Vec::new();
            sealer.seal_rtcp(&compound, &mut ours).unwrap();
            assert_eq!(theirs_open.decrypt_rtcp(&ours).unwrap()[..], compound);
            let mut theirs: BytesMut = theirs_seal.encrypt_rtcp(&compound).unwrap();
            assert_eq!(theirs[..], ours[..], "{profile:?}");
            let n = opener.open_rtcp(&mut theirs).unwrap();
            assert_eq!(theirs[..n], compound);
            assert_eq!(opener.open_rtcp(&mut ours), Err(OpenError::Replayed));
        }
    }
}

#[test]
fn replayed_forged_and_short_packets_are_refused() {
    for profile in PROFILES {
        let sealer = Sealer::new(profile, &master());
        let mut opener = Opener::new(profile, &master(), 2);
        let sealed = seal(&sealer, &rtp(10, 1, b"payload"), 10);
        assert!(opener.open_rtp(&mut sealed.clone()).is_ok());
        assert_eq!(opener.open_rtp(&mut sealed.clone()), Err(OpenError::Replayed));
        for at in [1, 3, 9, 20, 25, sealed.len() - 1] {
            let mut forged = seal(&sealer, &rtp(11, 1, b"payload"), 11);
            forged[at] ^= 0x40;
            assert_eq!(opener.open_rtp(&mut forged), Err(OpenError::BadTag), "{profile:?} {at}");
        }
        for len in 0..24 + profile.tag_len() {
            assert_eq!(opener.open_rtp(&mut sealed[..len].to_vec()), Err(OpenError::Malformed));
        }
        assert_eq!(opener.ssrc_count(), 1);
    }
}

#[test]
fn forged_ssrcs_leave_no_state_and_authentic_ones_are_capped() {
    let sealer = Sealer::new(Profile::AeadAes128Gcm, &master());
    let mut opener = Opener::new(Profile::AeadAes128Gcm, &master(), 2);
    for ssrc in 100..1100 {
        let mut forged = rtp(1, ssrc, &[0; 40]);
        assert_eq!(opener.open_rtp(&mut forged), Err(OpenError::BadTag));
    }
    assert_eq!(opener.ssrc_count(), 0);
    for (ssrc, expected) in [(1, Ok(27)), (2, Ok(27)), (3, Err(OpenError::TooManySsrcs)), (1, Err(OpenError::Replayed))]
    {
        assert_eq!(opener.open_rtp(&mut seal(&sealer, &rtp(1, ssrc, b"abc"), 1)), expected);
    }
    opener.forget(1);
    assert_eq!(opener.open_rtp(&mut seal(&sealer, &rtp(1, 3, b"abc"), 1)), Ok(27));
}

#[test]
fn late_packets_inside_the_window_open_once() {
    let sealer = Sealer::new(Profile::AeadAes128Gcm, &master());
    let mut opener = Opener::new(Profile::AeadAes128Gcm, &master(), 1);
    for index in [65_530_u64, 65_540, 65_535, 65_536, 65_531] {
        let sealed = seal(&sealer, &rtp(index as u16, 1, b"x"), index);
        assert!(opener.open_rtp(&mut sealed.clone()).is_ok(), "{index}");
        assert_eq!(opener.open_rtp(&mut sealed.clone()), Err(OpenError::Replayed), "{index}");
    }
}

proptest! {
    #[test]
    fn arbitrary_datagrams_never_panic_nor_open(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for profile in PROFILES {
            let mut opener = Opener::new(profile, &master(), 4);
            prop_assert!(opener.open_rtp(&mut bytes).is_err());
            prop_assert!(opener.open_rtcp(&mut bytes).is_err());
        }
    }
}
