//! A worker with a publisher and keyed receivers, without handshakes and without a thread: for benchmarks and for the
//! test that counts allocations. Everything on the way of a packet is the real thing.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Arena, Core, CoreConfig};
use crate::codec::{Codec, MediaKind};
use crate::directory::Directory;
use crate::dtls::{Certificate, DtlsError};
use crate::engine::Limits;
use crate::estimate::Content;
use crate::exchange::{Wake, connect};
use crate::feedback::{ClockBase, Ntp};
use crate::ice::{Credentials, IceLite};
use crate::peer::{PeerSpec, RoleSpec};
use crate::sdp::{ExtensionIds, PublishedMedia, SlotCodec, SlotMedia};
use crate::shell::Sender;
use crate::slot::{PeerId, Slot, UpTrackId};
use crate::srtp::{MasterKey, Profile, Sealer, SrtpKeys};

const PT: u8 = 102;
const SLOT: Slot = Slot { kind: MediaKind::Video, index: 0 };

/// One worker core, its arena and its sending half.
pub struct Stage {
    core: Core,
    arena: Arena,
    sender: Sender,
    socket: UdpSocket,
    publisher: u32,
    receivers: Vec<SocketAddr>,
    sealer: Sealer,
    seq: u16,
    index: u64,
    plain: Vec<u8>,
}

impl Stage {
    /// A stage with one receiver per address, all keyed with `profile` and shown the one picture there is.
    ///
    /// # Errors
    /// [`std::io::Error`] when no socket can be opened, or the certificate could not be made.
    pub fn new(receivers: Vec<SocketAddr>, profile: Profile, now: Instant) -> std::io::Result<Self> {
        let mut core = core(Duration::from_secs(3600), now).map_err(std::io::Error::other)?;
        let keys = SrtpKeys {
            profile,
            local: MasterKey { key: [7; 16], salt: [9; 14] },
            remote: MasterKey { key: [8; 16], salt: [5; 14] },
        };
        let (sockets, local) = crate::shell::open_sockets("127.0.0.1:0".parse().expect("an address"), 1)?;
        let socket = sockets.into_iter().next().expect("one socket was asked for");
        let published = RoleSpec::Publish {
            media: vec![published()],
            gate: crate::Gate::Open,
            content: Content::Camera,
            taps: Vec::new(),
        };
        let publisher = core.adopt(spec(0, published, now), local, now);
        core.connected(publisher, &keys, now);
        let track = UpTrackId { peer: PeerId(0), media: 0 };
        for (n, address) in (1..).zip(&receivers) {
            let slots = BTreeMap::from([(SLOT, Some(track))]);
            let role = RoleSpec::Receive { media: vec![received(n as u32)], slots };
            let index = core.adopt(spec(n, role, now), *address, now);
            core.connected(index, &keys, now);
            core.timers.take_starting(index);
            core.fill_slots(index, now);
        }
        let sender = Sender::new(&socket, true)?;
        let sealer = Sealer::new(profile, &keys.local);
        let arena = Arena::new(crate::shell::ARENA_BYTES);
        let (seq, index, plain) = (0, 1 << 20, Vec::with_capacity(2048));
        Ok(Self { core, arena, sender, socket, publisher, receivers, sealer, seq, index, plain })
    }

    /// Publishes a frame of `sizes` payload bytes and forwards it to everybody; gives the datagrams sent.
    pub fn frame(&mut self, keyframe: bool, timestamp: u32, sizes: &[usize], now: Instant) -> u64 {
        for (n, size) in sizes.iter().enumerate() {
            self.plain.clear();
            let marker = u8::from(n + 1 == sizes.len()) << 7;
            self.plain.extend_from_slice(&[0x80, PT | marker]);
            self.plain.extend_from_slice(&self.seq.to_be_bytes());
            self.plain.extend_from_slice(&timestamp.to_be_bytes());
            self.plain.extend_from_slice(&[0, 0, 0, 1]);
            let first = if keyframe && n == 0 { 0x67 } else { 0x41 };
            self.plain.push(first);
            self.plain.resize(12 + size, n as u8);
            self.seq = self.seq.wrapping_add(1);
            let plain = std::mem::take(&mut self.plain);
            self.core.publish(self.publisher, &plain, now);
            self.plain = plain;
        }
        self.core.settle(now);
        self.flush(now)
    }

