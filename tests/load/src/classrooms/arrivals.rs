//! When each delta of the stage reached each seat.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What all seats together have received since the mark.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// Arrival times of each delta of the stage by its number, nanoseconds since 1970.
    deltas: BTreeMap<u64, Vec<u64>>,
    /// Text frames and their bytes.
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    /// Seats the server has closed, since the beginning.
    pub(crate) lost: usize,
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
    /// Notes a text frame that came at `stamp_ns`.
    pub(crate) fn note(&mut self, text: &[u8], stamp_ns: u64) {
        self.frames += 1;
        self.bytes += text.len() as u64;
        if let Ok(head) = serde_json::from_slice::<Head<'_>>(text)
            && head.kind == "delta"
            && head.stream == "stage"
        {
            self.deltas.entry(head.n).or_default().push(stamp_ns);
        }
    }

    /// Forgets what came so far.
    pub(crate) fn mark(&mut self) {
        *self = Self { lost: self.lost, ..Self::default() };
    }

    /// How many seats have the first delta since the mark.
    pub(crate) fn count(&self) -> usize {
        self.deltas.values().next().map_or(0, Vec::len)
    }

    /// How long after `cause_ns` the first delta since the mark reached each seat, nanoseconds.
    pub(crate) fn delays_ns(&self, cause_ns: u64) -> Vec<u64> {
        let first = self.deltas.values().next().map_or(&[][..], Vec::as_slice);
        first.iter().map(|at| at.saturating_sub(cause_ns)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stage_counts() {
        let mut arrivals = Arrivals::default();
        for (at, text) in [
            (1, r#"{"type":"snapshot","lesson":"x"}"#),
            (2, r#"{"type":"delta","stream":"staff","n":9,"events":[]}"#),
            (13, r#"{"type":"delta","stream":"stage","n":4,"events":[{"type":"x"}]}"#),
            (14, r#"{"type":"delta","stream":"stage","n":5,"events":[]}"#),
            (17, r#"{"type":"delta","stream":"stage","n":4,"events":[]}"#),
        ] {
            arrivals.note(text.as_bytes(), at);
        }
        assert_eq!((arrivals.count(), arrivals.frames), (2, 5));
        assert_eq!(arrivals.delays_ns(10), [3, 7]);
        arrivals.mark();
        assert_eq!((arrivals.count(), arrivals.frames), (0, 0));
    }
}
