/** The pages of classrooms' small pictures. A session holds at most eight, so a page does. Pure. */
import type { ClassroomView } from "$lib/protocol/wire";

/** Classrooms on one page. */
export const PER_PAGE = 8;
/** Of these, how many have a larger picture. */
export const LARGE = 3;

export function pagesOf(count: number): number {
  return Math.max(1, Math.ceil(count / PER_PAGE));
}

/** The classrooms of a page, in the plan's order: a page must not change because somebody raises a hand. */
export function pageOf(rooms: readonly ClassroomView[], page: number): ClassroomView[] {
  const at = Math.min(pagesOf(rooms.length) - 1, Math.max(0, page));
  return rooms.slice(at * PER_PAGE, (at + 1) * PER_PAGE);
}

/** The page that has a classroom on it; null when none has. */
export function pageWith(rooms: readonly ClassroomView[], classroom: string): number | null {
  const at = rooms.findIndex(({ id }) => id === classroom);
  return at < 0 ? null : Math.floor(at / PER_PAGE);
}

/** Within a page those who speak come first, then those who wait, then the rest. */
export function inSight(
  rooms: readonly ClassroomView[],
  speaking: ReadonlySet<string>,
  waiting: ReadonlySet<string>,
): ClassroomView[] {
  const rank = ({ id }: ClassroomView) => (speaking.has(id) ? 0 : waiting.has(id) ? 1 : 2);
  return [...rooms].sort((a, b) => rank(a) - rank(b));
}

/** How long a page is in sight before its pictures are asked for. */
export const VISIBLE_DELAY_MS = 400;
