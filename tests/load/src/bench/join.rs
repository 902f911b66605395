//! `join`: a crowd comes in at once.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::audience::{Audience, AudienceOptions};
use crate::publisher::{Pattern, Studio};
use crate::receivers::{JoinTimes, quantile_ns};
use crate::server::{Doors, Program, ProgramOptions, cpu_time_of_thread};

/// How long the last ones may take to their first picture.
const SETTLE: Duration = Duration::from_secs(2);

/// How long forwarding alone is looked at afterwards.
const STEADY: Duration = Duration::from_secs(3);

/// One measurement.
#[derive(Debug, Clone)]
pub(crate) struct JoinOptions {
    pub(crate) receivers: usize,
    pub(crate) within: Duration,
    pub(crate) pattern: Pattern,
    pub(crate) program: ProgramOptions,
    pub(crate) audience: AudienceOptions,
}

/// A row of `bench.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) receivers: usize,
    pub(crate) within_seconds: f64,
    pub(crate) failed: usize,
    pub(crate) retries: u32,
    /// Where attempts that failed ended.
    pub(crate) failures: Vec<(String, usize)>,
    pub(crate) joins_per_second: f64,
    /// Joins per second of the server's CPU (all threads, HTTP and SDP included), less what forwarding to those who
    /// were in already cost: the packets sent meanwhile, at what one costs once all are in.
    pub(crate) joins_per_core_second: f64,
    /// The same with that forwarding.
    pub(crate) joins_per_core_second_forwarding: f64,
    pub(crate) forwarding_ns_per_packet: f64,
    pub(crate) server_cores: f64,
    pub(crate) generator_cores: f64,
    /// From the POST to its answer.
    pub(crate) answered_ms_p50: f64,
    pub(crate) answered_ms_p95: f64,
    pub(crate) connected_ms_p50: f64,
    pub(crate) connected_ms_p95: f64,
    pub(crate) first_packet_ms_p95: f64,
    pub(crate) first_picture_ms_p50: f64,
    pub(crate) first_picture_ms_p95: f64,
    pub(crate) without_picture: usize,
    pub(crate) keyframe_requests: u64,
    pub(crate) keyframe_requests_per_second: f64,
    pub(crate) drops: Vec<(String, u64)>,
    pub(crate) threads: Vec<(String, f64)>,
}

/// Runs one measurement.
pub(crate) async fn run(options: &JoinOptions) -> Result<Row> {
    let program = Program::start(&options.program).await?;
    let measured = measure(&program, options).await;
    if measured.is_err() {
        eprintln!("{}", program.log());
    }
    program.stop().await;
    measured
}

async fn measure(program: &Program, options: &JoinOptions) -> Result<Row> {
    let doors = Doors::new(program.http)?;
    let lessons = doors.open_lessons(1).await?;
    let audience = Audience::new(doors, lessons, options.audience)?;
    let studios = audience.studios(options.pattern).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sent = async || -> Result<u64> {
        Ok(Program::metric(&program.metrics().await?, "airclass_media_datagrams_out_total"))
    };
    let sent_before = sent().await?;
    let (before, own_before) = (program.figures()?, cpu_time_of_thread(audience.pool.tid));
    let requests = || studios.iter().map(Studio::keyframe_requests).sum::<u64>();
    let asked = requests();
    let joined = audience.join(options.receivers, options.within).await?;
    let (after, own_after) = (program.figures()?, cpu_time_of_thread(audience.pool.tid));
    let sent_after = sent().await?;
    tokio::time::sleep(SETTLE).await;
    let keyframe_requests = requests() - asked;
    let (steady, steady_sent) = (program.figures()?, sent().await?);
    tokio::time::sleep(STEADY).await;
    let forwarding = program.figures()?.since(&steady).as_secs_f64() / (sent().await? - steady_sent).max(1) as f64;
    let drops = Program::drops(&program.metrics().await?);
    let joins = audience.pool.report().await?.joins;
    let seconds = joined.time.as_secs_f64();
    let cpu = after.since(&before).as_secs_f64();
    let joining = cpu - forwarding * sent_after.saturating_sub(sent_before) as f64;
    let ms = |step: fn(&JoinTimes) -> Option<Duration>, quantile: f64| {
        let mut values: Vec<u32> = joins.iter().filter_map(step).map(|time| time.as_micros() as u32).collect();
        quantile_ns(&mut values, quantile).as_nanos() as f64 / 1000.0
    };
    Ok(Row {
        receivers: options.receivers,
        within_seconds: options.within.as_secs_f64(),
        failed: joined.failed,
        retries: joined.retries,
        joins_per_second: joined.receivers as f64 / seconds,
        joins_per_core_second: joined.receivers as f64 / joining.max(f64::MIN_POSITIVE),
        joins_per_core_second_forwarding: joined.receivers as f64 / cpu,
        forwarding_ns_per_packet: forwarding * 1e9,
        failures: joined.failures.iter().map(|(stage, count)| (format!("{stage:?}"), *count)).collect(),
        server_cores: cpu / seconds,
        generator_cores: own_after.saturating_sub(own_before).as_secs_f64() / seconds,
        answered_ms_p50: ms(|join| Some(join.answered), 0.5),
        answered_ms_p95: ms(|join| Some(join.answered), 0.95),
        connected_ms_p50: ms(|join| join.connected, 0.5),
        connected_ms_p95: ms(|join| join.connected, 0.95),
        first_packet_ms_p95: ms(|join| join.first_packet, 0.95),
        first_picture_ms_p50: ms(|join| join.first_picture, 0.5),
        first_picture_ms_p95: ms(|join| join.first_picture, 0.95),
        without_picture: joins.iter().filter(|join| join.connected.is_some() && join.first_picture.is_none()).count(),
        drops,
        keyframe_requests,
        keyframe_requests_per_second: keyframe_requests as f64 / (seconds + SETTLE.as_secs_f64()),
        threads: after
            .by_thread(&before)
            .into_iter()
            .take(5)
            .map(|thread| (thread.name, thread.time.as_secs_f64() / seconds))
            .collect(),
    })
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} joins within {:.1} s: {:.0} joins/s, {:.0} per core second ({:.0} with the packets forwarded \
             meanwhile, {:.0} ns each); {} failed, {} tried again {:?}",
            self.receivers,
            self.within_seconds,
            self.joins_per_second,
            self.joins_per_core_second,
            self.joins_per_core_second_forwarding,
            self.forwarding_ns_per_packet,
            self.failed,
            self.retries,
            self.failures
        )?;
        writeln!(
            f,
            "  answer p50 {:.1} ms, p95 {:.1} ms; keys p50 {:.1} ms, p95 {:.1} ms; first packet p95 {:.1} ms; first picture p50 {:.1} ms, p95 {:.1} ms ({} without)",
            self.answered_ms_p50,
            self.answered_ms_p95,
            self.connected_ms_p50,
            self.connected_ms_p95,
            self.first_packet_ms_p95,
            self.first_picture_ms_p50,
            self.first_picture_ms_p95,
            self.without_picture
        )?;
        let busiest: Vec<String> =
            self.threads.iter().map(|(name, share)| format!("{name} {:.0}%", share * 100.0)).collect();
        write!(
            f,
            "  keyframe requests at the studio {} ({:.2}/s); server {:.0}% of a core ({}), generator {:.0}%",
            self.keyframe_requests,
            self.keyframe_requests_per_second,
            self.server_cores * 100.0,
            busiest.join(", "),
            self.generator_cores * 100.0
        )?;
        if !self.drops.is_empty() {
            write!(f, "; drops {:?}", self.drops)?;
        }
        Ok(())
    }
}
