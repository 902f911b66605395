/** The fixtures of the signaling crate, read by this side: every frame decodes, and nothing in it is unknown here. */
import { describe, expect, it } from "vitest";
import { clientMessage, serverMessage } from "../src/lib/protocol/wire";

const client = import.meta.glob<unknown>("../../signaling/fixtures/client/*.json", { eager: true, import: "default" });
const server = import.meta.glob<unknown>("../../signaling/fixtures/server/*.json", { eager: true, import: "default" });

const named = (files: Record<string, unknown>) =>
  Object.entries(files).map(([path, frame]) => [path.slice(path.lastIndexOf("/") + 1), frame] as const);

describe("wire fixtures", () => {
  it("are found", () => {
    expect(Object.keys(client).length).toBeGreaterThan(10);
    expect(Object.keys(server).length).toBeGreaterThan(10);
  });

  it.each(named(client))("client %s", (_, frame) => {
    expect(clientMessage(frame, "frame")).toEqual(frame);
  });

  it.each(named(server))("server %s", (_, frame) => {
    expect(serverMessage(frame, "frame")).toEqual(frame);
  });
});
