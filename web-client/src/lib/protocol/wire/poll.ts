/** Polls and quick tests. An answer is a choice's index from 0, or a number to three digits. */
import { type Decoded, list, nullable, number, oneOf, record, tagged, text, whole } from "../decode";

export const pollKind = tagged("kind", { choices: { labels: list(text) }, number: {} });
export type PollKind = Decoded<typeof pollKind>;

/** How answers come in: a show of hands, seat by seat, or pupils' own devices. */
export const pollBy = oneOf("hands", "seats", "devices");
export type PollBy = Decoded<typeof pollBy>;

/** What one classroom answered, or all of them (`classroom` null). */
export const pollResultView = record({
  classroom: nullable(text),
  answered: whole,
  enrolled: whole,
  /** How many chose each label; empty for numbers. */
  counts: list(whole),
  /** The numbers answered most often, by number; empty for choices. */
  numbers: list(record({ answer: number, count: whole })),
  others: whole,
});
export type PollResultView = Decoded<typeof pollResultView>;

export const pollView = record({
  id: text,
  question: text,
  kind: pollKind,
  by: pollBy,
  opened_ms: whole,
  deadline_ms: nullable(whole),
  closed_ms: nullable(whole),
  /** Null while the result is not shown. */
  correct: nullable(number),
  result: nullable(pollResultView),
});
export type PollView = Decoded<typeof pollView>;
