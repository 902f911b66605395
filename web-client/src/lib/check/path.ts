/** The way of the media to the server and back, from the browser's statistics. Pure over plain objects. */
import type { StatsEntry, StatsObject } from "$lib/media/stats";
import type { PathMeasured } from "./verdicts";

const number = (entry: StatsEntry, key: string): number => {
  const value = entry[key];
  return typeof value === "number" ? value : 0;
};
const ofType = (stats: StatsObject | null, type: string) =>
  Object.values(stats ?? {}).filter((entry) => entry["type"] === type);

/** `there` sends the check's picture and sound, `back` receives the same again. */
export function pathOf(there: StatsObject | null, back: StatsObject | null): PathMeasured {
  const pair = [...ofType(back, "candidate-pair"), ...ofType(there, "candidate-pair")].find(
    (entry) => entry["nominated"] === true && entry["state"] === "succeeded",
  );
  const local = [there, back]
    .map((stats) => stats?.[String(pair?.["localCandidateId"])])
    .find((candidate) => candidate !== undefined);
  const inbound = ofType(back, "inbound-rtp");
  const got = inbound.reduce((sum, entry) => sum + number(entry, "packetsReceived"), 0);
  if (pair === undefined || got === 0) return { protocol: null, round_trip_ms: null, loss: null };
  const lostBack = inbound.reduce((sum, entry) => sum + Math.max(0, number(entry, "packetsLost")), 0);
  const lostThere = ofType(there, "remote-inbound-rtp").reduce((sum, entry) => sum + Math.max(0, number(entry, "packetsLost")), 0);
  const sent = ofType(there, "outbound-rtp").reduce((sum, entry) => sum + number(entry, "packetsSent"), 0);
  const seconds = number(pair, "currentRoundTripTime");
  return {
    protocol: local?.["protocol"] === "tcp" ? "tcp" : "udp",
    round_trip_ms: seconds > 0 ? seconds * 1000 : null,
    loss: Math.max(lostBack / Math.max(1, got + lostBack), lostThere / Math.max(1, sent)),
  };
}
