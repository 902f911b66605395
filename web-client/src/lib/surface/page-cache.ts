/** Rendered pages, the least recently used thrown away first. Pure: what a page is and how it is freed is told. */

export interface Held {
  /** What it takes, bytes. */
  bytes: number;
  free: () => void;
}

export class PageCache<T extends Held> {
  readonly #held = new Map<string, T>();
  #bytes = 0;

  constructor(private readonly bytes_max: number) {}

  get(key: string): T | null {
    const found = this.#held.get(key);
    if (found === undefined) return null;
    this.#held.delete(key);
    this.#held.set(key, found);
    return found;
  }

  has(key: string): boolean {
    return this.#held.has(key);
  }

  /** Keeps a page; frees old ones until all fit. The newest stays even when it alone is too large. */
  put(key: string, page: T): void {
    this.#drop(key);
    this.#held.set(key, page);
    this.#bytes += page.bytes;
    for (const old of this.#held.keys()) {
      if (this.#bytes <= this.bytes_max || old === key) break;
      this.#drop(old);
    }
  }

  clear(): void {
    for (const key of [...this.#held.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    const page = this.#held.get(key);
    if (page === undefined) return;
    this.#held.delete(key);
    this.#bytes -= page.bytes;
    page.free();
  }
}
