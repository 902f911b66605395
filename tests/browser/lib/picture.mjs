// Reads the test card's counter off a <video>, and measures the sound of an element. `readCounter` and `listen` are sent
// to the page by `page.evaluate`, so they use nothing from outside themselves.
import { until } from './script.mjs';

/** Frames of the fake camera's file; its counter starts over after these. */
export const PERIOD = 600;

/** The counter that is on the screen, or null while none can be read. `selector` finds the <video>. */
export function readCounter(selector) {
  const COLUMNS = 16;
  const STRIP = 8;
  const video = document.querySelector(selector);
  if (!video || video.readyState < 2 || !video.videoWidth) return null;
  const [width, height] = [video.videoWidth, video.videoHeight];
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = Math.ceil(height / STRIP);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const bits = [];
  for (let cell = 0; cell < 2 * COLUMNS; cell++) {
    const left = Math.floor(((cell % COLUMNS) * width) / COLUMNS);
    const top = Math.floor((Math.floor(cell / COLUMNS) * (height / STRIP)) / 2);
    const [w, h] = [Math.floor(width / COLUMNS), Math.floor(height / STRIP / 2)];
    let sum = 0;
    let count = 0;
    for (let y = top + (h >> 2); y < top + h - (h >> 2); y++) {
      for (let x = left + (w >> 2); x < left + w - (w >> 2); x++) {
        sum += pixels[(y * canvas.width + x) * 4 + 1];
        count++;
      }
    }
    const mean = sum / Math.max(count, 1);
    if (mean > 104 && mean < 152) return null;
    bits.push(mean >= 152 ? 1 : 0);
  }
  const number = (from, to) => bits.slice(from, to).reduce((value, bit) => value * 2 + bit, 0);
  const counter = number(0, 24);
  // The check is a CRC-8 over the counter (polynomial 0x07, start 0xa5).
  let crc = 0xa5;
  for (const byte of [counter >> 16, (counter >> 8) & 255, counter & 255]) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 255 : (crc << 1) & 255;
  }
  return crc === number(24, 32) ? counter : null;
}

/** Loudest sample and level at 1 kHz over `milliseconds` of the element's sound. */
export async function listen({ selector, milliseconds }) {
  const element = document.querySelector(selector);
  if (!element) return null;
  const context = new AudioContext();
  await context.resume();
  const stream = element.srcObject instanceof MediaStream ? element.srcObject : element.captureStream();
  if (stream.getAudioTracks().length === 0) return null;
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  const end = performance.now() + milliseconds;
  let peak = 0;
  let beep = -Infinity;
  while (performance.now() < end) {
    analyser.getFloatTimeDomainData(samples);
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    analyser.getFloatFrequencyData(spectrum);
    beep = Math.max(beep, spectrum[Math.round((1000 * analyser.fftSize) / context.sampleRate)]);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  await context.close();
  return { peak, beep_db: beep };
}

/** Waits until the counter of a <video> runs: so many readings, each later than the one before. */
export async function untilRuns(page, selector, readings = 8, milliseconds = 15_000) {
  const seen = [];
  await until(`the counter of ${selector} runs`, milliseconds, async () => {
    const counter = await page.evaluate(readCounter, selector);
    if (counter === null || counter === seen.at(-1)) return false;
    if (seen.length > 0 && (counter - seen.at(-1) + PERIOD) % PERIOD > PERIOD / 2) seen.length = 0;
    seen.push(counter);
    return seen.length >= readings;
  });
  return seen;
}
