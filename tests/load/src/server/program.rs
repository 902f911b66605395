//! The `airclass` binary, started for one measurement and ended with it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Figures;

/// How the server is started.
#[derive(Debug, Clone)]
pub(crate) struct ProgramOptions {
    /// The binary.
    pub(crate) binary: PathBuf,
    /// Cores it may use; empty leaves it all.
    pub(crate) cores: Vec<usize>,
    /// Media worker threads; 0 is one per core it may use.
    pub(crate) workers: usize,
    /// Sound and picture slots of a receiver.
    pub(crate) slots: (u8, u8),
}

/// A running server; its data folder goes with it.
pub(crate) struct Program {
    child: Child,
    pub(crate) http: SocketAddr,
    metrics: SocketAddr,
    folder: TempDir,
}

impl Program {
    /// Starts `serve --demo` without the demo's own studio, on free ports of loopback.
    pub(crate) async fn start(options: &ProgramOptions) -> Result<Self> {
        let folder = TempDir::new()?;
        let log = std::fs::File::create(folder.path().join("server.log"))?;
        let mut command = Command::new(&options.binary);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIRCLASS_")) {
            command.env_remove(name);
        }
        command
            .args(["serve", "--demo", "--print-addresses", "--data"])
            .arg(folder.path())
            .args(["--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--media", "127.0.0.1:0"])
            .args(["--metrics", "127.0.0.1:0"])
            .env("AIRCLASS_DEMO_STUDIO", "false")
            .env("AIRCLASS_DEMO_LESSON_SECONDS", "14400")
            .env("AIRCLASS_ADVERTISE", "[\"127.0.0.1\"]")
            .env("AIRCLASS_SESSIONS_PER_ACCOUNT", "100000")
            .env("AIRCLASS_MEDIA_WORKERS", options.workers.to_string())
            .env("AIRCLASS_AUDIO_SLOTS", options.slots.0.to_string())
            .env("AIRCLASS_VIDEO_SLOTS", options.slots.1.to_string())
            .env("AIRCLASS_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        // A child inherits the mask of the thread that starts it.
        let mut child = on_cores(&options.cores, || command.spawn())?
            .with_context(|| format!("starting {}; build it with `cargo build --release`", options.binary.display()))?;
        let mut lines = BufReader::new(child.stdout.take().context("standard output")?).lines();
        let line = timeout(Duration::from_secs(30), lines.next_line()).await.context("the server does not start")??;
        let Some(line) = line else { bail!("the server ended: {}", log_of(folder.path())) };
        let printed: Value = serde_json::from_str(&line)?;
        let address = |name: &str| -> Result<SocketAddr> {
            printed[name].as_str().with_context(|| format!("no address for {name}"))?.parse().context("an address")
        };
        Ok(Self { http: address("http")?, metrics: address("metrics")?, child, folder })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().context("the server has ended")
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Its CPU time and memory now.
    pub(crate) fn figures(&self) -> Result<Figures> {
        Figures::of(self.pid()?)
    }

    /// The metrics page.
    pub(crate) async fn metrics(&self) -> Result<String> {
        Ok(reqwest::get(format!("http://{}/metrics", self.metrics)).await?.text().await?)
    }

    /// The value of one metric.
    pub(crate) fn metric(page: &str, name: &str) -> u64 {
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        value.unwrap_or(0.0) as u64
    }

    /// What it dropped and why, for reading.
    pub(crate) fn drops(page: &str) -> Vec<(String, u64)> {
        page.lines()
            .filter_map(|line| line.strip_prefix("airclass_media_dropped_total{reason=\"")?.split_once("\"} "))
            .filter_map(|(reason, count)| Some((reason.to_owned(), count.trim().parse().ok()?)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// The end of its log.
    pub(crate) fn log(&self) -> String {
        log_of(self.folder.path())
    }

    /// Ends it, first kindly.
    pub(crate) async fn stop(mut self) {
        if let Ok(pid) = self.pid() {
            let _ = kill(Pid::from_raw(pid as i32), Signal::SIGTERM);
        }
        if timeout(Duration::from_secs(5), self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// Runs `work` with this thread on `cores`; afterwards the thread is where it was.
pub(crate) fn on_cores<T>(cores: &[usize], work: impl FnOnce() -> T) -> Result<T> {
    if cores.is_empty() {
        return Ok(work());
    }
    let this = Pid::from_raw(0);
    let before = nix::sched::sched_getaffinity(this)?;
    sched_setaffinity(this, &set_of(cores)?)?;
    let result = work();
    sched_setaffinity(this, &before)?;
    Ok(result)
}

/// Keeps this thread, and those it starts from now on, on `cores`.
pub(crate) fn stay_on(cores: &[usize]) -> Result<()> {
    if !cores.is_empty() {
        sched_setaffinity(Pid::from_raw(0), &set_of(cores)?).context("setting the cores")?;
    }
    Ok(())
}

fn set_of(cores: &[usize]) -> Result<CpuSet> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core)?;
    }
    Ok(set)
}

fn log_of(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
