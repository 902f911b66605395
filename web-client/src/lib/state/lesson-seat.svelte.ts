/** This page's seat in a lesson: signaling for templates. Media sessions hang on it for their token and their checks. */
import { ApiError, getIdentity, getLesson } from "$lib/api/client";
import type { LessonCard } from "$lib/api/types";
import { sameSource } from "$lib/protocol/lesson-view";
import { type Connection, SignalingSession, type Socket } from "$lib/protocol/signaling";
import { wallTimers } from "$lib/protocol/timers";
import type { ClientMessage, ErrorCode, LineView, Passing, Role, Snapshot, SourceView, WireEvent } from "$lib/protocol/wire";
import { session as identity } from "./account.svelte";
import { clock } from "./clock.svelte";

export class LessonSeat {
  connection = $state.raw<Connection>({ state: "connecting" });
  view = $state.raw<Snapshot | null>(null);
  card = $state.raw<LessonCard | null>(null);
  /** The last refused message; cleared by the next one that is sent. */
  refused = $state.raw<ErrorCode | null>(null);
  /** The lines of the classrooms this seat may know about; empty while its own way to the server is broken. */
  lines = $state.raw<LineView[]>([]);
  /** Who talks now, the loudest first; nobody while the way to the server is broken. */
  talking = $state.raw<SourceView[]>([]);
  #offset_ms = $state(0);

  /** Tells the server that a new socket is the same page's: the media it has opened goes on meanwhile. */
  readonly #page = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("");
  #signaling: SignalingSession | null = null;
  readonly #listeners = new Set<(events: WireEvent[]) => void>();
  readonly #passing = new Set<(frame: Passing) => void>();
  readonly #returns = new Set<() => void>();

  constructor(
    readonly lesson: string,
    readonly role: Role,
    readonly classroom: string | null,
  ) {}

  get online(): boolean {
    return this.connection.state === "online";
  }

  /** The lesson runs and this seat is still ours: media may flow. A seat taken by another device must not fight it. */
  get live(): boolean {
    return this.view?.state === "live" && this.connection.state !== "closed";
  }

  /** The server's clock, UTC ms. */
  get now_ms(): number {
    return clock.now_ms + this.#offset_ms;
  }

  /** School and class of a classroom, or `fallback` when this seat does not know it. */
  classroomName(id: string, fallback: string): string {
    const known = [...(this.view?.classrooms ?? []), ...(this.card?.classrooms ?? [])].find((one) => one.id === id);
    return known === undefined ? fallback : `${known.school} ${known.name}`;
  }

  lineOf(classroom: string | null): LineView | null {
    return this.lines.find((line) => line.classroom === classroom) ?? null;
  }

  isTalking(source: SourceView | null): boolean {
    return source !== null && this.talking.some((one) => sameSource(one, source));
  }

  get mediaToken(): string {
    return this.view?.media_token ?? "";
  }

  start(): void {
    void this.#loadCard();
    this.#signaling = new SignalingSession({
      role: this.role,
      classroom: this.classroom,
      openSocket: () => this.#openSocket(),
      timers: wallTimers,
      random: Math.random,
      diagnose: () => this.#diagnose(),
      onConnection: (connection) => {
        const returned = connection.state === "online" && this.connection.state === "reconnecting";
        this.connection = connection;
        if (connection.state !== "online") this.#forgetPassing();
        if (connection.state === "closed" && connection.reason === "session_ended") identity.expire();
        if (returned) for (const listener of this.#returns) listener();
      },
      onView: (view) => {
        this.view = view;
      },
      onEvents: (events) => {
        for (const listener of this.#listeners) listener(events);
      },
      onRefused: (code) => {
        this.refused = code;
      },
      onPassing: (frame) => this.#hear(frame),
      onClock: (offset_ms) => {
        this.#offset_ms = offset_ms;
      },
    });
    this.#signaling.start();
  }

  stop(): void {
    this.#signaling?.stop();
    this.#signaling = null;
  }

  send(message: ClientMessage): void {
    this.refused = null;
    this.#signaling?.send(message);
  }

  /** Gets a fresh snapshot and with it a fresh media token. */
  refresh(): void {
    this.#signaling?.refresh();
  }

  retryNow(): void {
    this.#signaling?.retryNow();
  }

  /** Takes the seat again after another device took it. */
  rejoin(): void {
    this.stop();
    this.start();
  }

  onEvents(listener: (events: WireEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called with every frame that belongs to no stream. */
  onPassing(listener: (frame: Passing) => void): () => void {
    this.#passing.add(listener);
    return () => this.#passing.delete(listener);
  }

  /** Called when signaling is back after a break. */
  onReturn(listener: () => void): () => void {
    this.#returns.add(listener);
    return () => this.#returns.delete(listener);
  }

  #hear(frame: Passing): void {
    if (frame.type === "lines") this.lines = frame.lines;
    if (frame.type === "speaking") this.talking = frame.sources;
    for (const listener of this.#passing) listener(frame);
  }

  #forgetPassing(): void {
    this.lines = [];
    this.talking = [];
  }

  #openSocket(): Socket {
    const url = new URL(`/ws/${encodeURIComponent(this.lesson)}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.search = `?page=${this.#page}`;
    url.hash = "";
    return new WebSocket(url) as Socket;
  }

  async #loadCard(): Promise<void> {
    this.card = await getLesson(this.lesson).catch(() => null);
  }

  async #diagnose(): Promise<"retry" | "session_ended" | "refused"> {
    try {
      await getIdentity();
      await getLesson(this.lesson);
      return "retry";
    } catch (error) {
      if (!(error instanceof ApiError)) return "retry";
      if (error.status === 401) return "session_ended";
      return error.status === 403 || error.status === 404 ? "refused" : "retry";
    }
  }
}
