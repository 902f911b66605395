//! Checks, restarts and hostile datagrams.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rtc_crypto::providers::AwsLcRsCrypto;
use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME, AttrType,
};
use rtc_stun::error_code::ErrorCodeAttribute;
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Getter, Message, Setter};
use rtc_stun::xoraddr::XorMappedAddress;

use super::*;

const REMOTE: &str = "remo";

fn local() -> Credentials {
    Credentials { ufrag: "airclassairclass".to_owned(), pwd: "0123456789abcdef01234567".to_owned() }
}

fn remote() -> Credentials {
    Credentials { ufrag: REMOTE.to_owned(), pwd: "remoteremoteremoteremote".to_owned() }
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 9], port))
}

/// A check like a browser's.
struct Check {
    username: String,
    pwd: String,
    attributes: Vec<(AttrType, Vec<u8>)>,
    has_fingerprint: bool,
}

impl Check {
    fn new(credentials: &Credentials) -> Check {
        Check {
            username: format!("{}:{REMOTE}", credentials.ufrag),
            pwd: credentials.pwd.clone(),
            attributes: vec![(ATTR_ICE_CONTROLLING, vec![1; 8]), (ATTR_PRIORITY, vec![2; 4])],
            has_fingerprint: true,
        }
    }

    fn with(mut self, attribute: AttrType, value: &[u8]) -> Check {
        self.attributes.push((attribute, value.to_vec()));
        self
    }

    fn nominating(self) -> Check {
        self.with(ATTR_USE_CANDIDATE, &[])
    }

    fn bytes(&self) -> Vec<u8> {
        let mut message = Message::new();
        message.typ = BINDING_REQUEST;
        message.new_transaction_id().unwrap();
        message.write_header();
        message.add(ATTR_USERNAME, self.username.as_bytes());
        for (attribute, value) in &self.attributes {
            message.add(*attribute, value);
        }
        MessageIntegrity::new_short_term_integrity_with_provider(self.pwd.clone(), &AwsLcRsCrypto)
            .add_to(&mut message)
            .unwrap();
        if self.has_fingerprint {
            FINGERPRINT.add_to(&mut message).unwrap();
        }
        message.raw
    }
}

/// Reads a reply as the peer would: FINGERPRINT and MESSAGE-INTEGRITY with this end's password.
fn read_reply(bytes: &[u8], pwd: &str) -> Message {
    let mut message = Message::new();
    message.unmarshal_binary(bytes).unwrap();
    FINGERPRINT.check(&message).unwrap();
    MessageIntegrity::check(&mut message, pwd.as_bytes(), &AwsLcRsCrypto).unwrap();
    message
}

fn agent() -> (IceLite, Instant) {
    #[expect(clippy::disallowed_methods, reason = "a starting point for virtual time")]
    let now = Instant::now();
    (IceLite::new(local(), &remote(), now), now)
}

#[test]
fn a_check_is_answered_with_the_address_it_came_from_and_nominates() {
    let (mut agent, now) = agent();
    let mut out = Vec::new();
    let check = Check::new(&local()).bytes();
    assert_eq!(username_local_ufrag(&check), Some("airclassairclass"));
    assert_eq!(classify(&check), DatagramKind::Stun);
    assert_eq!(agent.handle(&check, address(1), now, &mut out), IceOutcome::Reply { nominated: None });
    assert!(out.len() <= check.len());
    let reply = read_reply(&out, &local().pwd);
    assert_eq!(reply.typ, BINDING_SUCCESS);
    assert_eq!(reply.transaction_id.0, check[8..20]);
    let mut mapped = XorMappedAddress::default();
    mapped.get_from(&reply).unwrap();
    assert_eq!(SocketAddr::new(mapped.ip, mapped.port), address(1));
    assert!(agent.is_proved(address(1)) && !agent.is_proved(address(2)));
    assert_eq!(agent.nominated(), None);

    let check = Check::new(&local()).nominating().bytes();
    let nominated = IceOutcome::Reply { nominated: Some(address(1)) };
    assert_eq!(agent.handle(&check, address(1), now, &mut out), nominated);
    assert_eq!(agent.handle(&check, address(1), now, &mut out), IceOutcome::Reply { nominated: None });
    let moved = IceOutcome::Reply { nominated: Some(address(2)) };
    assert_eq!(agent.handle(&check, address(2), now, &mut out), moved, "a new address takes over");
    assert!(agent.is_proved(address(1)));
}

