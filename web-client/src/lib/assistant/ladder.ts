/**
 * The ladder of a pupil's question as the assistant climbs it: answer here, merge, pass on to the master, take back.
 * Which steps there are follows from where the question stands; the server has the last word. Pure.
 */
import { unreachable } from "$lib/protocol/lesson-view";
import type { ClientMessage, FloorRequestView, PupilSeatView, QuestionView } from "$lib/protocol/wire";

export interface Ladder {
  /** With the assistant, the oldest first. */
  open: QuestionView[];
  /** With the master: on the floor, then in the order of the queue. */
  passed: QuestionView[];
  /** Answered, merged or taken back, the newest first. */
  settled: QuestionView[];
}

/** Sorts a classroom's questions by who has to act; `floor` knows the places in the queue. */
export function ladderOf(questions: readonly QuestionView[], floor: readonly FloorRequestView[]): Ladder {
  const ladder: Ladder = { open: [], passed: [], settled: [] };
  for (const question of questions) ladder[rungOf(question)].push(question);
  const rank = (question: QuestionView) =>
    question.state === "on_floor" ? 0 : (placeOf(question, floor) ?? Number.MAX_SAFE_INTEGER);
  ladder.open.sort((a, b) => a.asked_ms - b.asked_ms);
  ladder.passed.sort((a, b) => rank(a) - rank(b) || a.asked_ms - b.asked_ms);
  ladder.settled.sort((a, b) => (b.settled_ms ?? b.merged_ms ?? 0) - (a.settled_ms ?? a.merged_ms ?? 0));
  return ladder;
}

function rungOf({ state }: QuestionView): keyof Ladder {
  switch (state) {
    case "open":
      return "open";
    case "escalated":
    case "put_off":
    case "on_floor":
      return "passed";
    case "answered_here":
    case "answered_on_floor":
    case "answered_in_text":
    case "merged":
    case "withdrawn":
      return "settled";
    default:
      return unreachable(state);
  }
}

/** Its place in the master's queue, 1 = next. */
export function placeOf(question: QuestionView, floor: readonly FloorRequestView[]): number | null {
  return floor.find(({ id }) => id === question.request)?.position ?? null;
}

export type Step = "answer_here" | "merge" | "escalate" | "take_back" | "withdraw";

/** The steps an assistant has. Passing on needs a lesson that runs; the rest can be tidied up before and after. */
export function stepsOf(question: QuestionView, questions: readonly QuestionView[], live: boolean): Step[] {
  switch (question.state) {
    case "open": {
      const steps: Step[] = ["answer_here"];
      if (targetsOf(question, questions).length > 0) steps.push("merge");
      if (live) steps.push("escalate");
      return [...steps, "withdraw"];
    }
    case "escalated":
    case "put_off":
      return question.request === null ? ["answer_here"] : ["answer_here", "take_back"];
    default:
      return [];
  }
}

/** What is said for a step; null for one that needs something the question has not. */
export function messageFor(step: Step, question: QuestionView, into: string | null = null): ClientMessage | null {
  switch (step) {
    case "answer_here":
      return { type: "answer_here", question: question.id };
    case "escalate":
      return { type: "escalate_question", question: question.id };
    case "withdraw":
      return { type: "withdraw_question", question: question.id };
    case "take_back":
      return question.request === null ? null : { type: "lower_hand", request: question.request };
    case "merge":
      return into === null ? null : { type: "merge_question", question: question.id, into };
    default:
      return unreachable(step);
  }
}

/** The questions it can become part of: the classroom's own that are not settled, those that sound alike first. */
export function targetsOf(question: QuestionView, questions: readonly QuestionView[]): QuestionView[] {
  const alike = (id: string) => {
    const rank = question.similar.indexOf(id);
    return rank < 0 ? question.similar.length : rank;
  };
  return questions
    .filter((other) => other.id !== question.id && rungOf(other) !== "settled")
    .sort((a, b) => alike(a.id) - alike(b.id) || a.asked_ms - b.asked_ms);
}

/** The one that sounds the same, while it can still take another in. */
export function suggestionOf(question: QuestionView, questions: readonly QuestionView[]): QuestionView | null {
  if (question.state !== "open") return null;
  return targetsOf(question, questions).find(({ id }) => question.similar.includes(id)) ?? null;
}

/** How long pupils have waited for the next step. */
export function waited_ms(question: QuestionView, now_ms: number): number {
  return Math.max(0, now_ms - (question.escalated_ms ?? question.asked_ms));
}

/** From here on a wait is called long. */
export const LONG_WAIT_MS = 120_000;

export interface Tally {
  answered: number;
  merged: number;
  withdrawn: number;
}

export function tallyOf(settled: readonly QuestionView[]): Tally {
  const tally: Tally = { answered: 0, merged: 0, withdrawn: 0 };
  for (const { state, merged_into, settled_ms } of settled) {
    if (state === "withdrawn") tally.withdrawn += 1;
    else if (state === "merged" && settled_ms === null) tally.merged += 1;
    else if (state === "merged" && merged_into !== null) tally.merged += 1;
    else tally.answered += 1;
  }
  return tally;
}

/** What is open when the lesson ends: the assistant follows it up. */
export function leftOver(questions: readonly QuestionView[]): QuestionView[] {
  return questions.filter((question) => rungOf(question) !== "settled").sort((a, b) => a.asked_ms - b.asked_ms);
}

export interface Draft {
  seat: string;
  text: string;
  wantsToSpeak: boolean;
}

export const QUESTION_LETTERS_MAX = 300;

/** A new question, or why it can't be asked yet. */
export function asking(
  { seat, text, wantsToSpeak }: Draft,
  seats: readonly PupilSeatView[],
): { message: ClientMessage } | { problem: "nothing" | "no_such_seat" | "too_long" } {
  const typed = text.trim();
  if (typed === "" && !wantsToSpeak) return { problem: "nothing" };
  if ([...typed].length > QUESTION_LETTERS_MAX) return { problem: "too_long" };
  const number = seat.trim() === "" ? null : Number(seat.trim());
  if (number !== null && !seats.some((one) => one.seat === number)) return { problem: "no_such_seat" };
  return {
    message: { type: "ask_question", seat: number, text: typed === "" ? null : typed, wants_to_speak: wantsToSpeak },
  };
}
