/** What the browser's statistics say about a session, in the few figures people act on. Pure over plain objects. */

/** One entry of an `RTCStatsReport`, as a plain object. */
export type StatsEntry = Readonly<Record<string, unknown>>;
export type StatsObject = Record<string, StatsEntry>;

export async function statsOf(connection: RTCPeerConnection | null): Promise<StatsObject | null> {
  if (connection === null || connection.connectionState === "closed") return null;
  const result: StatsObject = {};
  (await connection.getStats()).forEach((entry: StatsEntry, id: string) => {
    result[id] = entry;
  });
  return result;
}

const number = (entry: StatsEntry, key: string): number => {
  const value = entry[key];
  return typeof value === "number" ? value : 0;
};
const ofType = (stats: StatsObject, type: string) => Object.values(stats).filter((entry) => entry["type"] === type);

/** How a session's path is doing. */
export interface PathHealth {
  /** Bits per second in the direction that matters, since the sample before. */
  bitrate: number;
  /** Share of packets lost since the sample before, 0..1. */
  loss: number;
  round_trip_ms: number | null;
}

interface Totals {
  at_ms: number;
  bytes: number;
  packets: number;
  lost: number;
}

function roundTrip(stats: StatsObject): number | null {
  const pair = ofType(stats, "candidate-pair").find((entry) => entry["nominated"] === true);
  const seconds = pair === undefined ? 0 : number(pair, "currentRoundTripTime");
  return seconds > 0 ? seconds * 1000 : null;
}

function totals(entries: StatsEntry[], bytes: string, packets: string, lost: StatsEntry[]): Totals {
  const sum = (all: StatsEntry[], key: string) => all.reduce((total, entry) => total + number(entry, key), 0);
  return {
    at_ms: Math.max(0, ...entries.map((entry) => number(entry, "timestamp"))),
    bytes: sum(entries, bytes),
    packets: sum(entries, packets),
    lost: sum(lost, "packetsLost"),
  };
}

/** Compares samples of one session; a new session starts anew. */
export class PathWatch {
  #before: Totals | null = null;

  sending(stats: StatsObject): PathHealth {
    const out = ofType(stats, "outbound-rtp");
    return this.#compare(totals(out, "bytesSent", "packetsSent", ofType(stats, "remote-inbound-rtp")), stats);
  }

  receiving(stats: StatsObject): PathHealth {
    const inbound = ofType(stats, "inbound-rtp");
    return this.#compare(totals(inbound, "bytesReceived", "packetsReceived", inbound), stats);
  }

  reset(): void {
    this.#before = null;
  }

  #compare(now: Totals, stats: StatsObject): PathHealth {
    const before = this.#before;
    this.#before = now;
    const round_trip_ms = roundTrip(stats);
    if (before === null || now.at_ms <= before.at_ms || now.bytes < before.bytes) {
      return { bitrate: 0, loss: 0, round_trip_ms };
    }
    const packets = now.packets - before.packets;
    const lost = Math.max(0, now.lost - before.lost);
    return {
      bitrate: ((now.bytes - before.bytes) * 8000) / (now.at_ms - before.at_ms),
      loss: packets + lost === 0 ? 0 : lost / (packets + lost),
      round_trip_ms,
    };
  }
}

/** What the browser believes its line carries from here, in bit/s; null where it does not say. */
export function uplinkOf(stats: StatsObject): number | null {
  const pair = ofType(stats, "candidate-pair").find((entry) => entry["nominated"] === true);
  const found = pair === undefined ? 0 : number(pair, "availableOutgoingBitrate");
  return found > 0 ? found : null;
}

/** The browser's word for what keeps an outgoing picture from being better; null when nothing does. */
export function limitationOf(stats: StatsObject): "bandwidth" | "cpu" | null {
  const reasons = ofType(stats, "outbound-rtp").map((entry) => entry["qualityLimitationReason"]);
  if (reasons.includes("cpu")) return "cpu";
  return reasons.includes("bandwidth") ? "bandwidth" : null;
}

/** What one receiving slot is doing. */
export interface SlotActivity {
  /** Loudness, 0..1, of an audio slot. */
  level: number;
  /** Frames decoded so far, of a video slot. */
  frames: number;
}

/** The activity of each slot, by the mids of its kind in offer order. */
export function activityOf(stats: StatsObject, mids: readonly (string | null)[]): SlotActivity[] {
  const inbound = ofType(stats, "inbound-rtp");
  return mids.map((mid) => {
    const entry = inbound.find((candidate) => candidate["mid"] === mid);
    if (entry === undefined) return { level: 0, frames: 0 };
    return { level: number(entry, "audioLevel"), frames: number(entry, "framesDecoded") };
  });
}
