/** A classroom's own raised hand, as its screen and its assistant see it, and the last way one ended. */
import { requestOf } from "$lib/protocol/lesson-view";
import type { FloorEnd, FloorRequestView } from "$lib/protocol/wire";
import type { LessonSeat } from "./lesson-seat.svelte";

/** How long the end of a request stays on the page. */
const RESULT_STAYS_MS = 8_000;

export class OwnHand {
  /** How the last request ended, for a few seconds. */
  result = $state<FloorEnd | null>(null);
  #stop: (() => void)[] = [];

  constructor(private readonly seat: LessonSeat) {}

  /** The open request, if the hand is up. */
  get request(): FloorRequestView | null {
    return this.seat.view === null ? null : requestOf(this.seat.view, this.seat.classroom);
  }

  get speaking(): boolean {
    return this.request?.state === "granted";
  }

  /** Time left to speak; null when not speaking or without a limit. */
  get left_ms(): number | null {
    const deadline_ms = this.speaking ? (this.request?.deadline_ms ?? null) : null;
    return deadline_ms === null ? null : deadline_ms - this.seat.now_ms;
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
    this.#stop = [unwatch, () => clearTimeout(clear)];
    return () => {
      for (const stop of this.#stop) stop();
    };
  }

  raise(): void {
    if (this.request === null) this.seat.send({ type: "raise_hand" });
  }

  accept(): void {
    if (this.request !== null) this.seat.send({ type: "accept_hand", request: this.request.id });
  }

  decline(): void {
    if (this.request !== null) this.seat.send({ type: "decline_hand", request: this.request.id });
  }

  /** Takes the hand down, or gives the floor back: whichever there is. Nobody hears this classroom afterwards. */
  letGo(): void {
    const { request } = this;
    if (request === null) return;
    this.seat.send({ type: request.state === "granted" ? "release_floor" : "lower_hand", request: request.id });
  }
}
