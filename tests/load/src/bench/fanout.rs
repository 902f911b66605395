//! `fanout`: one studio to many receivers, and what the server spends on it.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde::Serialize;

use super::audience::{Audience, AudienceOptions, LOOPBACK};
use super::janus::Spent;
use crate::floor::{self, Floor, FloorOptions};
use crate::publisher::{Pattern, Studio};
use crate::receivers::{Report, quantile_ns};
use crate::server::{Doors, Figures, Program, ProgramOptions, cpu_time_of_thread};

/// Time for late bursts and the allocator to come to rest before the measurement.
const SETTLE: Duration = Duration::from_secs(2);
/// How fast receivers come in.
const JOINS_PER_SECOND: f64 = 150.0;

/// One measurement.
#[derive(Debug, Clone)]
pub(crate) struct FanoutOptions {
    pub(crate) lessons: usize,
    /// In all lessons together.
    pub(crate) receivers: usize,
    pub(crate) time: Duration,
    pub(crate) pattern: Pattern,
    pub(crate) program: ProgramOptions,
    pub(crate) audience: AudienceOptions,
    /// Measure the floor in the same run.
    pub(crate) floor: bool,
}

/// A row of `bench.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) lessons: usize,
    pub(crate) receivers: usize,
    /// `both`, `picture` or `sound`.
    pub(crate) media: &'static str,
    pub(crate) gro: bool,
    pub(crate) twcc: bool,
    pub(crate) picture_kbit: u64,
    pub(crate) seconds: f64,
    pub(crate) workers: usize,
    pub(crate) packets: u64,
    pub(crate) packets_per_second: f64,
    pub(crate) cpu_ns_per_packet: f64,
    /// Share of one core.
    pub(crate) server_cores: f64,
    pub(crate) floor_ns_per_packet: Option<f64>,
    pub(crate) ratio_to_floor: Option<f64>,
    pub(crate) ratio_to_janus: Option<f64>,
    /// What Janus spent in the same run.
    pub(crate) janus: Option<Spent>,
    pub(crate) loss: f64,
    pub(crate) duplicates: u64,
    pub(crate) reordered: u64,
    pub(crate) forged: u64,
    pub(crate) delay_us_p50: f64,
    pub(crate) delay_us_p99: f64,
    pub(crate) delay_us_p999: f64,
    pub(crate) delay_samples: usize,
    pub(crate) bytes_per_receiver: f64,
    /// Share of one core that the generator's receivers took.
    pub(crate) generator_cores: f64,
    pub(crate) sent_by_server: u64,
    pub(crate) send_calls: u64,
    pub(crate) joins_retried: u32,
    /// Keyframes each studio sent per second.
    pub(crate) keyframes_per_second: f64,
    /// What the server dropped since its start.
    pub(crate) drops: Vec<(String, u64)>,
    /// The server's busiest threads, share of one core.
    pub(crate) threads: Vec<(String, f64)>,
}

/// Runs one measurement.
pub(crate) async fn run(options: &FanoutOptions) -> Result<Row> {
    let program = Program::start(&options.program).await?;
    let measured = measure(&program, options).await;
    if measured.is_err() {
        eprintln!("{}", program.log());
    }
    program.stop().await;
    let mut row = measured?;
    if options.floor {
        let floor = floor_of(options).await?;
        ensure!(floor.sent > 0, "the floor sent nothing");
        row.floor_ns_per_packet = Some(floor.ns_per_packet);
        row.ratio_to_floor = Some(row.cpu_ns_per_packet / floor.ns_per_packet);
        let lost = floor.sent.saturating_sub(floor.arrived);
        if lost > floor.sent / 1000 {
            eprintln!("the floor's sinks lost {lost} of {} packets: the generator is the limit", floor.sent);
        }
    }
    Ok(row)
}

/// The floor of the same packets, on the server's cores.
pub(crate) async fn floor_of(options: &FanoutOptions) -> Result<Floor> {
    let floor = FloorOptions {
        receivers: options.receivers,
        time: options.time.min(Duration::from_secs(4)),
        pattern: options.pattern,
        gro: options.audience.gro,
        ip: LOOPBACK,
        cores: options.program.cores.clone(),
    };
    tokio::task::spawn_blocking(move || floor::measure(floor)).await?
}

