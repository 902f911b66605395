import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { Points, strokeView } from "../src/lib/protocol/wire";
import { DeckShelf, pagesAhead } from "../src/lib/surface/deck-shelf";
import { freeNumber, PenStroke, type Drawing } from "../src/lib/surface/drawing";
import { fit } from "../src/lib/surface/fit";
import { hitBy, strokeAt } from "../src/lib/surface/hit";
import { INK_COLOURS, inkPaint, outlineOf } from "../src/lib/surface/ink";
import { PageCache } from "../src/lib/surface/page-cache";
import type { PagePicture, PdfDeck } from "../src/lib/surface/pdf";

const pen: Extract<Drawing, { kind: "ink" }> = { kind: "ink", tool: "pen", colour: "red", width: 48 };

describe("fit", () => {
  test.each([
    // A page of the frame's own shape fills it to the last pixel.
    [{ width: 1392, height: 783 }, 9 / 16, 1, { left: 0, top: 0, width: 1392, height: 783, width_px: 1392 }],
    [{ width: 1392, height: 783 }, 3 / 4, 1, { left: 174, top: 0, width: 1044, height: 783, width_px: 1044 }],
    [{ width: 100, height: 300 }, 1, 2, { left: 0, top: 100, width: 100, height: 100, width_px: 200 }],
  ])("%o at %d", (frame, aspect, ratio, expected) => expect(fit(frame, aspect, ratio)).toEqual(expected));

  test("lies on whole device pixels and never beyond the frame", () => {
    for (const ratio of [1, 1.25, 1.5, 2, 3]) {
      for (let width = 200; width < 260; width += 7) {
        const at = fit({ width, height: 150 }, 0.71, ratio);
        if (at === null) throw new Error("the frame has a size");
        for (const edge of [at.left, at.top, at.width, at.height]) {
          expect(Math.abs(edge * ratio - Math.round(edge * ratio))).toBeLessThan(1e-6);
        }
        expect(at.left + at.width).toBeLessThanOrEqual(width);
        expect(at.top + at.height).toBeLessThanOrEqual(150);
      }
    }
  });

  test("a frame without a size shows nothing", () => expect(fit({ width: 0, height: 10 }, 1, 1)).toBeNull());
});

describe("a stroke", () => {
  test("goes out in pieces that join to what was drawn, the last one done", () => {
    const stroke = new PenStroke(7, pen, 5_625, 0);
    const pieces = [];
    for (let at = 0; at < 300; at += 1) {
      stroke.move(100 + at * 30, 2_000 + (at % 2) * 40, 128);
      pieces.push(...stroke.due(at * 8));
    }
    pieces.push(...stroke.end());
    const joined = pieces.reduce((all, { points }) => all.plus(points), new Points([]));
    expect(joined.list).toEqual(stroke.view.points.list);
    expect(pieces.every(({ points }) => points.length <= 128)).toBe(true);
    expect(pieces.map(({ done }) => done)).toEqual([...pieces.slice(1).map(() => false), true]);
    // 300 points in 2.4 seconds: never more than twenty a second.
    expect(pieces.length).toBeLessThanOrEqual(2.4 * 20 + 1);
  });

  test("leaves out what is too near, and stays within sixteen bits", () => {
    const stroke = new PenStroke(1, pen, 5_625, 0);
    expect([stroke.move(100, 100, 128), stroke.move(105, 103, 128), stroke.move(1e9, -1e9, 999)]).toEqual([true, false, true]);
    expect(stroke.view.points.list).toEqual([
      [100, 100, 128],
      [10_500, -500, 255],
    ]);
  });

  test("that is a line is sent once, with two points", () => {
    const stroke = new PenStroke(1, { ...pen, tool: "line" }, 5_625, 0);
    for (let at = 0; at < 50; at += 1) stroke.move(at * 100, at * 50, 128);
    expect(stroke.due(10_000)).toEqual([]);
    expect(stroke.end().map(({ points }) => points.length)).toEqual([2]);
  });

  test("without a point sends nothing", () => expect(new PenStroke(1, pen, 5_625, 0).end()).toEqual([]));
  test("gets a number that is free", () => expect([freeNumber([]), freeNumber([3, 41, 7])]).toEqual([1, 42]));
});

