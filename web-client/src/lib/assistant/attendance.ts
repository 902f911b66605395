/** Who of a class is here, as its assistant marks it: whoever is not marked is. Pure. */
import type { AttendanceMark, AttendanceView, ClientMessage, PupilSeatView } from "$lib/protocol/wire";

/** What can be noted about a seat; nothing is noted about who is here. */
export type Exception = Exclude<AttendanceMark, "present">;
export type Marks = ReadonlyMap<number, Exception>;

export const EXCEPTIONS: readonly Exception[] = ["absent", "late", "left_early"];

export function marksOf(view: AttendanceView | null): Marks {
  const marked = view?.marks ?? [];
  return new Map(marked.flatMap(({ seat, mark }) => (mark === "present" ? [] : [[seat, mark] as const])));
}

export function withMark(marks: Marks, seat: number, mark: AttendanceMark): Marks {
  const changed = new Map(marks);
  if (mark === "present") changed.delete(seat);
  else changed.set(seat, mark);
  return changed;
}

/**
 * What a tap on a seat does: a first tap marks who is missing, a second one takes that back. A seat that was marked
 * before is only chosen, so that looking at it changes nothing.
 */
export function tapped(marks: Marks, seat: number, chosen: number | null): Marks {
  if (!marks.has(seat)) return withMark(marks, seat, "absent");
  return seat === chosen ? withMark(marks, seat, "present") : marks;
}

/** The whole list, as the server wants it. */
export function takeAttendance(marks: Marks): ClientMessage {
  const sorted = [...marks].sort(([a], [b]) => a - b);
  return { type: "take_attendance", marks: sorted.map(([seat, mark]) => ({ seat, mark })) };
}

export function sameMarks(a: Marks, b: Marks): boolean {
  return a.size === b.size && [...a].every(([seat, mark]) => b.get(seat) === mark);
}

export interface Totals {
  enrolled: number;
  present: number;
  absent: number;
  late: number;
  left_early: number;
}

/** Marks of seats that are no longer on the list don't count. */
export function totalsOf(seats: readonly PupilSeatView[], marks: Marks): Totals {
  const count = (wanted: Exception) => seats.filter(({ seat }) => marks.get(seat) === wanted).length;
  const absent = count("absent");
  return {
    enrolled: seats.length,
    present: seats.length - absent,
    absent,
    late: count("late"),
    left_early: count("left_early"),
  };
}

/** The seats with a mark, by mark and then by number: the list against the roster. */
export function exceptionsOf(seats: readonly PupilSeatView[], marks: Marks): { mark: Exception; seats: number[] }[] {
  return EXCEPTIONS.map((mark) => ({
    mark,
    seats: seats.filter(({ seat }) => marks.get(seat) === mark).map(({ seat }) => seat),
  })).filter((list) => list.seats.length > 0);
}

export const SEATS_PER_ROW = 8;

/** The room in rows of eight; `flipped` for who looks at it from the lectern. */
export function inRows(seats: readonly PupilSeatView[], flipped: boolean): PupilSeatView[] {
  const rows: PupilSeatView[][] = [];
  const sorted = [...seats].sort((a, b) => a.seat - b.seat);
  for (let at = 0; at < sorted.length; at += SEATS_PER_ROW) rows.push(sorted.slice(at, at + SEATS_PER_ROW));
  return flipped ? rows.reverse().flatMap((row) => [...row].reverse()) : rows.flat();
}

/** The groups in the order of their first seat; who has none comes last. */
export function byGroup(seats: readonly PupilSeatView[]): { group: string | null; seats: PupilSeatView[] }[] {
  const groups = new Map<string | null, PupilSeatView[]>();
  for (const seat of [...seats].sort((a, b) => a.seat - b.seat)) {
    groups.set(seat.group, [...(groups.get(seat.group) ?? []), seat]);
  }
  const alone = groups.get(null);
  groups.delete(null);
  const named = [...groups].map(([group, members]) => ({ group, seats: members }));
  return alone === undefined ? named : [...named, { group: null, seats: alone }];
}
