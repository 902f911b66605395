/** Figures of the lesson report, and the observer's sheet. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lessonReport, type QuestionReport } from "../src/lib/api/report";
import { CRITERIA, EMPTY, meanOf, pointsOf, timeCode, withNote, withoutNote, withPoints } from "../src/lib/observation";
import { histogram, median, outcomesOf, placeOf, seatsMarked, waitOf } from "../src/lib/report-figures";
import { en } from "../src/locales/en";
import { zhCN } from "../src/locales/zh-CN";

const fixture = (name: string) =>
  lessonReport(JSON.parse(readFileSync(new URL(`../../signaling/fixtures/report/${name}.json`, import.meta.url), "utf8")), name);
const j1 = fixture("j1");
const j6 = fixture("j6");

describe("the report", () => {
  test("counts how questions ended", () => {
    expect(outcomesOf(j1.questions)).toEqual([
      { outcome: "answered_here", count: 2 },
      { outcome: "answered_on_floor", count: 1 },
    ]);
  });

  test("adds up both waits, and leaves out what was never answered", () => {
    expect(j1.questions.map(waitOf)).toEqual([10_000, 0, 42_000]);
    const open = { ...j1.questions[0], outcome: "open" } as QuestionReport;
    expect(waitOf(open)).toBeNull();
  });

  test("draws waits in at most eight equal steps that hold all of them", () => {
    for (const waits of [[0], [5_000, 9_999, 10_000], [59_000, 61_000], [4_000_000, 10, 20], Array.from({ length: 99 }, (_, at) => at * 977)]) {
      const { bins, step_ms } = histogram(waits);
      expect(bins.length).toBeLessThanOrEqual(8);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(waits.length);
      expect(bins.map(({ from_ms }) => from_ms)).toEqual(bins.map((_, at) => at * step_ms));
    }
    expect(histogram([]).bins).toEqual([]);
  });

  test("finds the middle", () => {
    expect([median([]), median([3]), median([4, 1]), median([9, 1, 5])]).toEqual([null, 3, 2.5, 5]);
  });

  test("places what was gone on the lesson's line of time", () => {
    for (const gap of j6.interruptions) {
      const [from, to] = placeOf(gap, j6, 0);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeLessThanOrEqual(1);
    }
    expect(j6.interruptions.length).toBeGreaterThan(0);
  });

  test("names the seats that are marked", () => {
    expect(seatsMarked(j1.classrooms[0]?.attendance.marks ?? null, "absent")).toEqual([12, 31]);
    expect(seatsMarked(null, "late")).toEqual([]);
  });
});

describe("an observer's sheet", () => {
  test("takes points and takes them back, in the order of the form", () => {
    const sheet = withPoints(withPoints(EMPTY, "media", 4), "goals", 9);
    expect(sheet.scores).toEqual([{ criterion: "goals", points: 9 }, { criterion: "media", points: 4 }]);
    expect([pointsOf(sheet, "goals"), pointsOf(sheet, "clarity"), meanOf(sheet)]).toEqual([9, null, 6.5]);
    expect(withPoints(sheet, "media", null).scores).toEqual([{ criterion: "goals", points: 9 }]);
    expect(meanOf(EMPTY)).toBeNull();
  });

  test("keeps notes by time, within the bounds", () => {
    const sheet = withNote(withNote(EMPTY, 2_000, " b "), 1_000, "a");
    expect(sheet.notes.map(({ text }) => text)).toEqual(["a", "b"]);
    expect(withNote(sheet, 3_000, "  ")).toBe(sheet);
    expect(withNote(EMPTY, 0, "字".repeat(900)).notes[0]?.text).toHaveLength(500);
    expect(withoutNote(sheet, 0).notes.map(({ text }) => text)).toEqual(["b"]);
    let full = EMPTY;
    for (let at = 0; at < 205; at += 1) full = withNote(full, at, "x");
    expect(full.notes).toHaveLength(200);
  });

  test("shows time into the lesson", () => {
    expect([timeCode(760_000, 0), timeCode(5_000, null), timeCode(0, 5_000)]).toEqual(["12:40", "0:00", "0:00"]);
  });

  test("has words for every criterion", () => {
    for (const criterion of CRITERIA) for (const { observation } of [zhCN, en]) expect(observation.criteria[criterion]).not.toBe("");
  });
});
