/** The stage as one thing: what a classroom screen or an observer sees and hears, and what a classroom sends. */
import { AUDIO_SLOTS, CAMERA_SLOT, layoutOf, type StageLayout, VIDEO_SLOTS, WAITING } from "$lib/stage-layout";
import { speakersOf } from "$lib/protocol/lesson-view";
import type { FloorRequestView } from "$lib/protocol/wire";
import { Capture } from "./capture.svelte";
import { LessonSeat } from "./lesson-seat.svelte";
import { OwnHand } from "./own-hand.svelte";
import { Publication } from "./publication.svelte";
import { Reception } from "./reception.svelte";

export class Stage {
  readonly seat: LessonSeat;
  readonly hand: OwnHand;
  readonly reception: Reception;
  readonly capture = new Capture();
  readonly publication: Publication;
  /** Since when the studio's picture is gone, by this machine's clock. */
  lost_ms = $state<number | null>(null);
  #held = $state.raw<StageLayout>(WAITING);
  #cameraSeen = $state(false);
  #capturing = false;

  constructor(lesson: string, classroom: string | null) {
    this.seat = new LessonSeat(lesson, classroom === null ? "observer" : "classroom", classroom);
    this.hand = new OwnHand(this.seat);
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

  /** What to show: while the studio is gone, the last layout with its last pictures. */
  get layout(): StageLayout {
    const now = this.#now;
    if (now.layout === "waiting") return this.live ? this.#held : WAITING;
    const cameraKept = this.#cameraSeen && now.main !== CAMERA_SLOT && !now.side.includes(CAMERA_SLOT);
    return cameraKept ? { ...now, side: [...now.side, CAMERA_SLOT] } : now;
  }

  get #now(): StageLayout {
    const { view } = this.seat;
    return view === null || !this.live ? WAITING : layoutOf(view, this.seat.classroom);
  }

  /** The studio was here and is not now: it left, or its picture stands still. */
  get studioLost(): boolean {
    if (!this.live || !this.#cameraSeen) return false;
    if (this.seat.view?.studio.camera === false) return true;
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
    const unwatch = this.hand.watch();
    return () => {
      unwatch();
      this.publication.stop();
      this.capture.close();
      this.reception.stop();
      this.seat.stop();
    };
  }

  /** Keeps the media sessions as the lesson and our hand are; run inside an effect. */
  follow(): void {
    if (this.live) this.reception.start();
    else this.reception.stop();
    const wanted = this.live && this.hand.request !== null;
    if (wanted !== this.#capturing) {
      this.#capturing = wanted;
      if (wanted) void this.capture.open();
      else this.capture.close();
    }
    const { stream } = this.capture;
    if (wanted && stream !== null) this.publication.send(stream);
    else this.publication.stop();
  }

  /** Remembers what was last on air; run inside an effect. */
  remember(): void {
    const now = this.#now;
    if (now.layout !== "waiting") this.#held = now;
    if (this.reception.moving[CAMERA_SLOT] === true) this.#cameraSeen = true;
    if (!this.live) this.#cameraSeen = false;
  }

  /** Starts and stops the clock of a lost studio; run inside an effect. */
  time(): void {
    const lost = this.studioLost && this.offline_ms === null;
    if (!lost) this.lost_ms = null;
    else this.lost_ms ??= Date.now();
  }
}
