/**
 * Tones from the loudspeaker and how much of them the microphones hear: one as the room is, one as it is sent, with the
 * browser's echo cancellation.
 */
import type { ToneHeard } from "./verdicts";

/** A third apart, inside the band of speech; no loudspeaker lacks all of them. */
const TONES_HZ = [660, 880, 1_100];
const TONE_MS = 450;
const PAUSE_MS = 350;
const LOUD = 0.25;

/** The power of one frequency in a block of samples (Goertzel), in decibels. Pure. */
export function toneDb(samples: Float32Array, hz: number, rate: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [before, now] = [0, 0];
  for (const sample of samples) [before, now] = [now, sample + turn * now - before];
  const power = before * before + now * now - turn * before * now;
  return 10 * Math.log10(power / (samples.length * samples.length) + 1e-14);
}

/** How much louder the tones are than the pauses: the middle of what each tone says. Pure. */
export function prominence(pairs: readonly { on_db: number; off_db: number }[]): number {
  const differences = pairs.map(({ on_db, off_db }) => on_db - off_db).sort((a, b) => a - b);
  return differences[Math.floor(differences.length / 2)] ?? 0;
}

/** Plays the tones; throws what the browser throws when it has no sound. */
export async function playTones(room: MediaStream, sent: MediaStream, signal: AbortSignal): Promise<ToneHeard> {
  const audio = new AudioContext();
  try {
    await audio.resume();
    const ears = [room, sent].map((stream) => {
      const analyser = audio.createAnalyser();
      analyser.fftSize = 8192;
      audio.createMediaStreamSource(stream).connect(analyser);
      return analyser;
    });
    const heard = ears.map(() => [] as { on_db: number; off_db: number }[]);
    const listen = (hz: number) =>
      ears.map((ear) => {
        const samples = new Float32Array(ear.fftSize);
        ear.getFloatTimeDomainData(samples);
        return toneDb(samples, hz, audio.sampleRate);
      });
    for (const hz of TONES_HZ) {
      await pause(PAUSE_MS, signal);
      const off = listen(hz);
      const oscillator = audio.createOscillator();
      const gain = audio.createGain();
      const end = audio.currentTime + TONE_MS / 1000;
      oscillator.frequency.value = hz;
      // Without a click at either end.
      gain.gain.setValueAtTime(0, audio.currentTime);
      gain.gain.linearRampToValueAtTime(LOUD, audio.currentTime + 0.03);
      gain.gain.setValueAtTime(LOUD, end - 0.03);
      gain.gain.linearRampToValueAtTime(0, end);
      oscillator.connect(gain).connect(audio.destination);
      oscillator.start();
      oscillator.stop(end);
      await pause(TONE_MS - 60, signal);
      listen(hz).forEach((on_db, ear) => heard[ear]?.push({ on_db, off_db: off[ear] ?? on_db }));
    }
    const [room_db = 0, sent_db = 0] = heard.map(prominence);
    return { room_db, sent_db };
  } finally {
    void audio.close();
  }
}

function pause(duration_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new DOMException("stopped", "AbortError"));
    const handle = setTimeout(resolve, duration_ms);
    signal.addEventListener("abort", () => {
      clearTimeout(handle);
      reject(new DOMException("stopped", "AbortError"));
    });
  });
}
