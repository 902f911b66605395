/** The HTTP API: one function per call, typed answers, one kind of error. */
import { type Decoder, list, record, flag } from "$lib/protocol/decode";
import * as types from "./types";

/** A call that failed. `code` is stable: the server's own, or `offline` when it can't be reached. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly field: string | null,
    message: string,
  ) {
    super(message);
  }
}

interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON; bytes are sent as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** One call; `decoder` null for answers without a body. Throws {@link ApiError}. */
export async function call<T>(path: string, decoder: Decoder<T> | null, { method = "GET", body, headers, signal }: Call = {}): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { Accept: "application/json", ...headers } };
  if (signal !== undefined) init.signal = signal;
  if (body instanceof Blob) {
    init.body = body;
  } else if (body !== undefined) {
    init.headers = { ...init.headers, "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError(0, "offline", null, "the server can't be reached");
  }
  if (!response.ok) throw await failure(response);
  if (decoder === null) return undefined as T;
  try {
    return decoder(await response.json(), "answer");
  } catch (error) {
    throw new ApiError(response.status, "bad_answer", null, error instanceof Error ? error.message : "");
  }
}

async function failure(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const { code, field, message } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  // A proxy in front of a stopped server answers without our error shape.
  const fallback = response.status >= 502 && response.status <= 504 ? "offline" : "unknown";
  return new ApiError(
    response.status,
    typeof code === "string" ? code : fallback,
    typeof field === "string" ? field : null,
    typeof message === "string" ? message : `HTTP ${response.status}`,
  );
}

/** Makes an id fit for a path. */
export const id = encodeURIComponent;
const signedIn = record({ account: types.account });

export const getSetup = () => call("/api/setup", record({ needed: flag }));
export const setUp = (body: { code: string; name: string; display_name: string; password: string }) =>
  call("/api/setup", null, { method: "POST", body });

/** Who this browser is: somebody signed in, or a paired classroom screen. */
export const getIdentity = () => call("/api/session", types.identity);
export const signIn = async (name: string, password: string) =>
  (await call("/api/session", signedIn, { method: "POST", body: { name, password } })).account;
export const signOut = () => call("/api/session", null, { method: "DELETE" });

export const getHome = () => call("/api/home", types.home);
export const getLesson = (lesson: string) => call(`/api/lessons/${id(lesson)}`, types.lessonCard);
export const getClassrooms = async () => (await call("/api/classrooms", record({ classrooms: list(types.classroomCard) }))).classrooms;

export interface NewLesson {
  title: string;
  subject: string;
  starts_ms: number;
  ends_ms: number;
  classrooms: string[];
  recorded: boolean;
}
/** An assistant takes over a classroom of the own school, also in mid-lesson; an administrator names who does. */
export const takeOver = (lesson: string, body: { classroom: string; assistant?: string }) =>
  call(`/api/lessons/${id(lesson)}/takeover`, types.lessonCard, { method: "POST", body });
export const createLesson = (body: NewLesson) => call("/api/lessons", types.lessonCard, { method: "POST", body });

export function getLibrary(query: string, before: string | null) {
  const parameters = new URLSearchParams();
  if (query !== "") parameters.set("q", query);
  if (before !== null) parameters.set("before", before);
  return call(`/api/library?${parameters}`, types.library);
}
export const getRecording = (recording: string) => call(`/api/recordings/${id(recording)}`, types.recording);
