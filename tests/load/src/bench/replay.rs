//! `replay`: viewers of a recording, from this server and from nginx with the same files by turns.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use tokio::task::JoinSet;

use super::audience::{Audience, AudienceOptions};
use crate::clock;
use crate::publisher::Pattern;
use crate::receivers::quantile_ns;
use crate::replay::{Fetched, Nginx, Tape, Viewer};
use crate::server::{Doors, Figures, Program, ProgramOptions};

/// How long the recorded lesson lasts: a few segments.
const LESSON: Duration = Duration::from_secs(20);
/// Different sign-ins of the viewers.
const SESSIONS: usize = 20;
/// Each viewer fetches the playlist and a segment once in this time while the pace is kept.
const PACE: Duration = Duration::from_secs(2);

/// One measurement.
#[derive(Debug, Clone)]
pub(crate) struct ReplayOptions {
    pub(crate) viewers: usize,
    /// Length of each part.
    pub(crate) time: Duration,
    pub(crate) pattern: Pattern,
    pub(crate) program: ProgramOptions,
    pub(crate) audience: AudienceOptions,
}

/// What one server made of the viewers.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Served {
    /// Playlist and segment by turns at the viewers' pace.
    pub(crate) paced_requests_per_second: f64,
    pub(crate) paced_megabytes_per_second: f64,
    pub(crate) paced_cpu_ms_per_megabyte: f64,
    pub(crate) paced_ms_p50: f64,
    pub(crate) paced_ms_p99: f64,
    /// Playlists as fast as they come.
    pub(crate) playlists_per_second: f64,
    pub(crate) cpu_us_per_playlist: f64,
    /// Segments as fast as they come.
    pub(crate) segments_per_second: f64,
    pub(crate) megabytes_per_second: f64,
    pub(crate) cpu_ms_per_megabyte: f64,
    /// Requests that failed, in all parts.
    pub(crate) failed: usize,
}

/// A row of `bench.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) viewers: usize,
    pub(crate) segment_bytes: u64,
    pub(crate) airclass: Served,
    /// Absent where nginx is not installed.
    pub(crate) nginx: Option<Served>,
    /// This server's figure over nginx's.
    pub(crate) ratio_cpu_per_megabyte: Option<f64>,
    pub(crate) ratio_cpu_per_playlist: Option<f64>,
    pub(crate) ratio_p99: Option<f64>,
}

/// Records a lesson and lets it be watched.
pub(crate) async fn run(options: &ReplayOptions) -> Result<Row> {
    let program = Program::start(&options.program).await?;
    let measured = measure(&program, options).await;
    if measured.is_err() {
        eprintln!("{}", program.log());
    }
    program.stop().await;
    measured
}

async fn measure(program: &Program, options: &ReplayOptions) -> Result<Row> {
    let doors = Doors::new(program.http)?;
    let recording = record(&doors, options).await?;
    let mut tokens = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        tokens.push(Some(doors.session("admin", "admin-demo").await?));
    }
    let base = format!("/media/recordings/{recording}");
    let mut first = Viewer::connect(program.http, tokens[0].clone()).await?;
    let tape = Arc::new(Tape::find(&mut first, &base).await?);
    let segment_bytes = first.fetch(&format!("{base}/{}", tape.segments[1.min(tape.segments.len() - 1)])).await?.bytes;
    let ours = Site { http: program.http, base, tokens, tape: Arc::clone(&tape) };
    let airclass = serve(&ours, options, || program.figures()).await.context("airclass")?;
    println!("  airclass {airclass}");
    let nginx = match Nginx::installed() {
        Some(binary) => {
            let root = program.data().join("recordings").join(&recording);
            let nginx = Nginx::start(&binary, &root, &options.program.cores).await?;
            let site = Site { http: nginx.http, base: String::new(), tokens: vec![None], tape };
            let served = serve(&site, options, || nginx.figures()).await.context("nginx")?;
            println!("  nginx    {served}");
            Some(served)
        }
        None => {
            println!("  nginx is not installed (apt-get install nginx-light): nothing to compare with");
            None
        }
    };
    let ratio = |of: fn(&Served) -> f64| nginx.as_ref().map(|nginx| of(&airclass) / of(nginx).max(f64::MIN_POSITIVE));
    Ok(Row {
        viewers: options.viewers,
        segment_bytes,
        airclass,
        nginx,
        ratio_cpu_per_megabyte: ratio(|served| served.cpu_ms_per_megabyte),
        ratio_cpu_per_playlist: ratio(|served| served.cpu_us_per_playlist),
        ratio_p99: ratio(|served| served.paced_ms_p99),
    })
}

/// Makes a recording; gives its id.
async fn record(doors: &Doors, options: &ReplayOptions) -> Result<String> {
    let lessons = doors.open_recorded_lesson().await?;
    let lesson = lessons.id.clone();
    let audience = Audience::new(doors.clone(), vec![lessons], options.audience)?;
    let studios = audience.studios(options.pattern).await?;
    tokio::time::sleep(LESSON).await;
    drop(studios);
    doors.end_lesson(&lesson).await?;
    doors.recording_of(&lesson).await
}

/// Where the files are.
struct Site {
    http: SocketAddr,
    base: String,
    tokens: Vec<Option<String>>,
    tape: Arc<Tape>,
}

/// What the viewers of one part do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Paced,
    Playlists,
    Segments,
}