    /// The least that forwarding the same frame can cost: copy, seal, and the same segmented sends.
    pub fn floor(&mut self, sizes: &[usize]) -> u64 {
        let tag = self.sealer.tag_len();
        self.plain.resize(2048, 0);
        let before = self.sender.sent.datagrams;
        for round in self.receivers.chunks(8) {
            for to in round {
                self.arena.begin_destination();
                for size in sizes {
                    let len = 20 + size + tag;
                    let Some(room) = self.arena.room(len) else { continue };
                    room[..20].copy_from_slice(&[0x90, PT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0, 0, 0, 0]);
                    room[2..4].copy_from_slice(&(self.index as u16).to_be_bytes());
                    let payload = &self.plain[12..12 + size];
                    room[20..20 + size].copy_from_slice(payload);
                    if self.sealer.seal_in_place(room, 20, self.index).is_ok() {
                        self.arena.commit(*to, len);
                    }
                    self.index += 1;
                }
            }
            self.sender.flush(&self.socket, &mut self.arena);
        }
        self.sender.sent.datagrams - before
    }

    /// The same without sending: what the core alone costs.
    pub fn frame_unsent(&mut self, keyframe: bool, timestamp: u32, sizes: &[usize], now: Instant) -> u64 {
        self.sender.muted = true;
        let datagrams = self.frame(keyframe, timestamp, sizes, now);
        self.sender.muted = false;
        datagrams
    }

    /// Datagrams that did not get out.
    pub fn dropped(&self) -> u64 {
        self.sender.sent.full + self.sender.sent.failed
    }

    fn flush(&mut self, now: Instant) -> u64 {
        let before = self.sender.sent.datagrams;
        while self.core.poll_round(&mut self.arena, now) {
            self.sender.flush(&self.socket, &mut self.arena);
        }
        self.sender.sent.datagrams - before
    }
}

/// The only worker there is, which lets anything in and asks for keyframes at this interval.
pub(super) fn core(keyframe_interval: Duration, now: Instant) -> Result<Core, DtlsError> {
    let wakes: Vec<Wake> = vec![Arc::new(|| {})];
    let port = connect(&wakes).pop().expect("one port per wake");
    let config = CoreConfig {
        limits: Limits { ingress_bytes_per_second: u64::MAX, ..Limits::default() },
        keyframe_interval,
        clock: ClockBase { instant: now, ntp: Ntp::from_unix(Duration::from_secs(1_700_000_000)) },
        certificate: Arc::new(Certificate::generate()?),
        directory: Arc::new(Mutex::new(Directory::default())),
    };
    Ok(Core::new(config, port, now))
}

pub(super) fn spec(id: u64, role: RoleSpec, now: Instant) -> PeerSpec {
    let remote = Credentials { ufrag: "remote".into(), pwd: "remote-password-of-24-ch".into() };
    let local = Credentials { ufrag: format!("local{id}"), pwd: "local-password-of-24-chr".into() };
    PeerSpec {
        id: PeerId(id),
        label: String::new(),
        ice: IceLite::new(local, &remote, now),
        fingerprint: crate::sdp::Fingerprint { bytes: [0; 32] },
        role,
        since: now,
    }
}

pub(super) fn published() -> PublishedMedia {
    PublishedMedia {
        mid: "0".into(),
        kind: MediaKind::Video,
        codec: Codec::H264,
        pt: PT,
        rtx_pt: None,
        red_pt: None,
        fmtp: String::new(),
        clock_rate: 90_000,
        channels: 0,
        extensions: ExtensionIds::default(),
        rids: Vec::new(),
        ssrcs: vec![1],
        fid: Vec::new(),
        nack: true,
        pli: true,
        fir: false,
        twcc: false,
        remb: false,
    }
}

fn received(ssrc: u32) -> SlotMedia {
    let codec = SlotCodec {
        codec: Codec::H264,
        pt: PT,
        rtx_pt: Some(103),
        red_pt: None,
        clock_rate: 90_000,
        nack: true,
        pli: true,
        fir: false,
        twcc: true,
        remb: false,
    };
    SlotMedia {
        slot: SLOT,
        mid: "0".into(),
        codecs: vec![codec],
        ssrc: ssrc | 1 << 31,
        rtx_ssrc: Some(ssrc | 1 << 30),
        extensions: ExtensionIds { twcc: Some(3), mid: Some(4), ..ExtensionIds::default() },
    }
}
