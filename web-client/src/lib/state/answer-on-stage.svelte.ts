/** The newest written answer, for as long as reading it takes: to everybody, or to this classroom alone. */
import { pagesOf, readingMs, SHORT_LETTERS, widthOf } from "$lib/written-answer";
import type { AnswerView, QuestionView, WireEvent } from "$lib/protocol/wire";
import type { LessonSeat } from "./lesson-seat.svelte";

/** Answers that wait while one is read; a teacher does not write faster than a class reads for long. */
const WAITING_MAX = 5;
/** Questions whose answers were shown: a change of such a question shows it no second time. */
const REMEMBERED_MAX = 200;

export interface ShownAnswer {
  question: string;
  /** Who asked. */
  classroom: string;
  classroom_name: string;
  seat: number | null;
  asked: string | null;
  answer: string;
  /** Only this classroom reads it. */
  ours_alone: boolean;
}

export class AnswerOnStage {
  shown = $state.raw<ShownAnswer | null>(null);
  pages = $state.raw<string[]>([]);
  /** Of {@link pages}, from 0. */
  page = $state(0);
  #waiting: ShownAnswer[] = [];
  #known: string[] = [];
  #timer = 0;

  constructor(private readonly seat: LessonSeat) {}

  /** It needs more room than the strip below the picture has. */
  get long(): boolean {
    return this.shown !== null && (this.pages.length > 1 || widthOf(this.shown.answer) > SHORT_LETTERS);
  }

  watch(): () => void {
    const unwatch = this.seat.onEvents((events) => this.#hear(events));
    return () => {
      unwatch();
      clearTimeout(this.#timer);
    };
  }

  #hear(events: readonly WireEvent[]): void {
    for (const event of events) {
      if (event.event === "answer_given") this.#put(toAll(event.answer));
      if (event.event === "question_changed") this.#put(toUs(event.question));
    }
  }

  /** An answer to all also comes as a change of our question, in either order: it is one answer, and to all. */
  #put(answer: ShownAnswer | null): void {
    if (answer === null) return;
    if (this.#known.includes(answer.question)) {
      if (!answer.ours_alone && this.shown?.question === answer.question) this.shown = { ...this.shown, ours_alone: false };
      if (!answer.ours_alone) this.#waiting = this.#waiting.map((one) => (one.question === answer.question ? answer : one));
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) return;
    this.#known = [...this.#known, answer.question].slice(-REMEMBERED_MAX);
    this.#waiting.push(answer);
    if (this.shown === null) this.#next();
  }

  #next(): void {
    const next = this.#waiting.shift() ?? null;
    this.shown = next;
    this.pages = next === null ? [] : pagesOf(next.answer);
    this.page = 0;
    if (next !== null) this.#read();
  }

  #read(): void {
    const text = this.pages[this.page] ?? "";
    const asked = this.page === 0 ? (this.shown?.asked ?? "") : "";
    this.#timer = window.setTimeout(() => {
      if (this.page + 1 < this.pages.length) {
        this.page += 1;
        this.#read();
      } else this.#next();
    }, readingMs(asked + text));
  }
}

function toAll({ question, classroom, classroom_name, seat, text, answer }: AnswerView): ShownAnswer {
  return { question, classroom, classroom_name, seat, asked: text, answer, ours_alone: false };
}

/** What is part of another question of this room is answered with that one. */
function toUs({ id, classroom, classroom_name, seat, text, state, answer, merged_into }: QuestionView): ShownAnswer | null {
  if (state !== "answered_in_text" || answer === null || merged_into !== null) return null;
  return { question: id, classroom, classroom_name, seat, asked: text, answer, ours_alone: true };
}
