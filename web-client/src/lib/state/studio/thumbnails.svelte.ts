/** Small pictures of the classrooms, a page at a time: one media session for each page that is looked at. */
import { untrack } from "svelte";
import type { ClassroomView } from "$lib/protocol/wire";
import { inSight, pageOf, pagesOf, pageWith, VISIBLE_DELAY_MS } from "$lib/studio/thumbnails";
import type { LessonSeat } from "../lesson-seat.svelte";
import { Reception } from "../reception.svelte";

export class Thumbnails {
  page = $state(0);
  #reception = $state.raw<Reception | null>(null);
  /** The classrooms of the session, one for each of its pictures. */
  #shown = $state.raw<readonly string[]>([]);
  #plan = 0;

  constructor(private readonly seat: LessonSeat) {}

  get rooms(): ClassroomView[] {
    return this.seat.view?.classrooms ?? [];
  }

  get pages(): number {
    return pagesOf(this.rooms.length);
  }

  /** The page's classrooms, those who speak or wait first. */
  sorted(speaking: ReadonlySet<string>, waiting: ReadonlySet<string>): ClassroomView[] {
    return inSight(pageOf(this.rooms, this.page), speaking, waiting);
  }

  trackOf(classroom: string): MediaStreamTrack | null {
    const at = this.#shown.indexOf(classroom);
    return at < 0 ? null : (this.#reception?.tracks?.video[at] ?? null);
  }

  /** Whether that picture has come lately: they come once a second at most. */
  movesAt(classroom: string): boolean {
    const at = this.#shown.indexOf(classroom);
    return at >= 0 && this.#reception?.moving[at] === true;
  }

  turn(by: 1 | -1): void {
    this.page = Math.min(this.pages - 1, Math.max(0, this.page + by));
  }

  /** Turns to the page of a classroom, so that the teacher sees whom the floor would go to. */
  find(classroom: string): void {
    this.page = pageWith(this.rooms, classroom) ?? this.page;
  }

  /** Keeps the session as the page is; run inside an effect. */
  follow(live: boolean): void {
    const publishing = pageOf(this.rooms, this.page).filter((room) => room.publishing);
    const wanted = live ? publishing.map(({ id }) => id) : [];
    if (wanted.join() === untrack(() => this.#shown).join()) return;
    this.#shown = wanted;
    clearTimeout(this.#plan);
    // Paging fast through many classrooms opens one session at the end, not one for each page.
    this.#plan = window.setTimeout(() => this.#open(wanted), VISIBLE_DELAY_MS);
  }

  stop(): void {
    clearTimeout(this.#plan);
    this.#shown = [];
    this.#reception?.stop();
    this.#reception = null;
  }

  #open(rooms: readonly string[]): void {
    this.#reception?.stop();
    this.#reception = null;
    if (rooms.length === 0) return;
    const reception = new Reception(this.seat, { audio: 0, video: rooms.length, thumbnails: rooms });
    this.#reception = reception;
    reception.start();
  }
}
