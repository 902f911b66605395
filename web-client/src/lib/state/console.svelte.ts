/** The assistant's console as one thing: the seat, its class, its floor, staff talk, and a small picture of the lesson. */
import { ladderOf, type Ladder } from "$lib/assistant/ladder";
import { roomOf } from "$lib/protocol/lesson-view";
import type { CheckView, ClassroomView, HelpView, PollView, StandIn } from "$lib/protocol/wire";
import { ClassNames } from "./class-names.svelte";
import { LessonSeat } from "./lesson-seat.svelte";
import { OwnFloor } from "./own-floor.svelte";
import { remember, remembered, rememberedHere, rememberHere } from "./preferences";
import { Reception } from "./reception.svelte";
import { RollCall } from "./roll-call.svelte";
import { StaffTalk } from "./staff-talk.svelte";

export const TABS = ["attendance", "questions", "floor", "poll", "talk", "help"] as const;
export type Tab = (typeof TABS)[number];

/** Sound slots: the lesson, and last what the staff say to each other. */
export const LESSON_SOUND = 0;
export const TALK_SOUND = 1;

export class AssistantConsole {
  readonly seat: LessonSeat;
  readonly floor: OwnFloor;
  readonly roll: RollCall;
  readonly names: ClassNames;
  readonly talk: StaffTalk;
  /** The studio's two pictures and its voice are enough beside the big screen. */
  readonly reception: Reception;
  /** Whether this device plays the lesson's sound; the big screen does it anyway. */
  hearsLesson = $state(false);
  /** Whether this device plays what the staff say; off until somebody with earphones wants it. */
  hearsTalk = $state(remembered("hears-talk") === "yes");
  /** Number of the newest thing written by the staff that was on the page. */
  #read = $state(0);
  #tab = $state<Tab>("attendance");

  constructor(
    readonly lesson: string,
    readonly classroom: string,
  ) {
    this.seat = new LessonSeat(lesson, "assistant", classroom);
    this.floor = new OwnFloor(this.seat);
    this.roll = new RollCall(this.seat);
    this.names = new ClassNames(classroom);
    this.talk = new StaffTalk(this.seat);
    this.reception = new Reception(this.seat, { audio: 2, video: 2, talk: true });
    const before = rememberedHere(`tab.${lesson}`);
    this.#tab = TABS.find((tab) => tab === before) ?? "attendance";
    this.#read = Number(rememberedHere(`read.${lesson}`) ?? 0);
  }

  get tab(): Tab {
    return this.#tab === "poll" && this.poll === null ? "questions" : this.#tab;
  }

  open(tab: Tab): void {
    this.#tab = tab;
    this.seat.refused = null;
    rememberHere(`tab.${this.lesson}`, tab);
  }

  get live(): boolean {
    return this.seat.live;
  }

  /** Messages reach the server now. */
  get able(): boolean {
    return this.seat.online;
  }

  get own(): ClassroomView | null {
    return this.seat.view === null ? null : roomOf(this.seat.view, this.classroom);
  }

  get masterName(): string {
    return this.seat.view?.master_name ?? this.seat.card?.master.display_name ?? "";
  }

  get ladder(): Ladder {
    const { view } = this.seat;
    const own = (view?.questions ?? []).filter(({ classroom }) => classroom === this.classroom);
    return ladderOf(own, view?.floor ?? []);
  }

  get poll(): PollView | null {
    return this.seat.view?.poll ?? null;
  }

  /** A call for help that is not settled, the newest. */
  get help(): HelpView[] {
    return (this.seat.view?.help ?? []).filter(({ classroom }) => classroom === this.classroom);
  }

  get check(): CheckView | null {
    return this.seat.view?.checks.find(({ classroom }) => classroom === this.classroom) ?? null;
  }

  /** Since when the studio is gone from a lesson that runs, UTC ms. */
  get lost_ms(): number | null {
    return this.live ? (this.seat.view?.studio.lost_since_ms ?? null) : null;
  }

  /** What our classroom's screen shows in the studio's place. */
  get standIn(): StandIn | null {
    return this.own?.stand_in?.show ?? null;
  }

  /** Puts something on our classroom's screen while the studio is lost; null shows the lesson again. */
  stand(show: StandIn | null): void {
    this.seat.send({ type: "stand_in", classroom: this.classroom, show });
  }

  /** How many things the staff wrote that were not looked at. */
  get unread(): number {
    const said = this.seat.view?.staff_talk ?? [];
    return said.filter(({ n, from_classroom }) => n > this.#read && from_classroom !== this.classroom).length;
  }

  /** What is there now has been seen; run inside an effect of whatever shows it. */
  readTalk(): void {
    const newest = this.seat.view?.staff_talk.at(-1)?.n ?? 0;
    if (newest <= this.#read) return;
    this.#read = newest;
    rememberHere(`read.${this.lesson}`, String(newest));
  }

  hearTalk(on: boolean): void {
    this.hearsTalk = on;
    remember("hears-talk", on ? "yes" : "no");
  }

  start(): () => void {
    this.seat.start();
    this.names.load();
    const stops = [this.floor.watch(), this.roll.watch()];
    return () => {
      for (const stop of stops) stop();
      this.talk.stop();
      this.reception.stop();
      this.seat.stop();
    };
  }

  /** Keeps the picture as the lesson is; run inside an effect. */
  follow(): void {
    if (this.live) this.reception.start();
    else this.reception.stop();
  }
}
