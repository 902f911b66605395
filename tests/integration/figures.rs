//! The figures that stories measure: a line in the log and an entry in `target/faults.json`.

use std::path::Path;
use std::sync::Mutex;

use serde_json::{Map, Value};

/// Stories run at the same time and share the file.
static FILE: Mutex<()> = Mutex::new(());

/// Notes what a story measured under the fault's number and what was done.
pub(crate) fn note(fault: &str, what: &str, figures: Value) {
    println!("{fault} {what}: {figures}");
    let _turn = FILE.lock().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/faults.json");
    let read = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let mut all: Map<String, Value> = read.unwrap_or_default();
    all.insert(format!("{fault} {what}"), figures);
    // Others may read it meanwhile: it is replaced, not rewritten.
    let part = path.with_extension("json.part");
    std::fs::write(&part, serde_json::to_vec_pretty(&all).unwrap()).unwrap();
    std::fs::rename(part, path).unwrap();
}

/// Milliseconds, for figures.
pub(crate) fn ms(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
