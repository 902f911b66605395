//! How many instructions each step takes, counted by callgrind: the figure that is the same on a busy machine. It is
//! compared with `instructions.toml`; more than a few per cent above it is a failure.
//!
//! `cargo bench -p airclass-media --bench instructions`; with `-- --write` the counts become the new baseline. Without
//! valgrind, or on another architecture than the baseline's, it says so and compares nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

mod steps;

/// A count may be so many per cent above the baseline: the order of a hash table is different every time.
const TOLERANCE: f64 = 3.0;
/// How often a step is done between two counts.
const TURNS: u64 = 200;
/// The architecture of the baseline's counts.
const ARCHITECTURE: &str = "x86_64";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, name, turns] = &arguments[..]
        && command == "--turns"
    {
        return turn(name, turns);
    }
    if std::env::consts::ARCH != ARCHITECTURE {
        println!("skipped: the baseline is of {ARCHITECTURE}");
        return ExitCode::SUCCESS;
    }
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: valgrind is not installed (apt-get install valgrind)");
        return ExitCode::SUCCESS;
    }
    let mut counts = BTreeMap::new();
    for (name, _) in steps::STEPS {
        match (count(name, 1), count(name, 1 + TURNS)) {
            (Ok(once), Ok(often)) => counts.insert(*name, often.saturating_sub(once) / TURNS),
            (Err(error), _) | (_, Err(error)) => {
                eprintln!("{name}: {error}");
                return ExitCode::FAILURE;
            }
        };
    }
    if arguments.iter().any(|argument| argument == "--write") {
        return write(&counts);
    }
    compare(&counts)
}

/// In the counted process: a step, so many times.
fn turn(name: &str, turns: &str) -> ExitCode {
    let (Some((_, make)), Ok(turns)) = (steps::STEPS.iter().find(|(step, _)| *step == name), turns.parse::<u64>())
    else {
        return ExitCode::FAILURE;
    };
    let mut step = make();
    (0..turns).for_each(|_| step());
    ExitCode::SUCCESS
}

/// The instructions of a whole process that does a step `turns` times.
fn count(name: &str, turns: u64) -> Result<u64, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(own)
        .args(["--turns", name, &turns.to_string()])
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    collected.filter(|_| output.status.success()).ok_or_else(|| said.into_owned())
}

fn baseline() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.toml")
}

fn write(counts: &BTreeMap<&str, u64>) -> ExitCode {
    let version = |program: &str| {
        let output = Command::new(program).arg("--version").output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let mut text = format!(
        "# Instructions of one step, counted by callgrind ({ARCHITECTURE}, {}, {}).\n\
         # `make bench-instructions` compares; `cargo bench -p airclass-media --bench instructions -- --write` renews.\n\n",
        version("rustc"),
        version("valgrind")
    );
    for (name, count) in counts {
        text.push_str(&format!("{name} = {count}\n"));
    }
    if let Err(error) = std::fs::write(baseline(), text) {
        eprintln!("{}: {error}", baseline().display());
        return ExitCode::FAILURE;
    }
    println!("{} is written", baseline().display());
    ExitCode::SUCCESS
}

fn compare(counts: &BTreeMap<&str, u64>) -> ExitCode {
    let Ok(text) = std::fs::read_to_string(baseline()) else {
        eprintln!("{} can't be read", baseline().display());
        return ExitCode::FAILURE;
    };
    let known = |name: &str| -> Option<u64> {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(key, _)| key.trim() == name)?.1.trim().parse().ok()
    };
    println!("{:<22} {:>12} {:>12} {:>8}", "instructions", "baseline", "now", "change");
    let mut failed = Vec::new();
    for (name, now) in counts {
        let Some(before) = known(name) else {
            println!("{name:<22} {:>12} {now:>12}", "-");
            failed.push(format!("{name} is not in the baseline"));
            continue;
        };
        let change = (*now as f64 / before as f64 - 1.0) * 100.0;
        println!("{name:<22} {before:>12} {now:>12} {change:>+7.1}%");
        if change > TOLERANCE {
            failed.push(format!("{name} takes {change:.1} % more instructions than the baseline"));
        } else if change < -TOLERANCE {
            println!("{name} takes less than the baseline says: renew it with `-- --write`");
        }
    }
    for line in &failed {
        eprintln!("{line}");
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
