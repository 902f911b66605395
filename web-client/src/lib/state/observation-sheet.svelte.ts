/** One observer's sheet of one lesson: loaded once, saved by itself a moment after the last change. */
import { ApiError } from "$lib/api/client";
import { getObservation, type Observation, putObservation } from "$lib/api/observations";
import { EMPTY } from "$lib/observation";

const SAVE_AFTER_MS = 800;
const RETRY_MS = 5_000;

export class ObservationSheet {
  value = $state.raw<Observation | null>(null);
  /** Why it can't be loaded, or was not saved the last time. */
  error = $state.raw<unknown>(null);
  saved = $state(true);
  #timer = 0;

  constructor(private readonly lesson: string) {}

  start(): () => void {
    void this.load();
    return () => {
      clearTimeout(this.#timer);
      if (!this.saved) void this.#save();
    };
  }

  async load(): Promise<void> {
    try {
      this.value = await getObservation(this.lesson);
      this.error = null;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.value = EMPTY;
      else this.error = error;
    }
  }

  change(next: Observation): void {
    if (next === this.value) return;
    this.value = next;
    this.saved = false;
    this.#plan(SAVE_AFTER_MS);
  }

  #plan(delay_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#save(), delay_ms);
  }

  async #save(): Promise<void> {
    const sent = this.value;
    if (sent === null) return;
    try {
      await putObservation(this.lesson, sent);
      this.error = null;
      if (this.value === sent) this.saved = true;
    } catch (error) {
      this.error = error;
      const lasting = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (!lasting) this.#plan(RETRY_MS);
    }
  }
}
