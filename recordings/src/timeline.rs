//! The timeline of a recording: one JSON object a line, each with the media time at which it happened. What the lines
//! say is the lesson's business; here they are timed, bounded and made durable.
//!
//! The file is bounded in bytes, by how much each line matters: what fleets by is left out first, ink next, and only
//! then what a replay is navigated by. A line `timeline_full` says what is missing from there on.

use std::io;

use serde_json::{Map, Value};

use crate::disk::{Appending, Disk};

/// File within the recording's folder.
const FILE: &str = "timeline.jsonl";
/// The file up to which [`Detail::Fleeting`] lines are written: three hours of pointing without a pause.
const FLEETING_BYTES_MAX: u64 = 6 << 20;
/// The file up to which [`Detail::Ink`] lines are written: three quarters of an hour during which the pen never leaves
/// the page.
const INK_BYTES_MAX: u64 = 12 << 20;
/// The file up to which anything is written.
const BYTES_MAX: u64 = 16 << 20;
/// Lines wait for a full disk up to this many bytes; later ones are left out.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// A fleeting line is written at most this often; in between the newest replaces the one that waits: 5 a second.
const FLEETING_MICROS: i64 = 200_000;
/// How often the file is written and synced while a pen draws: every second.
const WRITE_MICROS: i64 = 1_000_000;

/// How much a line of the timeline matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What a replay is navigated by: written up to 16 MiB.
    Chapter,
    /// What is drawn: written up to 12 MiB.
    Ink,
    /// What only the newest of matters, like a pointer: at most five a second, written up to 6 MiB.
    Fleeting,
}

impl Detail {
    fn bytes_max(self) -> u64 {
        match self {
            Self::Chapter => BYTES_MAX,
            Self::Ink => INK_BYTES_MAX,
            Self::Fleeting => FLEETING_BYTES_MAX,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Chapter => "chapter",
            Self::Ink => "ink",
            Self::Fleeting => "fleeting",
        }
    }
}

/// The timeline's file and what waits for it.
pub(crate) struct Timeline {
    disk: Disk,
    file: Appending,
    waiting: Vec<u8>,
    /// The newest fleeting line that is not written yet.
    fleeting: Option<Vec<u8>>,
    /// Media time of the last fleeting line, microseconds.
    fleeting_at: i64,
    /// Media time of the last attempt to write, microseconds.
    written_at: i64,
    /// What was left out, each told once.
    full: Vec<Detail>,
}

impl Timeline {
    /// Opens the file at its end.
    pub(crate) fn open(disk: Disk) -> io::Result<Self> {
        let file = disk.open_lines(FILE)?;
        Ok(Self {
            disk,
            file,
            waiting: Vec::new(),
            fleeting: None,
            fleeting_at: i64::MIN,
            written_at: i64::MIN,
            full: Vec::new(),
        })
    }

    /// Adds a line at a media time. It is durable within a second, as long as [`Self::tick`] is called.
    pub(crate) fn mark(&mut self, at_micros: i64, kind: &str, detail: Detail, fields: Map<String, Value>) {
        let line = line(at_micros, kind, fields);
        if !self.fits(line.len(), detail) {
            if !self.full.contains(&detail) {
                self.full.push(detail);
                tracing::warn!(detail = detail.name(), "the timeline is full; some of it is left out from here on");
                let left_out = Map::from_iter([("left_out".to_owned(), detail.name().into())]);
                self.add(&self::line(at_micros, "timeline_full", left_out));
            }
            return;
        }
        match detail {
            Detail::Fleeting => self.fleeting = Some(line),
            Detail::Chapter | Detail::Ink => self.add(&line),
        }
    }

    /// To be called every 100 ms or so.
    pub(crate) fn tick(&mut self, now_micros: i64) {
        if now_micros.saturating_sub(self.fleeting_at) >= FLEETING_MICROS
            && let Some(line) = self.fleeting.take()
        {
            self.fleeting_at = now_micros;
            self.add(&line);
        }
        if now_micros.saturating_sub(self.written_at) >= WRITE_MICROS {
            self.written_at = now_micros;
            self.write();
        }
    }

    /// Writes all there is.
    pub(crate) fn finish(&mut self) {
        if let Some(line) = self.fleeting.take() {
            self.add(&line);
        }
        self.write();
    }

    /// What a full disk refuses waits on.
    fn write(&mut self) {
        if !self.waiting.is_empty() && self.disk.append(&mut self.file, &self.waiting).is_ok() {
            self.waiting.clear();
        }
    }

    fn fits(&self, more: usize, detail: Detail) -> bool {
        self.file.len() + (self.waiting.len() + more) as u64 <= detail.bytes_max()
    }

    fn add(&mut self, line: &[u8]) {
        if self.waiting.len() < WAITING_BYTES_MAX {
            self.waiting.extend_from_slice(line);
        }
    }
}

fn line(at_micros: i64, kind: &str, fields: Map<String, Value>) -> Vec<u8> {
    let mut line = Map::new();
    line.insert("media_ms".to_owned(), (at_micros.max(0) / 1000).into());
    line.insert("kind".to_owned(), kind.into());
    line.extend(fields);
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests;
