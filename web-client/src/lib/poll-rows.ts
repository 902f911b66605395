/** A poll's result as rows of a bar chart. Pure. */
import type { PollResultView, PollView } from "$lib/protocol/wire";

export interface PollRow {
  key: string;
  /** A, B, C… of a choice; null for numbers. */
  letter: string | null;
  /** The choice, or the number; null for the answers that are not listed. */
  label: string | null;
  count: number;
  /** Of all answers, 0..1. */
  share: number;
  /** Null while nobody has said which answer is right. */
  right: boolean | null;
}

export const letterOf = (index: number) => String.fromCharCode(65 + index);

/** At most `most` rows of numbers, those answered most often, by number; choices are all there. */
export function pollRows(poll: PollView, result: PollResultView | null, most = 20): PollRow[] {
  const answered = result?.answered ?? 0;
  const share = (count: number) => (answered === 0 ? 0 : count / answered);
  const right = (answer: number) => (poll.correct === null ? null : poll.correct === answer);
  if (poll.kind.kind === "choices") {
    return poll.kind.labels.map((label, index) => {
      const count = result?.counts[index] ?? 0;
      return { key: `${index}`, letter: letterOf(index), label, count, share: share(count), right: right(index) };
    });
  }
  const often = [...(result?.numbers ?? [])].sort((a, b) => b.count - a.count || a.answer - b.answer);
  const listed = often.slice(0, most).sort((a, b) => a.answer - b.answer);
  const others = often.slice(most).reduce((sum, { count }) => sum + count, result?.others ?? 0);
  const rows: PollRow[] = listed.map(({ answer, count }) => ({
    key: `${answer}`,
    letter: null,
    label: `${answer}`,
    count,
    share: share(count),
    right: right(answer),
  }));
  if (others > 0) {
    rows.push({ key: "others", letter: null, label: null, count: others, share: share(others), right: null });
  }
  return rows;
}

/** How many answered right; null while nobody has said what is. */
export function rightCount(poll: PollView, result: PollResultView): number | null {
  if (poll.correct === null) return null;
  return pollRows(poll, result).find(({ right }) => right === true)?.count ?? 0;
}

/** 73 % of 271 */
export const percent = (share: number) => `${Math.round(share * 100)}%`;
