/**
 * Push to talk among the staff: a microphone that pupils never hear. The session opens with the first press and stays
 * for a while, so that the next words are not cut off; the microphone is off unless the key is down.
 */
import { stopTracks, troubleOf, type DeviceTrouble } from "$lib/media/devices";
import type { LessonSeat } from "./lesson-seat.svelte";
import { Publication } from "./publication.svelte";

/** How long an unused session stays open. */
const STAYS_MS = 60_000;

export class StaffTalk {
  /** The key is down. */
  held = $state(false);
  trouble = $state<DeviceTrouble | null>(null);
  #stream: MediaStream | null = null;
  #idle = 0;
  readonly #publication: Publication;

  constructor(
    private readonly seat: LessonSeat,
    /** The microphone this page uses anyway, if it has one open; else one is opened. */
    private readonly microphone: () => MediaStreamTrack | null = () => null,
  ) {
    this.#publication = new Publication(seat, "talk", "single");
  }

  /** We are heard: the server says so. */
  get talking(): boolean {
    const { view, role, classroom } = this.seat;
    return view?.talkers.some((talker) => talker.role === role && talker.classroom === classroom) ?? false;
  }

  /** The key goes down. */
  async press(): Promise<void> {
    if (this.held || !this.seat.live) return;
    this.held = true;
    clearTimeout(this.#idle);
    try {
      // A microphone that was pulled out is not coming back by itself.
      if (this.#stream?.active === false) this.#forget();
      this.#stream ??= await this.#open();
    } catch (error) {
      this.trouble = troubleOf(error);
      this.held = false;
      return;
    }
    this.trouble = null;
    this.#publication.send(this.#stream);
    // The key may be up again before the microphone was there.
    if (!this.held) return this.#rest();
    this.#enable(true);
    this.seat.send({ type: "hold_talk", on: true });
  }

  /** The key goes up, or the page lost it. */
  release(): void {
    if (!this.held) return;
    this.held = false;
    this.#enable(false);
    this.seat.send({ type: "hold_talk", on: false });
    this.#rest();
  }

  stop(): void {
    this.release();
    clearTimeout(this.#idle);
    this.#forget();
  }

  #forget(): void {
    this.#publication.stop();
    stopTracks(this.#stream);
    this.#stream = null;
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = window.setTimeout(() => this.stop(), STAYS_MS);
  }

  #enable(on: boolean): void {
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = on;
  }

  async #open(): Promise<MediaStream> {
    const own = this.microphone();
    // A clone: muting one does not mute the other.
    const stream =
      own !== null
        ? new MediaStream([own.clone()])
        : await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    for (const track of stream.getAudioTracks()) track.enabled = false;
    return stream;
  }
}
