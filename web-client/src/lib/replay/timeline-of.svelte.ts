/** The marks of a recording's timeline. Without one, or when it can't be fetched, the recording plays without chapters. */
import { type Chapter, chaptersOf, marksOf, pageAt, type ShownPage } from "./chapters";

export class TimelineOf {
  #marks = $state.raw<ReturnType<typeof marksOf>>([]);
  readonly chapters = $derived<Chapter[]>(chaptersOf(this.#marks));

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

  pageAt(at_ms: number): ShownPage | null {
    return pageAt(this.#marks, at_ms);
  }
}
