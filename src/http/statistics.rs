//! How the media of a lesson fares: what each source sends, layer by layer, and what reaches each receiver.
//!
//! Figures are taken when they are asked for. An assistant sees the sources and its own classroom's receivers.

use std::collections::HashMap;

use airclass_media::estimate::EstimateStats;
use airclass_media::{Codec, LayerStats, MediaKind, PeerId, PeerStats};
use airclass_signaling::id::LessonId;
use airclass_signaling::lesson::{Place, SourceKey};
use airclass_signaling::wire::Role;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

use super::caller::Caller;
use super::{ApiError, Shared, lessons};
use crate::accounts::AccountRole;
use crate::clock;
use crate::rights::{self, Action, LessonFacts};

/// The figures of one lesson.
#[derive(Debug, Default, Serialize)]
pub(super) struct Statistics {
    now_ms: i64,
    sources: Vec<SourceStatistics>,
    receivers: Vec<ReceiverStatistics>,
}

/// What a publisher sends.
#[derive(Debug, Serialize)]
struct SourceStatistics {
    /// `camera`, `screen`, `second` or `classroom`.
    from: &'static str,
    classroom: Option<String>,
    connected: bool,
    /// Packets dropped because the source may not be heard.
    gated: u64,
    tracks: Vec<TrackStatistics>,
}

#[derive(Debug, Serialize)]
struct TrackStatistics {
    kind: MediaKind,
    codec: Codec,
    layers: Vec<LayerStats>,
}

/// What a receiver gets.
#[derive(Debug, Serialize)]
struct ReceiverStatistics {
    role: Role,
    classroom: Option<String>,
    connected: bool,
    rtt_ms: Option<f64>,
    packets: u64,
    bytes: u64,
    estimate: Option<EstimateStats>,
    slots: Vec<SlotStatistics>,
}

#[derive(Debug, Serialize)]
struct SlotStatistics {
    kind: MediaKind,
    index: u8,
    packets: u64,
    resent: u64,
    /// Of the last second, as the receiver reports it.
    lost_percent: f64,
    layer: Option<u8>,
}

/// `GET /api/lessons/{id}/statistics`.
pub(super) async fn show(
    State(state): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Statistics>, ApiError> {
    let row = lessons::allowed(&state, &caller, &id, &Action::SeeStatistics).await?;
    let mut statistics = Statistics { now_ms: clock::utc_ms(), ..Statistics::default() };
    let Some(conductor) = state.conductors.running(&LessonId::new(id.as_str())) else { return Ok(Json(statistics)) };
    let places = rights::places(&caller.actor, &LessonFacts::from(&row));
    let everything = caller.actor.is(AccountRole::Administrator) || places.contains(&Place::Master);
    let mut members = conductor.members().await?;
    members.receivers.retain(|(place, _)| {
        everything || place.classroom().is_some_and(|room| places.contains(&Place::Assistant(room.clone())))
    });
    let peers = members.sources.iter().map(|(_, peer)| *peer).chain(members.receivers.iter().map(|(_, peer)| *peer));
    let figures = state.engine.stats_of(peers.collect()).await;
    let figures: HashMap<PeerId, PeerStats> = figures.into_iter().map(|stats| (stats.peer, stats)).collect();
    for (source, peer) in members.sources {
        statistics.sources.extend(figures.get(&peer).map(|stats| source_of(&source, stats)));
    }
    for (place, peer) in members.receivers {
        statistics.receivers.extend(figures.get(&peer).map(|stats| receiver_of(&place, stats)));
    }
    Ok(Json(statistics))
}

fn source_of(source: &SourceKey, stats: &PeerStats) -> SourceStatistics {
    let (from, classroom) = match source {
        SourceKey::Camera => ("camera", None),
        SourceKey::Screen => ("screen", None),
        SourceKey::Second => ("second", None),
        SourceKey::Classroom(id) => ("classroom", Some(id.as_str().to_owned())),
    };
    let tracks = stats.up.iter();
    SourceStatistics {
        from,
        classroom,
        connected: stats.connected,
        gated: stats.gated,
        tracks: tracks
            .map(|track| TrackStatistics { kind: track.kind, codec: track.codec, layers: track.layers.clone() })
            .collect(),
    }
}

fn receiver_of(place: &Place, stats: &PeerStats) -> ReceiverStatistics {
    let slots = stats.down.iter().map(|down| SlotStatistics {
        kind: down.slot.kind,
        index: down.slot.index,
        packets: down.packets,
        resent: down.resent,
        lost_percent: (f64::from(down.fraction_lost) * 1_000.0 / 256.0).round() / 10.0,
        layer: down.layer,
    });
    ReceiverStatistics {
        role: place.role(),
        classroom: place.classroom().map(|room| room.as_str().to_owned()),
        connected: stats.connected,
        rtt_ms: stats.rtt_ms,
        packets: stats.packets_out,
        bytes: stats.bytes_out,
        estimate: stats.estimate,
        slots: slots.collect(),
    }
}
