//! When each delta of the stage reached each seat.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// What all seats together have received.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    deltas: Mutex<Vec<(u64, Instant)>>,
    frames: AtomicU64,
    bytes: AtomicU64,
}

/// The head of a server's frame.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(default)]
    stream: &'a str,
    #[serde(default)]
    n: u64,
}

impl Arrivals {
    /// Notes a text frame that came at `now`.
    pub(crate) fn note(&self, text: &str, now: Instant) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
        if let Ok(head) = serde_json::from_str::<Head<'_>>(text)
            && head.kind == "delta"
            && head.stream == "stage"
        {
            self.deltas.lock().unwrap_or_else(PoisonError::into_inner).push((head.n, now));
        }
    }

    /// Forgets the deltas so far; their highest number.
    pub(crate) fn mark(&self) -> u64 {
        let mut deltas = self.deltas.lock().unwrap_or_else(PoisonError::into_inner);
        let highest = deltas.iter().map(|(n, _)| *n).max().unwrap_or(0);
        deltas.clear();
        highest
    }

    /// How many seats have the first delta since the mark.
    pub(crate) fn count(&self) -> usize {
        self.first().len()
    }

    /// How long after `cause` the first delta since the mark reached each seat.
    pub(crate) fn delays(&self, cause: Instant) -> Vec<Duration> {
        self.first().into_iter().map(|at| at.saturating_duration_since(cause)).collect()
    }

    fn first(&self) -> Vec<Instant> {
        let deltas = self.deltas.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = deltas.iter().map(|(n, _)| *n).min() else { return Vec::new() };
        deltas.iter().filter(|(n, _)| *n == first).map(|(_, at)| *at).collect()
    }

    /// Text frames and their bytes so far.
    pub(crate) fn totals(&self) -> (u64, u64) {
        (self.frames.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stage_counts() {
        let arrivals = Arrivals::default();
        let now = crate::clock::now();
        for text in [
            r#"{"type":"snapshot","lesson":"x"}"#,
            r#"{"type":"delta","stream":"staff","n":9,"events":[]}"#,
            r#"{"type":"delta","stream":"stage","n":4,"events":[{"type":"x"}]}"#,
            r#"{"type":"delta","stream":"stage","n":4,"events":[]}"#,
            r#"{"type":"delta","stream":"stage","n":5,"events":[]}"#,
        ] {
            arrivals.note(text, now);
        }
        assert_eq!((arrivals.count(), arrivals.totals().0), (2, 5));
        assert_eq!((arrivals.mark(), arrivals.count()), (5, 0));
    }
}
