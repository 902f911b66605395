//! Who gets what when several things are to be sent at once, and receivers come and go meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use super::*;
use crate::codec::Codec;
use crate::engine::CloseReason;
use crate::peer::RoleSpec;
use crate::sdp::{ExtensionIds, PublishedMedia, SlotCodec, SlotMedia};
use crate::slot::{PeerId, Slot, UpTrackId};
use crate::srtp::{MasterKey, Profile, SrtpKeys};
use crate::worker::stage;

const PICTURE: (u8, u32, usize) = (102, 1, 1_000);
const SOUND: (u8, u32, usize) = (111, 2, 100);

struct Room {
    core: Core,
    arena: Arena,
    publisher: u32,
    seq: [u16; 2],
    now: Instant,
    /// Datagrams of each size class (sound, picture) per address.
    got: HashMap<SocketAddr, [usize; 2]>,
}

fn address(n: u64) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 1], 1_000 + n as u16))
}

fn codec(kind: MediaKind) -> SlotCodec {
    let (codec, pt, clock_rate) = match kind {
        MediaKind::Video => (Codec::H264, PICTURE.0, 90_000),
        MediaKind::Audio => (Codec::Opus, SOUND.0, 48_000),
    };
    SlotCodec {
        codec,
        pt,
        rtx_pt: None,
        red_pt: None,
        clock_rate,
        nack: false,
        pli: true,
        fir: false,
        twcc: false,
        remb: false,
    }
}

fn published(kind: MediaKind) -> PublishedMedia {
    let ssrc = if kind == MediaKind::Video { PICTURE.1 } else { SOUND.1 };
    let codec = codec(kind);
    PublishedMedia {
        kind,
        codec: codec.codec,
        pt: codec.pt,
        clock_rate: codec.clock_rate,
        ssrcs: vec![ssrc],
        ..stage::published()
    }
}

fn keys() -> SrtpKeys {
    let key = MasterKey { key: [7; 16], salt: [9; 14] };
    SrtpKeys { profile: Profile::AeadAes128Gcm, local: key.clone(), remote: key }
}

impl Room {
    fn new(receivers: u64) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
        let now = Instant::now();
        let mut core = stage::core(Duration::from_secs(3600), now).unwrap();
        let media = vec![published(MediaKind::Video), published(MediaKind::Audio)];
        let role =
            RoleSpec::Publish { media, gate: crate::Gate::Open, content: crate::Content::Camera, taps: Vec::new() };
        let publisher = core.adopt(stage::spec(0, role, now), address(0), now);
        core.connected(publisher, &keys(), now);
        let arena = Arena::new(crate::shell::ARENA_BYTES);
        let mut room = Self { core, arena, publisher, seq: [0; 2], now, got: HashMap::new() };
        for n in 1..=receivers {
            room.join(n);
        }
        room
    }

    fn join(&mut self, n: u64) -> u32 {
        let slot = |kind| Slot { kind, index: 0 };
        let kinds = [MediaKind::Video, MediaKind::Audio];
        let media = kinds.map(|kind| SlotMedia {
            slot: slot(kind),
            mid: "0".into(),
            codecs: vec![codec(kind)],
            ssrc: n as u32 * 2 + u32::from(kind == MediaKind::Audio),
            rtx_ssrc: None,
            extensions: ExtensionIds::default(),
        });
        let shown = |media| Some(UpTrackId { peer: PeerId(0), media });
        let slots = BTreeMap::from([(slot(MediaKind::Video), shown(0)), (slot(MediaKind::Audio), shown(1))]);
        let role = RoleSpec::Receive { media: media.into(), slots };
        let index = self.core.adopt(stage::spec(n, role, self.now), address(n), self.now);
        self.core.connected(index, &keys(), self.now);
        self.core.timers.take_starting(index);
        self.core.fill_slots(index, self.now);
        index
    }

    fn publish(&mut self, (pt, ssrc, size): (u8, u32, usize), timestamp: u32, marker: bool, keyframe: bool) {
        let seq = &mut self.seq[usize::from(ssrc == SOUND.1)];
        let mut plain = vec![0x80, pt | u8::from(marker) << 7];
        plain.extend_from_slice(&seq.to_be_bytes());
        plain.extend_from_slice(&timestamp.to_be_bytes());
        plain.extend_from_slice(&ssrc.to_be_bytes());
        plain.push(if keyframe { 0x67 } else { 0x41 });
        plain.resize(12 + size, 1);
        *seq += 1;
        self.core.publish(self.publisher, &plain, self.now);
    }

    fn frame(&mut self, timestamp: u32, packets: usize, keyframe: bool) {
        for n in 0..packets {
            self.publish(PICTURE, timestamp, n + 1 == packets, keyframe && n == 0);
        }
        self.core.settle(self.now);
    }

    fn sound(&mut self, timestamp: u32) {
        self.publish(SOUND, timestamp, false, false);
        self.core.settle(self.now);
    }

    /// One round; gives how many datagrams of sound and of pictures it held.
    fn round(&mut self) -> Option<[usize; 2]> {
        let mut round = [0; 2];
        if !self.core.poll_round(&mut self.arena, self.now) {
            return None;
        }
        for run in self.arena.runs() {
            let class = usize::from(run.segment > 500);
            let count = run.len.div_ceil(run.segment);
            self.got.entry(run.to).or_default()[class] += count;
            round[class] += count;
        }
        self.arena.clear();
        Some(round)
    }

    fn drain(&mut self) {
        while self.round().is_some() {}
        assert!(!self.core.is_sending());
    }
}

