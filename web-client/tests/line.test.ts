import { describe, expect, it } from "vitest";
import { gradeOf, mbitText, PoorLines, sharpnessOf, withFirst } from "../src/lib/line";
import type { LineView } from "../src/lib/protocol/wire";
import { readinessOf } from "../src/lib/readiness";
import { aRoom } from "./lesson";

const aLine = (classroom: string, given: Partial<LineView> = {}): LineView => ({
  classroom,
  estimate_kbit: 1_800,
  layer: 1,
  layers: 3,
  lost_percent: 0.4,
  rtt_ms: 38,
  quality: "good",
  ...given,
});

describe("a classroom's line", () => {
  it.each([
    [0, 3, "basic"],
    [1, 3, "standard"],
    [2, 3, "sharp"],
    [0, 2, "basic"],
    [1, 2, "sharp"],
    [0, 1, "sharp"],
    [null, 3, null],
    [null, 0, null],
  ])("layer %s of %d is %s", (layer, layers, word) => {
    expect(sharpnessOf(aLine("A", { layer, layers }))).toBe(word);
  });

  it("that can't carry the camera says so", () => {
    expect(sharpnessOf(aLine("A", { layer: null, quality: "poor" }))).toBe("none");
  });

  it.each([
    [1_800, "1.8"],
    [640, "0.6"],
    [12, "0.1"],
    [9_949, "9.9"],
    [9_960, "10"],
    [24_300, "24"],
  ])("%d kbit/s reads %s", (kbit, expected) => {
    expect(mbitText(kbit)).toBe(expected);
  });

  it("has no grade while nothing is received", () => {
    expect(gradeOf(null)).toBe("none");
    expect(gradeOf(aLine("A", { quality: null }))).toBe("none");
    expect(gradeOf(aLine("A", { quality: "fair" }))).toBe("fair");
  });
});

describe("poor lines", () => {
  it("stay in front for a while after they were poor", () => {
    const lines = new PoorLines();
    expect([...lines.note([aLine("A"), aLine("B", { quality: "poor" })], 0)]).toEqual(["B"]);
    expect([...lines.note([aLine("A"), aLine("B")], 14_000)]).toEqual(["B"]);
    expect([...lines.note([aLine("A"), aLine("B")], 15_000)]).toEqual([]);
  });

  it("are forgotten with their session", () => {
    const lines = new PoorLines();
    lines.note([aLine("A", { quality: "poor" }), aLine("B", { quality: "poor" })], 0);
    expect([...lines.note([aLine("A", { quality: null })], 1_000)]).toEqual([]);
  });

  it("come first, and nothing else moves", () => {
    const rooms = ["A", "B", "C", "D"].map((id) => ({ id }));
    expect(withFirst(rooms, new Set(["D", "B"])).map(({ id }) => id)).toEqual(["B", "D", "A", "C"]);
  });
});

it("readiness: screens count, and what is missing is named, screens first", () => {
  const room = (id: string, screen_present: boolean, assistant_present: boolean) =>
    aRoom(id, { screen_present, assistant_present });
  const { ready, missing } = readinessOf([room("A", true, false), room("B", true, true), room("C", false, false)]);
  expect(ready).toBe(2);
  expect(missing.map(({ classroom, lacks }) => [classroom.id, lacks])).toEqual([
    ["C", "screen"],
    ["A", "assistant"],
  ]);
});
