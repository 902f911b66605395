/** The assistant's console as one thing: the seat, its class's hand, and a small picture of the lesson. */
import { requestOf, speakersOf } from "$lib/protocol/lesson-view";
import type { ClassroomView, FloorRequestView } from "$lib/protocol/wire";
import { LessonSeat } from "./lesson-seat.svelte";
import { OwnHand } from "./own-hand.svelte";
import { Reception } from "./reception.svelte";

export class AssistantConsole {
  readonly seat: LessonSeat;
  readonly hand: OwnHand;
  /** One picture and one voice are enough beside the big screen. */
  readonly reception: Reception;

  constructor(lesson: string, classroom: string) {
    this.seat = new LessonSeat(lesson, "assistant", classroom);
    this.hand = new OwnHand(this.seat);
    this.reception = new Reception(this.seat, { audio: 1, video: 1 });
  }

  get live(): boolean {
    return this.seat.live;
  }

  get own(): ClassroomView | null {
    return this.seat.view?.classrooms.find(({ id }) => id === this.seat.classroom) ?? null;
  }

  /** Other classrooms that speak or wait, speakers first. */
  get others(): { classroom: ClassroomView; request: FloorRequestView }[] {
    const { view } = this.seat;
    if (view === null) return [];
    const speaking = new Set(speakersOf(view).map(({ id }) => id));
    const rank = ({ id, position }: FloorRequestView) => (speaking.has(id) ? 0 : (position ?? Number.MAX_SAFE_INTEGER));
    return view.classrooms
      .flatMap((classroom) => {
        const request = classroom.id === this.seat.classroom ? null : requestOf(view, classroom.id);
        return request === null ? [] : [{ classroom, request }];
      })
      .sort((a, b) => rank(a.request) - rank(b.request));
  }

  start(): () => void {
    this.seat.start();
    const unwatch = this.hand.watch();
    return () => {
      unwatch();
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
