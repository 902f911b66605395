/** The stage as one thing: what a classroom screen or an observer sees and hears, and what a classroom sends. */
import { AUDIO_SLOTS, CAMERA_SLOT, VIDEO_SLOTS } from "$lib/stage-layout";
import { isStudioScene, planOf, type StagePlan, type StudioScene, WAITING, withCamera, withWords } from "$lib/stage-plan";
import { roomOf, speakersOf } from "$lib/protocol/lesson-view";
import type { FloorRequestView, PollResultView, PollView, StandInView } from "$lib/protocol/wire";
import { AnswerOnStage } from "./answer-on-stage.svelte";
import { Capture } from "./capture.svelte";
import { LessonSeat } from "./lesson-seat.svelte";
import { OwnHand } from "./own-hand.svelte";
import { Publication } from "./publication.svelte";
import { Reception } from "./reception.svelte";

/** What stands in the place of the large picture. */
export type Words = "poll" | "answer" | null;

export class Stage {
  readonly seat: LessonSeat;
  readonly hand: OwnHand;
  readonly answer: AnswerOnStage;
  readonly reception: Reception;
  readonly capture = new Capture();
  readonly publication: Publication;
  /** Since when the studio's picture is gone, by this machine's clock. */
  lost_ms = $state<number | null>(null);
  #held = $state.raw<StagePlan>(WAITING);
  #before = $state.raw<StudioScene | null>(null);
  #cameraSeen = $state(false);
  #capturing = false;

  constructor(lesson: string, classroom: string | null) {
    this.seat = new LessonSeat(lesson, classroom === null ? "observer" : "classroom", classroom);
    this.hand = new OwnHand(this.seat);
    this.answer = new AnswerOnStage(this.seat);
    this.reception = new Reception(this.seat, { audio: AUDIO_SLOTS, video: VIDEO_SLOTS });
    this.publication = new Publication(this.seat, "camera", "single");
  }

  get live(): boolean {
    return this.seat.live;
  }

  get masterName(): string {
    return this.seat.view?.master_name ?? this.seat.card?.master.display_name ?? "";
  }

  /** Classrooms that speak, without our own. */
  get speakers(): FloorRequestView[] {
    const all = this.seat.view === null ? [] : speakersOf(this.seat.view);
    return all.filter(({ classroom }) => classroom !== this.seat.classroom);
  }

  /** The poll that takes answers, or whose result is shown. */
  get poll(): PollView | null {
    const poll = this.seat.view?.poll ?? null;
    return this.live && poll !== null && (poll.closed_ms === null || poll.result !== null) ? poll : null;
  }

  /** What our own classroom answered so far. */
  get ownPollResult(): PollResultView | null {
    return this.seat.view?.poll_results.find(({ classroom }) => classroom === this.seat.classroom) ?? null;
  }

  /** What our assistant put on this screen while the studio is lost. */
  get standIn(): StandInView | null {
    const { view, classroom } = this.seat;
    return view === null || classroom === null || !this.live ? null : (roomOf(view, classroom)?.stand_in ?? null);
  }

  get words(): Words {
    if (this.plan_on_air.scene === "waiting") return null;
    if (this.poll !== null) return "poll";
    return this.answer.long ? "answer" : null;
  }

  /** What to show, with room for words. */
  get plan(): StagePlan {
    return this.words === null ? this.plan_on_air : withWords(this.plan_on_air);
  }

  /** The programme: while the studio is gone, with its last picture. */
  get plan_on_air(): StagePlan {
    const now = this.#now;
    if (now.scene === "waiting") return this.live ? this.#held : WAITING;
    return this.studioLost && this.#cameraSeen ? withCamera(now) : now;
  }

  get #now(): StagePlan {
    const { view } = this.seat;
    return view === null || !this.live ? WAITING : planOf(view, this.seat.classroom, this.#before);
  }

  /** The studio was here and is not now: the server says so, or its picture stands still. */
  get studioLost(): boolean {
    const { view } = this.seat;
    if (!this.live || view === null) return false;
    if (view.studio.lost_since_ms !== null) return true;
    if (!this.#cameraSeen) return false;
    if (!view.studio.camera && !view.studio.second) return true;
    return this.reception.link.state === "connected" && this.reception.moving[CAMERA_SLOT] === false;
  }

  /** Since when our own way to the server is broken, by this machine's clock. */
  get offline_ms(): number | null {
    const { connection } = this.seat;
    if (connection.state === "reconnecting") return connection.since_ms;
    return this.reception.link.state === "recovering" ? this.reception.link.since_ms : null;
  }

  start(): () => void {
    this.seat.start();
    const stop = [this.hand.watch(), this.answer.watch()];
    return () => {
      for (const unwatch of stop) unwatch();
      this.publication.stop();
      this.capture.close();
      this.reception.stop();
      this.seat.stop();
    };
  }

  /**
   * Keeps the media sessions as the lesson and our hand are; run inside an effect. The camera is on through the lesson,
   * as a small picture that only the master sees; picture and voice go out in full while our hand is up.
   */
  follow(): void {
    if (this.live) this.reception.start();
    else this.reception.stop();
    const wanted = this.live && this.seat.role === "classroom";
    if (wanted !== this.#capturing) {
      this.#capturing = wanted;
      if (wanted) void this.capture.open();
      else this.capture.close();
    }
    const up = this.hand.request !== null;
    const { stream } = this.capture;
    this.capture.setMuted(!up);
    this.publication.spare(!up);
    if (wanted && stream !== null) this.publication.send(stream);
    else this.publication.stop();
  }

  /** Remembers what was last on air; run inside an effect. */
  remember(): void {
    const now = this.#now;
    if (now.scene !== "waiting") this.#held = now;
    const scene = this.seat.view?.programme.on_air;
    if (scene !== undefined && isStudioScene(scene)) this.#before = scene;
    if (this.reception.moving[CAMERA_SLOT] === true) this.#cameraSeen = true;
    if (!this.live) this.#cameraSeen = false;
  }

  /** Starts and stops the clock of a lost studio; run inside an effect. */
  time(): void {
    if (!this.studioLost || this.offline_ms !== null) {
      this.lost_ms = null;
      return;
    }
    const since_ms = this.seat.view?.studio.lost_since_ms ?? null;
    const lasts_ms = since_ms === null ? 0 : Math.max(0, this.seat.now_ms - since_ms);
    this.lost_ms ??= Date.now() - lasts_ms;
  }
}

