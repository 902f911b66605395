/** The master's page as one thing: seat, devices, what goes out, what comes in; its desks do the rest. */
import { PoorLines } from "$lib/line";
import { openScreen, stopTracks, troubleOf } from "$lib/media/devices";
import { AUDIO_SLOTS, VIDEO_SLOTS } from "$lib/stage-layout";
import { Capture } from "./capture.svelte";
import { LessonSeat } from "./lesson-seat.svelte";
import { rememberHere, rememberedHere } from "./preferences";
import { Publication } from "./publication.svelte";
import { Reception } from "./reception.svelte";
import { SecondCamera } from "./second-camera.svelte";
import { StaffTalk } from "./staff-talk.svelte";
import { BoardDesk } from "./studio/board-desk.svelte";
import { PollDesk } from "./studio/poll-desk.svelte";
import { ProgrammeDesk } from "./studio/programme-desk.svelte";
import { QueueDesk } from "./studio/queue-desk.svelte";
import { Thumbnails } from "./studio/thumbnails.svelte";
import { Uploads } from "./studio/uploads.svelte";

export class Studio {
  readonly seat: LessonSeat;
  readonly capture = new Capture();
  readonly camera: Publication;
  readonly second: SecondCamera;
  readonly screen: Publication;
  readonly reception: Reception;
  readonly talk: StaffTalk;
  readonly queue: QueueDesk;
  readonly board: BoardDesk;
  readonly programme: ProgrammeDesk;
  readonly polls: PollDesk;
  readonly thumbnails: Thumbnails;
  readonly uploads: Uploads;
  /** This page is the one that sends the camera. */
  onAir = $state(false);
  screenStream = $state.raw<MediaStream | null>(null);
  /** Classrooms whose line is poor, or was a moment ago. */
  poorLines = $state.raw<ReadonlySet<string>>(new Set());
  readonly #poor = new PoorLines();
  #unhear = () => {};

  constructor(readonly lesson: string) {
    this.seat = new LessonSeat(lesson, "master", null);
    this.camera = new Publication(this.seat, "camera", "simulcast");
    this.second = new SecondCamera(this.seat);
    this.screen = new Publication(this.seat, "screen", "single");
    this.reception = new Reception(this.seat, { audio: AUDIO_SLOTS + 1, video: VIDEO_SLOTS, talk: true });
    this.talk = new StaffTalk(this.seat, () => this.capture.stream?.getAudioTracks()[0] ?? null);
    this.programme = new ProgrammeDesk(this.seat, () => this.share());
    this.queue = new QueueDesk(this.seat, (request) => {
      this.programme.follow(request);
      // Whoever gets the floor is looked at; the poll's chart is one button away.
      this.polls.large = false;
    });
    this.board = new BoardDesk(this.seat);
    this.polls = new PollDesk(this.seat);
    this.thumbnails = new Thumbnails(this.seat);
    this.uploads = new Uploads(lesson, (deck) => this.#deckReady(deck));
    // A reload in mid-lesson goes back on air by itself.
    this.onAir = rememberedHere(this.#key) === "yes";
  }

  get #key(): string {
    return `on-air.${this.lesson}`;
  }

  get live(): boolean {
    return this.seat.live;
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
    this.talk.stop();
    this.uploads.stop();
    this.thumbnails.stop();
    this.stopSharing();
    this.second.close();
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
      this.second.close();
      this.stopSharing();
    }
    if (this.live) this.reception.start();
    else this.reception.stop();
    if (this.live && this.onAir && stream !== null) this.camera.send(stream);
    else this.camera.stop();
    this.second.follow(this.live && this.onAir);
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

  /** Asks for a screen and shares it; false when none was picked. */
  async share(): Promise<boolean> {
    if (this.screenStream !== null) return true;
    try {
      const stream = await openScreen();
      stream.getVideoTracks()[0]?.addEventListener("ended", () => {
        if (this.screenStream === stream) this.stopSharing();
      });
      this.screenStream = stream;
      return true;
    } catch (error) {
      // Closing the browser's picker is an answer, not a fault.
      if (troubleOf(error) !== "denied") this.stopSharing();
      return false;
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

  /** What is said to the staff must not go on air: the studio's own voice pauses meanwhile. */
  holdTalk(): void {
    this.capture.setHeld(true);
    void this.talk.press();
  }

  releaseTalk(): void {
    this.talk.release();
    this.capture.setHeld(false);
  }

  /** A deck is there for the first time: it opens by itself when none is. */
  #deckReady(deck: string): void {
    if (this.board.deck === null) this.board.open(deck);
  }
}
