//! The forwarder's figures: workers, published tracks by layer, receivers' lines.

use airclass_media::{DELAY_BOUNDS_US, DropStats, EngineStats, LayerStats, PeerStats, UpTrackStats, WorkerStats};

use super::page::Page;

/// Bounds of the bands in which receivers are counted by what their line carries, bit/s.
const LINE_BANDS: [u32; 6] = [150_000, 300_000, 600_000, 1_200_000, 2_500_000, 5_000_000];

pub(super) fn write(page: &mut Page, stats: &EngineStats) {
    page.gauge("airclass_media_pending", "Media sessions answered but not heard of yet.", stats.pending);
    page.gauge("airclass_media_peers", "Media sessions.", stats.peers.len());
    let sum = |figure: fn(&WorkerStats) -> u64| stats.workers.iter().map(figure).sum::<u64>();
    page.counter("airclass_media_datagrams_in_total", "Datagrams read.", sum(|worker| worker.datagrams_in));
    page.counter("airclass_media_datagrams_out_total", "Datagrams written.", sum(|worker| worker.datagrams_out));
    page.counter("airclass_media_send_calls_total", "System calls that wrote them.", sum(|worker| worker.send_calls));
    page.counter("airclass_media_handed_over_total", "Strays given to their worker.", sum(|worker| worker.handed_over));
    page.counter(
        "airclass_media_keyframe_requests_total",
        "Keyframes asked of publishers.",
        sum(|worker| worker.keyframe_requests),
    );
    drops(page, &stats.workers);
    delay(page, &stats.workers);
    lines(page, &stats.peers);
    layers(page, &stats.peers);
}

fn drops(page: &mut Page, workers: &[WorkerStats]) {
    const NAME: &str = "airclass_media_dropped_total";
    page.head(NAME, "Dropped at the media port, by reason.", "counter");
    let mut drops = DropStats::default();
    for worker in workers {
        drops.add(&worker.drops);
    }
    for (reason, count) in drops.by_reason() {
        page.line(NAME, &[("reason", reason)], count);
    }
}

fn delay(page: &mut Page, workers: &[WorkerStats]) {
    const NAME: &str = "airclass_media_delay_seconds";
    const HELP: &str = "From reading the first packet of a batch to handing the last copy of the batch to the kernel.";
    page.head(NAME, HELP, "histogram");
    let bounds = DELAY_BOUNDS_US.map(|us| us as f64 / 1e6);
    for (number, worker) in workers.iter().enumerate() {
        let labels = [("worker", &*number.to_string())];
        page.histogram(NAME, &labels, &bounds, &worker.delay.counts, worker.delay.sum_us as f64 / 1e6);
    }
}

fn lines(page: &mut Page, peers: &[PeerStats]) {
    const NAME: &str = "airclass_media_receivers";
    page.head(NAME, "Receivers by what their line is estimated to carry at most, bit/s.", "gauge");
    let estimates: Vec<u32> = peers.iter().filter_map(|peer| Some(peer.estimate?.target_bps)).collect();
    let mut above = 0;
    for bound in LINE_BANDS.into_iter().map(Some).chain([None]) {
        let upper = bound.unwrap_or(u32::MAX);
        let count = estimates.iter().filter(|bps| **bps >= above && (**bps < upper || bound.is_none())).count();
        let text = bound.map_or("+Inf".to_owned(), |bound| bound.to_string());
        page.line(NAME, &[("below", &text)], count);
        above = upper;
    }
}

