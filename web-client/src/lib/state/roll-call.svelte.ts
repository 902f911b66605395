/** Taking attendance: a tap shows at once, the whole list goes to the server, and an answer that is lost is said again. */
import { type Marks, marksOf, sameMarks, takeAttendance, tapped, type Totals, totalsOf, withMark } from "$lib/assistant/attendance";
import { attendanceOf } from "$lib/protocol/lesson-view";
import type { AttendanceMark, AttendanceView, PupilSeatView } from "$lib/protocol/wire";
import type { LessonSeat } from "./lesson-seat.svelte";

export class RollCall {
  /** The seat that was tapped last. */
  chosen = $state<number | null>(null);
  /** What was tapped and the server has not said back yet. */
  #draft = $state.raw<Marks | null>(null);

  constructor(private readonly seat: LessonSeat) {}

  get attendance(): AttendanceView | null {
    return this.seat.view === null ? null : attendanceOf(this.seat.view, this.seat.classroom);
  }

  get seats(): PupilSeatView[] {
    return this.seat.view?.seats ?? [];
  }

  get marks(): Marks {
    return this.#draft ?? marksOf(this.attendance);
  }

  get totals(): Totals {
    return totalsOf(this.seats, this.marks);
  }

  /** When attendance was first taken, UTC ms. */
  get taken_ms(): number | null {
    return this.attendance?.taken_ms ?? null;
  }

  /** Something is on its way, or waits for the line to come back. */
  get pending(): boolean {
    return this.#draft !== null;
  }

  tap(seat: number): void {
    const changed = tapped(this.marks, seat, this.chosen);
    this.chosen = seat;
    if (changed !== this.marks) this.#say(changed);
  }

  mark(mark: AttendanceMark): void {
    if (this.chosen !== null) this.#say(withMark(this.marks, this.chosen, mark));
  }

  /** Everybody who is not marked is here. */
  confirm(): void {
    this.#say(this.marks);
  }

  /** Keeps the draft until the server has it; run inside an effect. */
  settle(): void {
    const known = this.taken_ms !== null && this.#draft !== null && sameMarks(marksOf(this.attendance), this.#draft);
    if (known || this.seat.refused !== null) this.#draft = null;
  }

  /** Says again what was tapped while the line was broken. */
  watch(): () => void {
    return this.seat.onReturn(() => {
      if (this.#draft !== null) this.#say(this.#draft);
    });
  }

  #say(marks: Marks): void {
    this.#draft = marks;
    this.seat.send(takeAttendance(marks));
  }
}
