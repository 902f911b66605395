/** The preflight board: what each place of the next lessons lacks. Pure. */
import type { Preflight } from "$lib/api/checks";
import { isReason, type Reason, troublesOf } from "$lib/check/verdicts";
import type { CheckView } from "$lib/protocol/wire";

/** From then on a dark screen is a fault and not just early. */
const SOON_MS = 10 * 60_000;

export type PlaceReason = Reason | "screen_off" | "no_assistant" | "studio_off";
/** `warn`: the lesson can go on with it. `waiting`: nothing is wrong yet. */
export type PlaceState = "ready" | "warn" | "bad" | "waiting";

export interface Place {
  key: string;
  lesson: PreflightLesson["lesson"];
  /** Null for the studio. */
  classroom: { id: string; name: string; school: string } | null;
  person: string | null;
  state: PlaceState;
  /** What is not well, the worst first. */
  reasons: PlaceReason[];
  checked_ms: number | null;
}
type PreflightLesson = Preflight["lessons"][number];

/** All places of a lesson, the studio first. */
export function placesOf({ lesson, studio, classrooms }: PreflightLesson, now_ms: number): Place[] {
  const soon = lesson.state === "live" || lesson.starts_ms - now_ms <= SOON_MS;
  const place = (part: Pick<Place, "key" | "classroom" | "person">, check: CheckView | null, missing: PlaceReason[]): Place => {
    const found = check === null ? [] : troublesOf(check.result).map(({ check: { reason } }) => reason);
    // Who sits in the lesson already needs no check any more.
    const unchecked = check === null && (lesson.state !== "live" || missing.length > 0);
    const reasons = [...found.filter(isReason), ...(unchecked ? (["not_checked"] as const) : [])];
    const state: PlaceState =
      check?.worst === "bad" || (soon && missing.length > 0)
        ? "bad"
        : unchecked || missing.length > 0
          ? "waiting"
          : check?.worst === "warn"
            ? "warn"
            : "ready";
    // A dead way to the server is the reason for two of the checks.
    const each = [...new Set<PlaceReason>([...missing, ...reasons])];
    return { ...part, lesson, state, reasons: each, checked_ms: check?.at_ms ?? null };
  };
  return [
    place(
      { key: `${lesson.id}/`, classroom: null, person: lesson.master.display_name },
      studio.check,
      studio.present ? [] : ["studio_off"],
    ),
    ...classrooms.map(({ classroom, assistant, check, screen_present }) =>
      place({ key: `${lesson.id}/${classroom.id}`, classroom, person: assistant?.display_name ?? null }, check, [
        ...(screen_present ? [] : (["screen_off"] as const)),
        ...(assistant === null ? (["no_assistant"] as const) : []),
      ]),
    ),
  ];
}

const URGENCY: Record<PlaceState, number> = { bad: 0, warn: 1, waiting: 2, ready: 3 };

/** What somebody has to look after: failed places, then those with a warning; by the start of their lessons. */
export function troubled(places: readonly Place[]): Place[] {
  return places
    .filter(({ state, reasons }) => state === "bad" || (state === "warn" && reasons.length > 0))
    .sort((a, b) => URGENCY[a.state] - URGENCY[b.state] || a.lesson.starts_ms - b.lesson.starts_ms);
}

export function countOf(places: readonly Place[]): Record<PlaceState, number> {
  const count: Record<PlaceState, number> = { ready: 0, warn: 0, bad: 0, waiting: 0 };
  for (const { state } of places) count[state] += 1;
  return count;
}
