/** A classroom's line in the words people use for it. Pure. */
import type { LineView } from "./protocol/wire";

/** As the server judges it; none while the classroom receives nothing. */
export type LineGrade = "good" | "fair" | "poor" | "none";

export function gradeOf(line: LineView | null): LineGrade {
  return line?.quality ?? "none";
}

export type Sharpness = "sharp" | "standard" | "basic" | "none";

/**
 * How the studio's camera arrives: the best of its sizes is sharp, the smallest of several basic. None on a line that
 * can't carry it; null where there is nothing to say, because no camera is on air.
 */
export function sharpnessOf({ layer, layers, quality }: LineView): Sharpness | null {
  if (layer === null || layers === 0) return quality === "poor" ? "none" : null;
  if (layer >= layers - 1) return "sharp";
  return layer === 0 ? "basic" : "standard";
}

/** 1.8, 12, 0.1; for Mbit/s, as coarse as an estimate is. */
export function mbitText(kbit: number): string {
  return kbit >= 9_950 ? String(Math.round(kbit / 1000)) : Math.max(0.1, kbit / 1000).toFixed(1);
}

/** A line stays in sight for so long after it was last poor: a list that reorders itself all the time can't be read. */
const STAYS_MS = 15_000;

/** Remembers which classrooms' lines are or just were poor. */
export class PoorLines {
  readonly #last_ms = new Map<string, number>();

  /** Takes the lines as they are now; gives the classrooms to show first. */
  note(lines: readonly LineView[], now_ms: number): ReadonlySet<string> {
    for (const { classroom, quality } of lines) {
      if (quality === "poor") this.#last_ms.set(classroom, now_ms);
    }
    for (const [classroom, at_ms] of this.#last_ms) {
      const gone = lines.every((line) => line.classroom !== classroom || line.quality === null);
      if (gone || now_ms - at_ms >= STAYS_MS) this.#last_ms.delete(classroom);
    }
    return new Set(this.#last_ms.keys());
  }
}

/** `all` with those of `first` in front, otherwise in the same order. */
export function withFirst<T extends { id: string }>(all: readonly T[], first: ReadonlySet<string>): T[] {
  return [...all.filter(({ id }) => first.has(id)), ...all.filter(({ id }) => !first.has(id))];
}
