//! Cores without sockets, on a virtual clock: adoption, strays between workers, consent, pending peers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rtc_crypto::providers::AwsLcRsCrypto;
use rtc_stun::attributes::{ATTR_ICE_CONTROLLING, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter};

use super::*;
use crate::directory::Session;
use crate::exchange::{Wake, connect};
use crate::feedback::Ntp;
use crate::ice::{Credentials, IceLite};
use crate::peer::{PeerSpec, RoleSpec};
use crate::slot::PeerId;

mod arrivals;
mod layers;
mod voices;

const PWD: &str = "local-password-of-24-chr";

struct House {
    cores: Vec<Core>,
    directory: Arc<Mutex<Directory>>,
    start: Instant,
}

fn house(workers: usize) -> House {
    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    let start = Instant::now();
    let directory = Arc::new(Mutex::new(Directory::default()));
    let certificate = Arc::new(Certificate::generate().unwrap());
    let wakes: Vec<Wake> = (0..workers).map(|_| Arc::new(|| {}) as Wake).collect();
    let cores = connect(&wakes)
        .into_iter()
        .map(|port| {
            let config = CoreConfig {
                limits: Limits::default(),
                keyframe_interval: Duration::from_secs(6),
                clock: ClockBase { instant: start, ntp: Ntp::from_unix(Duration::from_secs(1_700_000_000)) },
                certificate: certificate.clone(),
                directory: directory.clone(),
            };
            Core::new(config, port, start)
        })
        .collect();
    House { cores, directory, start }
}

impl House {
    /// A receiver that waits for its first check.
    fn pending(&self, id: u64) -> Credentials {
        let local = Credentials { ufrag: format!("airclassairclas{id}"), pwd: PWD.into() };
        let remote = Credentials { ufrag: "remo".into(), pwd: "remoteremoteremoteremote".into() };
        let spec = Box::new(PeerSpec {
            id: PeerId(id),
            label: String::new(),
            ice: IceLite::new(local.clone(), &remote, self.start),
            fingerprint: crate::sdp::Fingerprint { bytes: [0; 32] },
            role: RoleSpec::Receive { media: Vec::new(), slots: BTreeMap::new() },
            since: self.start,
        });
        let session = Session { etag: "1".into(), mid: "0".into(), remote };
        self.directory.lock().unwrap().insert(spec, local.ufrag.clone(), session);
        local
    }

    /// Lets a worker read one datagram; gives what it sends in answer.
    fn read(&mut self, worker: usize, from: SocketAddr, datagram: &[u8], now: Instant) -> Vec<SocketAddr> {
        let mut bytes = vec![0; 2048];
        bytes[..datagram.len()].copy_from_slice(datagram);
        self.cores[worker].receive(&mut ReadBatch::new(&mut bytes, 2048, &[(from, datagram.len())]), now);
        self.cores[worker].flush_messages();
        self.sent(worker, now)
    }

    fn sent(&mut self, worker: usize, now: Instant) -> Vec<SocketAddr> {
        let mut arena = Arena::new(1 << 16);
        let mut sent = Vec::new();
        while self.cores[worker].poll_round(&mut arena, now) {
            sent.extend(arena.runs().iter().map(|run| run.to));
            arena.clear();
        }
        sent
    }

    fn events(&mut self, worker: usize) -> Vec<MediaEvent> {
        self.cores[worker].events.drain(..).collect()
    }
}

fn check(local: &Credentials, pwd: &str) -> Vec<u8> {
    let mut message = Message::new();
    message.typ = BINDING_REQUEST;
    message.new_transaction_id().unwrap();
    message.write_header();
    message.add(ATTR_USERNAME, format!("{}:remo", local.ufrag).as_bytes());
    message.add(ATTR_ICE_CONTROLLING, &[1; 8]);
    message.add(ATTR_USE_CANDIDATE, &[]);
    MessageIntegrity::new_short_term_integrity_with_provider(pwd.into(), &AwsLcRsCrypto).add_to(&mut message).unwrap();
    FINGERPRINT.add_to(&mut message).unwrap();
    message.raw
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 9], port))
}

#[test]
fn only_an_authenticated_check_adopts_and_only_once() {
    let mut house = house(2);
    let local = house.pending(1);
    let start = house.start;
    assert!(house.read(0, address(1), &check(&local, "wrong-password-of-24-chr"), start).is_empty());
    assert_eq!(house.cores[0].peers.len(), 0);
    assert_eq!(house.read(1, address(1), &check(&local, PWD), start), [address(1)]);
    assert_eq!((house.cores[0].peers.len(), house.cores[1].peers.len()), (0, 1));
}

#[test]
fn strays_reach_the_owner_and_teach_the_other_worker_the_address() {
    let mut house = house(2);
    let local = house.pending(1);
    let start = house.start;
    house.read(1, address(1), &check(&local, PWD), start);
    // The peer's address changes, and the kernel leads the new one to the other worker.
    assert!(house.read(0, address(2), &check(&local, PWD), start).is_empty());
    house.cores[1].receive_messages(start);
    house.cores[1].flush_messages();
    assert_eq!(house.sent(1, start), [address(2)], "the owner answers from its own socket");
    assert_eq!(house.cores[1].peers.get(0).unwrap().transport.address(), address(2));
    house.cores[0].receive_messages(start);
    let media = [0x80, 102, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    house.read(0, address(2), &media, start);
    house.cores[1].receive_messages(start);
    assert_eq!(house.cores[1].stats.drops.before_keys, 1, "media was handed over");
    house.read(0, address(3), &media, start);
    assert_eq!(house.cores[0].stats.drops.unknown_source, 1, "from strangers nothing is");
}

#[test]
fn peers_whose_checks_stop_and_pending_ones_nobody_came_for_are_closed() {
    let mut house = house(1);
    house.cores[0].config.limits.connect_timeout = Duration::from_secs(3600);
    let local = house.pending(1);
    house.pending(2);
    let start = house.start;
    house.read(0, address(1), &check(&local, PWD), start + Duration::from_secs(1));
    // As if the handshake were done: its own deadline is shorter than consent.
    house.cores[0].timers.joining.clear();
    house.cores[0].handle_timeout(start + Duration::from_secs(25));
    assert_eq!(house.events(0), []);
    house.cores[0].handle_timeout(start + Duration::from_secs(32));
    let closed = |peer, reason| MediaEvent::PeerClosed { peer: PeerId(peer), reason };
    assert_eq!(house.events(0), [closed(1, CloseReason::ConsentExpired)]);
    house.cores[0].config.limits.connect_timeout = Duration::from_secs(30);
    house.cores[0].handle_timeout(start + Duration::from_secs(33));
    assert_eq!(house.events(0), [closed(2, CloseReason::NeverConnected)]);
    assert_eq!(house.directory.lock().unwrap().len(), 0);
}
