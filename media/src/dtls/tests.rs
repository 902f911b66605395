//! Handshakes over a lossy link in virtual time, and hostile ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType};
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile::{
    self as Offered, Srtp_Aead_Aes_128_Gcm as GCM_128, Srtp_Aead_Aes_256_Gcm as GCM_256,
    Srtp_Aes128_Cm_Hmac_Sha1_80 as CM_80,
};
use rtc_shared::TransportProtocol;

use super::flight::LastFlight;
use super::*;
use crate::srtp::{Profile, SrtpKeys};

const SERVER: std::net::SocketAddr = std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2);

fn start() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a starting point for virtual time")]
    Instant::now()
}

/// The crate's own client, with the same remedy for lost flights as the server's.
struct Client {
    endpoint: Endpoint,
    flight: LastFlight,
    is_complete: bool,
    is_closed: bool,
}

impl Client {
    fn new(certificate: &Certificate, profiles: &[Offered], ems: ExtendedMasterSecretType, now: Instant) -> Client {
        let config = ConfigBuilder::default()
            .with_crypto_provider(Arc::new(AwsLcRsProvider::default()))
            .with_certificates(vec![certificate.inner.clone()])
            .with_cipher_suites(vec![CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256])
            .with_srtp_protection_profiles(profiles.to_vec())
            .with_extended_master_secret(ems)
            .with_insecure_skip_verify(true)
            .build(true, None)
            .unwrap();
        let mut endpoint = Endpoint::new(SERVER, TransportProtocol::UDP, None);
        endpoint.connect(now, SERVER, Arc::new(config), None).unwrap();
        Client { endpoint, flight: LastFlight::default(), is_complete: false, is_closed: false }
    }

    fn read(&mut self, datagram: &[u8], now: Instant) {
        let events = self.endpoint.read(now, SERVER, None, BytesMut::from(datagram)).unwrap_or_default();
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => self.is_complete = true,
                EndpointEvent::PeerClosed => self.is_closed = true,
                _ => {}
            }
        }
    }

    fn output(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let _ = self.endpoint.handle_timeout(SERVER, now);
        let mut out = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            out.push(transmit.message.to_vec());
        }
        if !out.is_empty() {
            self.flight.replace(out.clone(), now);
        }
        if !self.is_complete {
            out.extend(self.flight.take_due(now, true).iter().cloned());
        }
        out
    }

    fn keys(&self, profile: Profile) -> SrtpKeys {
        let state = self.endpoint.get_connection_state(SERVER).unwrap();
        let material = state.export_keying_material("EXTRACTOR-dtls_srtp", &[], profile.exported_len()).unwrap();
        SrtpKeys::from_exported(profile, material.as_ref(), true).unwrap()
    }
}

/// A client and a server with a lossy link of 20 ms between them.
struct Pair {
    client: Client,
    server: DtlsServer,
    now: Instant,
    rng: StdRng,
    loss: f64,
    wire: Vec<(Instant, bool, Vec<u8>)>,
    keys: Option<SrtpKeys>,
    events: Vec<DtlsEvent>,
}

impl Pair {
    fn new(profiles: &[Offered], loss: f64, seed: u64) -> Pair {
        let now = start();
        let server = Arc::new(Certificate::generate().unwrap());
        let client = Certificate::generate().unwrap();
        Pair {
            client: Client::new(&client, profiles, ExtendedMasterSecretType::Require, now),
            server: DtlsServer::new(&server, client.fingerprint(), now),
            now,
            rng: StdRng::seed_from_u64(seed),
            loss,
            wire: Vec::new(),
            keys: None,
            events: Vec::new(),
        }
    }

    fn send(&mut self, to_server: bool, datagrams: Vec<Vec<u8>>) {
        for datagram in datagrams {
            if self.rng.random::<f64>() >= self.loss {
                self.wire.push((self.now + Duration::from_millis(20), to_server, datagram));
            }
        }
    }

    /// One millisecond.
    fn step(&mut self) -> Result<(), DtlsError> {
        let out = self.client.output(self.now);
        self.send(true, out);
        if self.server.poll_timeout().is_some_and(|due| due <= self.now) {
            self.server.handle_timeout(self.now)?;
        }
        let out = std::iter::from_fn(|| self.server.poll_transmit()).collect();
        self.send(false, out);
        let (due, rest) = std::mem::take(&mut self.wire).into_iter().partition(|(at, ..)| *at <= self.now);
        self.wire = rest;
        let due: Vec<_> = due;
        for (_, to_server, datagram) in due {
            if to_server { self.server.handle(&datagram, self.now)? } else { self.client.read(&datagram, self.now) }
        }
        while let Some(event) = self.server.poll_event() {
            if let DtlsEvent::Connected(keys) = &event {
                self.keys = Some(keys.clone());
            }
            self.events.push(event);
        }
        self.now += Duration::from_millis(1);
        Ok(())
    }

