/** Hands, the master's queue, and the floor, in the words of RFC 8855. */
import { type Decoded, flag, list, nullable, oneOf, record, text, whole } from "../decode";

export const floorState = oneOf("pending", "accepted", "granted", "denied", "cancelled", "released", "revoked");
export type FloorState = Decoded<typeof floorState>;

export const floorEnd = oneOf(
  "declined_by_assistant",
  "denied_by_master",
  "lowered_by_classroom",
  "answered_here",
  "answered_in_text",
  "question_merged",
  "question_withdrawn",
  "released_by_classroom",
  "revoked_by_master",
  "timed_out",
  "classroom_lost",
  "lesson_ended",
);
export type FloorEnd = Decoded<typeof floorEnd>;

const floorQuestionView = record({ id: text, seat: nullable(whole), text: nullable(text), count: whole });
export type FloorQuestionView = Decoded<typeof floorQuestionView>;

/** A raised hand or an escalated question, and what became of it. */
export const floorRequestView = record({
  id: text,
  classroom: text,
  classroom_name: text,
  /** Null for a bare hand. */
  question: nullable(floorQuestionView),
  state: floorState,
  raised_ms: whole,
  changed_ms: whole,
  granted_ms: nullable(whole),
  deadline_ms: nullable(whole),
  /** Place in the master's queue, 1 = next; only while accepted. */
  position: nullable(whole),
  put_off: flag,
  muted_by_master: flag,
  muted_by_classroom: flag,
  ended: nullable(floorEnd),
});
export type FloorRequestView = Decoded<typeof floorRequestView>;

/** The head of the master's queue, for every seat. */
export const queueView = record({
  waiting: whole,
  next: list(record({ request: text, classroom: text, classroom_name: text })),
});
export type QueueView = Decoded<typeof queueView>;

export const queuePlace = record({ request: text, position: whole });
export type QueuePlace = Decoded<typeof queuePlace>;
