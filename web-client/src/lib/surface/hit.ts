/** Which stroke the eraser touches. Pure geometry in units of the page. */
import type { Point, StrokeView } from "$lib/protocol/wire";

/** Whether a stroke comes within `radius` of the point. */
export function hitBy({ points, width, tool }: StrokeView, x: number, y: number, radius: number): boolean {
  const all = tool === "line" ? ends(points.list) : points.list;
  const reach = radius + width / 2;
  return all.some(([to_x, to_y], index) => {
    const [from_x, from_y] = all[index - 1] ?? [to_x, to_y];
    return toSegment(x, y, from_x, from_y, to_x, to_y) <= reach;
  });
}

/** The newest stroke within `radius` of the point, or null. */
export function strokeAt(strokes: readonly StrokeView[], x: number, y: number, radius: number): number | null {
  return strokes.findLast((stroke) => hitBy(stroke, x, y, radius))?.stroke ?? null;
}

function ends(points: readonly Point[]): readonly Point[] {
  const [first] = points;
  const last = points.at(-1);
  return first === undefined || last === undefined ? [] : [first, last];
}

function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  const share = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared));
  return Math.hypot(x - (ax + share * dx), y - (ay + share * dy));
}
