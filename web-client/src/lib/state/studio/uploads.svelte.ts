/** Files on their way to the lesson: decks and the clip. One at a time goes out, so that the picture keeps its line. */
import { ApiError } from "$lib/api/client";
import { beginUpload, dropUpload, getUpload, sendPiece, UPLOAD_BYTES_MAX, type UploadKind } from "$lib/api/decks";
import { wallTimers } from "$lib/protocol/timers";
import { upload, UploadRefused } from "$lib/studio/upload";

/** As many as a lesson may have decks; more are not taken at once. */
const WAITING_MAX = 32;

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

  /** Away with an entry; one that is under way is stopped. */
  drop(key: number): void {
    this.#pending.get(key)?.abort.abort();
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
    let begun: string | null = null;
    try {
      const done = await upload(pending.file, entry.kind, {
        calls: {
          begin: async (body) => {
            const answer = await beginUpload(this.lesson, body);
            begun = answer.id;
            return answer;
          },
          progress: getUpload,
          send: sendPiece,
        },
        timers: wallTimers,
        random: Math.random,
        signal: pending.abort.signal,
        onProgress: (sent, all, checking) => {
          entry.share = all === 0 ? 1 : sent / all;
          entry.state = checking ? "checking" : "sending";
        },
      });
      entry.state = "ready";
      if (done.deck !== null) this.onReady(done.deck.id);
    } catch (error) {
      if (begun !== null && pending.abort.signal.aborted) void dropUpload(begun).catch(() => undefined);
      entry.state = "failed";
      entry.code = error instanceof UploadRefused || error instanceof ApiError ? error.code : "unknown";
    } finally {
      this.#pending.delete(entry.key);
    }
  }
}

/** What the server would say, without sending a hundred megabytes first. */
function refusalOf(file: File, kind: UploadKind): string | null {
  const ending = kind === "deck" ? /\.pdf$/i : /\.(mp4|m4v)$/i;
  if (!ending.test(file.name)) return kind === "deck" ? "not_a_pdf" : "not_a_clip";
  if (file.size === 0) return "empty";
  return file.size > UPLOAD_BYTES_MAX[kind] ? "too_large" : null;
}
