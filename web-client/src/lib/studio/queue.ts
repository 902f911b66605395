/** The master's queue as the studio shows it: requests with their questions, who asks, since when, what sounds alike. Pure. */
import { queueOf } from "$lib/protocol/lesson-view";
import type { FloorRequestView, QuestionView, Snapshot } from "$lib/protocol/wire";

export interface QueueItem {
  request: FloorRequestView;
  /** What is asked; null for a bare hand. */
  question: QuestionView | null;
  /** That classroom's school; empty when the seat does not know it. */
  school: string;
  /** Since when it waits, UTC ms. */
  since_ms: number;
  /** Open questions that sound the same and can become part of this one, the most alike first. */
  similar: QuestionView[];
}

/** From then on a waiting time is amber. */
export const LONG_WAIT_MS = 120_000;

/** Everything that waits for the master, in its order. A thousand questions may be open while a pen draws. */
export function queueItemsOf(view: Snapshot): QueueItem[] {
  const questions = new Map(view.questions.map((question) => [question.id, question]));
  const schools = new Map(view.classrooms.map(({ id, school }) => [id, school]));
  return queueOf(view).map((request) => {
    const question = questions.get(request.question?.id ?? "") ?? null;
    // What the server found alike, as far as it can still be merged: with an assistant or in the queue.
    const alike = (question?.similar ?? []).flatMap((id) => questions.get(id) ?? []);
    return {
      request,
      question,
      school: schools.get(request.classroom) ?? "",
      since_ms: request.raised_ms,
      similar: alike.filter(isMergeable),
    };
  });
}

function isMergeable({ state }: QuestionView): boolean {
  return state === "open" || state === "escalated" || state === "put_off";
}

/** What waits, in numbers. */
export interface QueueTotals {
  waiting: number;
  put_off: number;
  /** Questions that their assistants have not passed on. */
  with_assistants: number;
  /** The longest wait of what was not put off. */
  longest_ms: number;
}

export function totalsOf(view: Snapshot, items: readonly QueueItem[], now_ms: number): QueueTotals {
  const due = items.filter(({ request }) => !request.put_off);
  return {
    waiting: due.length,
    put_off: items.length - due.length,
    with_assistants: view.questions.filter(({ state }) => state === "open").length,
    longest_ms: Math.max(0, ...due.map(({ since_ms }) => now_ms - since_ms)),
  };
}

/** The selection after a step down (1) or up (-1); the first when what was selected is gone. */
export function stepped(items: readonly QueueItem[], selected: string | null, by: 1 | -1): string | null {
  const at = items.findIndex(({ request }) => request.id === selected);
  const next = at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by));
  return items[next]?.request.id ?? null;
}
