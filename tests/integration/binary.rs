//! The `airclass` binary as a process of its own, which can be killed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The server's addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) media: SocketAddr,
}

/// A running server process; killed when dropped.
pub(crate) struct Binary {
    child: Child,
    data: PathBuf,
    pub(crate) addresses: Addresses,
}

/// The command as a test uses it: no configuration from outside.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airclass"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIRCLASS_")) {
        command.env_remove(name);
    }
    command
}

impl Binary {
    /// Starts `serve --demo` on free ports, without the demo's own studio.
    pub(crate) async fn start(data: &Path) -> Self {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_on(data, Addresses { http: free, https: free, media: free }).await
    }

    async fn start_on(data: &Path, wanted: Addresses) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(data.join("server.log")).unwrap();
        let mut child = command()
            .args(["serve", "--demo", "--print-addresses", "--metrics", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(["--http", &wanted.http.to_string(), "--https", &wanted.https.to_string()])
            .args(["--media", &wanted.media.to_string()])
            .env("AIRCLASS_DEMO_STUDIO", "false")
            .env("AIRCLASS_DEMO_LESSON_SECONDS", "14400")
            .env("AIRCLASS_ADVERTISE", "[\"127.0.0.1\"]")
            .env("AIRCLASS_LOG", "info,airclass=debug")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(Duration::from_secs(30), lines.next_line()).await.expect("the server starts").unwrap();
        let line = line.unwrap_or_else(|| panic!("the server ended: {}", log_of(data)));
        let printed: Value = serde_json::from_str(&line).unwrap();
        let address = |name: &str| printed[name].as_str().unwrap().parse().unwrap();
        let addresses = Addresses { http: address("http"), https: address("https"), media: address("media") };
        Self { child, data: data.to_owned(), addresses }
    }

    /// `kill -9`, and the end of the process awaited.
    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.child.wait().await.unwrap();
    }

    /// Starts again with the same data on the same ports.
    pub(crate) async fn restart(&mut self) {
        *self = Self::start_on(&self.data, self.addresses).await;
    }

    /// SIGTERM; how the process ended.
    pub(crate) async fn terminate(mut self) -> std::process::ExitStatus {
        self.signal(Signal::SIGTERM);
        self.ended(Duration::from_secs(20)).await.expect("it stops")
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap());
        kill(pid, signal).unwrap();
    }

    /// How the process ended, if it does so in time.
    pub(crate) async fn ended(&mut self, within: Duration) -> Option<std::process::ExitStatus> {
        timeout(within, self.child.wait()).await.ok().map(Result::unwrap)
    }
}

/// The end of the server's log, for failures.
pub(crate) fn log_of(data: &Path) -> String {
    let log = std::fs::read_to_string(data.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