#[test]
fn ipv6_replies_are_no_longer_than_requests() {
    let (mut agent, now) = agent();
    let mut out = Vec::new();
    let from: SocketAddr = "[2001:db8::9]:5".parse().unwrap();
    // The shortest check there is: FFmpeg's, without priority and role.
    let mut check = Check::new(&local()).nominating();
    check.attributes.retain(|(attribute, _)| *attribute == ATTR_USE_CANDIDATE);
    let check = check.bytes();
    assert_eq!(agent.handle(&check, from, now, &mut out), IceOutcome::Reply { nominated: Some(from) });
    assert!(out.len() <= check.len(), "{} > {}", out.len(), check.len());
    let mapped: SocketAddr = "[::ffff:198.51.100.9]:7".parse().unwrap();
    agent.handle(&check, mapped, now, &mut out);
    let mut address = XorMappedAddress::default();
    address.get_from(&read_reply(&out, &local().pwd)).unwrap();
    assert!(address.ip.is_ipv4(), "a dual-stack socket's mapped address is told as IPv4");
}

#[test]
fn a_controlled_peer_gets_487_and_proves_nothing() {
    let (mut agent, now) = agent();
    let mut out = Vec::new();
    let mut check = Check::new(&local()).nominating().with(ATTR_ICE_CONTROLLED, &[9; 8]);
    check.attributes.retain(|(attribute, _)| *attribute != ATTR_ICE_CONTROLLING);
    let check = check.bytes();
    assert_eq!(agent.handle(&check, address(1), now, &mut out), IceOutcome::Reply { nominated: None });
    let reply = read_reply(&out, &local().pwd);
    assert_eq!(reply.typ, BINDING_ERROR);
    let mut code = ErrorCodeAttribute::default();
    code.get_from(&reply).unwrap();
    assert_eq!(code.code.0, 487);
    assert!(!agent.is_proved(address(1)) && agent.nominated().is_none() && out.len() <= check.len());
}

#[test]
fn anything_bad_is_dropped_without_a_reply() {
    let (mut agent, now) = agent();
    let good = Check::new(&local()).nominating().bytes();
    let mut wrong_pwd = Check::new(&local());
    wrong_pwd.pwd = remote().pwd;
    let mut wrong_user = Check::new(&local());
    wrong_user.username = "airclassairclass:other".to_owned();
    let mut no_fingerprint = Check::new(&local());
    no_fingerprint.has_fingerprint = false;
    let mut response = good.clone();
    response[0] = 1;
    let mut bad_crc = good.clone();
    *bad_crc.last_mut().unwrap() ^= 1;
    let mut long_attribute = good.clone();
    long_attribute[22] = 0xff;
    let mut trailing = good.clone();
    trailing.extend_from_slice(&[0; 4]);
    // USE-CANDIDATE put in behind MESSAGE-INTEGRITY by someone without the password.
    let mut grafted = Check::new(&local()).bytes();
    grafted.truncate(grafted.len() - 8);
    let mut message = Message::new();
    let len = (grafted.len() - 20) as u16;
    grafted[2..4].copy_from_slice(&len.to_be_bytes());
    message.unmarshal_binary(&grafted).unwrap();
    message.add(ATTR_USE_CANDIDATE, &[]);
    FINGERPRINT.add_to(&mut message).unwrap();
    for (name, datagram, expected) in [
        ("password", wrong_pwd.bytes(), DropReason::BadIntegrity),
        ("user", wrong_user.bytes(), DropReason::WrongUsername),
        ("no fingerprint", no_fingerprint.bytes(), DropReason::Malformed),
        ("response", response, DropReason::Malformed),
        ("crc", bad_crc, DropReason::Malformed),
        ("attribute past the end", long_attribute, DropReason::Malformed),
        ("trailing bytes", trailing, DropReason::Malformed),
        (
            "unknown attribute",
            Check::new(&local()).with(AttrType(0x7777), &[0; 4]).bytes(),
            DropReason::UnknownAttribute,
        ),
        ("short", good[..40].to_vec(), DropReason::Malformed),
        ("empty", Vec::new(), DropReason::Malformed),
    ] {
        let mut out = vec![1, 2, 3];
        assert_eq!(agent.handle(&datagram, address(1), now, &mut out), IceOutcome::Drop(expected), "{name}");
        assert!(out.is_empty() && !agent.is_proved(address(1)), "{name}");
    }
    let mut out = Vec::new();
    assert_eq!(agent.handle(&message.raw, address(1), now, &mut out), IceOutcome::Reply { nominated: None });
    assert_eq!(agent.nominated(), None, "what integrity does not cover does not nominate");
}