#[test]
fn sound_overtakes_a_picture() {
    let mut room = Room::new(100);
    room.frame(3_000, 10, true);
    room.drain();
    room.got.clear();
    room.frame(6_000, 10, false);
    let first = room.round().unwrap();
    assert!(first[0] == 0 && first[1] < 1_000, "a part of the picture: {first:?}");
    room.sound(960);
    let mut sound = 0;
    while sound < 100 {
        let round = room.round().unwrap();
        assert_eq!(round[1], 0, "nothing but sound until all have it");
        sound += round[0];
    }
    // A frame that comes meanwhile waits for its own turn.
    room.frame(9_000, 10, false);
    room.drain();
    assert_eq!(room.got.len(), 100);
    assert!(room.got.values().all(|got| *got == [1, 20]), "{:?}", room.got.values().find(|got| **got != [1, 20]));
}

#[test]
fn those_who_come_and_go_cost_the_others_nothing() {
    let mut room = Room::new(60);
    room.frame(3_000, 10, true);
    room.drain();
    room.got.clear();
    room.frame(6_000, 10, false);
    room.round();
    room.round();
    let served: Vec<SocketAddr> = room.got.keys().copied().collect();
    assert!((2..40).contains(&served.len()));
    for n in [1, 2, 59] {
        let index = room.core.addresses.by_id[&PeerId(n)];
        room.core.close_peer(index, CloseReason::Requested, room.now);
    }
    room.join(100);
    room.drain();
    for n in (3..=58).chain([60]) {
        assert_eq!(room.got.get(&address(n)), Some(&[0, 10]), "receiver {n}");
    }
    assert_eq!(room.got[&address(100)], [0, 20], "from the keyframe on, nothing twice");
}

#[test]
fn a_frame_larger_than_the_arena_reaches_everybody_whole() {
    let mut room = Room::new(10);
    room.frame(3_000, 4, true);
    room.drain();
    room.got.clear();
    room.frame(6_000, 700, false);
    room.sound(960);
    room.drain();
    assert_eq!(room.got.len(), 10);
    assert!(room.got.values().all(|got| *got == [1, 700]), "{:?}", room.got);
}

#[test]
fn a_worker_that_cannot_keep_up_skips_to_a_keyframe_and_keeps_the_sound() {
    let mut room = Room::new(10);
    room.frame(3_000, 4, true);
    room.drain();
    for n in 0..8 {
        // The worker comes round to each frame half a second after it came.
        room.frame(6_000 + n * 3_000, 4, false);
        room.sound(960 * n);
        room.now += Duration::from_millis(500);
        room.got.clear();
        room.drain();
        let pictures = if n < u32::from(LATE_BATCHES) - 1 { 4 } else { 0 };
        assert!(room.got.values().all(|got| *got == [1, pictures]), "{n}: {:?}", room.got);
        assert_eq!(room.got.len(), 10);
    }
    assert_eq!(room.core.stats.drops.backlog_full, 20, "each receiver in each of two rows of four");
    room.frame(90_000, 4, true);
    room.got.clear();
    room.drain();
    assert!(room.got.values().all(|got| *got == [0, 4]), "a keyframe brings everybody back");
    room.frame(93_000, 4, false);
    room.now += Duration::from_millis(1_200);
    room.got.clear();
    room.drain();
    assert!(room.got.is_empty(), "one that is a second late is not sent at all");
}
