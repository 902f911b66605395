/**
 * A screen that wants to belong to a classroom: gets a code, asks every two seconds whether somebody said yes, and gets a
 * new code before the old one runs out. Never gives up: nobody in the room can press "again".
 */
import { ApiError } from "$lib/api/client";
import type { Offer, PairingAnswer } from "$lib/api/pairing";
import type { Timers } from "$lib/protocol/timers";

const ASK_EVERY_MS = 2_000;
const OFFLINE_MS = 3_000;
/** After too many codes from this address. */
const SLOW_MS = 30_000;
/** How long "refused" stays, so that people read it. */
const REFUSED_STAYS_MS = 6_000;
/** A code lives for ten minutes; the clock of an unpaired screen may be wrong. */
const LIFE_MS = { least: 60_000, most: 600_000 };
/** So much before its end a code makes room for the next: nobody should type one that dies meanwhile. */
const SPARE_MS = 20_000;

export interface PairingDoor {
  offer: () => Promise<Offer>;
  ask: (offer: Offer) => Promise<PairingAnswer>;
}

export class ScreenPairing {
  offer = $state.raw<Offer | null>(null);
  /** When the code makes room for the next, by this machine's clock. */
  renews_ms = $state<number | null>(null);
  offline = $state(false);
  refused = $state(false);
  #stopped = false;
  #cancel = () => {};

  constructor(
    private readonly door: PairingDoor,
    private readonly timers: Timers,
    private readonly onPaired: () => void,
  ) {}

  start(): () => void {
    this.#stopped = false;
    void this.#step();
    return () => {
      this.#stopped = true;
      this.#cancel();
    };
  }

  async #step(): Promise<void> {
    const wait_ms = await this.#turn().catch((error: unknown) => this.#trouble(error));
    if (this.#stopped || wait_ms === null) return;
    this.#cancel = this.timers.after(wait_ms, () => void this.#step());
  }

  /** One turn; how long until the next, or null when it is paired. */
  async #turn(): Promise<number | null> {
    const { offer } = this;
    if (offer === null || (this.renews_ms ?? 0) <= this.timers.now()) return this.#renew();
    const { state } = await this.door.ask(offer);
    this.offline = false;
    switch (state) {
      case "waiting":
        return ASK_EVERY_MS;
      case "refused":
        this.refused = true;
        this.offer = null;
        return REFUSED_STAYS_MS;
      case "confirmed":
        this.onPaired();
        return null;
    }
  }

  async #renew(): Promise<number> {
    const offer = await this.door.offer();
    const now_ms = this.timers.now();
    const lives_ms = Math.min(LIFE_MS.most, Math.max(LIFE_MS.least, offer.expires_ms - now_ms));
    this.offer = offer;
    this.renews_ms = now_ms + lives_ms - SPARE_MS;
    this.offline = false;
    this.refused = false;
    return ASK_EVERY_MS;
  }

  #trouble(error: unknown): number {
    if (!(error instanceof ApiError)) throw error;
    this.offline = error.code === "offline" || error.status >= 500;
    // The server does not know this code any more: it ran out, or the server was restarted.
    if (error.status === 404 || error.status === 401) {
      this.offer = null;
      return 0;
    }
    return error.status === 429 ? SLOW_MS : OFFLINE_MS;
  }
}
