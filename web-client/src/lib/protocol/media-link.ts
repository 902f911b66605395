/**
 * Keeps one media session alive: opens it, waits until it is connected, restarts ICE when the path breaks, opens a new
 * one when that does not help, with backoff and jitter. The only layer that retries media.
 */
import { Backoff } from "./backoff";
import type { MediaPeer } from "./media-peer";
import { MediaRefused } from "./sdp-resource";
import type { Timers } from "./timers";

export type LinkState =
  | { state: "idle" }
  | { state: "connecting" }
  | { state: "connected" }
  | { state: "recovering"; since_ms: number }
  /** The server does not take what we offer; tried again only slowly. */
  | { state: "refused"; code: string };

export interface LinkOptions<Opened> {
  open: (signal: AbortSignal) => Promise<{ peer: MediaPeer; opened: Opened }>;
  onState: (state: LinkState) => void;
  /** A new session stands in for the one before. */
  onOpened: (opened: Opened, peer: MediaPeer) => void;
  /** The token was refused: get a fresh one before the next attempt. */
  onUnauthorized: () => void;
  timers: Timers;
  random: () => number;
}

const CONNECT_WITHIN_MS = 8_000;
/** ICE often heals by itself in this time. */
const HEAL_WITHIN_MS = 1_500;
const RESTART_WITHIN_MS = 3_000;
const REFUSED_PAUSE_MS = 10_000;

export class MediaLink<Opened> {
  #run: AbortController | null = null;
  #peer: MediaPeer | null = null;
  #wake: () => void = () => {};
  #verify: () => void = () => {};
  readonly #backoff: Backoff;

  constructor(private readonly options: LinkOptions<Opened>) {
    this.#backoff = new Backoff({ base_ms: 300, cap_ms: 4_000, random: options.random });
  }

  get connection(): RTCPeerConnection | null {
    return this.#peer?.connection ?? null;
  }

  start(): void {
    if (this.#run !== null) return;
    this.#run = new AbortController();
    this.#backoff.reset();
    void this.#keepAlive(this.#run.signal);
  }

  /** Ends the session; the `server` knows already when the lesson is over or the seat is another's. */
  stop(server: "tell" | "knows" = "tell"): void {
    if (this.#run === null) return;
    this.#run.abort();
    this.#run = null;
    this.#wake();
    this.#peer?.close(server);
    this.#peer = null;
    this.options.onState({ state: "idle" });
  }

  /**
   * Finds out at once whether the server still knows this session, by an ICE restart; called when signaling is back
   * after a break, because a restarted server has forgotten every session and says nothing on UDP.
   */
  verify(): void {
    this.#verify();
    this.#wake();
  }

  async #keepAlive(signal: AbortSignal): Promise<void> {
    let lost_ms: number | null = null;
    while (!signal.aborted) {
      this.options.onState(lost_ms === null ? { state: "connecting" } : { state: "recovering", since_ms: lost_ms });
      let pause_ms: number | null = null;
      try {
        await this.#hold(signal, () => {
          lost_ms = null;
        });
      } catch (error) {
        if (signal.aborted) break;
        pause_ms = this.#complaint(error);
      }
      if (signal.aborted) break;
      lost_ms ??= this.options.timers.now();
      if (pause_ms === null) this.options.onState({ state: "recovering", since_ms: lost_ms });
      await this.#sleep(pause_ms ?? this.#backoff.next());
    }
  }

  /** One session from its offer to its loss. */
  async #hold(signal: AbortSignal, onConnected: () => void): Promise<void> {
    const { peer, opened } = await this.options.open(signal);
    if (signal.aborted) return peer.close();
    const before = this.#peer;
    this.#peer = peer;
    this.options.onOpened(opened, peer);
    // The old session is closed only now, after its pictures were replaced: a closed one turns its video black.
    if (before !== null) this.options.timers.after(0, () => before.close());
    if (!(await this.#becomes(peer, "connected", CONNECT_WITHIN_MS))) return;
    this.#backoff.reset();
    onConnected();
    this.options.onState({ state: "connected" });
    while (!signal.aborted && (await this.#trouble(peer)) === "path") {
      if (await this.#becomes(peer, "connected", HEAL_WITHIN_MS)) continue;
      this.options.onState({ state: "recovering", since_ms: this.options.timers.now() });
      await peer.restartIce();
      if (!(await this.#becomes(peer, "connected", RESTART_WITHIN_MS))) return;
      this.options.onState({ state: "connected" });
    }
  }

  /** Resolves when the session is in trouble: the path is broken, or it is over. */
  #trouble(peer: MediaPeer): Promise<"path" | "over"> {
    const { connection } = peer;
    return new Promise((resolve) => {
      const done = (trouble: "path" | "over") => {
        connection.removeEventListener("connectionstatechange", look);
        this.#verify = () => {};
        resolve(trouble);
      };
      const look = () => {
        if (connection.connectionState === "disconnected") done("path");
        if (connection.connectionState === "failed" || connection.connectionState === "closed") done("over");
      };
      this.#verify = () => void peer.restartIce().catch(() => done("over"));
      connection.addEventListener("connectionstatechange", look);
      look();
    });
  }

  #becomes(peer: MediaPeer, wanted: RTCPeerConnectionState, within_ms: number): Promise<boolean> {
    const { connection } = peer;
    return new Promise((resolve) => {
      const done = (yes: boolean) => {
        connection.removeEventListener("connectionstatechange", look);
        cancel();
        resolve(yes);
      };
      const look = () => {
        const now = connection.connectionState;
        if (now === wanted) done(true);
        else if (now === "failed" || now === "closed") done(false);
      };
      const cancel = this.options.timers.after(within_ms, () => done(false));
      connection.addEventListener("connectionstatechange", look);
      look();
    });
  }

  /** Says what went wrong; gives the pause before the next attempt, or null for the usual one. */
  #complaint(error: unknown): number | null {
    if (!(error instanceof MediaRefused)) return null;
    if (error.status === 401) this.options.onUnauthorized();
    if (!error.lasting) return null;
    this.options.onState({ state: "refused", code: error.code });
    return REFUSED_PAUSE_MS;
  }

  #sleep(delay_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.timers.after(delay_ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
