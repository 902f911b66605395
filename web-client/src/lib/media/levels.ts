/** The loudness of a local stream, for a meter. Needs no worklet: an AnalyserNode read a few times a second. */

let shared: AudioContext | null = null;

/** One context for the page; browsers start it suspended until the first gesture. */
function context(): AudioContext {
  shared ??= new AudioContext({ latencyHint: "interactive" });
  if (shared.state === "suspended") void shared.resume().catch(() => undefined);
  return shared;
}

/** Quietest and loudest ends of the meter, dBFS. */
const FLOOR_DB = -60;
const CEILING_DB = -6;
const EVERY_MS = 80;

/** Calls `onLevel` with 0..1 until the returned function is called. */
export function watchLevel(stream: MediaStream, onLevel: (level: number) => void): () => void {
  if (stream.getAudioTracks().length === 0) {
    onLevel(0);
    return () => {};
  }
  const audio = context();
  const source = audio.createMediaStreamSource(stream);
  const analyser = audio.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const handle = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    onLevel(meterLevel(samples));
  }, EVERY_MS);
  return () => {
    clearInterval(handle);
    source.disconnect();
  };
}

/** Root mean square of the samples on the meter's decibel scale. */
export function meterLevel(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
}