async fn serve(site: &Site, options: &ReplayOptions, figures: impl Fn() -> Result<Figures>) -> Result<Served> {
    let mut viewers = Vec::with_capacity(options.viewers);
    for n in 0..options.viewers {
        viewers.push(Viewer::connect(site.http, site.tokens[n % site.tokens.len()].clone()).await?);
    }
    let mut served = Served::default();
    for part in [Part::Paced, Part::Playlists, Part::Segments] {
        let (before, begun) = (figures()?, clock::now());
        let watched;
        (viewers, watched) = watch(viewers, site, part, options.time).await;
        let (cpu, seconds) = (figures()?.since(&before), clock::now().saturating_duration_since(begun).as_secs_f64());
        ensure!(!watched.fetched.is_empty(), "nothing came");
        served.failed += watched.failed;
        let megabytes = watched.fetched.iter().map(|fetched| fetched.bytes).sum::<u64>() as f64 / 1e6;
        let count = watched.fetched.len() as f64;
        let cpu_ms = cpu.as_secs_f64() * 1000.0;
        match part {
            Part::Paced => {
                let mut times: Vec<u32> =
                    watched.fetched.iter().map(|fetched| fetched.time.as_micros() as u32).collect();
                // The quantiles are of microseconds, whatever the function's unit is called.
                let mut ms = |quantile| quantile_ns(&mut times, quantile).as_nanos() as f64 / 1000.0;
                (served.paced_ms_p50, served.paced_ms_p99) = (ms(0.5), ms(0.99));
                served.paced_requests_per_second = count / seconds;
                served.paced_megabytes_per_second = megabytes / seconds;
                served.paced_cpu_ms_per_megabyte = cpu_ms / megabytes;
            }
            Part::Playlists => {
                served.playlists_per_second = count / seconds;
                served.cpu_us_per_playlist = cpu_ms * 1000.0 / count;
            }
            Part::Segments => {
                served.segments_per_second = count / seconds;
                served.megabytes_per_second = megabytes / seconds;
                served.cpu_ms_per_megabyte = cpu_ms / megabytes;
            }
        }
    }
    Ok(served)
}

#[derive(Default)]
struct Watched {
    fetched: Vec<Fetched>,
    failed: usize,
}

/// One part, by all viewers at once; those whose connection failed are not given back.
async fn watch(viewers: Vec<Viewer>, site: &Site, part: Part, time: Duration) -> (Vec<Viewer>, Watched) {
    let begun = clock::now();
    let mut watching = JoinSet::new();
    let count = viewers.len();
    for (n, mut viewer) in viewers.into_iter().enumerate() {
        let (tape, base) = (Arc::clone(&site.tape), site.base.clone());
        watching.spawn(async move {
            let mut fetched = Vec::new();
            // Viewers have started at different moments of the lesson, and of each other's pace.
            let mut due = begun + PACE.mul_f64(n as f64 / count as f64);
            for turn in n.. {
                if part == Part::Paced {
                    tokio::time::sleep_until(due.into()).await;
                    due += PACE / 2;
                }
                if clock::now().saturating_duration_since(begun) >= time {
                    break;
                }
                let files = match part {
                    Part::Playlists => &tape.playlists,
                    Part::Segments => &tape.segments,
                    Part::Paced if turn % 2 == 0 => &tape.playlists,
                    Part::Paced => &tape.segments,
                };
                let file = &files[turn % files.len()];
                match viewer.fetch(&format!("{base}/{file}")).await {
                    Ok(one) => fetched.push(one),
                    Err(error) => return (Err(error), fetched),
                }
            }
            (Ok(viewer), fetched)
        });
    }
    let mut viewers = Vec::with_capacity(count);
    let mut watched = Watched::default();
    while let Some(one) = watching.join_next().await {
        let Ok((viewer, fetched)) = one else { continue };
        watched.fetched.extend(fetched);
        match viewer {
            Ok(viewer) => viewers.push(viewer),
            Err(error) => {
                if watched.failed == 0 {
                    eprintln!("a viewer failed: {error:#}");
                }
                watched.failed += 1;
            }
        }
    }
    (viewers, watched)
}

impl std::fmt::Display for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "at their pace {:.0} requests/s and {:.0} MB/s, {:.2} CPU ms/MB, p50 {:.1} ms, p99 {:.1} ms; playlists \
             {:.0}/s, {:.0} CPU us each; segments {:.0}/s, {:.0} MB/s, {:.2} CPU ms/MB; {} failed",
            self.paced_requests_per_second,
            self.paced_megabytes_per_second,
            self.paced_cpu_ms_per_megabyte,
            self.paced_ms_p50,
            self.paced_ms_p99,
            self.playlists_per_second,
            self.cpu_us_per_playlist,
            self.segments_per_second,
            self.megabytes_per_second,
            self.cpu_ms_per_megabyte,
            self.failed
        )
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} viewers, segments of {:.1} MB", self.viewers, self.segment_bytes as f64 / 1e6)?;
        if let (Some(megabyte), Some(playlist), Some(p99)) =
            (self.ratio_cpu_per_megabyte, self.ratio_cpu_per_playlist, self.ratio_p99)
        {
            write!(f, ": {megabyte:.1} times nginx's CPU per MB, {playlist:.1} per playlist, {p99:.1} times its p99")?;
        }
        Ok(())
    }
}
