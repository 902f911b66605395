/** Slides, board and ink of a recording at any moment, from the timeline that the signaling crate's tests write. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Mark, marksOf } from "../src/lib/replay/chapters";
import { SurfaceHistory } from "../src/lib/replay/surface-at";

const fixture = JSON.parse(readFileSync(new URL("../../signaling/fixtures/timeline/pages.json", import.meta.url), "utf8"));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("the surface at a moment", () => {
  const marks = marksOf(fixture.lines.map((line: unknown) => JSON.stringify(line)).join("\n"));
  const history = new SurfaceHistory(marks);
  /** What every seat saw, as the state machine says it. */
  const seen = (at_ms: number) => {
    const { deck, board, pointer, scene } = history.at(at_ms);
    return plain({ at_ms, surfaces: deck === null ? [board] : [deck, board], pointer, scene: { scene } });
  };

  test("is what every seat saw then, one by one", () => {
    expect(fixture.moments.length).toBeGreaterThan(20);
    for (const moment of fixture.moments) expect(seen(moment.at_ms), `at ${moment.at_ms}`).toEqual(moment);
  });

  test("is the same however one seeks, and what did not change is the same object", () => {
    for (const moment of [...fixture.moments].reverse()) expect(seen(moment.at_ms + 99)).toEqual({ ...moment, at_ms: moment.at_ms + 99 });
    const { at_ms } = fixture.moments.at(-1);
    expect(history.at(at_ms).deck?.strokes[0]).toBe(history.at(at_ms + 50).deck?.strokes[0]);
  });

  test("before the first line is an empty board", () => {
    const board = { surface: "board", deck: null, page: 1, strokes: [] };
    expect(history.at(-1)).toEqual({ deck: null, board, pointer: null, scene: null });
    expect(new SurfaceHistory([]).at(5)).toEqual({ deck: null, board, pointer: null, scene: null });
  });

  test("passes over what it does not understand and says from when ink is missing", () => {
    const strange: Mark[] = [
      { media_ms: 1, kind: "page_turned", surface: "wall", page: 1 },
      { media_ms: 2, kind: "stroke_drawn", surface: "board", stroke: 1, points: [1] },
      { media_ms: 3, kind: "stroke_drawn" },
      { media_ms: 4, kind: "scene_shown", scene: null },
      { media_ms: 5, kind: "timeline_full", left_out: "fleeting" },
      { media_ms: 6, kind: "timeline_full", left_out: "ink" },
    ];
    const read = new SurfaceHistory(strange);
    expect([read.at(10).board.strokes, read.at(10).scene, read.inkEnds_ms]).toEqual([[], null, 6]);
    expect(history.inkEnds_ms).toBeNull();
  });

  test("of an hour's writing takes no time to seek in", () => {
    const hour: Mark[] = [];
    const ink = { tool: "pen", colour: "red", width: 40, surface: "board" };
    // Twenty pieces a second for an hour, a stroke of a second each, the board wiped every minute.
    for (let at = 0; at < 72_000; at += 1) {
      const media_ms = at * 50;
      if (at % 1_200 === 0) hour.push({ media_ms, kind: "board_cleared", surface: "board" });
      const points = [at % 9_000, 100, 128, 5, 5, 0, 5, 5, 0];
      hour.push({ media_ms, kind: "stroke_drawn", stroke: Math.floor(at / 20), done: at % 20 === 19, points, ...ink });
    }
    const read = new SurfaceHistory(hour);
    // Not a clock but a count: a moment looks at the strokes of its page only through what is left of them.
    expect(read.at(3_599_999).board.strokes).toHaveLength(60);
    expect(read.at(1_830_025).board.strokes).toHaveLength(31);
    expect(read.at(1_830_025).board.strokes.at(-1)?.points.length).toBe(3);
    expect(read.at(59_999).board.strokes.reduce((sum, { points }) => sum + points.length, 0)).toBe(3_600);
  });
});
