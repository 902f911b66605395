/**
 * One file on its way to the server in pieces. The server says how far it is, so that a broken line costs one piece; the
 * check afterwards is waited for. Knows no DOM beyond `Blob`; calls and the clock are handed in.
 */
import { ApiError } from "$lib/api/client";
import type { UploadProgress } from "$lib/api/decks";
import { Backoff } from "$lib/protocol/backoff";
import type { Timers } from "$lib/protocol/timers";

/** An upload that the server knows of. */
export interface BegunUpload {
  id: string;
  chunk_bytes: number;
}

export interface UploadCalls {
  /** Announces the file, or finds it again where it was left. */
  begin(): Promise<BegunUpload>;
  progress(upload: string): Promise<UploadProgress>;
  send(upload: string, offset: number, piece: Blob, signal: AbortSignal): Promise<UploadProgress>;
}

export interface UploadOptions {
  calls: UploadCalls;
  timers: Timers;
  random: () => number;
  signal: AbortSignal;
  /** Sent so far and all of it, bytes; `checking` once the file is there. */
  onProgress: (sent: number, all: number, checking: boolean) => void;
}

/** Why a file did not get there: the server's stable code. */
export class UploadRefused extends Error {
  override readonly name = "UploadRefused";
  constructor(readonly code: string) {
    super(code);
  }
}

/** A line that stays broken through so many attempts in a row ends the upload. */
const ATTEMPTS = 8;
const CHECK_EVERY_MS = 700;

/** Sends `file`; resolves when the server has checked it. Throws {@link UploadRefused} or {@link ApiError}. */
export async function upload(file: Blob, options: UploadOptions): Promise<UploadProgress> {
  const { calls, signal, onProgress } = options;
  const { id, chunk_bytes } = await calls.begin();
  const backoff = new Backoff({ base_ms: 500, cap_ms: 8_000, random: options.random });
  let state: UploadProgress = await calls.progress(id);
  let at = state.offset;
  onProgress(at, file.size, false);
  while (at < file.size) {
    signal.throwIfAborted();
    try {
      state = await calls.send(id, at, file.slice(at, at + chunk_bytes), signal);
      at = state.offset;
      backoff.reset();
    } catch (error) {
      at = await recovered(id, error, backoff, options);
    }
    onProgress(at, file.size, false);
    if (state.state === "refused") break;
  }
  onProgress(file.size, file.size, true);
  while (state.state === "open" || state.state === "checking") {
    signal.throwIfAborted();
    await pause(CHECK_EVERY_MS, options.timers);
    state = await calls.progress(id);
  }
  if (state.state === "refused") throw new UploadRefused(state.code ?? "refused");
  return state;
}

/** Where to go on after a piece failed. What can't get better is thrown on. */
async function recovered(id: string, error: unknown, backoff: Backoff, options: UploadOptions): Promise<number> {
  // A conflict means that the server is elsewhere: the answer to a piece that did arrive was lost.
  const elsewhere = error instanceof ApiError && error.status === 409;
  const broken = error instanceof ApiError && (error.code === "offline" || (error.status >= 500 && error.status !== 507));
  if (!(broken || elsewhere) || backoff.attempt >= ATTEMPTS) throw error;
  await pause(backoff.next(), options.timers);
  options.signal.throwIfAborted();
  try {
    return (await options.calls.progress(id)).offset;
  } catch (again) {
    return recovered(id, again, backoff, options);
  }
}

const pause = (delay_ms: number, timers: Timers) => new Promise<void>((resolve) => void timers.after(delay_ms, resolve));
