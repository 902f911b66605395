/** A poll while it is written: what is missing, and the message once nothing is. Pure. */
import { BOUNDS, lettersOf } from "$lib/protocol/bounds";
import type { ClientMessage, PollBy } from "$lib/protocol/wire";

export interface PollDraft {
  question: string;
  kind: "choices" | "number";
  /** Labels of choices; empty ones at the end do not count. */
  labels: string[];
  by: PollBy;
  /** Index of the right choice, or the right number as typed; null for none. */
  correct: number | string | null;
  seconds: number | null;
}

export type DraftProblem = "question" | "labels" | "label_length" | "correct" | "by";
export type OpenPoll = Extract<ClientMessage, { type: "open_poll" }>;

export const EMPTY_DRAFT: PollDraft = {
  question: "",
  kind: "choices",
  labels: ["", "", "", ""],
  by: "hands",
  correct: null,
  seconds: null,
};

/** How many letters before the labels: A, B, C … */
export const letterOf = (index: number): string => String.fromCharCode(65 + index);

/** The message that opens it, or what keeps it from being opened. */
export function messageOf(draft: PollDraft): OpenPoll | DraftProblem {
  const question = draft.question.trim();
  const letters = lettersOf(question);
  if (letters === 0 || letters > BOUNDS.poll_question_letters) return "question";
  const base = { type: "open_poll", question, by: draft.by, seconds: draft.seconds } as const;
  if (draft.kind === "number") {
    // A show of hands gives no numbers.
    if (draft.by === "hands") return "by";
    const correct = numberOf(draft.correct);
    return correct === undefined ? "correct" : { ...base, kind: { kind: "number" }, correct };
  }
  const labels = draft.labels.map((label) => label.trim());
  while (labels.at(-1) === "") labels.pop();
  const { least, most } = BOUNDS.poll_choices;
  if (labels.length < least || labels.length > most || labels.includes("")) return "labels";
  if (labels.some((label) => lettersOf(label) > BOUNDS.poll_label_letters)) return "label_length";
  const { correct } = draft;
  if (typeof correct === "string" || (correct !== null && correct >= labels.length)) return "correct";
  return { ...base, kind: { kind: "choices", labels }, correct };
}

function numberOf(typed: number | string | null): number | null | undefined {
  if (typed === null || String(typed).trim() === "") return null;
  const number = Number(typed);
  return Number.isFinite(number) && Math.abs(number) <= 1e12 ? number : undefined;
}
