/** Timers whose time moves only when a test says so. */
import type { Timers } from "../src/lib/protocol/timers";

export class VirtualTime implements Timers {
  #now = 1_000_000;
  #planned: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay_ms: number, run: () => void): () => void {
    const entry = { at: this.#now + delay_ms, run };
    this.#planned.push(entry);
    return () => {
      this.#planned = this.#planned.filter((other) => other !== entry);
    };
  }

  /** Lets `ms` pass, running what falls due in order, and the promises it settles. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#planned.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#planned = this.#planned.filter((other) => other !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets every promise that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