#[test]
fn consent_ends_thirty_seconds_after_the_last_check() {
    let (mut agent, now) = agent();
    let mut out = Vec::new();
    assert!(!agent.is_expired(now + Duration::from_secs(29)) && agent.is_expired(now + CONSENT_TIMEOUT));
    let later = now + Duration::from_secs(20);
    agent.handle(&Check::new(&local()).bytes(), address(1), later, &mut out);
    agent.handle(&[0; 30], address(1), later + Duration::from_secs(5), &mut out);
    assert_eq!((agent.last_check(), agent.expires_at()), (later, later + CONSENT_TIMEOUT));
    assert!(!agent.is_expired(now + CONSENT_TIMEOUT) && agent.is_expired(later + CONSENT_TIMEOUT));
}

#[test]
fn a_restart_keeps_the_old_path_until_the_new_one_is_nominated() {
    let (mut agent, now) = agent();
    let mut out = Vec::new();
    let nominate = |credentials: &Credentials| Check::new(credentials).nominating().bytes();
    agent.handle(&nominate(&local()), address(1), now, &mut out);
    let new = Credentials { ufrag: "restartedrestart".to_owned(), pwd: "new-password-new-password".replace('-', "+") };
    agent.set_credentials(new.clone(), &remote());
    assert_eq!(agent.local_ufrags().collect::<Vec<_>>(), ["restartedrestart", "airclassairclass"]);
    let kept = agent.handle(&nominate(&local()), address(1), now + Duration::from_secs(9), &mut out);
    assert_eq!(kept, IceOutcome::Reply { nominated: None });
    assert_eq!((agent.nominated(), agent.last_check()), (Some(address(1)), now + Duration::from_secs(9)));
    let tried = agent.handle(&Check::new(&new).bytes(), address(2), now, &mut out);
    assert_eq!(tried, IceOutcome::Reply { nominated: None });
    assert_eq!(agent.nominated(), Some(address(1)));
    let moved = agent.handle(&nominate(&new), address(2), now, &mut out);
    assert_eq!(moved, IceOutcome::Reply { nominated: Some(address(2)) });
    read_reply(&out, &new.pwd);
    let stale = agent.handle(&nominate(&local()), address(1), now, &mut out);
    assert_eq!(stale, IceOutcome::Drop(DropReason::WrongUsername));
}

/// Checks at these milliseconds from these addresses, the first one nominating; where media goes after each.
fn paths(checks: &[(u64, u16)], media: impl Fn(&mut IceLite, Instant)) -> Vec<u16> {
    let (mut agent, start) = agent();
    let mut out = Vec::new();
    let mut paths = Vec::new();
    for (n, (at_ms, port)) in checks.iter().enumerate() {
        let now = start + Duration::from_millis(*at_ms);
        let check = if n == 0 { Check::new(&local()).nominating() } else { Check::new(&local()) };
        media(&mut agent, now);
        let before = agent.nominated();
        let outcome = agent.handle(&check.bytes(), address(*port), now, &mut out);
        let moved = agent.nominated().filter(|nominated| Some(*nominated) != before);
        assert_eq!(outcome, IceOutcome::Reply { nominated: moved }, "the caller hears of it");
        paths.push(agent.nominated().unwrap().port());
    }
    paths
}

