/** Which lesson a paired classroom screen shows. Pure. */
import type { LessonCard } from "$lib/api/types";

/** So long before the start the screen takes its place: the master sees that it is there. */
const EARLY_MS = 15 * 60_000;
/** A lesson that nobody began by then is not waited for any more. */
const LATE_MS = 30 * 60_000;

/** The lesson to be in now; `done` are those this screen has left. */
export function lessonNow(lessons: readonly LessonCard[], now_ms: number, done: ReadonlySet<string>): LessonCard | null {
  const open = lessons.filter(({ id, state }) => state !== "ended" && !done.has(id));
  const live = open.filter(({ state }) => state === "live").sort((a, b) => (b.started_ms ?? 0) - (a.started_ms ?? 0));
  const due = open
    .filter(({ starts_ms, ends_ms }) => starts_ms - now_ms <= EARLY_MS && now_ms - Math.min(ends_ms, starts_ms + LATE_MS) < 0)
    .sort((a, b) => a.starts_ms - b.starts_ms);
  return live[0] ?? due[0] ?? null;
}

/** The next one that is still to come. */
export function lessonNext(lessons: readonly LessonCard[], now_ms: number): LessonCard | null {
  const coming = lessons.filter(({ state, starts_ms }) => state === "scheduled" && starts_ms > now_ms);
  return coming.sort((a, b) => a.starts_ms - b.starts_ms)[0] ?? null;
}
