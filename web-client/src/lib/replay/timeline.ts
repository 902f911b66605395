/**
 * Two recordings of one lesson on one clock: each track has its own media time, and the wall clock in its playlist
 * (EXT-X-PROGRAM-DATE-TIME) says what belongs together. Pure.
 */

import type { Gap } from "$lib/api/types";

/** The part of a playlist's fragment that ties media time to the wall clock. */
export interface TimedFragment {
  /** Media time, s. */
  start: number;
  /** s. */
  duration: number;
  /** UTC ms, where the playlist says it. */
  programDateTime: number | null;
}

/** The wall clock at a media time; null before the first fragment or without dates. */
export function wallAt(fragments: readonly TimedFragment[], time: number): number | null {
  const fragment = fragments.findLast(({ start }) => start <= time + 0.001);
  if (fragment === undefined || fragment.programDateTime === null) return null;
  return fragment.programDateTime + (time - fragment.start) * 1000;
}

/** The media time at a wall clock; null where this track has nothing. */
export function timeAt(fragments: readonly TimedFragment[], wall_ms: number): number | null {
  for (const { start, duration, programDateTime } of fragments) {
    if (programDateTime === null) continue;
    const into = (wall_ms - programDateTime) / 1000;
    if (into >= 0 && into < duration) return start + into;
  }
  return null;
}

/** What a follower does to stay with its leader. */
export type Correction = { kind: "seek" } | { kind: "rate"; factor: number };

/** Beyond this, jumping is less bad than drifting. */
const SEEK_BEYOND_S = 0.5;
/** Nobody sees less. */
const IN_STEP_S = 0.04;

/** `behind_s` > 0: the follower is late. */
export function correctionFor(behind_s: number): Correction {
  if (Math.abs(behind_s) > SEEK_BEYOND_S) return { kind: "seek" };
  if (Math.abs(behind_s) < IN_STEP_S) return { kind: "rate", factor: 1 };
  return { kind: "rate", factor: 1 + Math.min(0.1, Math.max(-0.1, behind_s / 2)) };
}

/** Shorter holes are not worth a mark. */
const WORTH_A_MARK_MS = 500;

/** The gaps a viewer should know of: of the teacher's picture and sound, each once, in order. */
export function gapsToShow(gaps: readonly Gap[], leader: string): Gap[] {
  const inLeader = (gap: Gap) => gap.track === leader;
  // A screen that was not shared for a while is no gap; sound usually goes with the picture.
  const seen = gaps.filter((gap) => (inLeader(gap) || gap.track === "voice") && gap.duration_ms >= WORTH_A_MARK_MS);
  const sorted = [...seen].sort((a, b) => Number(inLeader(b)) - Number(inLeader(a)) || a.at_ms - b.at_ms);
  const kept: Gap[] = [];
  for (const gap of sorted) {
    const overlaps = kept.some((one) => gap.at_ms < one.at_ms + one.duration_ms && one.at_ms < gap.at_ms + gap.duration_ms);
    if (!overlaps) kept.push(gap);
  }
  return kept.sort((a, b) => a.at_ms - b.at_ms);
}

export const SPEEDS: readonly number[] = [0.75, 1, 1.25, 1.5, 2];

/** The next slower or faster speed. */
export function nextSpeed(current: number, by: 1 | -1): number {
  const at = SPEEDS.findIndex((speed) => speed >= current - 0.001);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + by))] ?? 1;
}
