/** One HLS playlist in one media element: hls.js where the browser needs it, the browser's own player elsewhere. */
import type HlsType from "hls.js";
import type { TimedFragment } from "./timeline";

/** hls.js comes over the wire only when a recording is opened. */
async function loadHls(): Promise<typeof HlsType> {
  return (await import("hls.js")).default;
}

const MAX_RECOVERIES = 4;
const NATIVE = "application/vnd.apple.mpegurl";

export class HlsSource {
  #hls: HlsType | null = null;
  #recoveries = 0;
  #closed = false;

  constructor(
    private readonly element: HTMLMediaElement,
    private readonly onFailed: (why: "broken" | "unsupported") => void,
  ) {}

  /** Loads `url` and goes to `start_s`. */
  async open(url: string, start_s: number): Promise<void> {
    const Hls = await loadHls();
    if (this.#closed) return;
    this.#hls?.destroy();
    if (!Hls.isSupported()) return this.#openNative(url, start_s);
    // The page's security policy allows no worker from a blob.
    const hls = new Hls({ enableWorker: false, startPosition: start_s, backBufferLength: 60, maxBufferLength: 40 });
    this.#hls = hls;
    hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal) return;
      this.#recoveries += 1;
      if (this.#recoveries > MAX_RECOVERIES) this.onFailed("broken");
      else if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else setTimeout(() => this.#retry(hls, url), 500 * this.#recoveries);
    });
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.#recoveries = 0;
    });
    hls.loadSource(url);
    hls.attachMedia(this.element);
  }

  /** The playlist of the sound alone, if there is one. */
  get soundUrl(): string | null {
    return this.#hls?.audioTracks[0]?.url ?? null;
  }

  /** The playlist's fragments; empty before it is loaded. */
  get fragments(): readonly TimedFragment[] {
    const hls = this.#hls;
    const details = hls?.latestLevelDetails ?? hls?.levels[Math.max(0, hls.currentLevel)]?.details;
    return details?.fragments ?? [];
  }

  close(): void {
    this.#closed = true;
    this.#hls?.destroy();
    this.#hls = null;
    this.element.removeAttribute("src");
  }

  /** A playlist that never loaded has to be asked for again; one that did only goes on. */
  #retry(hls: HlsType, url: string): void {
    if (this.#hls !== hls) return;
    if (hls.levels.length === 0) hls.loadSource(url);
    else hls.startLoad();
  }

  #openNative(url: string, start_s: number): void {
    if (this.element.canPlayType(NATIVE) === "") return this.onFailed("unsupported");
    this.element.src = url;
    this.element.currentTime = start_s;
    this.element.addEventListener("error", () => this.onFailed("broken"), { once: true });
  }
}
