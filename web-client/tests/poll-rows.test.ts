import { describe, expect, test } from "vitest";
import { pollFit } from "../src/lib/poll-fit";
import { percent, pollRows, rightCount } from "../src/lib/poll-rows";
import type { PollResultView, PollView } from "../src/lib/protocol/wire";

const poll = (kind: PollView["kind"], correct: number | null = null): PollView => ({
  id: "p", question: "?", kind, by: "hands", opened_ms: 0, deadline_ms: null, closed_ms: null, correct, result: null,
});
const result = (fields: Partial<PollResultView>): PollResultView => ({
  classroom: null, answered: 0, enrolled: 40, counts: [], numbers: [], others: 0, ...fields,
});

describe("rows of a poll", () => {
  const choices = { kind: "choices" as const, labels: ["变大", "变小", "不变"] };

  test("choices are all there, with the right one once it is known", () => {
    const rows = pollRows(poll(choices, 1), result({ answered: 10, counts: [2, 7, 1] }));
    expect(rows.map(({ letter, label, count, right }) => [letter, label, count, right])).toEqual([
      ["A", "变大", 2, false],
      ["B", "变小", 7, true],
      ["C", "不变", 1, false],
    ]);
    expect(rows.map(({ share }) => percent(share))).toEqual(["20%", "70%", "10%"]);
    expect(rightCount(poll(choices, 1), result({ answered: 10, counts: [2, 7, 1] }))).toBe(7);
  });

  test("before anybody answered they are empty, and nothing is right or wrong", () => {
    expect(pollRows(poll(choices), null).map(({ share, right }) => [share, right])).toEqual([[0, null], [0, null], [0, null]]);
    expect(rightCount(poll(choices), result({}))).toBeNull();
  });

  test("of numbers those answered most often are listed by number, the rest is one row", () => {
    const numbers = [1, 2, 3, 4].map((answer) => ({ answer, count: answer }));
    const rows = pollRows(poll({ kind: "number" }, 4), result({ answered: 12, numbers, others: 2 }), 2);
    expect(rows.map(({ label, count, right }) => [label, count, right])).toEqual([
      ["3", 3, false],
      ["4", 4, true],
      [null, 5, null],
    ]);
  });
});

describe("the letters of a poll", () => {
  const labels = (count: number, letters: number) => Array.from({ length: count }, () => "字".repeat(letters));

  test("are large where there is room", () => {
    expect(pollFit("铝块从水中移到盐水中，测力计的示数会怎样？", ["变大", "变小", "不变", "无法判断"])).toEqual({
      question: 80, lines: 2, choice: 84, columns: 2,
    });
  });

  test("are never too small to read, whatever was typed", () => {
    for (const letters of [1, 20, 100, 300]) {
      for (const count of [2, 3, 5, 8]) {
        for (const long of [1, 12, 30, 60]) {
          const { question, choice, lines } = pollFit("问".repeat(letters), labels(count, long));
          expect(Math.min(question, choice)).toBeGreaterThanOrEqual(33);
          expect(lines).toBeGreaterThanOrEqual(1);
        }
      }
    }
  });
});
