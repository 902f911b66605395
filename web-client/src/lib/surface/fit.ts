/** Where a page lies in its frame: as large as fits, never cropped, its edges on whole device pixels. Pure. */

export interface Fitted {
  /** CSS pixels from the frame's edges. */
  left: number;
  top: number;
  width: number;
  height: number;
  /** Device pixels. */
  width_px: number;
}

/** `aspect` is height by width; `ratio` device pixels by CSS pixels. Null while the frame has no size. */
export function fit(frame: { width: number; height: number }, aspect: number, ratio: number): Fitted | null {
  const wide = Math.floor(frame.width * ratio);
  const high = Math.floor(frame.height * ratio);
  if (wide < 1 || high < 1) return null;
  // Half a pixel of rounding must not take a row of pixels from a page that has the frame's shape.
  const width_px = Math.min(wide, Math.floor((high + 0.5) / aspect));
  const height_px = Math.min(high, Math.round(width_px * aspect));
  return {
    left: Math.floor((wide - width_px) / 2) / ratio,
    top: Math.floor((high - height_px) / 2) / ratio,
    width: width_px / ratio,
    height: height_px / ratio,
    width_px,
  };
}