#[test]
fn f7_a_peer_that_moves_without_nominating_is_followed_once_its_old_path_is_silent() {
    let quiet = |_: &mut IceLite, _| {};
    assert_eq!(paths(&[(0, 1), (2_000, 1), (2_500, 2), (4_500, 2)], quiet), [1, 1, 1, 2]);
    assert_eq!(paths(&[(0, 1), (1_249, 2), (1_250, 2)], quiet), [1, 1, 2]);
    // A second path that is only kept alive, beside one on which reports come.
    let alive = |agent: &mut IceLite, now| agent.heard_from(address(1), now);
    assert_eq!(paths(&[(0, 1), (2_000, 2), (4_000, 2), (9_000, 2)], alive), [1, 1, 1, 1]);

    // Between two checks time alone decides.
    let (mut agent, start) = agent();
    let at = |ms| start + Duration::from_millis(ms);
    let mut out = Vec::new();
    agent.handle(&Check::new(&local()).nominating().bytes(), address(1), at(0), &mut out);
    agent.handle(&Check::new(&local()).bytes(), address(2), at(1_000), &mut out);
    agent.heard_from(address(1), at(1_200));
    agent.heard_from(address(3), at(2_000));
    assert_eq!(agent.follow(at(2_400)), None);
    assert_eq!((agent.follow(at(2_450)), agent.nominated()), (Some(address(2)), Some(address(2))));
    assert_eq!(agent.follow(at(9_000)), None, "nobody else asked");

    // A check long ago says nothing about where the peer is now.
    agent.handle(&Check::new(&local()).bytes(), address(1), at(10_000), &mut out);
    assert_eq!(agent.nominated(), Some(address(1)));
    agent.handle(&Check::new(&local()).bytes(), address(2), at(10_100), &mut out);
    agent.heard_from(address(1), at(10_900));
    assert_eq!(agent.follow(at(60_000)), None);
}

#[test]
fn proved_addresses_are_bounded_and_the_nominated_one_stays() {
    let (mut agent, now) = agent();
    let mut out = Vec::new();
    agent.handle(&Check::new(&local()).nominating().bytes(), address(1), now, &mut out);
    for port in 2..100 {
        agent.handle(&Check::new(&local()).bytes(), address(port), now, &mut out);
    }
    assert!(agent.is_proved(address(1)) && agent.is_proved(address(99)));
    assert_eq!((1..100).filter(|&port| agent.is_proved(address(port))).count(), 8);
}

#[test]
fn datagrams_are_told_apart() {
    for (datagram, kind) in [
        (&[0, 1][..], DatagramKind::Stun),
        (&[22, 254], DatagramKind::Dtls),
        (&[128, 96], DatagramKind::Rtp),
        (&[144, 239], DatagramKind::Rtp),
        (&[128, 200], DatagramKind::Rtcp),
        (&[129, 206], DatagramKind::Rtcp),
        (&[64, 0], DatagramKind::Unknown),
        (&[255, 0], DatagramKind::Unknown),
        (&[22], DatagramKind::Unknown),
        (&[], DatagramKind::Unknown),
        (&[128; 2001], DatagramKind::Unknown),
    ] {
        assert_eq!(classify(datagram), kind, "{:?}", &datagram[..datagram.len().min(4)]);
    }
}

#[test]
fn credentials_use_ice_letters() {
    let mut random = [0; 40];
    for (n, byte) in random.iter_mut().enumerate() {
        *byte = (n * 7) as u8;
    }
    let made = Credentials::from_random(&random);
    assert_eq!((made.ufrag.len(), made.pwd.len()), (16, 24));
    assert!(made.pwd.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"+/".contains(&letter)));
    assert_eq!(format!("{made:?}"), format!("Credentials({})", made.ufrag), "passwords are not printed");
}

proptest! {
    #[test]
    fn arbitrary_datagrams_get_no_reply(mut bytes in proptest::collection::vec(any::<u8>(), 0..120), header in any::<bool>()) {
        let (mut agent, now) = agent();
        if header && bytes.len() >= 20 {
            bytes[..2].copy_from_slice(&[0, 1]);
            let len = (bytes.len() - 20) as u16;
            bytes[2..4].copy_from_slice(&len.to_be_bytes());
            bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        }
        let _ = username_local_ufrag(&bytes);
        let _ = classify(&bytes);
        let mut out = Vec::new();
        prop_assert!(matches!(agent.handle(&bytes, address(1), now, &mut out), IceOutcome::Drop(_)));
        prop_assert!(out.is_empty());
    }

    #[test]
    fn mutated_checks_get_no_reply(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let (mut agent, now) = agent();
        let mut bytes = Check::new(&local()).nominating().bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let mut out = Vec::new();
        prop_assert!(matches!(agent.handle(&bytes, address(1), now, &mut out), IceOutcome::Drop(_)));
    }
}
