//! Voices summed on one 48 kHz stereo timeline, sample by sample by media time; silence where nothing arrives.
//!
//! libavcodec's Opus decoder gives no way to its in-band repair nor to its concealment (an empty packet means the end
//! of the stream to it), so what is missing stays silent. A voice that breaks off fades out in a mirror image of its
//! last 5 ms and fades in again, so that a hole does not click.

use std::collections::{BTreeMap, VecDeque};

/// Samples per second and channel.
pub const RATE: i64 = 48_000;
/// Packets that start within this many samples of where the one before ended follow it without a seam: 10 ms.
const SEAMLESS: i64 = RATE / 100;
/// A voice fades in and out over so many samples: 5 ms.
const FADE: usize = RATE as usize / 200;
/// How far ahead of what is mixed a voice may write: 30 s; beyond it the timestamp lies.
const MAX_AHEAD: i64 = RATE * 30;
/// A voice that was heard within this long is waited for: 400 ms, a pause between packets that senders which don't
/// transmit silence make at most.
const LIVE: i64 = RATE * 2 / 5;
/// Longest wait for any voice, 900 ms: it bounds what a crash can take.
pub const MAX_WAIT: i64 = RATE * 9 / 10;

/// Sums voices. Times are sample numbers since the recording began.
#[derive(Debug)]
pub struct Mixer {
    position: i64,
    sum: VecDeque<[f32; 2]>,
    voices: BTreeMap<u32, VoiceState>,
    /// Samples that came too late or lied about their time.
    pub dropped: u64,
}

#[derive(Debug)]
struct VoiceState {
    end: i64,
    heard: i64,
    /// The newest samples, at most [`FADE`], while nothing follows them; taken when the voice breaks off.
    tail: Vec<[f32; 2]>,
}

impl Mixer {
    /// A mixer whose first sample out is number `position`.
    pub fn new(position: i64) -> Self {
        Self { position, sum: VecDeque::new(), voices: BTreeMap::new(), dropped: 0 }
    }

    /// The next sample out.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Adds interleaved stereo `samples` of `voice` that start at sample `at`; `now` is the present as a sample number.
    pub fn add(&mut self, voice: u32, at: i64, samples: &[f32], now: i64) {
        let state = self.voices.entry(voice).or_insert_with(|| VoiceState { end: at, heard: now, tail: Vec::new() });
        let seam = at - state.end;
        // Late by a little: joined. Early (overlapping): the overlap is cut off, nothing sounds twice.
        let start = if seam.abs() <= SEAMLESS { state.end } else { at };
        let skip = (state.end - start).max(self.position - start).max(0) as usize;
        let frames = samples.len() / 2;
        state.heard = now;
        if start > self.position + MAX_AHEAD || skip >= frames {
            self.dropped += frames as u64;
            return;
        }
        self.dropped += skip as u64;
        let before = state.end;
        state.end = start + frames as i64;
        let from = (start - self.position + skip as i64) as usize;
        let needed = from + frames - skip;
        if self.sum.len() < needed {
            self.sum.resize(needed, [0.0; 2]);
        }
        // Without a tail to go on from, because it was used up or is none, the voice begins here.
        let seamless = from as i64 + self.position == before && !state.tail.is_empty();
        for (index, (to, pair)) in self.sum.range_mut(from..needed).zip(samples.chunks_exact(2).skip(skip)).enumerate()
        {
            let gain = if seamless { 1.0 } else { ((index + 1) as f32 / FADE as f32).min(1.0) };
            to[0] += pair[0] * gain;
            to[1] += pair[1] * gain;
        }
        if !seamless {
            let tail = std::mem::take(&mut state.tail);
            fade_out(&mut self.sum, before - self.position, &tail);
        }
        state.tail.clear();
        state.tail.extend(samples.chunks_exact(2).skip(skip.max(frames.saturating_sub(FADE))).map(|p| [p[0], p[1]]));
    }

    /// A voice is over and not waited for any more.
    pub fn remove(&mut self, voice: u32) {
        if let Some(state) = self.voices.remove(&voice) {
            fade_out(&mut self.sum, state.end - self.position, &state.tail);
        }
    }

    /// How far the mix is settled: all that are speaking have delivered, or have been waited for long enough.
    pub fn settled(&self, now: i64) -> i64 {
        let floor = now - MAX_WAIT;
        let live = self.voices.values().filter(|voice| now - voice.heard < LIVE);
        live.map(|voice| voice.end).min().map_or(floor, |end| end.min(now)).max(floor)
    }

    /// Takes the next `frames` samples per channel, interleaved and softly limited.
    pub fn take(&mut self, frames: usize, out: &mut Vec<f32>) {
        out.clear();
        let until = self.position + frames as i64;
        for state in self.voices.values_mut().filter(|state| state.end < until) {
            fade_out(&mut self.sum, state.end - self.position, &std::mem::take(&mut state.tail));
        }
        for _ in 0..frames {
            let [left, right] = self.sum.pop_front().unwrap_or_default();
            out.extend([limit(left), limit(right)]);
        }
        self.position += frames as i64;
    }
}

