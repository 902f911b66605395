//! `bench.json`: one array of rows per measurement, merged with what is there already.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::machine::Machine;

/// What is in the file; nothing when there is none.
pub(crate) fn read(path: &Path) -> Result<Map<String, Value>> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is not ours", path.display())),
        Err(_) => Ok(Map::new()),
    }
}

/// Puts `rows` under `bench`. A row with the same values of `keys` is replaced.
pub(crate) fn merge<R: Serialize>(path: &Path, bench: &str, keys: &[&str], rows: &[R]) -> Result<()> {
    let mut all = read(path)?;
    all.insert("machine".to_owned(), json!(Machine::here()));
    let known = all.entry(bench).or_insert_with(|| json!([]));
    let known = known.as_array_mut().context("an array of rows")?;
    for row in rows {
        let row = serde_json::to_value(row)?;
        known.retain(|other| keys.iter().any(|key| other[key] != row[key]));
        known.push(row);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, format!("{:#}\n", Value::Object(all)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_replace_their_predecessors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench.json");
        merge(&path, "fanout", &["receivers"], &[json!({"receivers": 50, "x": 1}), json!({"receivers": 200})]).unwrap();
        merge(&path, "fanout", &["receivers"], &[json!({"receivers": 50, "x": 2})]).unwrap();
        merge(&path, "join", &["receivers"], &[json!({"receivers": 50})]).unwrap();
        let all: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(all["fanout"], json!([{"receivers": 200}, {"receivers": 50, "x": 2}]));
        assert_eq!(all["join"].as_array().unwrap().len(), 1);
        assert!(all["machine"]["cores"].as_u64().unwrap() > 0);
    }
}