    /// Milliseconds until both ends are complete.
    fn run(&mut self) -> Result<u64, DtlsError> {
        let started = self.now;
        while !(self.client.is_complete && self.server.is_connected()) {
            self.step()?;
            assert!(self.now - started < Duration::from_secs(30), "the handshake hangs");
        }
        Ok((self.now - started).as_millis() as u64)
    }
}

#[test]
fn a_clean_handshake_gives_both_ends_the_same_gcm_keys() {
    for profiles in [&[GCM_128][..], &[CM_80, GCM_128], &[CM_80, GCM_256, GCM_128]] {
        let mut pair = Pair::new(profiles, 0.0, 1);
        let ms = pair.run().unwrap();
        assert!(ms < 150, "{ms} ms");
        let keys = pair.keys.unwrap();
        assert_eq!(keys.profile, Profile::AeadAes128Gcm);
        let theirs = pair.client.keys(keys.profile);
        assert_eq!((&keys.local, &keys.remote), (&theirs.remote, &theirs.local));
    }
}

#[test]
fn a_client_without_gcm_falls_back_to_aes_cm() {
    for loss in [0.0, 0.2] {
        let mut pair = Pair::new(&[CM_80], loss, 7);
        pair.run().unwrap();
        let keys = pair.keys.unwrap();
        assert_eq!(keys.profile, Profile::AesCm128HmacSha1_80);
        assert_eq!(keys.local, pair.client.keys(keys.profile).remote);
    }
}

#[test]
fn handshakes_complete_over_a_lossy_link() {
    for (loss, bound) in [(0.05, 3_000), (0.1, 4_000), (0.3, 10_000)] {
        let mut times: Vec<u64> =
            (0..100).map(|seed| Pair::new(&[CM_80, GCM_128], loss, seed).run().unwrap()).collect();
        times.sort_unstable();
        assert!(times[98] < bound, "loss {loss}: median {} ms, 99th {} ms", times[50], times[98]);
    }
}

#[test]
fn a_wrong_certificate_ends_the_session() {
    let mut pair = Pair::new(&[GCM_128], 0.0, 1);
    let other = Certificate::generate().unwrap();
    pair.server = DtlsServer::new(&Arc::new(Certificate::generate().unwrap()), other.fingerprint(), pair.now);
    assert_eq!(pair.run(), Err(DtlsError::FingerprintMismatch));
    assert!(pair.keys.is_none() && pair.server.poll_timeout().is_none());
}

#[test]
fn missing_profiles_and_missing_extended_master_secret_end_the_session() {
    assert_eq!(Pair::new(&[GCM_256], 0.0, 1).run(), Err(DtlsError::NoSrtpProfile));
    assert_eq!(Pair::new(&[], 0.0, 1).run(), Err(DtlsError::NoSrtpProfile));
    let mut pair = Pair::new(&[GCM_128], 0.0, 1);
    let certificate = Certificate::generate().unwrap();
    pair.client = Client::new(&certificate, &[GCM_128], ExtendedMasterSecretType::Disable, pair.now);
    assert_eq!(pair.run(), Err(DtlsError::NoExtendedMasterSecret));
}

/// A handshake record in clear with one fragment.
fn fragment(kind: u8, sequence: u16, length: u32, offset: u32, body: &[u8], record: u64) -> Vec<u8> {
    let mut out = vec![22, 0xfe, 0xfd, 0, 0];
    out.extend_from_slice(&record.to_be_bytes()[2..]);
    out.extend_from_slice(&((12 + body.len()) as u16).to_be_bytes());
    out.push(kind);
    out.extend_from_slice(&length.to_be_bytes()[1..]);
    out.extend_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(&offset.to_be_bytes()[1..]);
    out.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(body);
    out
}

