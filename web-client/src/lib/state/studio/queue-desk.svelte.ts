/** What waits for the master and who has the floor: which item is selected, and what can be done with it. */
import { speakersOf } from "$lib/protocol/lesson-view";
import type { AnswerTo, FloorRequestView } from "$lib/protocol/wire";
import { type QueueItem, queueItemsOf, type QueueTotals, stepped, totalsOf } from "$lib/studio/queue";
import type { LessonSeat } from "../lesson-seat.svelte";

export const EXTENSION_SECONDS = 30;

export class QueueDesk {
  /** The question whose written answer is being typed. */
  answering = $state<string | null>(null);
  #selected = $state<string | null>(null);
  /** Written answers that are not sent yet, by question: a draft survives a look at another item. */
  readonly #drafts = new Map<string, string>();

  constructor(
    private readonly seat: LessonSeat,
    /** Called with a request as it is granted. */
    private readonly onGrant: (request: FloorRequestView) => void,
  ) {}

  readonly items: QueueItem[] = $derived.by(() => (this.seat.view === null ? [] : queueItemsOf(this.seat.view)));
  readonly speakers: FloorRequestView[] = $derived.by(() => (this.seat.view === null ? [] : speakersOf(this.seat.view)));

  get totals(): QueueTotals | null {
    const { view } = this.seat;
    return view === null ? null : totalsOf(view, this.items, this.seat.now_ms);
  }

  /** The selected item; the first one when the selected one is gone. */
  get selected(): QueueItem | null {
    return this.items.find(({ request }) => request.id === this.#selected) ?? this.items[0] ?? null;
  }

  get floorFull(): boolean {
    return this.speakers.length >= (this.seat.view?.floor_limit ?? 0);
  }

  select(request: string): void {
    this.#selected = request;
  }

  /** Moves the selection down (1) or up (-1). */
  step(by: 1 | -1): void {
    this.#selected = stepped(this.items, this.selected?.request.id ?? null, by);
  }

  grant(item: QueueItem | null = this.selected): void {
    if (item === null || this.floorFull || !this.seat.online) return;
    this.seat.send({ type: "grant_floor", request: item.request.id });
    this.onGrant(item.request);
  }

  /** A question waits behind everything that was not put off; a bare hand leaves the queue. */
  later(item: QueueItem | null = this.selected): void {
    if (item === null || item.request.put_off) return;
    if (item.question === null) this.giveBack(item);
    else this.seat.send({ type: "put_off_question", question: item.question.id });
  }

  /** Out of the queue; a question goes back to its assistant. */
  giveBack({ request }: QueueItem): void {
    this.seat.send({ type: "deny_floor", request: request.id });
  }

  /** Makes another question part of this one. */
  merge(question: string, into: string): void {
    this.seat.send({ type: "merge_question", question, into });
  }

  /** Opens the written answer of the selected question. */
  answer(item: QueueItem | null = this.selected): void {
    if (item?.question != null) this.answering = item.question.id;
  }

  draftOf(question: string): string {
    return this.#drafts.get(question) ?? "";
  }

  keepDraft(question: string, text: string): void {
    this.#drafts.set(question, text);
  }

  sendAnswer(question: string, text: string, to: AnswerTo): void {
    this.seat.send({ type: "answer_question", question, text: text.trim(), to });
    this.#drafts.delete(question);
    this.answering = null;
  }

  revoke(request: FloorRequestView | undefined = this.speakers.at(-1)): void {
    if (request !== undefined) this.seat.send({ type: "revoke_floor", request: request.id });
  }

  extend(request: FloorRequestView | undefined = this.speakers.at(-1)): void {
    if (request !== undefined) {
      this.seat.send({ type: "extend_floor", request: request.id, seconds: EXTENSION_SECONDS });
    }
  }

  mute(request: FloorRequestView): void {
    this.seat.send({ type: "mute_floor", request: request.id, on: !request.muted_by_master });
  }

  setLimit(limit: number): void {
    this.seat.send({ type: "set_floor_limit", limit });
  }

  /** One key for both: takes the floor back while somebody has it, gives it otherwise. */
  toggleFloor(): void {
    if (this.speakers.length > 0) this.revoke();
    else this.grant();
  }
}
