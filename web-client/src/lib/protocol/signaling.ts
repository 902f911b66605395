/**
 * One seat's signaling: joins, keeps a view of the lesson from one snapshot and numbered deltas, asks for a new
 * snapshot after a gap, notices a dead connection, and comes back by itself with backoff and jitter. It is the only
 * layer that retries signaling. Knows no DOM: the socket and the clock are handed in.
 */
import { Backoff } from "./backoff";
import { applyDelta, applyEvents, unreachable } from "./lesson-view";
import type { Cancel, Timers } from "./timers";
import {
  type ByeReason,
  type ClientMessage,
  type ErrorCode,
  type Passing,
  readServerMessage,
  type Role,
  type ServerMessage,
  type Snapshot,
  type WireEvent,
} from "./wire";

/** The part of a WebSocket this session uses. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((frame: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(frame: string): void;
  close(): void;
}

/** Why a session will not come back by itself. */
export type Closed =
  | Extract<ByeReason, "joined_elsewhere" | "session_ended" | "replaced" | "lesson_ended">
  | "refused"
  | "left";

export type Connection =
  | { state: "connecting" }
  | { state: "online" }
  | { state: "reconnecting"; since_ms: number; attempt: number }
  | { state: "closed"; reason: Closed };

export interface SignalingOptions {
  role: Role;
  classroom: string | null;
  openSocket: () => Socket;
  timers: Timers;
  random: () => number;
  /** Asked after a failed attempt, because a browser does not say why an upgrade was refused. */
  diagnose: () => Promise<"retry" | "session_ended" | "refused">;
  onConnection: (connection: Connection) => void;
  onView: (view: Snapshot) => void;
  /** The events of an applied delta, after `onView`. */
  onEvents: (events: WireEvent[]) => void;
  /** A message of ours was refused; the lesson goes on. */
  onRefused: (code: ErrorCode, message: string) => void;
  /** What holds until the next frame of its kind: lines, who speaks, layers wanted. */
  onPassing?: (message: Passing) => void;
  /** Server clock minus ours. */
  onClock: (offset_ms: number) => void;
}

/** Between pings. */
const PING_EVERY_MS = 5_000;
/** A connection that says nothing for this long is dead, whatever the socket believes. */
const SILENCE_MS = 9_000;
/** How long the upgrade and the first snapshot may take. */
const JOIN_WITHIN_MS = 8_000;

export class SignalingSession {
  #socket: Socket | null = null;
  #view: Snapshot | null = null;
  #awaitingSnapshot = true;
  #pings = 0;
  #lost_ms: number | null = null;
  #closed = false;
  #ping: Cancel = () => {};
  #watch: Cancel = () => {};
  #retry: Cancel = () => {};
  readonly #backoff: Backoff;

  constructor(private readonly options: SignalingOptions) {
    this.#backoff = new Backoff({ base_ms: 400, cap_ms: 4_000, random: options.random });
  }

  /** Connects and joins. */
  start(): void {
    this.options.onConnection({ state: "connecting" });
    this.#connect();
  }

  /** Leaves the lesson for good. */
  stop(): void {
    this.#finish("left");
  }

