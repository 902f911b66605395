//! A file looked at by a process of its own, with bounds on memory and time: what breaks there breaks nothing here.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::check::{Found, Refused};
use crate::db::UploadKind;

/// Memory it may address, KiB.
const MEMORY_KIB: u32 = 2 * 1024 * 1024;
/// Processor time it may take, seconds.
const CPU_SECONDS: u32 = 30;
/// Time it may take, however little it works.
const LONGEST: Duration = Duration::from_secs(60);
/// Longest answer, bytes.
const ANSWER_BYTES: u64 = 4_096;

/// The subcommand that looks.
pub(crate) const COMMAND: &str = "check-upload";

/// Has `program` look at the file.
pub(super) async fn check(program: &Path, kind: UploadKind, path: &Path) -> Result<Found, Refused> {
    match tokio::time::timeout(LONGEST, ask(program, kind, path)).await {
        Ok(Ok(verdict)) => verdict,
        // It was ended for what it took, or it broke.
        Ok(Err(error)) => {
            tracing::warn!(%error, "an upload broke its check");
            Err(Refused::too_large())
        }
        Err(_) => Err(Refused::too_large()),
    }
}

async fn ask(program: &Path, kind: UploadKind, path: &Path) -> std::io::Result<Result<Found, Refused>> {
    // The shell sets the bounds of the process that it then becomes; names are passed as arguments, never as script.
    let script = format!("ulimit -v {MEMORY_KIB} && ulimit -t {CPU_SECONDS} && ulimit -c 0 && exec \"$@\"");
    let mut child = Command::new("/bin/sh")
        .args(["-c", &script, "sh"])
        .arg(program)
        .args([COMMAND, kind.as_str()])
        .arg(path)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(ANSWER_BYTES).read_to_end(&mut answer).await?;
    }
    child.wait().await?;
    Ok(serde_json::from_slice(&answer)?)
}
