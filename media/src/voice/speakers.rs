//! The few who are talking in one lesson, the loudest first, without flicker.

use std::time::{Duration, Instant};

use crate::slot::{PeerId, UpTrackId};

/// Most who are named at once.
pub const MAX_SPEAKERS: usize = 4;
/// Distance of two lists.
const SPACING: Duration = Duration::from_secs(1);
/// By how many dB one has to be louder than the one named before it to be named first.
const LOUDER: u8 = 6;

/// Ranking of one lesson's tracks. It is told what [`MediaEvent::TrackSpeaking`](crate::MediaEvent::TrackSpeaking) says
/// and which tracks cannot be heard any more.
#[derive(Debug)]
pub struct Speakers {
    /// Everybody who talks, in the order they would be named.
    talking: Vec<(UpTrackId, u8)>,
    said: Vec<UpTrackId>,
    /// Before this no further list.
    due: Instant,
    /// The list is wanted though it is the same.
    again: bool,
}

impl Speakers {
    /// Nobody is talking.
    pub fn new(now: Instant) -> Self {
        Self { talking: Vec::new(), said: Vec::new(), due: now, again: false }
    }

    /// A track talks this loud (0 to 127), or does not any more.
    pub fn heard(&mut self, track: UpTrackId, loudness: Option<u8>) {
        match (self.talking.iter().position(|(other, _)| *other == track), loudness) {
            (Some(at), Some(loudness)) => self.talking[at].1 = loudness,
            (Some(at), None) => {
                self.talking.remove(at);
            }
            (None, Some(loudness)) => self.talking.push((track, loudness)),
            (None, None) => {}
        }
        // Nearly sorted always, and short.
        for end in (1..self.talking.len()).rev() {
            for at in 0..end {
                if self.talking[at + 1].1 > self.talking[at].1.saturating_add(LOUDER) {
                    self.talking.swap(at, at + 1);
                }
            }
        }
    }

    /// Nothing of a publisher is heard any more: it is gone, or its gate is closed.
    pub fn forget(&mut self, publisher: PeerId) {
        self.talking.retain(|(track, _)| track.peer != publisher);
    }

    /// Lets [`poll`](Self::poll) give the list once more, in its time.
    pub fn say_again(&mut self) {
        self.again = true;
    }

    /// Who is talking now, the loudest first.
    pub fn now(&self) -> Vec<UpTrackId> {
        self.talking.iter().take(MAX_SPEAKERS).map(|(track, _)| *track).collect()
    }

    /// The list when it has changed, at most once a second.
    pub fn poll(&mut self, now: Instant) -> Option<Vec<UpTrackId>> {
        if self.poll_timeout()? > now {
            return None;
        }
        self.said = self.now();
        self.due = now + SPACING;
        self.again = false;
        Some(self.said.clone())
    }

    /// When [`poll`](Self::poll) has something to say; a time in the past means now.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let talking = self.talking.iter().take(MAX_SPEAKERS).map(|(track, _)| track);
        (self.again || !talking.eq(&self.said)).then_some(self.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::source::tests::start;

    fn track(peer: u64) -> UpTrackId {
        UpTrackId { peer: PeerId(peer), media: 0 }
    }

    fn peers(tracks: Option<Vec<UpTrackId>>) -> Option<Vec<u64>> {
        tracks.map(|tracks| tracks.iter().map(|track| track.peer.0).collect())
    }

    #[test]
    fn the_loudest_stand_first_and_four_at_most() {
        let t0 = start();
        let mut speakers = Speakers::new(t0);
        for (peer, loudness) in [(1, 80), (2, 95), (3, 110), (4, 75), (5, 120)] {
            speakers.heard(track(peer), Some(loudness));
        }
        assert_eq!(peers(speakers.poll(t0)), Some(vec![5, 3, 2, 1]));
        assert_eq!((speakers.poll(t0), speakers.poll_timeout()), (None, None));
        speakers.heard(track(4), Some(70));
        assert_eq!(speakers.poll_timeout(), None, "the fifth is not named");
    }

    #[test]
    fn lists_come_once_a_second_and_small_differences_change_nothing() {
        let t0 = start();
        let ms = |n| t0 + Duration::from_millis(n);
        let mut speakers = Speakers::new(t0);
        speakers.heard(track(1), Some(90));
        assert_eq!(peers(speakers.poll(t0)), Some(vec![1]));
        speakers.heard(track(2), Some(94));
        assert_eq!((speakers.poll(ms(999)), speakers.poll_timeout()), (None, Some(ms(1_000))));
        assert_eq!(peers(speakers.poll(ms(1_000))), Some(vec![1, 2]), "as loud as the first, nearly");
        speakers.heard(track(1), Some(86));
        assert_eq!(peers(speakers.poll(ms(2_000))), Some(vec![2, 1]));
        speakers.heard(track(1), Some(90));
        speakers.heard(track(2), None);
        speakers.heard(track(2), Some(95));
        assert_eq!(peers(speakers.poll(ms(3_000))), Some(vec![1, 2]), "who pauses stands behind");
        speakers.say_again();
        assert_eq!((speakers.poll(ms(3_500)), peers(speakers.poll(ms(4_000)))), (None, Some(vec![1, 2])));
        speakers.forget(PeerId(1));
        speakers.forget(PeerId(2));
        assert_eq!(peers(speakers.poll(ms(5_000))), Some(vec![]));
    }
}
