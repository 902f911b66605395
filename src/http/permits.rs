//! Rights to recordings that have just been looked up.
//!
//! A player fetches a file every few seconds for an hour, and what it may see does not change in between. The token is
//! checked with every request all the same: a session that ends, ends at once. A right that is taken away from an
//! account ends within [`VALID`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a right is believed.
const VALID: Duration = Duration::from_secs(3);
/// Most rights kept; beyond them all are looked up anew.
const MOST: usize = 20_000;

/// The right to the files of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Permit {
    /// The recording's id as the database has it: the name of its folder.
    pub(super) id: String,
    /// Nothing is written to it any more.
    pub(super) settled: bool,
}

/// Rights by the hash of a token and the recording.
#[derive(Debug, Default)]
pub struct Permits {
    known: Mutex<HashMap<String, (Instant, Permit)>>,
}

impl Permits {
    /// The right of a token's holder, if it was found lately.
    pub(super) fn get(&self, token: &str, recording: &str, now: Instant) -> Option<Permit> {
        let known = self.lock();
        let (found, permit) = known.get(&key(token, recording))?;
        (now.saturating_duration_since(*found) < VALID).then(|| permit.clone())
    }

    /// Notes a right that has been found.
    pub(super) fn put(&self, token: &str, recording: &str, permit: Permit, now: Instant) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, (found, _)| now.saturating_duration_since(*found) < VALID);
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key(token, recording), (now, permit));
    }

    /// Forgets what a token's holder may see: the token is withdrawn.
    pub(super) fn forget(&self, token: &str) {
        let own = key(token, "");
        self.lock().retain(|key, _| !key.starts_with(&own));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, Permit)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hash has no spaces.
fn key(token: &str, recording: &str) -> String {
    format!("{token} {recording}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_of_one_token_one_recording_and_a_while() {
        let permits = Permits::default();
        let now = crate::clock::instant();
        let permit = Permit { id: "r".to_owned(), settled: true };
        permits.put("t", "r", permit.clone(), now);
        assert_eq!(permits.get("t", "r", now), Some(permit));
        assert_eq!(permits.get("t", "other", now), None);
        assert_eq!(permits.get("other", "r", now), None);
        assert_eq!(permits.get("t", "r", now + VALID), None);
        permits.forget("other");
        assert!(permits.get("t", "r", now).is_some());
        permits.forget("t");
        assert_eq!(permits.get("t", "r", now), None);
    }

    #[test]
    fn they_are_bounded() {
        let permits = Permits::default();
        let now = crate::clock::instant();
        for n in 0..=MOST {
            permits.put(&n.to_string(), "r", Permit { id: "r".to_owned(), settled: true }, now);
        }
        assert!(permits.lock().len() <= MOST);
        assert!(permits.get(&MOST.to_string(), "r", now).is_some());
    }
}
