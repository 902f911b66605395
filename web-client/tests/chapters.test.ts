import { describe, expect, test } from "vitest";
import { chapterAt, chaptersOf, marksOf } from "../src/lib/replay/chapters";

const line = (media_ms: number, kind: string, fields: object = {}) => JSON.stringify({ media_ms, kind, ...fields });
const turned = (media_ms: number, page: number, deck: string | null = "D") =>
  line(media_ms, "page_turned", { surface: "deck", deck, page });

describe("the timeline of a recording", () => {
  const marks = marksOf(
    [
      line(0, "lesson_started"),
      turned(5_000, 1),
      turned(60_000, 2),
      turned(60_900, 3),
      turned(61_500, 4),
      line(70_000, "floor_granted", { classroom: "A" }),
      line(90_000, "page_turned", { surface: "board", deck: null, page: 2 }),
      line(100_000, "studio_lost"),
      turned(120_000, 0, null),
      '{"media_ms": 130',
      "null",
      "[]",
    ].join("\n"),
  );

  test("has a chapter for each page that stayed, each floor and each gap", () => {
    expect(chaptersOf(marks).map(({ at_ms, kind }) => [at_ms, kind])).toEqual([
      [5_000, "page"],
      [61_500, "page"],
      [70_000, "floor"],
      [90_000, "board"],
      [100_000, "lost"],
    ]);
  });

  test("has none for a page that is told again, nor for the board's first page", () => {
    const board = (at_ms: number, page: number) => line(at_ms, "page_turned", { surface: "board", deck: null, page });
    const again = [board(0, 1), turned(1_000, 3), line(60_000, "resumed"), turned(60_000, 3), board(60_000, 1)];
    expect(chaptersOf(marksOf(again.join("\n"))).map(({ at_ms }) => at_ms)).toEqual([1_000]);
  });

  test("says which chapter we are in", () => {
    const chapters = chaptersOf(marks);
    expect([0, 4_900, 65_000, 1e9].map((at_ms) => chapterAt(chapters, at_ms))).toEqual([-1, 0, 1, 4]);
  });

  test("of nonsense is empty", () => expect([marksOf(""), marksOf("<html>\n{}")]).toEqual([[], []]));
});
