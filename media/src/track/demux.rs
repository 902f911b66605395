//! Which track, layer and role an SSRC of a publisher has: declared in the offer, or said by the packet's extensions.

use std::collections::HashMap;

use crate::rtp::{DropReason, LayerIndex, MAX_LAYERS, Packet, Tag};

/// Most SSRCs one publisher may bind: 16 sections of three layers with repair stay below.
const MAX_BOUND: usize = 96;

/// One media section of a publisher.
#[derive(Debug, Clone, Default)]
pub struct DemuxEntry {
    /// The section's mid.
    pub mid: Option<Tag>,
    /// Payload type of the media.
    pub pt: u8,
    /// Payload type of repair packets (RFC 4588).
    pub rtx_pt: Option<u8>,
    /// Payload type of the media with redundancy (RFC 2198).
    pub red_pt: Option<u8>,
    /// Simulcast layers, smallest picture first; empty without simulcast by rid.
    pub rids: Vec<Tag>,
    /// Declared (media, repair) SSRCs, smallest picture first; may be empty.
    pub ssrcs: Vec<(u32, Option<u32>)>,
}

impl DemuxEntry {
    /// Whether packets of this payload type are the media itself.
    fn carries(&self, pt: u8) -> bool {
        self.pt == pt || self.red_pt == Some(pt)
    }
}

/// Where a packet belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Index of the media section among the entries.
    pub track: usize,
    /// The layer.
    pub layer: LayerIndex,
    /// It repairs: the original is inside (RFC 4588).
    pub repair: bool,
}

/// The bindings of one publisher.
#[derive(Debug, Clone)]
pub struct Demux {
    entries: Vec<DemuxEntry>,
    bound: HashMap<u32, Route>,
}

impl Demux {
    /// Binds what the offer declared.
    pub fn new(entries: Vec<DemuxEntry>) -> Self {
        let mut bound = HashMap::new();
        for (track, entry) in entries.iter().enumerate() {
            // With rids the packets say which layer they are, unless every layer's SSRC is declared in their order: OBS
            // declares one of several, that of its largest; webrtc-rs declares all and puts no rid into its packets.
            let is_complete = entry.rids.is_empty() || entry.ssrcs.len() == entry.rids.len();
            let declared = if is_complete { entry.ssrcs.as_slice() } else { &[] };
            for (layer, (media, repair)) in declared.iter().take(MAX_LAYERS).enumerate() {
                let layer = layer as LayerIndex;
                bound.entry(*media).or_insert(Route { track, layer, repair: false });
                if let Some(repair) = repair {
                    bound.entry(*repair).or_insert(Route { track, layer, repair: true });
                }
            }
        }
        Self { entries, bound }
    }

    /// Finds the place of an authenticated packet and remembers its SSRC.
    ///
    /// # Errors
    /// [`DropReason::Ssrc`] when nothing says where the packet belongs or it claims another section's SSRC,
    /// [`DropReason::PayloadType`] for an undeclared payload type, [`DropReason::SsrcLimit`] when too many are bound.
    pub fn route(&mut self, packet: &Packet) -> Result<Route, DropReason> {
        if let Some(route) = self.bound.get(&packet.ssrc) {
            let entry = &self.entries[route.track];
            if let (Some(said), Some(mid)) = (packet.extensions.mid, entry.mid)
                && said != mid
            {
                return Err(DropReason::Ssrc);
            }
            let expected = if route.repair { entry.rtx_pt == Some(packet.pt) } else { entry.carries(packet.pt) };
            return if expected { Ok(*route) } else { Err(DropReason::PayloadType) };
        }
        let route = self.bind(packet)?;
        if self.bound.len() >= MAX_BOUND {
            return Err(DropReason::SsrcLimit);
        }
        self.bound.insert(packet.ssrc, route);
        Ok(route)
    }

    /// The media SSRC's place, for RTCP about it.
    pub fn find(&self, ssrc: u32) -> Option<Route> {
        self.bound.get(&ssrc).copied()
    }

