//! A synthetic voice: vowel-like syllables, and a 1 kHz beep of 100 ms at every full second.
//!
//! With the test card at 30 frames a second the beep starts with every 30th frame, so that how far sound and picture are
//! apart can be measured at the far end.

use std::f32::consts::TAU;

/// Samples in one second.
pub const RATE: usize = 48_000;
/// Pitch of the beep in Hz.
pub const BEEP_HZ: f32 = 1000.0;
/// Length of the beep in samples: 100 ms.
pub const BEEP_SAMPLES: usize = RATE / 10;
/// Syllables are silent for so long on either side of the beep: 150 ms.
const HUSH: usize = RATE * 3 / 20;

/// Formants (Hz) of five vowels, spoken in turn.
const VOWELS: [[f32; 3]; 5] = [
    [730.0, 1090.0, 2440.0],
    [530.0, 1840.0, 2480.0],
    [270.0, 2290.0, 3010.0],
    [570.0, 840.0, 2410.0],
    [300.0, 870.0, 2240.0],
];

/// A mono source of samples at 48 kHz that starts at media time 0 and knows where it is.
#[derive(Debug, Clone, Default)]
pub struct Voice {
    sample: u64,
    pitch: f32,
    resonators: [[f32; 2]; 3],
}

impl Voice {
    /// A voice at media time 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next sample's number.
    pub fn position(&self) -> u64 {
        self.sample
    }

    /// Fills `out` with the next mono samples, all within -0.5 to 0.5.
    pub fn fill(&mut self, out: &mut [f32]) {
        for sample in out {
            *sample = self.next_sample();
        }
    }

    fn next_sample(&mut self) -> f32 {
        let in_second = (self.sample % RATE as u64) as usize;
        let syllable = self.sample / (RATE as u64 / 5);
        self.sample += 1;
        if in_second < BEEP_SAMPLES {
            // Two milliseconds of ramp keep the beep's edges from clicking over the whole spectrum.
            let edge = in_second.min(BEEP_SAMPLES - 1 - in_second) as f32 / 96.0;
            return 0.4 * edge.min(1.0) * (TAU * BEEP_HZ * in_second as f32 / RATE as f32).sin();
        }
        let spoken = (BEEP_SAMPLES + HUSH..RATE - HUSH).contains(&in_second);
        let within = in_second % (RATE / 5);
        let envelope = if spoken { (within as f32 / (RATE / 5) as f32 * TAU / 2.0).sin() } else { 0.0 };
        // A glottal pulse train of 120 Hz that wavers by 10 %, through one resonator per formant.
        self.pitch += (120.0 + 12.0 * (syllable as f32 * 1.7).sin()) / RATE as f32;
        let pulse = if self.pitch >= 1.0 { 1.0 } else { 0.0 };
        self.pitch -= self.pitch.floor();
        let vowel = VOWELS[(syllable % VOWELS.len() as u64) as usize];
        let mut sum = 0.0;
        for (formant, state) in vowel.into_iter().zip(&mut self.resonators) {
            let radius = 0.985f32;
            let out =
                pulse + 2.0 * radius * (TAU * formant / RATE as f32).cos() * state[0] - radius * radius * state[1];
            *state = [out, state[0]];
            sum += out;
        }
        (0.01 * sum * envelope).clamp(-0.3, 0.3)
    }
}

/// Where beeps start in mono samples at 48 kHz, to about 1 ms: the first sample of each run of at least 60 ms in which
/// 1 kHz holds most of the energy.
pub fn find_beeps(samples: &[f32]) -> Vec<usize> {
    const WINDOW: usize = 480;
    const STEP: usize = 48;
    let mut found = Vec::new();
    let mut run_start = None;
    for start in (0..samples.len().saturating_sub(WINDOW)).step_by(STEP) {
        if is_beep(&samples[start..start + WINDOW]) {
            run_start.get_or_insert(start);
        } else if let Some(first) = run_start.take()
            && start - first >= RATE * 6 / 100
        {
            // A window counts as beep from when the tone fills half of it.
            found.push(if first == 0 { 0 } else { first + WINDOW / 2 });
        }
    }
    found
}

/// Goertzel: whether 1 kHz has most of the window's energy and is loud enough to be meant.
fn is_beep(window: &[f32]) -> bool {
    let step = 2.0 * (TAU * BEEP_HZ / RATE as f32).cos();
    let (mut before, mut last, mut energy) = (0.0f32, 0.0f32, 0.0f32);
    for sample in window {
        (before, last) = (last, sample + step * last - before);
        energy += sample * sample;
    }
    let tone = (last * last + before * before - step * last * before) * 2.0 / window.len() as f32;
    energy / window.len() as f32 > 0.02 && tone > 0.5 * energy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beeps_at_every_second_and_nowhere_else() {
        let mut samples = vec![0.0; RATE * 5 + RATE / 2];
        Voice::new().fill(&mut samples);
        assert!(samples.iter().all(|sample| sample.abs() <= 0.5));
        let found = find_beeps(&samples);
        assert_eq!(found.len(), 6);
        for (second, at) in found.into_iter().enumerate() {
            assert!(at.abs_diff(second * RATE) < RATE / 200, "beep {second} found at {at}");
        }
    }

    #[test]
    fn speaks_between_beeps() {
        let mut samples = vec![0.0; RATE];
        Voice::new().fill(&mut samples);
        let loudest = samples[RATE / 3..RATE * 2 / 3].iter().fold(0.0f32, |loudest, s| loudest.max(s.abs()));
        assert!(loudest > 0.05, "{loudest}");
    }
}
