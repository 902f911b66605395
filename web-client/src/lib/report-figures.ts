/** Figures of a lesson report that are drawn rather than read. Pure. */
import type { Interruption, LessonReport, Outcome, QuestionReport } from "$lib/api/report";

/** How the questions ended, the commonest way first in the lesson's own order. */
export const OUTCOMES: readonly Outcome[] = ["answered_here", "answered_on_floor", "answered_in_text", "open", "withdrawn"];

export function outcomesOf(questions: readonly QuestionReport[]): { outcome: Outcome; count: number }[] {
  return OUTCOMES.map((outcome) => ({ outcome, count: questions.filter((one) => one.outcome === outcome).length })).filter(
    ({ count }) => count > 0,
  );
}

/** How long a pupil waited for the answer: here, and then for the master. Null while there is none. */
export function waitOf({ waited_here_ms, waited_for_master_ms, outcome }: QuestionReport): number | null {
  if (outcome === "open" || outcome === "withdrawn") return null;
  if (waited_here_ms === null && waited_for_master_ms === null) return null;
  return (waited_here_ms ?? 0) + (waited_for_master_ms ?? 0);
}

export interface Bin {
  from_ms: number;
  count: number;
}

/** Steps of a histogram, chosen so that there are at most eight. */
const STEPS_MS = [10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];
const BINS_MAX = 8;

/** Waits in equal steps from zero; the last one takes what is longer. Empty without waits. */
export function histogram(waits: readonly number[]): { step_ms: number; bins: Bin[] } {
  const longest = Math.max(0, ...waits);
  const step_ms = STEPS_MS.find((step) => longest < step * BINS_MAX) ?? STEPS_MS.at(-1) ?? 600_000;
  const last = Math.min(BINS_MAX - 1, Math.floor(longest / step_ms));
  if (waits.length === 0) return { step_ms, bins: [] };
  const bins = Array.from({ length: last + 1 }, (_, at) => ({ from_ms: at * step_ms, count: 0 }));
  for (const wait of waits) {
    const bin = bins[Math.min(last, Math.floor(wait / step_ms))];
    if (bin !== undefined) bin.count += 1;
  }
  return { step_ms, bins };
}

/** The middle one; the mean of the two middle ones of an even number. Null without any. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** Where an interruption lies in the lesson, 0..1 from its beginning to its end. */
export function placeOf(gap: Interruption, { started_ms, ended_ms }: LessonReport, now_ms: number): [number, number] {
  const from = started_ms ?? gap.from_ms;
  const long = Math.max(1, (ended_ms ?? now_ms) - from);
  const share = (at_ms: number) => Math.min(1, Math.max(0, (at_ms - from) / long));
  return [share(gap.from_ms), share(gap.to_ms ?? now_ms)];
}

/** The seats of a class that are marked so. */
export function seatsMarked(
  marks: readonly { seat: number; mark: string }[] | null,
  mark: "absent" | "late" | "left_early",
): number[] {
  return (marks ?? []).filter((one) => one.mark === mark).map(({ seat }) => seat);
}
