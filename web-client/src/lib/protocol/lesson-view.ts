/**
 * The lesson as this seat knows it: one snapshot, then numbered deltas. Pure: a frame and a view go in, a view or the
 * news that something was missed comes out. What to do about a gap is the session's business.
 */
import type {
  ClassroomView,
  Delta,
  FloorRequestView,
  FloorState,
  SlotKind,
  Snapshot,
  SourceView,
  WireEvent,
} from "./wire";

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
  return { kind: "applied", view: delta.events.reduce(applyEvent, moved) };
}

function applyEvent(view: Snapshot, event: WireEvent): Snapshot {
  switch (event.event) {
    case "lesson_changed":
      return {
        ...view,
        state: event.state,
        started_ms: event.state === "live" ? (view.started_ms ?? event.at_ms) : view.started_ms,
      };
    case "recording_changed":
      return { ...view, recording: event.recording };
    case "studio_changed":
      return { ...view, studio: event.studio };
    case "classroom_changed":
      return { ...view, classrooms: replaced(view.classrooms, event.classroom) };
    case "floor_changed":
      return { ...view, floor: withRequest(view.floor, event.request) };
    case "slots_changed":
      return { ...view, slots: event.slots };
    default:
      return unreachable(event);
  }
}

function replaced(classrooms: ClassroomView[], changed: ClassroomView): ClassroomView[] {
  return classrooms.some(({ id }) => id === changed.id)
    ? classrooms.map((classroom) => (classroom.id === changed.id ? changed : classroom))
    : [...classrooms, changed];
}

function withRequest(floor: FloorRequestView[], changed: FloorRequestView): FloorRequestView[] {
  const others = floor.filter(({ id }) => id !== changed.id);
  return isOpen(changed.state) ? [...others, changed] : others;
}

/** Whether a request is still raised, queued or granted. */
export function isOpen(state: FloorState): boolean {
  switch (state) {
    case "pending":
    case "accepted":
    case "granted":
      return true;
    case "denied":
    case "cancelled":
    case "released":
    case "revoked":
      return false;
    default:
      return unreachable(state);
  }
}

/** The master's queue: accepted hands by place, then hands their own assistant has not looked at yet, by age. */
export function queueOf(view: Snapshot): FloorRequestView[] {
  const place = (request: FloorRequestView) => request.position ?? Number.MAX_SAFE_INTEGER;
  return view.floor
    .filter(({ state }) => state === "accepted" || state === "pending")
    .sort((a, b) => place(a) - place(b) || a.raised_ms - b.raised_ms);
}

/** The classrooms that may speak, first come first. */
export function speakersOf(view: Snapshot): FloorRequestView[] {
  return view.floor.filter(({ state }) => state === "granted").sort((a, b) => a.changed_ms - b.changed_ms);
}

/** The open request of one classroom, if its hand is up. */
export function requestOf(view: Snapshot, classroom: string | null): FloorRequestView | null {
  return view.floor.find((request) => request.classroom === classroom && isOpen(request.state)) ?? null;
}

/** What a slot shows. */
export function sourceAt(view: Snapshot, kind: SlotKind, index: number): SourceView | null {
  return view.slots.find((slot) => slot.kind === kind && slot.index === index)?.source ?? null;
}

export function sameSource(a: SourceView, b: SourceView): boolean {
  return a.from === b.from && (a.from !== "classroom" || b.from !== "classroom" || a.classroom === b.classroom);
}

/** Tells the compiler that every case was handled. */
export function unreachable(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}