async fn measure(program: &Program, options: &FanoutOptions) -> Result<Row> {
    let doors = Doors::new(program.http)?;
    let lessons = doors.open_lessons(options.lessons).await?;
    let audience = Audience::new(doors, lessons, options.audience)?;
    let studios = audience.studios(options.pattern).await?;
    let alone = program.figures()?;
    let within = Duration::from_secs_f64(options.receivers as f64 / JOINS_PER_SECOND);
    let joined = audience.join(options.receivers, within).await?;
    if joined.receivers < options.receivers {
        let page = program.metrics().await?;
        bail!(
            "{} of {} joined; attempts ended in {:?}; the server dropped {:?}",
            joined.receivers,
            options.receivers,
            joined.failures,
            Program::drops(&page)
        );
    }
    tokio::time::sleep(SETTLE).await;

    audience.pool.mark();
    let keyframes = || studios.iter().map(Studio::keyframes).sum::<u64>();
    let keyframes_before = keyframes();
    let page = program.metrics().await?;
    let (before, own_before) = (program.figures()?, cpu_time_of_thread(audience.pool.tid));
    let begun = crate::clock::now();
    tokio::time::sleep(options.time).await;
    let (after, own_after) = (program.figures()?, cpu_time_of_thread(audience.pool.tid));
    let time = crate::clock::now().saturating_duration_since(begun);
    let report = audience.pool.report().await?;
    let later = program.metrics().await?;
    let keyframes = keyframes() - keyframes_before;
    drop(studios);

    let grown = |name: &str| Program::metric(&later, name).saturating_sub(Program::metric(&page, name));
    let mut row = row(options, report, &before, &after, time);
    row.bytes_per_receiver = after.resident.saturating_sub(alone.resident) as f64 / options.receivers as f64;
    row.generator_cores = own_after.saturating_sub(own_before).as_secs_f64() / time.as_secs_f64();
    row.sent_by_server = grown("airclass_media_datagrams_out_total");
    row.send_calls = grown("airclass_media_send_calls_total");
    row.joins_retried = joined.retries;
    row.keyframes_per_second = keyframes as f64 / time.as_secs_f64() / options.lessons as f64;
    row.drops = Program::drops(&later);
    Ok(row)
}

fn row(options: &FanoutOptions, mut report: Report, before: &Figures, after: &Figures, time: Duration) -> Row {
    let seconds = time.as_secs_f64();
    let delays = &mut report.tally.delays_ns;
    let mut delay_us = |quantile| quantile_ns(delays, quantile).as_nanos() as f64 / 1000.0;
    let (p50, p99, p999) = (delay_us(0.5), delay_us(0.99), delay_us(0.999));
    let cpu = after.since(before);
    Row {
        lessons: options.lessons,
        receivers: options.receivers,
        media: match (options.pattern.picture_bits > 0, options.pattern.sound) {
            (true, true) => "both",
            (true, false) => "picture",
            _ => "sound",
        },
        gro: options.audience.gro,
        twcc: options.audience.twcc,
        picture_kbit: options.pattern.picture_bits / 1000,
        seconds,
        workers: options.program.workers,
        packets: report.tally.packets,
        packets_per_second: report.tally.packets as f64 / seconds,
        cpu_ns_per_packet: cpu.as_nanos() as f64 / report.tally.packets.max(1) as f64,
        server_cores: cpu.as_secs_f64() / seconds,
        floor_ns_per_packet: None,
        ratio_to_floor: None,
        ratio_to_janus: None,
        janus: None,
        loss: report.lost as f64 / report.expected.max(1) as f64,
        duplicates: report.duplicates,
        reordered: report.reordered,
        forged: report.tally.forged,
        delay_us_p50: p50,
        delay_us_p99: p99,
        delay_us_p999: p999,
        delay_samples: report.tally.delays_ns.len(),
        bytes_per_receiver: 0.0,
        generator_cores: 0.0,
        sent_by_server: 0,
        send_calls: 0,
        joins_retried: 0,
        keyframes_per_second: 0.0,
        drops: Vec::new(),
        threads: after
            .by_thread(before)
            .into_iter()
            .take(4)
            .map(|thread| (thread.name, thread.time.as_secs_f64() / seconds))
            .collect(),
    }
}

/// The head of the table.
pub(crate) const HEAD: &str = "receivers media    gro   packets/s  ns/packet  floor  ratio   loss      p50us  p99us  p99.9us  \
                               kB/recv  server  generator";

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>9} {:<8} {:<5} {:>9.0} {:>10.0} {:>6} {:>6} {:>8.4}% {:>7.0} {:>6.0} {:>8.0} {:>8.1} {:>6.0}% {:>9.0}%",
            self.receivers,
            self.media,
            self.gro,
            self.packets_per_second,
            self.cpu_ns_per_packet,
            self.floor_ns_per_packet.map_or_else(|| "-".to_owned(), |ns| format!("{ns:.0}")),
            self.ratio_to_floor.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            self.loss * 100.0,
            self.delay_us_p50,
            self.delay_us_p99,
            self.delay_us_p999,
            self.bytes_per_receiver / 1000.0,
            self.server_cores * 100.0,
            self.generator_cores * 100.0,
        )?;
        let busiest: Vec<String> =
            self.threads.iter().map(|(name, share)| format!("{name} {:.0}%", share * 100.0)).collect();
        write!(
            f,
            "\n          threads: {}; sent {}, calls {}; keyframes {:.2}/s",
            busiest.join(", "),
            self.sent_by_server,
            self.send_calls,
            self.keyframes_per_second
        )?;
        if !self.drops.is_empty() {
            write!(f, "; drops {:?}", self.drops)?;
        }
        if self.reordered + self.duplicates + self.forged > 0 {
            write!(f, "; reordered {}, twice {}, forged {}", self.reordered, self.duplicates, self.forged)?;
        }
        Ok(())
    }
}
