//! The machine the figures belong to.

use std::fs;

use serde::Serialize;

/// What makes figures comparable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) memory_gib: u64,
}

impl Machine {
    /// Looks around.
    pub(crate) fn here() -> Self {
        let field = |file: &str, name: &str| -> Option<String> {
            let text = fs::read_to_string(file).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let kilobytes = field("/proc/meminfo", "MemTotal")
            .and_then(|total| total.split_whitespace().next()?.parse::<u64>().ok())
            .unwrap_or(0);
        let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
        let family = field("/proc/cpuinfo", "cpu family").unwrap_or_default();
        let number = field("/proc/cpuinfo", "model\t").unwrap_or_default();
        Self {
            cpu: format!("{model} (family {family}, model {number})"),
            // Not what this thread may use: it keeps off the server's cores.
            cores: fs::read_to_string("/proc/cpuinfo").map_or(1, |text| text.matches("processor\t").count()),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            memory_gib: kilobytes.div_ceil(1 << 20),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} cores, {} GiB, Linux {}", self.cpu, self.cores, self.memory_gib, self.kernel)
    }
}
