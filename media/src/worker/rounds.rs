//! What waits to be sent and in which order: sound before anything else; then repeats, pictures and bursts by turns,
//! so that none of them waits for the end of another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::delay::Departed;
use super::probing::Probes;
use crate::estimate::ProbePlan;
use crate::rtp::Packet;
use crate::track::Outgoing;

/// Resends that may wait; what is asked for beyond is asked for again.
const MAX_RESENDS: usize = 8192;
/// Rounds of one picture before the next one has its turn: the whole of an ordinary lesson.
const STRETCH: u32 = 16;

/// A planned resend.
pub(super) struct Resend {
    pub(super) down: u32,
    pub(super) packet: Arc<Packet>,
    pub(super) out: Outgoing,
}

/// Whose turn it is among what is no sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Resends,
    Fresh,
    Bursts,
}

/// What is to be sent and how far sending has come.
#[derive(Default)]
pub(crate) struct Rounds {
    /// Tracks with packets that have not reached all their receivers.
    marked: Vec<u32>,
    /// Position in `marked` of the picture being sent, and its rounds so far.
    picture: usize,
    stretch: u32,
    turn: u32,
    pub(super) resends: VecDeque<Resend>,
    /// Down-tracks that send from a ring.
    pub(super) bursts: Vec<u32>,
    /// Position in `bursts`; past its end until the bursts' next turn.
    pub(super) burst_at: usize,
    pub(super) burst_due: Option<Instant>,
    pub(super) probes: Probes,
    pub(super) departed: Departed,
}

impl Rounds {
    /// Notes a probe to carry out.
    pub(super) fn probe(&mut self, down: u32, plan: ProbePlan, now: Instant) {
        self.probes.begin(down, plan, now);
    }

    /// Notes a track with fresh packets.
    pub(crate) fn mark(&mut self, track: u32) {
        if !self.marked.contains(&track) {
            self.marked.push(track);
        }
    }

    pub(crate) fn marked(&self) -> &[u32] {
        &self.marked
    }

    /// Notes a down-track that sends from a ring.
    pub(crate) fn burst(&mut self, down: u32) {
        self.bursts.push(down);
        // It is served at once: with the rest of the present turn, or in one of its own. A turn is not begun anew, or
        // a stream of joins would keep the last ones waiting.
        if self.burst_due.take().is_some() {
            self.burst_at = 0;
        }
    }

    /// A track is gone, or everybody has its packets.
    pub(crate) fn forget(&mut self, track: u32) {
        self.marked.retain(|marked| *marked != track);
        self.stretch = 0;
    }

    /// Keeps only the tracks that have something.
    pub(super) fn retain(&mut self, has_something: impl Fn(u32) -> bool) {
        self.marked.retain(|track| has_something(*track));
    }

    /// A down-track is gone.
    pub(crate) fn forget_down(&mut self, down: u32) {
        if let Some(at) = self.bursts.iter().position(|burst| *burst == down) {
            self.bursts.remove(at);
            self.burst_at -= usize::from(at < self.burst_at);
        }
        self.resends.retain(|resend| resend.down != down);
        self.probes.forget_down(down);
    }

    pub(crate) fn resend(&mut self, down: u32, packet: Arc<Packet>, out: Outgoing) {
        if self.resends.len() < MAX_RESENDS {
            self.resends.push_back(Resend { down, packet, out });
        }
    }

    /// The order in which the next round looks for something to send. Whatever there is much of has every other turn.
    pub(super) fn next_turn(&mut self) -> [Turn; 3] {
        self.turn = self.turn.wrapping_add(1);
        match self.turn % 4 {
            0 => [Turn::Bursts, Turn::Fresh, Turn::Resends],
            2 => [Turn::Resends, Turn::Fresh, Turn::Bursts],
            _ => [Turn::Fresh, Turn::Resends, Turn::Bursts],
        }
    }

    /// The picture whose turn it is, of those that `is_due`: the same one for a stretch, then the next.
    pub(super) fn next_picture(&mut self, is_due: impl Fn(u32) -> bool) -> Option<u32> {
        let count = self.marked.len();
        if self.stretch >= STRETCH {
            (self.picture, self.stretch) = (self.picture + 1, 0);
        }
        let at = (0..count).map(|step| (self.picture + step) % count).find(|at| is_due(self.marked[*at]))?;
        if at != self.picture {
            (self.picture, self.stretch) = (at, 0);
        }
        self.stretch += 1;
        Some(self.marked[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_lesson_lets_small_ones_pass() {
        let mut rounds = Rounds::default();
        for track in [7, 8, 9] {
            rounds.mark(track);
        }
        let mut left = [(7, 100), (8, 5), (9, 40)];
        let mut order = Vec::new();
        while left.iter().any(|(_, rounds)| *rounds > 0) {
            let track = rounds.next_picture(|track| left.iter().any(|(t, n)| *t == track && *n > 0)).unwrap();
            let entry = left.iter_mut().find(|(t, _)| *t == track).unwrap();
            entry.1 -= 1;
            order.push(track);
        }
        let end = |track| order.iter().rposition(|t| *t == track).unwrap();
        assert!(end(8) < STRETCH as usize + 5, "{}", end(8));
        assert!(end(9) < end(7));
        assert_eq!(order.len(), 145);
    }

    #[test]
    fn a_stream_of_joins_does_not_start_the_bursts_over() {
        let mut rounds = Rounds::default();
        (0..10).for_each(|down| rounds.burst(down));
        rounds.burst_at = 6;
        rounds.burst(10);
        assert_eq!(rounds.bursts[rounds.burst_at], 6);
        rounds.forget_down(2);
        assert_eq!(rounds.bursts[rounds.burst_at], 6);
        rounds.forget_down(8);
        assert_eq!((rounds.bursts[rounds.burst_at], rounds.bursts.len()), (6, 9));
    }

    #[test]
    fn nobody_waits_for_the_end_of_another() {
        let mut rounds = Rounds::default();
        let first: Vec<Turn> = (0..4).map(|_| rounds.next_turn()[0]).collect();
        for turn in [Turn::Fresh, Turn::Resends, Turn::Bursts] {
            assert!(first.contains(&turn));
        }
    }
}
