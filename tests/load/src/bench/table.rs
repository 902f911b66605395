//! The rows of `bench.json` as tables for people.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::report;

/// A column: its head, the field (nested ones with dots), what its value is divided by, and decimals.
type Column = (&'static str, &'static str, f64, usize);

const FANOUT: &[Column] = &[
    ("lessons", "lessons", 1.0, 0),
    ("receivers", "receivers", 1.0, 0),
    ("media", "media", 1.0, 0),
    ("kbit/s", "picture_kbit", 1.0, 0),
    ("packets/s", "packets_per_second", 1.0, 0),
    ("ns/packet", "cpu_ns_per_packet", 1.0, 0),
    ("floor ns", "floor_ns_per_packet", 1.0, 0),
    ("x floor", "ratio_to_floor", 1.0, 2),
    ("Janus ns", "janus.ns_per_packet", 1.0, 0),
    ("x", "ratio_to_janus", 1.0, 1),
    ("loss %", "loss", 0.01, 4),
    ("p50 us", "delay_us_p50", 1.0, 0),
    ("p99 us", "delay_us_p99", 1.0, 0),
    ("p99.9 us", "delay_us_p999", 1.0, 0),
    ("kB each", "bytes_per_receiver", 1e3, 1),
    ("server %", "server_cores", 0.01, 0),
    ("generator %", "generator_cores", 0.01, 0),
];

const HALF: &[Column] = &[
    ("lessons", "lessons", 1.0, 0),
    ("receivers", "receivers", 1.0, 0),
    ("at half: lessons", "half_load.lessons", 1.0, 0),
    ("server %", "half_load.server_cores", 0.01, 0),
    ("p50 us", "half_load.delay_us_p50", 1.0, 0),
    ("p99 us", "half_load.delay_us_p99", 1.0, 0),
    ("p99.9 us", "half_load.delay_us_p999", 1.0, 0),
    ("loss %", "half_load.loss", 0.01, 4),
];

const JOIN: &[Column] = &[
    ("receivers", "receivers", 1.0, 0),
    ("within s", "within_seconds", 1.0, 0),
    ("failed", "failed", 1.0, 0),
    ("tried again", "retries", 1.0, 0),
    ("joins/s", "joins_per_second", 1.0, 0),
    ("per core s", "joins_per_core_second", 1.0, 0),
    ("answer p95 ms", "answered_ms_p95", 1.0, 1),
    ("keys p95 ms", "connected_ms_p95", 1.0, 1),
    ("packet p95 ms", "first_packet_ms_p95", 1.0, 1),
    ("picture p95 ms", "first_picture_ms_p95", 1.0, 1),
    ("keyframe req/s", "keyframe_requests_per_second", 1.0, 2),
    ("server %", "server_cores", 0.01, 0),
    ("generator %", "generator_cores", 0.01, 0),
];

const SIGNAL: &[Column] = &[
    ("seats", "seats", 1.0, 0),
    ("seats/s", "seats_per_second", 1.0, 0),
    ("delta p50 ms", "delta_ms_p50", 1.0, 1),
    ("p99 ms", "delta_ms_p99", 1.0, 1),
    ("spread p99 ms", "spread_ms_p99", 1.0, 1),
    ("missed", "missed", 1.0, 0),
    ("bytes", "delta_bytes", 1.0, 0),
    ("CPU us/seat", "server_us_per_seat_and_delta", 1.0, 1),
    ("kB each", "bytes_per_seat", 1e3, 1),
];

const LESSON: &[Column] = &[
    ("classrooms", "classrooms", 1.0, 0),
    ("seats", "seats", 1.0, 0),
    ("turn p50 ms", "turn_ms_p50", 1.0, 1),
    ("p99 ms", "turn_ms_p99", 1.0, 1),
    ("worst ms", "turn_ms_worst", 1.0, 1),
    ("missed", "missed", 1.0, 0),
    ("frames/join", "frames_to_others_per_join", 1.0, 2),
    ("screen kB/min", "screen_bytes_per_minute", 1e3, 1),
    ("assistant", "assistant_bytes_per_minute", 1e3, 1),
    ("master", "master_bytes_per_minute", 1e3, 1),
    ("server %", "server_cores", 0.01, 0),
];

const REPLAY: &[Column] = &[
    ("viewers", "viewers", 1.0, 0),
    ("paced p99 ms", "airclass.paced_ms_p99", 1.0, 1),
    ("nginx", "nginx.paced_ms_p99", 1.0, 1),
    ("playlists/s", "airclass.playlists_per_second", 1.0, 0),
    ("nginx", "nginx.playlists_per_second", 1.0, 0),
    ("CPU us each", "airclass.cpu_us_per_playlist", 1.0, 0),
    ("nginx", "nginx.cpu_us_per_playlist", 1.0, 0),
    ("MB/s", "airclass.megabytes_per_second", 1.0, 0),
    ("nginx", "nginx.megabytes_per_second", 1.0, 0),
    ("CPU ms/MB", "airclass.cpu_ms_per_megabyte", 1.0, 2),
    ("nginx", "nginx.cpu_ms_per_megabyte", 1.0, 2),
];

/// Every measurement with its columns.
const TABLES: &[(&str, &str, &[Column])] = &[
    ("fanout", "One studio to many receivers", FANOUT),
    ("many", "Many lessons at once", FANOUT),
    ("many", "Delay at half load", HALF),
    ("join", "A crowd comes in", JOIN),
    ("signal", "One change of the stage reaches every seat", SIGNAL),
    ("lesson", "A large lesson", LESSON),
    ("replay", "Viewers of a recording", REPLAY),
];

/// The tables of a file.
///
/// # Errors
/// The file can't be read.
pub(crate) fn print(path: &Path) -> Result<String> {
    let all = report::read(path)?;
    let mut out = String::new();
    for (bench, title, columns) in TABLES {
        let rows = all.get(*bench).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if !rows.is_empty() {
            out.push_str(&format!("\n{title}\n{}", table(columns, rows)));
        }
    }
    Ok(out)
}

fn table(columns: &[Column], rows: &[Value]) -> String {
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|(head, ..)| (*head).to_owned()).collect()];
    lines.extend(rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()));
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut out = String::new();
    for line in &lines {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        out.push_str(&cells.join("  "));
        out.push('\n');
    }
    out
}

fn cell(row: &Value, (_, field, unit, decimals): &Column) -> String {
    let value = field.split('.').fold(row, |value, part| &value[part]);
    match value {
        Value::Number(number) => format!("{:.*}", decimals, number.as_f64().unwrap_or(0.0) / unit),
        Value::String(text) => text.clone(),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_line_up_and_absent_values_are_dashes() {
        let columns: &[Column] = &[("n", "n", 1.0, 0), ("loss %", "a.loss", 0.01, 2)];
        let text = table(columns, &[json!({ "n": 1000, "a": { "loss": 0.012 } }), json!({ "n": "x" })]);
        assert_eq!(text, "   n  loss %\n1000    1.20\n   x       -\n");
    }
}
