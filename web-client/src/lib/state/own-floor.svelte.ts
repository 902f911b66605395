/** Our class's hands and questions in the queue and on the floor, as its assistant handles them. */
import { ownRequests } from "$lib/assistant/own-floor";
import type { FloorEnd, FloorRequestView } from "$lib/protocol/wire";
import type { LessonSeat } from "./lesson-seat.svelte";

/** How long the end of a request stays on the page. */
const RESULT_STAYS_MS = 8_000;

export class OwnFloor {
  /** How the last request ended, for a few seconds. */
  result = $state<FloorEnd | null>(null);

  constructor(private readonly seat: LessonSeat) {}

  /** Everything open, what matters most first. */
  get requests(): FloorRequestView[] {
    return this.seat.view === null ? [] : ownRequests(this.seat.view, this.seat.classroom);
  }

  /** We have the floor with this one. */
  get speaking(): FloorRequestView | null {
    return this.requests.find(({ state }) => state === "granted") ?? null;
  }

  /** The screen raised a hand and we have not looked at it. */
  get pending(): FloorRequestView | null {
    return this.requests.find(({ state }) => state === "pending") ?? null;
  }

  /** In the master's queue, the next first. */
  get waiting(): FloorRequestView[] {
    return this.requests.filter(({ state }) => state === "accepted");
  }

  /** A hand without a question is up: there can be one at a time. */
  get handUp(): boolean {
    return this.requests.some(({ question }) => question === null);
  }

  /** Time left to speak; null when not speaking or without a limit. */
  get left_ms(): number | null {
    const deadline_ms = this.speaking?.deadline_ms ?? null;
    return deadline_ms === null ? null : deadline_ms - this.seat.now_ms;
  }

  /** How long the floor was given for. */
  get given_ms(): number | null {
    const { deadline_ms = null, granted_ms = null } = this.speaking ?? {};
    return deadline_ms === null || granted_ms === null ? null : deadline_ms - granted_ms;
  }

  watch(): () => void {
    let clear = 0;
    const unwatch = this.seat.onEvents((events) => {
      for (const event of events) {
        if (event.event !== "floor_changed" || event.request.classroom !== this.seat.classroom) continue;
        this.result = event.request.ended;
        clearTimeout(clear);
        clear = window.setTimeout(() => (this.result = null), RESULT_STAYS_MS);
      }
    });
    return () => {
      unwatch();
      clearTimeout(clear);
    };
  }

  raise(): void {
    if (!this.handUp) this.seat.send({ type: "raise_hand" });
  }

  accept(): void {
    if (this.pending !== null) this.seat.send({ type: "accept_hand", request: this.pending.id });
  }

  decline(): void {
    if (this.pending !== null) this.seat.send({ type: "decline_hand", request: this.pending.id });
  }

  lower(request: FloorRequestView): void {
    this.seat.send({ type: "lower_hand", request: request.id });
  }

  release(): void {
    if (this.speaking !== null) this.seat.send({ type: "release_floor", request: this.speaking.id });
  }

  mute(on: boolean): void {
    if (this.speaking !== null) this.seat.send({ type: "mute_floor", request: this.speaking.id, on });
  }
}
