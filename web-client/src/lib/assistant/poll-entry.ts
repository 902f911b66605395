/** What an assistant enters for a poll: hands counted for each choice, or one answer for each seat. Pure. */
import type { ClientMessage, PollResultView, PollView, PupilSeatView } from "$lib/protocol/wire";

/** A class without a list may still raise its hands. */
const HANDS_MAX = 120;

/** How the assistant fills it in; `none` when nothing comes in any more. */
export type Entry = "hands" | "seats" | "none";

export function entryOf(poll: PollView): Entry {
  if (poll.closed_ms !== null) return "none";
  return poll.by === "hands" ? "hands" : "seats";
}

export function labelsOf(poll: PollView): readonly string[] {
  return poll.kind.kind === "choices" ? poll.kind.labels : [];
}

/** A, B, C … as choices are called in class. */
export function choiceLetter(index: number): string {
  return String.fromCharCode(65 + index);
}

/** Our own classroom's answers so far. */
export function ownResult(results: readonly PollResultView[], classroom: string | null): PollResultView | null {
  return results.find((result) => result.classroom === classroom && classroom !== null) ?? null;
}

/** What the server knows of our hands, or nothing raised yet. */
export function countsOf(poll: PollView, result: PollResultView | null): number[] {
  return labelsOf(poll).map((_, index) => result?.counts[index] ?? 0);
}

/** How many hands there may be. */
export function handsMax(seats: readonly PupilSeatView[]): number {
  return seats.length === 0 ? HANDS_MAX : seats.length;
}

/** `counts` with the hands of one choice set, never below none, and never so many that there are more than pupils. */
export function withHands(counts: readonly number[], index: number, hands: number, max: number): number[] {
  const others = counts.reduce((sum, count, at) => (at === index ? sum : sum + count), 0);
  const bounded = Math.max(0, Math.min(Math.trunc(hands) || 0, max - others));
  return counts.map((count, at) => (at === index ? bounded : count));
}

/** Everybody who is left raised a hand for this one. */
export function withTheRest(counts: readonly number[], index: number, present: number): number[] {
  return withHands(counts, index, Number.MAX_SAFE_INTEGER, Math.max(present, sum(counts)));
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

export function answerHands(poll: PollView, counts: readonly number[]): ClientMessage {
  return { type: "answer_poll", poll: poll.id, counts: [...counts] };
}

/** A number as it was typed, with a comma or a point; null when it is none. */
export function typedNumber(typed: string): number | null {
  const plain = typed.normalize("NFKC").trim().replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain)) return null;
  const number = Math.round(Number(plain) * 1_000) / 1_000;
  return Math.abs(number) <= 1e12 ? number : null;
}

export function answerSeat(poll: PollView, seat: number, answer: number): ClientMessage {
  return { type: "answer_poll_seat", poll: poll.id, seat, answer };
}

/** The next seat to ask, after this one, among those who are here and have not answered. */
export function nextSeat(
  seats: readonly PupilSeatView[],
  after: number | null,
  skip: (seat: number) => boolean,
): number | null {
  const left = seats.map(({ seat }) => seat).filter((seat) => !skip(seat));
  return left.find((seat) => seat > (after ?? 0)) ?? left[0] ?? null;
}
