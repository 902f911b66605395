/** When to tell a teacher that the picture goes out worse than it could. Pure: told the time. */

/** What holds the picture back. */
export type Limit = "bandwidth" | "cpu";

/** Every connection begins small and grows; only what lasts longer is worth a word. */
const WARN_MS = 6_000;
/** So much must go well again before the word goes: one that comes and goes is worse than none. */
const CLEAR_MS = 8_000;
/** A sample speaks for no longer than this: a laptop that slept did not have a bad hour. */
const SAMPLE_MS = 2_000;

/** Adds up the time under a limit and takes off the time without, so that a reason which flickers still counts. */
export class LimitWatch {
  #said: Limit | null = null;
  #burden_ms = 0;
  #before_ms: number | null = null;

  /** Takes what the browser says now; gives what to tell the teacher. */
  note(limit: Limit | null, now_ms: number): Limit | null {
    const lasted_ms = Math.min(SAMPLE_MS, Math.max(0, now_ms - (this.#before_ms ?? now_ms)));
    this.#before_ms = now_ms;
    this.#burden_ms = Math.min(CLEAR_MS, Math.max(0, this.#burden_ms + (limit === null ? -lasted_ms : lasted_ms)));
    if (this.#burden_ms === 0) this.#said = null;
    else if (this.#burden_ms >= WARN_MS) this.#said ??= limit;
    return this.#said;
  }

  /** A new session begins to grow from small again. */
  reset(): void {
    this.#said = null;
    this.#burden_ms = 0;
    this.#before_ms = null;
  }
}
