//! `airclass watch`: receives a lesson's first picture and sound, tells what arrives, and can write it to a file.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use airclass_recordings::write::FileWriter;
use airclass_signaling::wire::SlotKind;

use super::access_unit::AccessUnit;
use super::door::Trust;
use super::feedback::SenderReport;
use super::whep::{Arrival, Slot, Viewer};
use super::{JoinOptions, ToolError};
use crate::clock;

/// How long the sender reports are waited for that put sound and picture on one clock; then arrival times must do.
const CLOCK_PATIENCE: Duration = Duration::from_secs(6);

/// What to watch.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// WHEP address.
    pub url: String,
    /// Bearer token.
    pub token: String,
    /// File to write (`.mp4` or `.mkv`).
    pub record: Option<PathBuf>,
    /// When to stop by itself.
    pub seconds: Option<u64>,
    /// Which server certificates are believed.
    pub trust: Trust,
}

/// What came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Complete pictures.
    pub pictures: u64,
    /// Pictures with missing packets.
    pub broken: u64,
    /// Packets of sound.
    pub sounds: u64,
    /// Packets that never came.
    pub lost: u64,
}

/// Watches until the time is over, the lesson ends, or `stop` resolves; then the file is closed properly.
///
/// # Errors
/// A refusal by the server, a connection that fails at once, a file that can't be written.
pub async fn watch(options: &WatchOptions, stop: impl Future<Output = ()>) -> Result<Watched, ToolError> {
    let mut join = JoinOptions::new(&options.url, &options.token);
    join.trust = options.trust;
    let mut viewer = Viewer::join(&join, 1, 1).await?;
    let mut recorder = match &options.record {
        Some(path) => Some(Recorder::new(FileWriter::create(path, true)?)),
        None => None,
    };
    let mut watched = Watched::default();
    let mut report = tokio::time::interval(Duration::from_secs(5));
    report.reset();
    let end = async {
        match options.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(stop, end);
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = &mut end => break,
            _ = report.tick() => tracing::info!(
                pictures = watched.pictures, broken = watched.broken, sounds = watched.sounds, "watching"
            ),
            arrival = viewer.next() => {
                let Some(arrival) = arrival else { break };
                match &arrival {
                    Arrival::Picture(_, picture) if picture.complete => watched.pictures += 1,
                    Arrival::Picture(..) => watched.broken += 1,
                    Arrival::Sound { .. } => watched.sounds += 1,
                }
                if let Some(recorder) = &mut recorder {
                    recorder.take(arrival, &viewer)?;
                }
            }
        }
    }
    for slot in [Slot::video(0), Slot::audio(0)] {
        watched.lost += viewer.counters(slot).lost.load(Ordering::Relaxed);
    }
    viewer.leave().await;
    if let Some(recorder) = recorder {
        recorder.finish()?;
    }
    Ok(watched)
}

/// Puts picture and sound on one clock and writes them.
struct Recorder {
    writer: FileWriter,
    held: Vec<Item>,
    begun: Option<Instant>,
    clocks: Option<[MediaClock; 2]>,
}

struct Item {
    kind: SlotKind,
    timestamp: u32,
    annex_b_or_packet: bytes::Bytes,
    keyframe: bool,
    arrived: Instant,
}

/// Microseconds of an RTP timestamp, counted on across the wrap.
struct MediaClock {
    rate: i64,
    origin_micros: i64,
    last: u32,
    ticks: i64,
}

impl MediaClock {
    fn micros(&mut self, timestamp: u32) -> i64 {
        self.ticks += i64::from(timestamp.wrapping_sub(self.last).cast_signed());
        self.last = timestamp;
        self.origin_micros + self.ticks * 1_000_000 / self.rate
    }
}

impl Recorder {
    fn new(writer: FileWriter) -> Self {
        Self { writer, held: Vec::new(), begun: None, clocks: None }
    }

    fn take(&mut self, arrival: Arrival, viewer: &Viewer) -> Result<(), ToolError> {
        let item = match arrival {
            Arrival::Picture(_, picture) if picture.complete => Item {
                kind: SlotKind::Video,
                timestamp: picture.unit.timestamp,
                keyframe: AccessUnit::is_keyframe(&picture.unit),
                annex_b_or_packet: picture.unit.to_annex_b(),
                arrived: picture.arrived,
            },
            Arrival::Picture(..) => return Ok(()),
            Arrival::Sound { timestamp, packet, arrived, .. } => {
                Item { kind: SlotKind::Audio, timestamp, annex_b_or_packet: packet, keyframe: true, arrived }
            }
        };
        let begun = *self.begun.get_or_insert(item.arrived);
        if self.clocks.is_some() {
            return self.write(&item);
        }
        self.held.push(item);
        let report = |slot: Slot| {
            let ssrc = viewer.counters(slot).ssrc.load(Ordering::Relaxed);
            viewer.feedback().sender_report(ssrc as u32)
        };
        let reports = (report(Slot::video(0)), report(Slot::audio(0)));
        if reports.0.is_some() && reports.1.is_some() || clock::instant() - begun > CLOCK_PATIENCE {
            self.settle(reports)?;
        }
        Ok(())
    }

    /// Fixes both clocks and writes what was held.
    fn settle(&mut self, reports: (Option<SenderReport>, Option<SenderReport>)) -> Result<(), ToolError> {
        let Some(begun) = self.begun else { return Ok(()) };
        let first = |kind| self.held.iter().find(|item| item.kind == kind).map(|item| (item.timestamp, item.arrived));
        let of = |report: Option<SenderReport>, kind, rate: i64, both: bool| match (report, both) {
            (Some(report), true) => {
                let micros = (i128::from(report.ntp) * 1_000_000) >> 32;
                MediaClock { rate, origin_micros: micros as i64, last: report.rtp, ticks: 0 }
            }
            _ => {
                let (timestamp, arrived) = first(kind).unwrap_or((0, begun));
                let micros = i64::try_from((arrived - begun).as_micros()).unwrap_or_default();
                MediaClock { rate, origin_micros: micros, last: timestamp, ticks: 0 }
            }
        };
        let both = reports.0.is_some() && reports.1.is_some();
        self.clocks =
            Some([of(reports.0, SlotKind::Video, 90_000, both), of(reports.1, SlotKind::Audio, 48_000, both)]);
        for item in std::mem::take(&mut self.held) {
            self.write(&item)?;
        }
        Ok(())
    }

    fn write(&mut self, item: &Item) -> Result<(), ToolError> {
        let Some([video, audio]) = &mut self.clocks else { return Ok(()) };
        match item.kind {
            SlotKind::Video => {
                let micros = video.micros(item.timestamp);
                self.writer.video(&item.annex_b_or_packet, micros, item.keyframe)?;
            }
            SlotKind::Audio => {
                let micros = audio.micros(item.timestamp);
                self.writer.audio(&item.annex_b_or_packet, micros)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), ToolError> {
        if self.clocks.is_none() {
            self.settle((None, None))?;
        }
        Ok(self.writer.finish()?)
    }
}
