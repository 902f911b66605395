/**
 * The lesson as this seat knows it: one snapshot, then numbered deltas. Pure: a frame and a view go in, a view or the
 * news that something was missed comes out. What to do about a gap is the session's business.
 */
import { applyEvent, isOpen } from "./lesson-events";
import type {
  AttendanceView,
  ClassroomView,
  Delta,
  FloorRequestView,
  PollResultView,
  QuestionView,
  SlotKind,
  Snapshot,
  SourceView,
  Surface,
  SurfaceView,
  WireEvent,
} from "./wire";

export { isOpen } from "./lesson-events";
export { unreachable } from "./unreachable";

/** What became of a delta. */
export type Applied =
  | { kind: "applied"; view: Snapshot }
  /** Already known, or of a stream this seat does not follow. */
  | { kind: "stale" }
  /** At least one delta before this one never came: the view can't be trusted until the next snapshot. */
  | { kind: "gap"; expected: number; got: number };

/** Applies the next delta of its stream. */
export function applyDelta(view: Snapshot, delta: Delta): Applied {
  const at = view.streams[delta.stream];
  if (at === null || delta.n <= at) return { kind: "stale" };
  if (delta.n > at + 1) return { kind: "gap", expected: at + 1, got: delta.n };
  const moved = { ...view, streams: { ...view.streams, [delta.stream]: delta.n } };
  return { kind: "applied", view: applyEvents(moved, delta.events) };
}

/** Applies events in their order. */
export function applyEvents(view: Snapshot, events: readonly WireEvent[]): Snapshot {
  return events.reduce(applyEvent, view);
}

/** The master's queue: accepted requests by place, then hands their own assistant has not looked at yet, by age. */
export function queueOf(view: Snapshot): FloorRequestView[] {
  const place = (request: FloorRequestView) => request.position ?? Number.MAX_SAFE_INTEGER;
  return view.floor
    .filter(({ state }) => state === "accepted" || state === "pending")
    .sort((a, b) => place(a) - place(b) || a.raised_ms - b.raised_ms);
}

/** The classrooms that may speak, first come first. */
export function speakersOf(view: Snapshot): FloorRequestView[] {
  const since = (request: FloorRequestView) => request.granted_ms ?? request.changed_ms;
  return view.floor.filter(({ state }) => state === "granted").sort((a, b) => since(a) - since(b));
}

/** The request of one classroom that matters most: the one that speaks, else the first in the queue, else a bare hand. */
export function requestOf(view: Snapshot, classroom: string | null): FloorRequestView | null {
  return requestsOf(view, classroom)[0] ?? null;
}

/** All open requests of one classroom, the one that speaks first, then by place. */
export function requestsOf(view: Snapshot, classroom: string | null): FloorRequestView[] {
  const rank = ({ state, position }: FloorRequestView) =>
    state === "granted" ? 0 : (position ?? Number.MAX_SAFE_INTEGER);
  return view.floor
    .filter((request) => request.classroom === classroom && isOpen(request.state))
    .sort((a, b) => rank(a) - rank(b) || a.raised_ms - b.raised_ms);
}

export function roomOf(view: Snapshot, classroom: string | null): ClassroomView | null {
  return view.classrooms.find(({ id }) => id === classroom) ?? null;
}

export function attendanceOf(view: Snapshot, classroom: string | null): AttendanceView | null {
  return view.attendance.find((attendance) => attendance.classroom === classroom) ?? null;
}

export function surfaceOf(view: Snapshot, surface: Surface): SurfaceView | null {
  return view.surfaces.find((page) => page.surface === surface) ?? null;
}

export function questionOf(view: Snapshot, id: string | null): QuestionView | null {
  return view.questions.find((question) => question.id === id) ?? null;
}

/** Questions that are neither settled nor part of another one, in the order in which they were asked. */
export function openQuestionsOf(view: Snapshot): QuestionView[] {
  return view.questions.filter(({ settled_ms, state }) => settled_ms === null && state !== "merged");
}

/** The newest poll over all classrooms this seat knows of: the shown result, or what came in so far. */
export function pollTotalOf(view: Snapshot): PollResultView | null {
  const { poll, poll_results, attendance } = view;
  if (poll === null) return null;
  if (poll.result !== null) return poll.result;
  const labels = poll.kind.kind === "choices" ? poll.kind.labels : [];
  const sum = (of: (result: PollResultView) => number) => poll_results.reduce((all, one) => all + of(one), 0);
  const numbers = new Map<number, number>();
  for (const { answer, count } of poll_results.flatMap((result) => result.numbers)) {
    numbers.set(answer, (numbers.get(answer) ?? 0) + count);
  }
  return {
    classroom: null,
    answered: sum(({ answered }) => answered),
    enrolled: attendance.reduce((all, { enrolled }) => all + enrolled, 0),
    counts: labels.map((_, index) => sum(({ counts }) => counts[index] ?? 0)),
    numbers: [...numbers].map(([answer, count]) => ({ answer, count })).sort((a, b) => a.answer - b.answer),
    others: sum(({ others }) => others),
  };
}

/** What a slot shows. */
export function sourceAt(view: Snapshot, kind: SlotKind, index: number): SourceView | null {
  return view.slots.find((slot) => slot.kind === kind && slot.index === index)?.source ?? null;
}

export function sameSource(a: SourceView, b: SourceView): boolean {
  return a.from === b.from && (a.from !== "classroom" || b.from !== "classroom" || a.classroom === b.classroom);
}
