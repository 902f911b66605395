/** What our own class has in the master's queue or on the floor, and who else is. Pure. */
import { isOpen, speakersOf } from "$lib/protocol/lesson-view";
import type { FloorRequestView, Snapshot } from "$lib/protocol/wire";

/** Our requests, the one that matters most first: on the floor, waiting for us, then by place in the queue. */
export function ownRequests(view: Snapshot, classroom: string | null): FloorRequestView[] {
  const rank = ({ state, position }: FloorRequestView) =>
    state === "granted" ? -2 : state === "pending" ? -1 : (position ?? Number.MAX_SAFE_INTEGER);
  return view.floor
    .filter((request) => request.classroom === classroom && isOpen(request.state))
    .sort((a, b) => rank(a) - rank(b) || a.raised_ms - b.raised_ms);
}

export interface Other {
  request: string;
  classroom: string;
  name: string;
  /** Null for who speaks now. */
  place: number | null;
}

/** Other classes that speak or are next; the whole queue is the master's business. */
export function othersOf(view: Snapshot, classroom: string | null): Other[] {
  const speaking = speakersOf(view).map(({ id, classroom: room, classroom_name }) => ({
    request: id,
    classroom: room,
    name: classroom_name,
    place: null,
  }));
  const next = view.queue.next.map(({ request, classroom: room, classroom_name }, index) => ({
    request,
    classroom: room,
    name: classroom_name,
    place: index + 1,
  }));
  return [...speaking, ...next].filter((other) => other.classroom !== classroom);
}

/** The classes before us, as far as the queue's head tells. */
export function aheadOf(view: Snapshot, request: FloorRequestView): string[] {
  const at = view.queue.next.findIndex((entry) => entry.request === request.id);
  const before = at < 0 ? view.queue.next : view.queue.next.slice(0, at);
  const names = before.filter(({ classroom }) => classroom !== request.classroom).map(({ classroom_name }) => classroom_name);
  return [...new Set(names)];
}
