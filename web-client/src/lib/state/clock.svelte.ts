/** The time for templates: reading `clock.now_ms` in a template or `$derived` keeps it current, four times a second. */
import { createSubscriber } from "svelte/reactivity";

class Clock {
  readonly #ticking = createSubscriber((update) => {
    const handle = setInterval(update, 250);
    return () => clearInterval(handle);
  });

  /** UTC ms by this machine's clock. */
  get now_ms(): number {
    this.#ticking();
    return Date.now();
  }
}

export const clock = new Clock();
