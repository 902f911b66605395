/**
 * `window.airclassStats()`: the raw statistics of this page's media sessions, read-only, for whoever helps a school on
 * the telephone (and for the browser tests).
 */
import type { LayerState } from "$lib/protocol/layers";
import { type StatsObject, statsOf } from "./stats";

export interface PageStats {
  /** The camera's WHIP session. */
  publish: StatsObject | null;
  /** The screen's WHIP session. */
  screen: StatsObject | null;
  /** The second camera's WHIP session. */
  second: StatsObject | null;
  /** The WHIP session of the microphone that only the staff hears. */
  talk: StatsObject | null;
  /** The WHIP session of a device check. */
  check: StatsObject | null;
  /** The WHEP session. */
  receive: StatsObject | null;
  /** The WHEP session of the classrooms' small pictures. */
  thumbnails: StatsObject | null;
  /** What each layer of a picture this page sends does: paused ones are those nobody takes. */
  layers: { camera: LayerState[]; screen: LayerState[] };
}

type Session = Exclude<keyof PageStats, "layers">;
type Sources = Partial<Record<Session, () => RTCPeerConnection | null>>;
const sources: Sources = {};
const layers: Partial<Record<string, () => LayerState[]>> = {};

declare global {
  interface Window {
    airclassStats?: () => Promise<PageStats>;
  }
}

/** Makes a session's statistics readable; returns how to take that back. */
export function supply(kind: Session, connection: () => RTCPeerConnection | null): () => void {
  sources[kind] = connection;
  return () => {
    if (sources[kind] === connection) delete sources[kind];
  };
}

/** As {@link supply}, for what the layers of a picture do. */
export function supplyLayers(kind: string, states: () => LayerState[]): () => void {
  layers[kind] = states;
  return () => {
    if (layers[kind] === states) delete layers[kind];
  };
}

export function installSupport(): void {
  const read = (kind: Session) => statsOf(sources[kind]?.() ?? null);
  window.airclassStats = async () => ({
    publish: await read("publish"),
    screen: await read("screen"),
    second: await read("second"),
    talk: await read("talk"),
    check: await read("check"),
    receive: await read("receive"),
    thumbnails: await read("thumbnails"),
    layers: { camera: layers.camera?.() ?? [], screen: layers.screen?.() ?? [] },
  });
}
