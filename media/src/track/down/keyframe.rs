//! When a receiver needs a keyframe, and what it gets until then.

use std::time::{Duration, Instant};

use super::{DownTrack, State};
use crate::codec::MediaKind;
use crate::rtp::LayerIndex;
use crate::track::source::Source;

/// Distance of two wishes for a keyframe by one down-track.
const ASK_SPACING: Duration = Duration::from_secs(1);
/// Distance of two wishes while only keyframes are sent; those that come without asking are sent as well.
pub(super) const STILL_SPACING: Duration = Duration::from_secs(4);
/// A receiver that fell behind waits this long before it may cost the publisher a keyframe.
const BEHIND_PENALTY: Duration = Duration::from_secs(2);
/// A layer that can be joined with so few packets is joined from the ring and not by a new keyframe.
const SHORT_BURST: usize = 64;

impl DownTrack {
    /// The receiver cannot keep up: it gets the rest of the frame it is in, and then nothing until a keyframe.
    pub fn fall_behind(&mut self, now: Instant) {
        if self.config.kind == MediaKind::Audio {
            return;
        }
        let open = self.last.filter(|(_, open)| *open).map(|(timestamp, _)| timestamp);
        match (self.state, open) {
            (State::Live { layer, ending: None }, Some(timestamp)) => {
                self.state = State::Live { layer, ending: Some(timestamp) };
            }
            (State::Live { ending: None, .. } | State::Burst { .. }, _) => self.state = State::Waiting,
            _ => return,
        }
        self.stats.behind += 1;
        self.ask_again = Some(now + BEHIND_PENALTY);
    }

    /// The receiver has lost the picture (PLI or FIR). Those who say so all the time are not heard each time.
    pub fn picture_loss(&mut self, now: Instant) {
        if matches!(self.state, State::Live { .. }) && self.losses.take(1.0, now) {
            self.picture_lost = true;
        }
    }

    /// The layer of which this receiver needs a keyframe now, to be passed to
    /// [`UpTrack::request_keyframe`](super::UpTrack::request_keyframe). Call it every 50 to 100 ms, and after
    /// [`picture_loss`](Self::picture_loss); it also leaves layers that have stopped, so look for a burst afterwards.
    pub fn poll_keyframe(&mut self, source: &Source, now: Instant) -> Option<LayerIndex> {
        if self.config.kind == MediaKind::Audio || self.state == State::Empty {
            return None;
        }
        self.target = self.choice.choose(source.active_layers());
        let target = self.target?;
        match self.state {
            State::Waiting => self.ask(target, now),
            State::Live { layer, .. } if layer != target => {
                let stopped = source.active_layers() >> layer & 1 == 0;
                let near =
                    || source.layer(target).is_some_and(|l| l.ring.since_keyframe().take(65).count() <= SHORT_BURST);
                if self.config.squeeze && (stopped || near()) && self.start(target, source, now) {
                    return None;
                }
                self.ask(target, now)
            }
            State::Live { layer, .. } if std::mem::take(&mut self.picture_lost) => Some(layer),
            _ => None,
        }
    }

    fn ask(&mut self, layer: LayerIndex, now: Instant) -> Option<LayerIndex> {
        if self.ask_again.is_some_and(|at| now < at) {
            return None;
        }
        self.ask_again = Some(now + if self.stills { STILL_SPACING } else { ASK_SPACING });
        Some(layer)
    }
}
