/**
 * The decks of this page: opened once, rendered pages kept, the pages around the current one drawn ahead, so that a page
 * turn waits for nothing. A deck that can't be fetched is tried again until it can, where nobody has a mouse to ask for it.
 */
import { PageCache } from "./page-cache";
import type { PagePicture, PdfDeck } from "./pdf";

/** Memory for rendered pages: ten of a 1920x1080 screen. */
const BYTES_MAX = 84 * 1024 * 1024;
/** Decks that stay open: the one on air and the one before. */
const DECKS_MAX = 2;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];

export interface PageKey {
  deck: string;
  /** From 1. */
  page: number;
  /** Device pixels. */
  width_px: number;
}

const nameOf = ({ deck, page, width_px }: PageKey) => `${deck}/${page}/${width_px}`;

/** Which pages to draw ahead: the next two, then the one before. Pure. */
export function pagesAhead(page: number, pages: number): number[] {
  return [page + 1, page + 2, page - 1].filter((one) => one >= 1 && one <= pages);
}

export class DeckShelf {
  readonly #decks = new Map<string, Promise<PdfDeck>>();
  readonly #pages = new PageCache<PagePicture>(BYTES_MAX);
  readonly #drawing = new Map<string, Promise<PagePicture>>();
  #ahead = 0;

  constructor(private readonly open: (deck: string) => Promise<PdfDeck>) {}

  /** A page that is drawn already, at once. Its bitmap stays valid until the next call of {@link page}. */
  ready(key: PageKey): PagePicture | null {
    return this.#pages.get(nameOf(key));
  }

  /** Draws a page. Throws what pdf.js throws. */
  async page(key: PageKey): Promise<PagePicture> {
    const name = nameOf(key);
    const ready = this.#pages.get(name);
    if (ready !== null) return ready;
    const drawing = this.#drawing.get(name) ?? this.#draw(key, name);
    this.#drawing.set(name, drawing);
    try {
      return await drawing;
    } finally {
      this.#drawing.delete(name);
    }
  }

  /**
   * As {@link page}, tried again until it works, `signal` stops it or it has failed `tries` times; null then.
   * `onTrouble` hears of each failure.
   */
  async pageAtLast(
    key: PageKey,
    signal: AbortSignal,
    onTrouble: (error: unknown) => void,
    tries = Infinity,
  ): Promise<PagePicture | null> {
    for (let attempt = 0; !signal.aborted && attempt < tries; attempt += 1) {
      try {
        const picture = await this.page(key);
        return signal.aborted ? null : picture;
      } catch (error) {
        if (signal.aborted) return null;
        onTrouble(error);
        this.#forget(key.deck);
        if (attempt + 1 < tries) await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0, signal);
      }
    }
    return null;
  }

  /** Draws the pages around this one while nothing else is to be drawn. A later call replaces an earlier one. */
  async drawAhead(key: PageKey): Promise<void> {
    this.#ahead += 1;
    const turn = this.#ahead;
    const deck = await this.#deck(key.deck).catch(() => null);
    for (const page of pagesAhead(key.page, deck?.pages ?? 0)) {
      if (turn !== this.#ahead) return;
      // One that fails now is tried again when it is wanted.
      await this.page({ ...key, page }).catch(() => undefined);
    }
  }

  /** Fetches a deck that is likely to be opened next, without drawing it. */
  warm(deck: string): void {
    void this.#deck(deck).catch(() => this.#forget(deck));
  }

  clear(): void {
    for (const deck of [...this.#decks.keys()]) this.#forget(deck);
    this.#pages.clear();
  }

  async #draw(key: PageKey, name: string): Promise<PagePicture> {
    const deck = await this.#deck(key.deck);
    const picture = await deck.render(key.page, key.width_px);
    this.#pages.put(name, picture);
    return picture;
  }

  #deck(deck: string): Promise<PdfDeck> {
    const known = this.#decks.get(deck);
    const opening = known ?? this.open(deck);
    this.#decks.delete(deck);
    this.#decks.set(deck, opening);
    for (const old of [...this.#decks.keys()].slice(0, -DECKS_MAX)) this.#forget(old);
    return opening;
  }

  #forget(deck: string): void {
    const opening = this.#decks.get(deck);
    this.#decks.delete(deck);
    void opening?.then((open) => open.close()).catch(() => undefined);
  }
}

function pause(duration_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const handle = setTimeout(resolve, duration_ms);
    signal.addEventListener("abort", () => {
      clearTimeout(handle);
      resolve();
    });
  });
}

/** The shelf of this page. */
export const shelf = new DeckShelf(async (deck) => {
  const { PdfDeck } = await import("./pdf");
  return PdfDeck.open(`/media/decks/${encodeURIComponent(deck)}`);
});