  /** Connects at once instead of waiting for the next planned attempt. */
  retryNow(): void {
    if (this.#closed || this.#socket !== null) return;
    this.#retry();
    this.#connect();
  }

  /** Says something; false when there is no joined connection to say it on. */
  send(message: ClientMessage): boolean {
    if (this.#socket === null || this.#view === null || this.#lost_ms !== null) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Asks for a fresh snapshot, and with it a fresh media token. */
  refresh(): void {
    if (this.#awaitingSnapshot || !this.send({ type: "snapshot" })) return;
    this.#awaitingSnapshot = true;
  }

  #connect(): void {
    const socket = this.options.openSocket();
    this.#socket = socket;
    this.#awaitingSnapshot = true;
    socket.onopen = () => {
      const { role, classroom } = this.options;
      socket.send(JSON.stringify({ type: "join", role, classroom } satisfies ClientMessage));
    };
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = () => this.#drop(socket);
    this.#expectWithin(JOIN_WITHIN_MS);
  }

  #hear(data: unknown): void {
    if (typeof data !== "string") return;
    let message: ServerMessage;
    try {
      message = readServerMessage(data);
    } catch {
      // A frame this client cannot read is skipped: if it was a delta, the next number shows the gap.
      return;
    }
    if (this.#view !== null && this.#lost_ms === null) this.#expectWithin(SILENCE_MS);
    switch (message.type) {
      case "snapshot": {
        const { type: _, ...view } = message;
        return this.#begin(view);
      }
      case "delta":
        return this.#follow(message);
      case "private":
        return this.#confide(message.events);
      case "error":
        return this.options.onRefused(message.code, message.message);
      case "pong":
        return this.options.onClock(message.now_ms - this.options.timers.now());
      case "lines":
      case "speaking":
      case "layers":
        return this.options.onPassing?.(message);
      case "bye":
        return this.#part(message.reason);
      default:
        return unreachable(message);
    }
  }

  #begin(view: Snapshot): void {
    const joining = this.#view === null || this.#lost_ms !== null;
    this.#view = view;
    this.#awaitingSnapshot = false;
    this.#lost_ms = null;
    this.#backoff.reset();
    this.#expectWithin(SILENCE_MS);
    this.options.onClock(view.now_ms - this.options.timers.now());
    this.options.onView(view);
    if (joining) {
      this.options.onConnection({ state: "online" });
      this.#planPing();
    }
  }

  #follow(delta: Extract<ServerMessage, { type: "delta" }>): void {
    if (this.#view === null || this.#awaitingSnapshot) return;
    const applied = applyDelta(this.#view, delta);
    switch (applied.kind) {
      case "applied":
        this.#view = applied.view;
        this.options.onView(applied.view);
        return this.options.onEvents(delta.events);
      case "gap":
        return this.refresh();
      case "stale":
        return;
      default:
        return unreachable(applied);
    }
  }

  /** Without a number: the connection keeps the order, and a snapshot that is on its way holds all of it. */
  #confide(events: WireEvent[]): void {
    if (this.#view === null || this.#awaitingSnapshot) return;
    this.#view = applyEvents(this.#view, events);
    this.options.onView(this.#view);
    this.options.onEvents(events);
  }

  #part(reason: ByeReason): void {
    switch (reason) {
      case "joined_elsewhere":
      case "session_ended":
      case "replaced":
      case "lesson_ended":
        return this.#finish(reason);
      case "too_slow":
      case "too_many_errors":
      case "server_stopping":
        return; // The close that follows leads to a new attempt.
      default:
        return unreachable(reason);
    }
  }

  #planPing(): void {
    this.#ping();
    this.#ping = this.options.timers.after(PING_EVERY_MS, () => {
      this.#pings += 1;
      if (this.send({ type: "ping", n: this.#pings })) this.#planPing();
    });
  }

  #expectWithin(delay_ms: number): void {
    const socket = this.#socket;
    this.#watch();
    this.#watch = this.options.timers.after(delay_ms, () => {
      if (socket !== null) this.#drop(socket);
    });
  }

  #drop(socket: Socket): void {
    if (this.#closed || this.#socket !== socket) return;
    this.#release();
    this.#lost_ms ??= this.options.timers.now();
    const delay_ms = this.#backoff.next();
    this.options.onConnection({ state: "reconnecting", since_ms: this.#lost_ms, attempt: this.#backoff.attempt });
    this.#retry = this.options.timers.after(delay_ms, () => void this.#again());
  }

  async #again(): Promise<void> {
    // Diagnose beside the attempt, not before it: the way back must not wait for one more round trip.
    const attempt = this.#backoff.attempt;
    this.#connect();
    if (attempt < 2) return;
    const verdict = await this.options.diagnose().catch(() => "retry" as const);
    if (verdict !== "retry" && this.#lost_ms !== null) this.#finish(verdict);
  }

  #release(): void {
    this.#ping();
    this.#watch();
    this.#retry();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #finish(reason: Closed): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    this.options.onConnection({ state: "closed", reason });
  }
}
