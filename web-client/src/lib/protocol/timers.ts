/** Time as the protocol classes see it, so that tests can bring their own. */

/** Takes back a planned call. */
export type Cancel = () => void;

export interface Timers {
  /** UTC ms. */
  now(): number;
  /** Calls `run` once after `delay_ms`. */
  after(delay_ms: number, run: () => void): Cancel;
}

export const wallTimers: Timers = {
  now: () => Date.now(),
  after(delay_ms, run) {
    const handle = setTimeout(run, delay_ms);
    return () => clearTimeout(handle);
  },
};