describe("ink", () => {
  const folder = new URL("../../signaling/fixtures/server/", import.meta.url);
  const drawn = readdirSync(folder).filter((name) => name.startsWith("delta_stroke_drawn"));

  test.each(drawn)("%s has an outline", (name) => {
    const { events } = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
    const stroke = strokeView(events[0].stroke, "stroke");
    expect(outlineOf(stroke)).toMatch(/^M[\d .\-QLAZ]+Z$/);
    // A late joiner's outline is the one that was seen live: it depends on nothing but the points.
    expect(outlineOf(structuredClone({ ...stroke, points: stroke.points }))).toBe(outlineOf(stroke));
  });

  test("nothing drawn is nothing", () => expect(outlineOf({ tool: "pen", width: 4, points: new Points([]), done: false })).toBe(""));
  test("a dot of a ruler is a dot", () => {
    const points = new Points([[50, 50, 128]]);
    expect(outlineOf({ tool: "line", width: 20, points, done: true })).not.toContain("NaN");
  });
  test("every colour differs on paper and on the board", () => {
    for (const surface of ["deck", "board"] as const) {
      expect(new Set(INK_COLOURS.map((colour) => inkPaint(colour, surface))).size).toBe(INK_COLOURS.length);
    }
  });

  test("the eraser takes the newest stroke it touches", () => {
    const at = (stroke: number, tool: "pen" | "line", ...list: [number, number, number][]) => ({
      stroke, tool, colour: "red" as const, width: 40, points: new Points(list), done: true,
    });
    const strokes = [at(1, "pen", [0, 0, 128], [1_000, 0, 128]), at(2, "line", [0, 0, 128], [0, 1_000, 128])];
    expect(strokeAt(strokes, 500, 30, 20)).toBe(1);
    expect(strokeAt(strokes, 0, 0, 20)).toBe(2);
    expect(strokeAt(strokes, 500, 500, 20)).toBeNull();
    expect(hitBy(at(3, "line", [0, 0, 128], [9_000, 9_000, 128], [1_000, 0, 128]), 5_000, 5_000, 10)).toBe(false);
  });
});

describe("pages", () => {
  const picture = (bytes: number, free = () => {}): PagePicture => ({ bitmap: {} as ImageBitmap, aspect: 0.5, bytes, free });

  test("the next two and the one before are drawn ahead", () => {
    expect(pagesAhead(1, 6)).toEqual([2, 3]);
    expect(pagesAhead(5, 6)).toEqual([6, 4]);
    expect(pagesAhead(1, 1)).toEqual([]);
  });

  test("the one not seen for longest goes first, the newest always stays", () => {
    const freed: string[] = [];
    const cache = new PageCache<PagePicture>(100);
    for (const key of ["a", "b", "c"]) cache.put(key, picture(40, () => freed.push(key)));
    expect(freed).toEqual(["a"]);
    cache.get("b");
    cache.put("d", picture(40, () => freed.push("d")));
    expect(freed).toEqual(["a", "c"]);
    cache.put("huge", picture(500));
    expect([cache.has("huge"), cache.has("b"), cache.has("d")]).toEqual([true, false, false]);
  });

  function shelfOf(render: (page: number) => Promise<PagePicture>) {
    const opened: string[] = [];
    const shelf = new DeckShelf(async (deck) => {
      opened.push(deck);
      return { pages: 6, render, close: () => {} } as unknown as PdfDeck;
    });
    return { shelf, opened };
  }

  test("asked for twice is drawn once, and is there at once afterwards", async () => {
    const render = vi.fn(async () => picture(10));
    const { shelf, opened } = shelfOf(render);
    const key = { deck: "d", page: 2, width_px: 100 };
    expect(shelf.ready(key)).toBeNull();
    await Promise.all([shelf.page(key), shelf.page(key)]);
    expect([render.mock.calls.length, opened.length, shelf.ready(key) !== null]).toEqual([1, 1, true]);
    await shelf.drawAhead(key);
    expect([1, 3, 4].map((page) => shelf.ready({ ...key, page }) !== null)).toEqual([true, true, true]);
  });

  test("that can't be fetched are tried again with the file opened anew, until nobody wants them", async () => {
    vi.useFakeTimers();
    let failures = 2;
    const { shelf, opened } = shelfOf(async () => {
      failures -= 1;
      if (failures >= 0) throw new Error("away");
      return picture(10);
    });
    const heard = vi.fn();
    const stop = new AbortController();
    const drawn = shelf.pageAtLast({ deck: "d", page: 1, width_px: 10 }, stop.signal, heard);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await drawn).not.toBeNull();
    expect([heard.mock.calls.length, opened.length]).toEqual([2, 3]);
    failures = 99;
    const other = shelf.pageAtLast({ deck: "d", page: 2, width_px: 10 }, stop.signal, heard);
    await vi.advanceTimersByTimeAsync(500);
    stop.abort();
    expect(await other).toBeNull();
    vi.useRealTimers();
  });

  test("that can't be fetched is given up after so many tries, and can be asked for again", async () => {
    vi.useFakeTimers();
    let away = true;
    const { shelf, opened } = shelfOf(async () => {
      if (away) throw new Error("away");
      return picture(10);
    });
    const heard = vi.fn();
    const ask = () => shelf.pageAtLast({ deck: "d", page: 1, width_px: 10 }, new AbortController().signal, heard, 3);
    const drawn = ask();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await drawn).toBeNull();
    expect([heard.mock.calls.length, opened.length]).toEqual([3, 3]);
    away = false;
    expect(await ask()).not.toBeNull();
    vi.useRealTimers();
  });
});