/// A figure of a layer.
type Figure = (&'static str, &'static str, &'static str, fn(&LayerStats) -> f64);

/// What is told of each layer. Everything counts from when the track was (re)started.
const LAYER_FIGURES: [Figure; 9] = [
    ("airclass_media_up_packets_total", "Packets taken in.", "counter", |layer| layer.counted.packets as f64),
    ("airclass_media_up_bytes_total", "Their payload bytes.", "counter", |layer| layer.counted.bytes as f64),
    ("airclass_media_up_lost_packets", "Packets that did not come by themselves.", "gauge", |layer| layer.lost as f64),
    ("airclass_media_up_repaired_packets_total", "Lost packets that came later.", "counter", |layer| {
        layer.counted.recovered as f64
    }),
    ("airclass_media_up_missing_packets_total", "Lost packets that were given up.", "counter", |layer| {
        layer.counted.given_up as f64
    }),
    ("airclass_media_up_keyframes_total", "Keyframes.", "counter", |layer| layer.counted.keyframes as f64),
    ("airclass_media_up_keyframe_requests_total", "Keyframes asked for.", "counter", |layer| {
        layer.counted.keyframe_requests as f64
    }),
    ("airclass_media_up_jitter_seconds", "Jitter of arrival (RFC 3550).", "gauge", |layer| layer.jitter_ms / 1e3),
    ("airclass_media_up_active", "Whether packets are coming.", "gauge", |layer| f64::from(u8::from(layer.active))),
];

fn layers(page: &mut Page, peers: &[PeerStats]) {
    let tracks: Vec<(&PeerStats, &UpTrackStats)> =
        peers.iter().flat_map(|peer| peer.up.iter().map(move |track| (peer, track))).collect();
    for (name, help, kind, figure) in LAYER_FIGURES {
        page.head(name, help, kind);
        for (peer, track) in &tracks {
            // The conductor's names of sessions: the lesson and what it sends.
            let (lesson, source) = peer.label.split_once(' ').unwrap_or((&peer.label, ""));
            for layer in &track.layers {
                let labels = [
                    ("lesson", lesson),
                    ("source", source),
                    ("peer", &peer.peer.0.to_string()),
                    ("kind", &track.kind.to_string()),
                    ("layer", &layer.layer.to_string()),
                ];
                page.line(name, &labels, figure(layer));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use airclass_media::estimate::EstimateStats;
    use airclass_media::{Codec, MediaKind, PeerId, UpStats, UpTrackId};

    use super::*;

    fn page(stats: &EngineStats) -> String {
        let mut page = Page::default();
        write(&mut page, stats);
        page.finish()
    }

    fn peer(label: &str) -> PeerStats {
        PeerStats {
            peer: PeerId(4),
            label: label.to_owned(),
            connected: true,
            address: None,
            worker: 0,
            packets_in: 0,
            bytes_in: 0,
            packets_out: 0,
            bytes_out: 0,
            rtt_ms: None,
            gated: 0,
            estimate: None,
            up: Vec::new(),
            down: Vec::new(),
        }
    }

    #[test]
    fn a_layer_has_its_lesson_and_source() {
        let counted = UpStats { packets: 7, recovered: 2, ..UpStats::default() };
        let layer = LayerStats { layer: 2, counted, jitter_ms: 1.5, active: true, ..LayerStats::default() };
        let track = UpTrackStats {
            track: UpTrackId { peer: PeerId(4), media: 1 },
            kind: MediaKind::Video,
            codec: Codec::H264,
            packets: 7,
            bytes: 0,
            layers: vec![layer],
            keyframe_requests: 0,
        };
        let peers = vec![PeerStats { up: vec![track], ..peer("01J classroom 02K") }];
        let text = page(&EngineStats { peers, ..EngineStats::default() });
        let labels = r#"{lesson="01J",source="classroom 02K",peer="4",kind="video",layer="2"}"#;
        for line in
            ["up_packets_total{} 7", "up_repaired_packets_total{} 2", "up_jitter_seconds{} 0.0015", "up_active{} 1"]
        {
            let line = format!("airclass_media_{}\n", line.replace("{}", labels));
            assert!(text.contains(&line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn receivers_fall_into_bands() {
        let receiver = |bps| PeerStats {
            estimate: Some(EstimateStats { target_bps: bps, ..EstimateStats::default() }),
            ..peer("01J down")
        };
        let peers = [100_000, 300_000, 599_999, 8_000_000, 5_000_000].map(receiver).to_vec();
        let text = page(&EngineStats { peers, ..EngineStats::default() });
        let bands = text.lines().filter(|line| line.starts_with("airclass_media_receivers{"));
        let counts: Vec<&str> = bands.filter_map(|line| line.rsplit(' ').next()).collect();
        assert_eq!(counts, ["1", "0", "2", "0", "0", "0", "2"]);
    }
}
