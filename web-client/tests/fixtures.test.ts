/**
 * The fixtures of the signaling crate, read by this side: every frame decodes, is written again as it came, and nothing
 * in it is unknown here.
 */
import { describe, expect, it } from "vitest";
import { lessonReport } from "../src/lib/api/report";
import { applyDelta, applyEvents } from "../src/lib/protocol/lesson-view";
import { clientMessage, errorCode, byeReason, readServerMessage, type Snapshot } from "../src/lib/protocol/wire";

const client = import.meta.glob<unknown>("../../signaling/fixtures/client/*.json", { eager: true, import: "default" });
const server = import.meta.glob<unknown>("../../signaling/fixtures/server/*.json", { eager: true, import: "default" });
const report = import.meta.glob<unknown>("../../signaling/fixtures/report/*.json", { eager: true, import: "default" });
const source = import.meta.glob<string>("../../signaling/src/**/*.rs", { eager: true, import: "default", query: "?raw" });

const named = (files: Record<string, unknown>) =>
  Object.entries(files).map(([path, frame]) => [path.slice(path.lastIndexOf("/") + 1, -".json".length), frame] as const);
/** As it would go over the wire. */
const written = (message: unknown): unknown => JSON.parse(JSON.stringify(message));
const field = (frame: unknown, key: string) => (frame as Record<string, unknown>)[key];

describe("wire fixtures", () => {
  it.each(named(client))("client %s", (_, frame) => {
    expect(written(clientMessage(frame, "frame"))).toEqual(frame);
  });

  it.each(named(server))("server %s", (_, frame) => {
    expect(written(readServerMessage(JSON.stringify(frame)))).toEqual(frame);
  });

  it.each(named(report))("report %s", (_, frame) => {
    expect(written(lessonReport(frame, "report"))).toEqual(frame);
  });

  it("cover every type that the server knows", () => {
    const listed = source["../../signaling/src/decode.rs"]?.match(/CLIENT_TYPES: \[&str; \d+\] = \[([^\]]*)\]/)?.[1] ?? "";
    const types = [...listed.matchAll(/"(\w+)"/g)].map(([, type]) => type);
    expect(types.length).toBeGreaterThan(40);
    expect(new Set(named(client).map(([, frame]) => field(frame, "type")))).toEqual(new Set(types));
  });

  it("cover every error and every goodbye", () => {
    const seen = (type: string, key: string) =>
      new Set(named(server).flatMap(([, frame]) => (field(frame, "type") === type ? [field(frame, key)] : [])));
    expect([...seen("error", "code")].map((code) => errorCode(code, "code"))).toHaveLength(12);
    expect([...seen("bye", "reason")].map((reason) => byeReason(reason, "reason"))).toHaveLength(7);
  });

  it("of deltas apply to a snapshot of a seat that gets them", () => {
    const snapshotOf = (name: string): Snapshot => {
      const frame = readServerMessage(JSON.stringify(server[`../../signaling/fixtures/server/snapshot_${name}.json`]));
      if (frame.type !== "snapshot") throw new Error(name);
      return frame;
    };
    const seats = ["master", "assistant", "classroom", "observer", "duty"].map(snapshotOf);
    let applied = 0;
    for (const [name, raw] of named(server)) {
      const frame = readServerMessage(JSON.stringify(raw));
      if (frame.type === "private") for (const seat of seats) expect(applyEvents(seat, frame.events)).not.toBe(seat);
      if (frame.type !== "delta") continue;
      for (const seat of seats) {
        const at = seat.streams[frame.stream];
        if (at === null) continue;
        expect(applyDelta(seat, { ...frame, n: at + 1 }).kind, name).toBe("applied");
        applied += 1;
      }
    }
    expect(applied).toBeGreaterThan(100);
  });
});
