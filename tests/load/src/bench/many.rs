//! `many`: many lessons at once, each with its own studio; then so many of them that the server is half busy.

use anyhow::Result;
use serde::Serialize;

use super::fanout::{self, FanoutOptions};

/// Loss from which on a server counts as full.
const FULL: f64 = 0.001;

/// The delay while the server has room.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HalfLoad {
    pub(crate) lessons: usize,
    pub(crate) receivers: usize,
    /// Share of the server's cores.
    pub(crate) server_cores: f64,
    pub(crate) loss: f64,
    pub(crate) delay_us_p50: f64,
    pub(crate) delay_us_p99: f64,
    pub(crate) delay_us_p999: f64,
}

/// A row of `bench.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    pub(crate) all: fanout::Row,
    pub(crate) half_load: HalfLoad,
}

/// All lessons, then as many as keep the server half busy; each lesson has `classrooms`.
pub(crate) async fn run(options: &FanoutOptions, classrooms: usize) -> Result<Row> {
    let all = fanout::run(options).await?;
    println!("{all}");
    // A server without cores of its own has all of them.
    let cores = match options.program.cores.len() {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        cores => cores,
    };
    // A server that loses packets is full, whatever part of its cores it got on a busy machine.
    let share = if all.loss > FULL { 1.0 } else { all.server_cores / cores as f64 };
    let lessons = (options.lessons as f64 * 0.5 / share.max(0.01)).round() as usize;
    let lessons = lessons.clamp(1, options.lessons);
    let half = FanoutOptions { lessons, receivers: lessons * classrooms, floor: false, ..options.clone() };
    let half = fanout::run(&half).await?;
    let half_load = HalfLoad {
        lessons,
        receivers: half.receivers,
        server_cores: half.server_cores / cores as f64,
        loss: half.loss,
        delay_us_p50: half.delay_us_p50,
        delay_us_p99: half.delay_us_p99,
        delay_us_p999: half.delay_us_p999,
    };
    Ok(Row { all, half_load })
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let half = &self.half_load;
        write!(
            f,
            "at half load ({} lessons, {:.0}% busy): delay p50 {:.0} us, p99 {:.0} us, p99.9 {:.0} us; loss {:.4}%",
            half.lessons,
            half.server_cores * 100.0,
            half.delay_us_p50,
            half.delay_us_p99,
            half.delay_us_p999,
            half.loss * 100.0
        )
    }
}