#[test]
fn a_fragment_bomb_ends_only_its_own_handshake() {
    let now = start();
    let certificate = Arc::new(Certificate::generate().unwrap());
    let new = || DtlsServer::new(&certificate, certificate.fingerprint(), now);
    // One-byte fragments, last to first, so that reassembly would recurse over all of them.
    let mut server = new();
    let mut record = 0;
    let mut datagrams = (0..8000_u32).rev().collect::<Vec<_>>();
    let outcome = loop {
        let mut datagram = Vec::new();
        for offset in datagrams.split_off(datagrams.len().saturating_sub(40)) {
            datagram.extend(fragment(1, 0, 8000, 7999 - offset, &[0], record));
            record += 1;
        }
        if let Err(error) = server.handle(&datagram, now) {
            break error;
        }
    };
    assert_eq!(outcome, DtlsError::BudgetExhausted);
    assert!(record <= 40 * 5);

    let mut server = new();
    for record in 0..10_000 {
        server.handle(&fragment(1, 0, 8000, 0, &[], record), now).unwrap();
        assert_eq!(server.last_drop(), Some(DropReason::Unexpected));
    }
    for (length, offset) in [(100, 99), (0x00ff_ffff, 0), (9000, 0)] {
        server.handle(&fragment(1, 0, length, offset, &[0; 50], 1), now).unwrap();
        assert_eq!(server.last_drop(), Some(DropReason::Malformed));
    }
}

#[test]
fn garbage_and_forged_alerts_do_not_disturb_a_handshake() {
    let mut pair = Pair::new(&[GCM_128], 0.0, 3);
    let mut alert = vec![21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40];
    for n in 0..1000_u32 {
        let len = pair.rng.random_range(0..200);
        let mut garbage: Vec<u8> = (0..len).map(|_| pair.rng.random()).collect();
        if let Some(first) = garbage.first_mut() {
            *first = 20 + (n % 44) as u8;
        }
        pair.server.handle(&garbage, pair.now).unwrap();
        assert!(pair.server.last_drop().is_some());
        alert[10] = n as u8;
        pair.server.handle(&alert, pair.now).unwrap();
        assert_eq!(pair.server.last_drop(), Some(DropReason::Unexpected));
    }
    pair.run().unwrap();
}

#[test]
fn a_hello_after_the_handshake_is_dropped_and_repeats_are_bounded() {
    let mut pair = Pair::new(&[GCM_128], 0.0, 1);
    let hello = pair.client.output(pair.now).remove(0);
    pair.send(true, vec![hello.clone()]);
    pair.run().unwrap();
    while pair.server.poll_transmit().is_some() {}
    for _ in 0..100 {
        pair.server.handle(&hello, pair.now).unwrap();
        assert_eq!(pair.server.last_drop(), Some(DropReason::Unexpected));
    }
    // Certificate fragments in clear, as in a repeated last flight.
    let mut sent = 0;
    for n in 0..200 {
        pair.now += Duration::from_millis(40);
        pair.server.handle(&fragment(11, 2, 400, 0, &[0; 100], 1000 + n), pair.now).unwrap();
        sent += std::iter::from_fn(|| pair.server.poll_transmit()).count();
    }
    assert_eq!(pair.server.last_drop(), Some(DropReason::OverBudget));
    assert!(pair.server.is_connected() && (1..=32).contains(&sent), "{sent}");
    assert_eq!(pair.events.len(), 1);
}

#[test]
fn both_ends_can_close_and_nothing_revives_a_closed_session() {
    let mut pair = Pair::new(&[GCM_128], 0.0, 1);
    let hello = pair.client.output(pair.now).remove(0);
    pair.send(true, vec![hello.clone()]);
    pair.run().unwrap();
    pair.client.endpoint.close(pair.now).unwrap();
    for _ in 0..50 {
        pair.step().unwrap();
    }
    assert_eq!(pair.events.last(), Some(&DtlsEvent::Closed));
    pair.server.handle(&hello, pair.now).unwrap();
    assert_eq!(pair.server.last_drop(), Some(DropReason::Closed));
    assert!(pair.server.poll_transmit().is_none() && pair.server.poll_timeout().is_none());

    let mut pair = Pair::new(&[GCM_128], 0.0, 1);
    pair.run().unwrap();
    pair.server.close(pair.now);
    for _ in 0..50 {
        pair.step().unwrap();
    }
    assert!(pair.client.is_closed && !pair.server.is_connected());
}

#[test]
fn a_silent_peer_times_out() {
    let now = start();
    let certificate = Arc::new(Certificate::generate().unwrap());
    let mut server = DtlsServer::new(&certificate, certificate.fingerprint(), now);
    let due = server.poll_timeout().unwrap();
    assert_eq!(due, now + HANDSHAKE_TIMEOUT);
    assert_eq!(server.handle_timeout(due), Err(DtlsError::TimedOut));
    assert_eq!(server.poll_timeout(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn mutated_hellos_never_panic(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut pair = Pair::new(&[CM_80, GCM_128], 0.0, 1);
        for mut datagram in pair.client.output(pair.now) {
            for (at, byte) in &edits {
                let at = at.index(datagram.len());
                datagram[at] = *byte;
            }
            let _ = pair.server.handle(&datagram, pair.now);
        }
    }
}
