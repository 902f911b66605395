//! CPU time and memory of a process, read from `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// CPU time of one thread. On kernels that do not account interrupts apart, the network work that the kernel does in
/// the thread's context (a send over loopback reaches the receiver's socket that way) is part of it.
#[derive(Debug, Clone)]
pub(crate) struct ThreadTime {
    pub(crate) tid: i32,
    pub(crate) name: String,
    pub(crate) time: Duration,
}

/// A process at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) threads: Vec<ThreadTime>,
    /// Resident memory in bytes.
    pub(crate) resident: u64,
}

impl Figures {
    /// Looks at a process. Threads that end between two looks are missed; a server's live as long as it does.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let mut threads = Vec::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task")).context("the process has ended")? {
            let path = entry?.path();
            let tid = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()).unwrap_or(0);
            let Some(time) = schedstat(&path.join("schedstat")) else { continue };
            let name = fs::read_to_string(path.join("comm")).unwrap_or_default().trim().to_owned();
            threads.push(ThreadTime { tid, name, time });
        }
        Ok(Self { threads, resident: resident(pid)? })
    }

    /// CPU time of all threads since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Duration {
        self.by_thread(earlier).iter().map(|thread| thread.time).sum()
    }

    /// CPU time since `earlier`, thread by thread, the busiest first.
    pub(crate) fn by_thread(&self, earlier: &Self) -> Vec<ThreadTime> {
        let before = |tid| earlier.threads.iter().find(|thread| thread.tid == tid).map_or(Duration::ZERO, |t| t.time);
        let mut used: Vec<ThreadTime> = self
            .threads
            .iter()
            .map(|thread| ThreadTime { time: thread.time.saturating_sub(before(thread.tid)), ..thread.clone() })
            .collect();
        used.sort_by_key(|thread| std::cmp::Reverse(thread.time));
        used
    }
}

/// CPU time of one thread of this process.
pub(crate) fn cpu_time_of_thread(tid: i32) -> Duration {
    schedstat(format!("/proc/self/task/{tid}/schedstat").as_ref()).unwrap_or_default()
}

/// Nanoseconds on a CPU: the first field of `schedstat`.
fn schedstat(path: &std::path::Path) -> Option<Duration> {
    let text = fs::read_to_string(path).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process has ended")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().next().context("VmRSS")?.parse()?;
    Ok(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_figures() {
        let before = Figures::of(std::process::id()).unwrap();
        let mut sum = 0_u64;
        while Figures::of(std::process::id()).unwrap().since(&before) < Duration::from_millis(5) {
            sum = sum.wrapping_add(1);
        }
        assert!(sum > 0 && before.resident > 100_000);
    }
}
