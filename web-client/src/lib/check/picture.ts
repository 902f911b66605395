/** Whether a camera shows anything: its brightness, and whether two pictures differ. */

const WIDE = 32;
const HIGH = 18;
const LOOKS = 4;
const BETWEEN_MS = 300;

/** Mean brightness, 0..1, of RGBA pixels. Pure. */
export function brightnessOf(pixels: Uint8ClampedArray): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) sum += (pixels[at] ?? 0) + (pixels[at + 1] ?? 0) + (pixels[at + 2] ?? 0);
  return pixels.length === 0 ? 0 : sum / ((pixels.length / 4) * 3 * 255);
}

/** Mean difference of two pictures, 0..1. Pure. */
export function changeBetween(a: Uint8ClampedArray, b: Uint8ClampedArray): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return a.length === 0 ? 0 : sum / (a.length * 255);
}

/** Looks at a stream's picture for about a second. A live camera's pictures always differ a little: noise. */
export async function lookAt(stream: MediaStream): Promise<{ brightness: number; change: number }> {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = stream;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDE, HIGH];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  try {
    await video.play();
    let before: Uint8ClampedArray | null = null;
    let [brightness, change] = [0, 0];
    for (let look = 0; look < LOOKS; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      context?.drawImage(video, 0, 0, WIDE, HIGH);
      const pixels = context?.getImageData(0, 0, WIDE, HIGH).data ?? new Uint8ClampedArray();
      brightness = Math.max(brightness, brightnessOf(pixels));
      if (before !== null) change = Math.max(change, changeBetween(before, pixels));
      before = pixels;
    }
    return { brightness, change };
  } finally {
    video.srcObject = null;
  }
}
