/**
 * `window.airclassStats()`: the raw statistics of this page's media sessions, read-only, for whoever helps a school on
 * the telephone (and for the browser tests).
 */
import { type StatsObject, statsOf } from "./stats";

export interface PageStats {
  /** The camera's WHIP session. */
  publish: StatsObject | null;
  /** The screen's WHIP session. */
  screen: StatsObject | null;
  /** The WHEP session. */
  receive: StatsObject | null;
}

type Sources = Partial<Record<keyof PageStats, () => RTCPeerConnection | null>>;
const sources: Sources = {};

declare global {
  interface Window {
    airclassStats?: () => Promise<PageStats>;
  }
}

/** Makes a session's statistics readable; returns how to take that back. */
export function supply(kind: keyof PageStats, connection: () => RTCPeerConnection | null): () => void {
  sources[kind] = connection;
  return () => {
    if (sources[kind] === connection) delete sources[kind];
  };
}

export function installSupport(): void {
  const read = (kind: keyof PageStats) => statsOf(sources[kind]?.() ?? null);
  window.airclassStats = async () => ({
    publish: await read("publish"),
    screen: await read("screen"),
    receive: await read("receive"),
  });
}
