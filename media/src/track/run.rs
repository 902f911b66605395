//! A stretch of outgoing packets with one rule for numbers and timestamps.
//!
//! A run begins at each source switch, each layer switch and each resumption. Within a run the source's gaps stay
//! gaps, so that a packet that comes late, or is asked for again, still has its place.

use crate::rtp::LayerIndex;

/// By how much the frames of a late joiner's burst are squeezed: 33 ms become 1 ms.
const SQUEEZE: i64 = 32;
/// The most they may be squeezed: frames 11 ms apart stay one tick of 90 kHz apart.
const MAX_SQUEEZE: i64 = 1_000;
/// Ticks after which the anchors move on, well before half a wrap of the timestamp.
const REANCHOR: i64 = 1 << 29;

/// The rule of one run.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) layer: LayerIndex,
    pub(super) first_source: u64,
    pub(super) first_out: u64,
    /// Source timestamp of the frame that divides the burst from what is live.
    anchor_source: u32,
    /// Where the anchor would lie by the clocks: live frames keep their distance from here.
    live_anchor: u64,
    /// Where the anchor is sent: the burst ends here.
    burst_anchor: u64,
    squeeze: i64,
}

/// What a new run has to join on to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joint {
    /// Outgoing timestamp of the anchor by the clocks.
    pub(super) live: u64,
    /// Ticks from the first frame of the burst to the anchor.
    pub(super) span: i64,
    /// Newest outgoing timestamp so far.
    pub(super) last: Option<u64>,
    /// Least distance to `last` in ticks.
    pub(super) step: u64,
    /// Squeeze the burst so that it ends just before the live frames.
    pub(super) squeeze: bool,
    /// Sound: a shifted start shifts the whole run, because its packets must not overlap.
    pub(super) rigid: bool,
}

impl Run {
    pub(super) fn new(layer: LayerIndex, first_source: u64, first_out: u64, anchor: u32, joint: &Joint) -> Self {
        let earliest = joint.last.map_or(0, |last| last + joint.step);
        let room = joint.live as i64 - earliest as i64;
        let mut squeeze = if joint.squeeze { SQUEEZE } else { 1 };
        if joint.squeeze && joint.last.is_some() && joint.span / squeeze > room {
            squeeze = (joint.span / room.max(1) + 1).clamp(SQUEEZE, MAX_SQUEEZE);
        }
        let burst_anchor = joint.live.max(earliest + (joint.span / squeeze) as u64 + u64::from(joint.span > 0));
        let live_anchor = if joint.rigid { burst_anchor } else { joint.live };
        Self { layer, first_source, first_out, anchor_source: anchor, live_anchor, burst_anchor, squeeze }
    }

    pub(super) fn warm(&self) -> u64 {
        self.first_out.wrapping_add(self.live_anchor)
    }

    /// The outgoing index of a source packet; `None` before the run.
    pub(super) fn out_index(&self, source: u64) -> Option<u64> {
        Some(self.first_out + source.checked_sub(self.first_source)?)
    }

    /// The source packet behind an outgoing index.
    pub(super) fn source_index(&self, out: u64) -> Option<u64> {
        Some(self.first_source + out.checked_sub(self.first_out)?)
    }

    /// The outgoing timestamp: strictly rising with the source's.
    pub(super) fn timestamp(&self, source: u32) -> u64 {
        let ticks = self.ticks(source);
        if ticks <= 0 {
            return self.burst_anchor.saturating_add_signed(ticks.div_euclid(self.squeeze));
        }
        let live = self.live_anchor.saturating_add_signed(ticks);
        // Where the burst had to end later than the clocks say, live frames wait in tiny steps until they are reached.
        live.max(self.burst_anchor.saturating_add_signed(ticks / SQUEEZE + 1))
    }

    /// The outgoing timestamp by the clocks alone, for sender reports.
    pub(super) fn live_timestamp(&self, source: u32) -> u64 {
        self.live_anchor.saturating_add_signed(self.ticks(source))
    }

    /// Keeps the anchors near what is sent, so that the timestamps of long runs never wrap away from them.
    pub(super) fn advance(&mut self, source: u32) {
        let ticks = self.ticks(source);
        if ticks > REANCHOR {
            self.live_anchor = self.live_anchor.saturating_add_signed(ticks);
            self.burst_anchor = self.live_anchor;
            self.anchor_source = source;
            self.squeeze = 1;
        }
    }

    fn ticks(&self, source: u32) -> i64 {
        i64::from(source.wrapping_sub(self.anchor_source) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joint(live: u64, span: i64, last: Option<u64>) -> Joint {
        Joint { live, span, last, step: 90, squeeze: true, rigid: false }
    }

    /// Outgoing timestamps of 30 fps frames from `span` before the anchor to one second after it.
    fn frames(run: &Run, span: i64) -> Vec<u64> {
        (-span / 3_000..=30).map(|n| run.timestamp(5_000_u32.wrapping_add_signed((n * 3_000) as i32))).collect()
    }

    #[test]
    fn bursts_end_just_before_live_and_always_rise() {
        let second = 90_000;
        let cases = [
            (10 * second, 0, None),
            (10 * second, 6 * second, None),
            (10 * second, 6 * second, Some(9 * second)),
            (10 * second, 6 * second, Some(10 * second - 300)),
            (10 * second, 6 * second, Some(10 * second + 50)),
            (10 * second, 6 * second, Some(30 * second)),
            (10 * second, 0, Some(10 * second)),
        ];
        for (live, span, last) in cases {
            let run = Run::new(0, 0, 0, 5_000, &joint(live as u64, span, last.map(|l| l as u64)));
            let sent = frames(&run, span);
            assert!(sent.is_sorted_by(|a, b| a < b), "{live} {span} {last:?}");
            assert!(last.is_none_or(|last| sent[0] > last as u64), "{live} {span} {last:?}");
            if last.is_none_or(|last| last <= live) {
                let end = *sent.last().unwrap() as i64;
                assert_eq!(end, live + second, "no lasting delay: {live} {span} {last:?}");
                let burst = run.timestamp(5_000) - sent[0];
                assert!(burst as i64 <= span / 32 + 1, "{burst}");
            }
        }
    }

    #[test]
    fn sound_is_shifted_as_a_whole() {
        let joint = Joint { rigid: true, squeeze: false, step: 960, ..joint(1_000, 0, Some(5_000)) };
        let run = Run::new(0, 0, 0, 77, &joint);
        assert_eq!((run.timestamp(77), run.timestamp(77 + 960)), (5_960, 6_920));
        assert_eq!(run.live_timestamp(77), 5_960);
    }

    #[test]
    fn long_runs_outlive_the_wrap_of_the_timestamp() {
        let mut run = Run::new(0, 0, 0, 0, &joint(1 << 32, 0, None));
        let mut expected = 1_u64 << 32;
        let mut source = 0_u32;
        for _ in 0..10_000 {
            source = source.wrapping_add(900_000);
            expected += 900_000;
            assert_eq!(run.timestamp(source), expected);
            run.advance(source);
        }
    }

    #[test]
    fn numbers_map_both_ways() {
        let run = Run::new(0, 100, 7, 0, &joint(0, 0, None));
        assert_eq!((run.out_index(103), run.out_index(99)), (Some(10), None));
        assert_eq!((run.source_index(10), run.source_index(6)), (Some(103), None));
    }
}
