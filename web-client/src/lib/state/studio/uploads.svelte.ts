/** Files on their way to the lesson: decks and the clip. One at a time goes out, so that the picture keeps its line. */
import { ApiError } from "$lib/api/client";
import { beginUpload, dropUpload, getUpload, sendPiece, UPLOAD_BYTES_MAX, type UploadKind } from "$lib/api/decks";
import { wallTimers } from "$lib/protocol/timers";
import { type BegunUpload, upload, UploadRefused } from "$lib/studio/upload";
import { rememberHere, rememberedHere } from "../preferences";

/** As many as a lesson may have decks; more are not taken at once. */
const WAITING_MAX = 32;
/** How long a file that is ready stays on the list. */
const READY_STAYS_MS = 8_000;

export interface FileOnItsWay {
  readonly key: number;
  readonly name: string;
  readonly kind: UploadKind;
  /** 0 to 1. */
  share: number;
  state: "waiting" | "sending" | "checking" | "ready" | "failed";
  /** The stable code of what went wrong. */
  code: string | null;
}

export class Uploads {
  files = $state<FileOnItsWay[]>([]);
  #keys = 0;
  #busy = false;
  readonly #pending = new Map<number, { file: File; abort: AbortController }>();

  constructor(
    private readonly lesson: string,
    /** Called with the deck that is ready. */
    private readonly onReady: (deck: string) => void = () => {},
  ) {}

  add(file: File, kind: UploadKind): void {
    const code = refusalOf(file, kind);
    const key = (this.#keys += 1);
    const full = this.#pending.size >= WAITING_MAX;
    const entry: FileOnItsWay = { key, name: file.name, kind, share: 0, state: "waiting", code: null };
    if (code !== null || full) {
      this.files.push({ ...entry, state: "failed", code: code ?? "too_many" });
      return;
    }
    this.files.push(entry);
    this.#pending.set(key, { file, abort: new AbortController() });
    void this.#work();
  }

  /** Tries a file again whose line broke: it goes on where it stopped. */
  resume(key: number): void {
    const entry = this.files.find((file) => file.key === key);
    if (entry === undefined || !this.#pending.has(key)) return;
    entry.state = "waiting";
    entry.code = null;
    void this.#work();
  }

  canResume(key: number): boolean {
    return this.#pending.has(key);
  }

  /** Away with an entry; one that is under way is stopped, here and on the server. */
  drop(key: number): void {
    const pending = this.#pending.get(key);
    pending?.abort.abort();
    const begun = pending === undefined ? null : this.#begun(pending.file);
    if (pending !== undefined && begun !== null) {
      void dropUpload(begun.id).catch(() => undefined);
      rememberHere(this.#keyOf(pending.file), null);
    }
    this.#pending.delete(key);
    this.files = this.files.filter((file) => file.key !== key);
  }

  stop(): void {
    for (const { abort } of this.#pending.values()) abort.abort();
    this.#pending.clear();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) await this.#send(next);
    this.#busy = false;
  }

  #next(): FileOnItsWay | undefined {
    return this.files.find(({ state }) => state === "waiting");
  }

  async #send(entry: FileOnItsWay): Promise<void> {
    const pending = this.#pending.get(entry.key);
    if (pending === undefined) {
      entry.state = "failed";
      return;
    }
    entry.state = "sending";
    const { file, abort } = pending;
    try {
      const done = await upload(file, {
        calls: { begin: () => this.#begin(file, entry.kind), progress: getUpload, send: sendPiece },
        timers: wallTimers,
        random: Math.random,
        signal: abort.signal,
        onProgress: (sent, all, checking) => {
          entry.share = sent / all;
          entry.state = checking ? "checking" : "sending";
        },
      });
      entry.state = "ready";
      setTimeout(() => this.drop(entry.key), READY_STAYS_MS);
      this.#settle(entry.key, file);
      if (done.deck !== null) this.onReady(done.deck.id);
    } catch (error) {
      entry.state = "failed";
      entry.code = error instanceof UploadRefused || error instanceof ApiError ? error.code : "unknown";
      // A broken line is worth another try; what was refused is not.
      if (error instanceof UploadRefused || (error instanceof ApiError && error.code !== "offline")) {
        this.#settle(entry.key, file);
      }
    }
  }

  /** A file that was left half sent by this tab, also by a reload, goes on; any other is announced. */
  async #begin(file: File, kind: UploadKind): Promise<BegunUpload> {
    const begun = this.#begun(file);
    if (begun !== null) {
      const known = await getUpload(begun.id).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      });
      if (known !== null && known.state !== "refused") return begun;
    }
    const { id, chunk_bytes } = await beginUpload(this.lesson, { kind, name: file.name, bytes: file.size });
    rememberHere(this.#keyOf(file), `${id} ${chunk_bytes}`);
    return { id, chunk_bytes };
  }

  #begun(file: File): BegunUpload | null {
    const [id, bytes] = rememberedHere(this.#keyOf(file))?.split(" ") ?? [];
    return id === undefined || bytes === undefined ? null : { id, chunk_bytes: Number(bytes) };
  }

  #settle(key: number, file: File): void {
    this.#pending.delete(key);
    rememberHere(this.#keyOf(file), null);
  }

  #keyOf({ name, size, lastModified }: File): string {
    return `upload.${this.lesson}.${size}.${lastModified}.${name}`;
  }
}

/** What the server would say, without sending a hundred megabytes first. */
function refusalOf(file: File, kind: UploadKind): string | null {
  const ending = kind === "deck" ? /\.pdf$/i : /\.(mp4|m4v)$/i;
  if (!ending.test(file.name)) return kind === "deck" ? "not_a_pdf" : "not_a_clip";
  if (file.size === 0) return "empty";
  return file.size > UPLOAD_BYTES_MAX[kind] ? "too_large" : null;
}