    fn bind(&self, packet: &Packet) -> Result<Route, DropReason> {
        let matches = |entry: &DemuxEntry| entry.carries(packet.pt) || entry.rtx_pt == Some(packet.pt);
        let track = match packet.extensions.mid {
            Some(mid) => self.entries.iter().position(|e| e.mid == Some(mid)).ok_or(DropReason::Ssrc)?,
            None => {
                let mut fitting = self.entries.iter().enumerate().filter(|(_, e)| matches(e));
                let (track, _) = fitting.next().ok_or(DropReason::PayloadType)?;
                if fitting.next().is_some() {
                    return Err(DropReason::Ssrc);
                }
                track
            }
        };
        let entry = &self.entries[track];
        if !matches(entry) {
            return Err(DropReason::PayloadType);
        }
        let repair = !entry.carries(packet.pt);
        if entry.rids.is_empty() {
            // Several declared layers cannot be told apart by anything else.
            return if entry.ssrcs.len() > 1 { Err(DropReason::Ssrc) } else { Ok(Route { track, layer: 0, repair }) };
        }
        let rid = if repair { packet.extensions.rrid.or(packet.extensions.rid) } else { packet.extensions.rid };
        let layer = rid.and_then(|rid| entry.rids.iter().position(|r| *r == rid)).ok_or(DropReason::Ssrc)?;
        if layer >= MAX_LAYERS {
            return Err(DropReason::Ssrc);
        }
        Ok(Route { track, layer: layer as LayerIndex, repair })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::source::tests::packet;

    fn tag(text: &str) -> Option<Tag> {
        Tag::new(text.as_bytes())
    }

    fn packet_of(ssrc: u32, pt: u8, mid: &str, rid: &str, rrid: &str) -> Packet {
        let mut packet = (*packet(1, 0, false, 10)).clone();
        (packet.ssrc, packet.pt) = (ssrc, pt);
        packet.extensions.mid = tag(mid);
        packet.extensions.rid = tag(rid);
        packet.extensions.rrid = tag(rrid);
        packet
    }

    fn demux() -> Demux {
        let rids = ["l", "m", "h"].map(|r| tag(r).unwrap()).to_vec();
        let voice = DemuxEntry { mid: tag("0"), pt: 111, red_pt: Some(63), ..DemuxEntry::default() };
        let camera = DemuxEntry { mid: tag("1"), pt: 102, rtx_pt: Some(103), red_pt: None, rids, ssrcs: vec![] };
        let ssrcs = vec![(900, Some(901))];
        let screen = DemuxEntry { mid: tag("2"), pt: 102, rtx_pt: Some(103), red_pt: None, rids: vec![], ssrcs };
        Demux::new(vec![voice, camera, screen])
    }

    #[test]
    fn packets_find_their_track_layer_and_role() {
        let mut demux = demux();
        let route = |track, layer, repair| Ok(Route { track, layer, repair });
        let cases = [
            (packet_of(1, 111, "", "", ""), route(0, 0, false)),
            (packet_of(2, 102, "1", "h", ""), route(1, 2, false)),
            (packet_of(2, 102, "", "", ""), route(1, 2, false)),
            (packet_of(3, 103, "1", "", "m"), route(1, 1, true)),
            (packet_of(3, 103, "", "", ""), route(1, 1, true)),
            (packet_of(900, 102, "", "", ""), route(2, 0, false)),
            (packet_of(901, 103, "2", "", ""), route(2, 0, true)),
            (packet_of(900, 102, "1", "l", ""), Err(DropReason::Ssrc)),
            (packet_of(5, 63, "0", "", ""), route(0, 0, false)),
            (packet_of(5, 111, "", "", ""), route(0, 0, false)),
            (packet_of(900, 63, "", "", ""), Err(DropReason::PayloadType)),
            (packet_of(900, 111, "", "", ""), Err(DropReason::PayloadType)),
            (packet_of(4, 102, "", "", ""), Err(DropReason::Ssrc)),
            (packet_of(4, 102, "1", "x", ""), Err(DropReason::Ssrc)),
            (packet_of(4, 102, "9", "h", ""), Err(DropReason::Ssrc)),
            (packet_of(4, 50, "1", "h", ""), Err(DropReason::PayloadType)),
            (packet_of(4, 50, "", "", ""), Err(DropReason::PayloadType)),
        ];
        for (packet, expected) in cases {
            assert_eq!(demux.route(&packet), expected, "ssrc {} pt {}", packet.ssrc, packet.pt);
        }
        assert_eq!(demux.find(2), Some(Route { track: 1, layer: 2, repair: false }));
        assert_eq!(demux.find(4), None);
    }

    #[test]
    fn bindings_are_bounded() {
        let mut demux = demux();
        let last = (1_000..2_000).map(|ssrc| demux.route(&packet_of(ssrc, 111, "0", "", ""))).last();
        assert_eq!(last, Some(Err(DropReason::SsrcLimit)));
        assert_eq!(demux.bound.len(), MAX_BOUND);
    }
}
