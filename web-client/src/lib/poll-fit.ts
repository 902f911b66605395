/**
 * How large the letters of a poll can be so that all of it is on the screen: nobody can scroll. Pure; sizes are pixels of
 * a 1920x1080 screen.
 */
import { widthOf } from "./written-answer";

export interface PollFit {
  question: number;
  /** Lines the question may take; a longer one ends in an ellipsis, the teacher reads it out anyway. */
  lines: number;
  choice: number;
  columns: 1 | 2;
}

/** The place of the large picture. */
const WIDE = 1_392;
const HIGH = 783;
const BETWEEN = 24;
const COLUMN_GAP = 48;
const QUESTION_SIZES = [80, 66, 54, 46, 40, 36];
const CHOICE_SIZES = [84, 72, 60, 50, 44, 40, 36, 33];
export const QUESTION_LINE = 1.32;
export const CHOICE_LINE = 1.22;
/** Space between rows, in the choice's own size. */
export const ROW_GAP = 0.32;
/** The letter in its circle and the space behind it, in the choice's own size. */
const LETTER = 1.75;
/** Fonts differ; words do not break anywhere. */
const SPARE = 1.06;

const linesOf = (text: string, size: number, wide: number) => Math.max(1, Math.ceil((widthOf(text) * size * SPARE) / wide));

function choicesHigh(labels: readonly string[], size: number, columns: number): number {
  const wide = (WIDE - (columns - 1) * COLUMN_GAP) / columns - LETTER * size;
  const rows: number[] = [];
  labels.forEach((label, at) => {
    const row = Math.floor(at / columns);
    const high = Math.max(LETTER * size * 0.8, linesOf(label, size, wide) * size * CHOICE_LINE);
    rows[row] = Math.max(rows[row] ?? 0, high);
  });
  return rows.reduce((sum, high) => sum + high, 0) + (rows.length - 1) * size * ROW_GAP;
}

/** The largest choices first, then the largest question beside them. */
export function pollFit(question: string, labels: readonly string[]): PollFit {
  for (const [at, size] of QUESTION_SIZES.entries()) {
    const lines = linesOf(question, size, WIDE);
    const left = HIGH - BETWEEN - lines * size * QUESTION_LINE;
    // A large question is worth smaller choices only down to two steps below it.
    const smallest = at === QUESTION_SIZES.length - 1 ? 0 : size * 0.8;
    for (const choice of CHOICE_SIZES) {
      if (choice < smallest) break;
      for (const columns of [2, 1] as const) {
        if (choicesHigh(labels, choice, columns) <= left) return { question: size, lines, choice, columns };
      }
    }
  }
  const question_size = 36;
  const choice = 33;
  const [one, two] = [choicesHigh(labels, choice, 1), choicesHigh(labels, choice, 2)];
  const left = HIGH - BETWEEN - Math.min(one, two);
  return {
    question: question_size,
    lines: Math.max(1, Math.floor(left / (question_size * QUESTION_LINE))),
    choice,
    columns: one <= two ? 1 : 2,
  };
}
