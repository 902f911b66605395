/** The master's polls: writing one, its clock, its result. */
import { pollTotalOf } from "$lib/protocol/lesson-view";
import type { PollResultView, PollView } from "$lib/protocol/wire";
import { EMPTY_DRAFT, messageOf, type PollDraft } from "$lib/studio/poll-draft";
import type { LessonSeat } from "../lesson-seat.svelte";

const EXTENSION_SECONDS = 30;

export class PollDesk {
  /** A poll is being written. */
  writing = $state(false);
  draft = $state<PollDraft>(structuredClone(EMPTY_DRAFT));
  /** The chart lies over the stage of the studio. */
  large = $state(true);
  /** A poll that is over and was put away. */
  #away = $state<string | null>(null);
  /** The right answer of a poll opened here; the server tells it again with a snapshot. */
  #correct: { question: string; answer: number | null } | null = null;

  constructor(private readonly seat: LessonSeat) {}

  /** The poll in sight. */
  get poll(): PollView | null {
    const poll = this.seat.view?.poll ?? null;
    return poll === null || poll.id === this.#away ? null : poll;
  }

  get open(): boolean {
    return this.poll !== null && this.poll.closed_ms === null;
  }

  get shown(): boolean {
    return this.poll !== null && this.poll.result !== null;
  }

  /** With the right answer, which only the desk knows before it is shown. */
  get chart(): PollView | null {
    const { poll } = this;
    if (poll === null || poll.correct !== null) return poll;
    const own = this.#correct?.question === poll.question ? this.#correct.answer : null;
    return { ...poll, correct: this.seat.view?.poll_correct ?? own };
  }

  readonly total: PollResultView | null = $derived.by(() => (this.seat.view === null ? null : pollTotalOf(this.seat.view)));

  /** Opens what is written; keeps the form when something is missing. */
  start(): boolean {
    const message = messageOf($state.snapshot(this.draft));
    if (typeof message === "string") return false;
    this.seat.send(message);
    this.#correct = { question: message.question, answer: message.correct };
    this.draft = structuredClone(EMPTY_DRAFT);
    this.writing = false;
    this.large = true;
    return true;
  }

  extend(): void {
    if (this.open && this.poll !== null) this.seat.send({ type: "extend_poll", poll: this.poll.id, seconds: EXTENSION_SECONDS });
  }

  close(): void {
    if (this.open && this.poll !== null) this.seat.send({ type: "close_poll", poll: this.poll.id });
  }

  /** Shows the result to everybody, or hides it. */
  show(on: boolean): void {
    if (this.poll !== null) this.seat.send({ type: "show_poll_result", poll: this.poll.id, on });
  }

  /** Away with a poll that is over; everybody's screen goes back to the lesson. */
  putAway(): void {
    const { poll } = this;
    if (poll === null) return;
    if (poll.closed_ms === null) this.close();
    if (poll.result !== null) this.show(false);
    this.#away = poll.id;
  }

  /** The poll key: writes one, or shows the result of the one that runs. */
  key(): void {
    if (this.poll === null) this.writing = true;
    else this.show(!this.shown);
  }
}
