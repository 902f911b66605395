/** Growing waits between attempts, spread by chance so that a thousand clients don't return in the same instant. */

export interface BackoffOptions {
  /** First wait, before jitter. */
  base_ms: number;
  /** Longest wait. */
  cap_ms: number;
  /** 0 <= x < 1. */
  random: () => number;
}

export class Backoff {
  #attempt = 0;

  constructor(private readonly options: BackoffOptions) {}

  /** Attempts since the last success. */
  get attempt(): number {
    return this.#attempt;
  }

  /** The wait before the next attempt: between half and the whole of base * 2^n, n being the attempts so far. */
  next(): number {
    const { base_ms, cap_ms, random } = this.options;
    const whole = Math.min(cap_ms, base_ms * 2 ** Math.min(this.#attempt, 16));
    this.#attempt += 1;
    return whole / 2 + (whole / 2) * random();
  }

  reset(): void {
    this.#attempt = 0;
  }
}
