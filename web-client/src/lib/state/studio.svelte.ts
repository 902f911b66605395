/** The master's page as one thing: seat, devices, what goes out, what comes in, which hand is selected. */
import { PoorLines, withFirst } from "$lib/line";
import { openScreen, stopTracks, troubleOf } from "$lib/media/devices";
import { queueOf, speakersOf } from "$lib/protocol/lesson-view";
import type { ClassroomView, FloorRequestView } from "$lib/protocol/wire";
import { AUDIO_SLOTS, VIDEO_SLOTS } from "$lib/stage-layout";
import { Capture } from "./capture.svelte";
import { LessonSeat } from "./lesson-seat.svelte";
import { rememberHere, rememberedHere } from "./preferences";
import { Publication } from "./publication.svelte";
import { Reception } from "./reception.svelte";

export const EXTENSION_SECONDS = 30;

export class Studio {
  readonly seat: LessonSeat;
  readonly capture = new Capture();
  readonly camera: Publication;
  readonly screen: Publication;
  readonly reception: Reception;
  /** This page is the one that sends the camera. */
  onAir = $state(false);
  screenStream = $state.raw<MediaStream | null>(null);
  /** Classrooms whose line is poor, or was a moment ago. */
  poorLines = $state.raw<ReadonlySet<string>>(new Set());
  #selected = $state<string | null>(null);
  readonly #poor = new PoorLines();
  #unhear = () => {};

  constructor(readonly lesson: string) {
    this.seat = new LessonSeat(lesson, "master", null);
    this.camera = new Publication(this.seat, "camera", "simulcast");
    this.screen = new Publication(this.seat, "screen", "single");
    this.reception = new Reception(this.seat, { audio: AUDIO_SLOTS, video: VIDEO_SLOTS });
    // A reload in mid-lesson goes back on air by itself.
    this.onAir = rememberedHere(this.#key) === "yes";
  }

  get #key(): string {
    return `on-air.${this.lesson}`;
  }

  get live(): boolean {
    return this.seat.live;
  }

  get queue(): FloorRequestView[] {
    return this.seat.view === null ? [] : queueOf(this.seat.view);
  }

  /** Those in trouble first. */
  get classrooms(): ClassroomView[] {
    return withFirst(this.seat.view?.classrooms ?? [], this.poorLines);
  }

  get speakers(): FloorRequestView[] {
    return this.seat.view === null ? [] : speakersOf(this.seat.view);
  }

  /** The selected hand; the first one when the selected one is gone. */
  get selected(): FloorRequestView | null {
    return this.queue.find(({ id }) => id === this.#selected) ?? this.queue[0] ?? null;
  }

  get floorFull(): boolean {
    return this.speakers.length >= (this.seat.view?.floor_limit ?? 0);
  }

  start(): void {
    this.seat.start();
    this.#unhear = this.seat.onPassing((frame) => {
      if (frame.type === "lines") this.poorLines = this.#poor.note(frame.lines, Date.now());
    });
    void this.capture.open();
  }

  stop(): void {
    this.#unhear();
    this.stopSharing();
    this.camera.stop();
    this.reception.stop();
    this.capture.close();
    this.seat.stop();
  }

  /** Keeps the media sessions as the lesson and the devices are; run inside an effect. */
  follow(): void {
    const { stream } = this.capture;
    if (this.seat.view?.state === "ended") {
      this.capture.close();
      this.stopSharing();
    }
    if (this.live) this.reception.start();
    else this.reception.stop();
    if (this.live && this.onAir && stream !== null) this.camera.send(stream);
    else this.camera.stop();
    if (this.live && this.screenStream !== null) this.screen.send(this.screenStream);
    else this.screen.stop();
  }

  goLive(): void {
    this.onAir = true;
    rememberHere(this.#key, "yes");
    if (this.seat.view?.state === "scheduled") this.seat.send({ type: "start_lesson" });
  }

  end(): void {
    this.seat.send({ type: "end_lesson" });
    rememberHere(this.#key, null);
  }

  async share(): Promise<void> {
    try {
      const stream = await openScreen();
      stream.getVideoTracks()[0]?.addEventListener("ended", () => {
        if (this.screenStream === stream) this.stopSharing();
      });
      this.screenStream = stream;
    } catch (error) {
      // Closing the browser's picker is an answer, not a fault.
      if (troubleOf(error) !== "denied") this.stopSharing();
    }
  }

  stopSharing(): void {
    stopTracks(this.screenStream);
    this.screenStream = null;
    this.screen.stop();
  }

  toggleMute(): void {
    this.capture.setMuted(!this.capture.muted);
  }

  select(request: string): void {
    this.#selected = request;
  }

  /** Moves the selection down (1) or up (-1). */
  step(by: 1 | -1): void {
    const { queue, selected } = this;
    const at = queue.findIndex(({ id }) => id === selected?.id);
    this.#selected = queue[Math.min(queue.length - 1, Math.max(0, at + by))]?.id ?? null;
  }

  grant(request: FloorRequestView | null = this.selected): void {
    if (request !== null && !this.floorFull) this.seat.send({ type: "grant_floor", request: request.id });
  }

  deny(request: FloorRequestView | null = this.selected): void {
    if (request !== null) this.seat.send({ type: "deny_floor", request: request.id });
  }

  revoke(request: FloorRequestView | undefined = this.speakers.at(-1)): void {
    if (request !== undefined) this.seat.send({ type: "revoke_floor", request: request.id });
  }

  extend(request: FloorRequestView | undefined = this.speakers.at(-1)): void {
    if (request !== undefined) {
      this.seat.send({ type: "extend_floor", request: request.id, seconds: EXTENSION_SECONDS });
    }
  }

  /** One key for both: takes the floor back while somebody has it, gives it otherwise. */
  toggleFloor(): void {
    if (this.speakers.length > 0) this.revoke();
    else this.grant();
  }
}
