/** The marks of a recording's timeline. Without one, or when it can't be fetched, the recording plays without chapters. */
import { type Chapter, chaptersOf, marksOf } from "./chapters";
import { SurfaceHistory } from "./surface-at";

export class TimelineOf {
  #marks = $state.raw<ReturnType<typeof marksOf>>([]);
  readonly chapters = $derived<Chapter[]>(chaptersOf(this.#marks));
  readonly surfaces = $derived(new SurfaceHistory(this.#marks));

  constructor(private readonly url: string | null) {}

  async load(signal: AbortSignal): Promise<void> {
    if (this.url === null) return;
    try {
      const response = await fetch(this.url, { credentials: "same-origin", signal });
      if (response.ok) this.#marks = marksOf(await response.text());
    } catch {
      // The pictures are what matters.
    }
  }
}
