/** Pupils' questions on their way from the assistant to the master. */
import { type Decoded, flag, list, nullable, oneOf, record, text, whole } from "../decode";

export const questionState = oneOf(
  "open",
  "escalated",
  "put_off",
  "on_floor",
  "answered_here",
  "answered_on_floor",
  "answered_in_text",
  "merged",
  "withdrawn",
);
export type QuestionState = Decoded<typeof questionState>;

/** Who reads a written answer: every seat, or the classrooms that ask it. */
export const answerTo = oneOf("everyone", "classroom");
export type AnswerTo = Decoded<typeof answerTo>;

/** A question with the time of each step, as the desk and its own classroom see it. */
export const questionView = record({
  id: text,
  classroom: text,
  classroom_name: text,
  seat: nullable(whole),
  text: nullable(text),
  wants_to_speak: flag,
  state: questionState,
  asked_ms: whole,
  escalated_ms: nullable(whole),
  put_off_ms: nullable(whole),
  on_floor_ms: nullable(whole),
  merged_ms: nullable(whole),
  settled_ms: nullable(whole),
  merged_into: nullable(text),
  request: nullable(text),
  /** How many ask it, itself included. */
  count: whole,
  /** The classrooms that ask it, its own first; empty in the room. */
  classrooms: list(text),
  answer: nullable(text),
  /** Open questions that sound the same, the most alike first, at most three. */
  similar: list(text),
});
export type QuestionView = Decoded<typeof questionView>;

/** A written answer for everybody. */
export const answerView = record({
  question: text,
  classroom: text,
  classroom_name: text,
  seat: nullable(whole),
  text: nullable(text),
  count: whole,
  answer: text,
  at_ms: whole,
});
export type AnswerView = Decoded<typeof answerView>;