/// Lets a voice whose newest samples are `tail` fade out from `at` on, counted from the next sample out.
fn fade_out(sum: &mut VecDeque<[f32; 2]>, at: i64, tail: &[[f32; 2]]) {
    let Ok(at) = usize::try_from(at) else { return };
    if sum.len() < at + tail.len() {
        sum.resize(at + tail.len(), [0.0; 2]);
    }
    for (index, (to, pair)) in sum.range_mut(at..).zip(tail.iter().rev()).enumerate() {
        let gain = 1.0 - (index + 1) as f32 / tail.len() as f32;
        to[0] += pair[0] * gain;
        to[1] += pair[1] * gain;
    }
}

/// Straight up to 0.8, then bending towards 1, so that two loud voices don't crackle.
fn limit(sample: f32) -> f32 {
    const KNEE: f32 = 0.8;
    let size = sample.abs();
    if size <= KNEE || !size.is_finite() {
        return if size.is_finite() { sample } else { 0.0 };
    }
    let over = (size - KNEE) / (1.0 - KNEE);
    (KNEE + (1.0 - KNEE) * over / (1.0 + over)).copysign(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(value: f32, frames: usize) -> Vec<f32> {
        vec![value; frames * 2]
    }

    #[test]
    fn voices_add_where_they_meet_and_silence_fills_the_rest() {
        let mut mixer = Mixer::new(0);
        mixer.add(1, 960, &tone(0.25, 1920), 0);
        mixer.add(2, 1920, &tone(0.5, 1920), 0);
        let mut out = Vec::new();
        mixer.take(4800, &mut out);
        let left: Vec<f32> = out.iter().step_by(2).copied().collect();
        // Between these each voice takes 5 ms to come and go.
        for (range, value) in
            [(0..960, 0.0), (1200..1920, 0.25), (2160..2880, 0.75), (3120..3840, 0.5), (4080..4800, 0.0)]
        {
            assert!(left[range].iter().all(|sample| *sample == value), "{value}");
        }
    }

    #[test]
    fn small_seams_close_and_late_samples_are_cut() {
        let mut mixer = Mixer::new(0);
        mixer.add(1, 0, &tone(0.1, 960), 0);
        mixer.add(1, 960 + 100, &tone(0.1, 960), 0);
        mixer.add(1, 1920 - 100, &tone(0.1, 960), 0);
        let mut out = Vec::new();
        mixer.take(2880, &mut out);
        assert!(out[2 * FADE..].iter().all(|sample| *sample == 0.1));
        mixer.add(1, 2000, &tone(0.1, 960), 0);
        mixer.add(1, RATE * 100, &tone(0.1, 960), 0);
        // 880 samples of the one overlap what was mixed, the other lies about its time.
        assert_eq!(mixer.dropped, 880 + 960);
    }

    #[test]
    fn a_lost_packet_does_not_click() {
        for late in [false, true] {
            let mut mixer = Mixer::new(0);
            let mut all = Vec::new();
            let mut out = Vec::new();
            for packet in 0..10 {
                // The fifth never comes; what follows does before or after the hole has been mixed.
                if packet != 5 {
                    mixer.add(1, packet * 960, &tone(0.6, 960), 0);
                }
                if late {
                    mixer.take(960, &mut out);
                    all.extend_from_slice(&out);
                }
            }
            mixer.take(9600 - all.len() / 2 + 960, &mut out);
            all.extend_from_slice(&out);
            let left: Vec<f32> = all.iter().step_by(2).copied().collect();
            let steepest = left.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(steepest < 0.6 / FADE as f32 * 1.5, "a step of {steepest}");
            assert!(left[5 * 960 + FADE..6 * 960].iter().all(|sample| *sample == 0.0));
            assert!(left[6 * 960 + FADE..9600].iter().all(|sample| *sample == 0.6));
        }
    }

    #[test]
    fn waits_for_who_is_speaking_but_not_for_ever() {
        let mut mixer = Mixer::new(0);
        assert_eq!(mixer.settled(RATE), RATE - MAX_WAIT);
        mixer.add(1, 0, &tone(0.1, 47_040), 47_500);
        assert_eq!(mixer.settled(48_000), 47_040);
        mixer.add(2, 0, &tone(0.1, 24_000), 47_500);
        assert_eq!(mixer.settled(48_000), 24_000);
        mixer.remove(2);
        assert_eq!(mixer.settled(48_000), 47_040);
        assert_eq!(mixer.settled(47_500 + LIVE), 47_500 + LIVE - MAX_WAIT);
    }

    #[test]
    fn loud_sums_bend_and_nonsense_is_silence() {
        for value in [-5.0f32, -1.0, 0.9, 1.0, 3.0] {
            assert!(limit(value).abs() < 1.0 && limit(value).signum() == value.signum());
        }
        assert_eq!((limit(f32::NAN), limit(f32::INFINITY), limit(0.5)), (0.0, 0.0, 0.5));
    }
}
