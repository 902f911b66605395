/**
 * A device check of one place: looks at the camera, listens to the microphone, plays tones, sends picture and sound to
 * the server and gets them back, compares the clocks, and posts what came out.
 */
import { sendCheck } from "$lib/api/checks";
import { lookAt } from "$lib/check/picture";
import { pathOf } from "$lib/check/path";
import { playTones } from "$lib/check/tone";
import { CHECKS, type CheckName, cameraCheck, clockCheck, echoCheck, lossCheck, microphoneCheck, pathCheck } from "$lib/check/verdicts";
import { stopTracks } from "$lib/media/devices";
import { statsOf } from "$lib/media/stats";
import type { Check, CheckResult } from "$lib/protocol/wire";
import { Capture } from "./capture.svelte";
import { LessonSeat } from "./lesson-seat.svelte";
import { Publication } from "./publication.svelte";
import { Reception } from "./reception.svelte";

/** How long people are asked to speak. */
const LISTEN_MS = 3_500;
/** How long media go round; the browser takes some of it to get going. */
const ROUND_MS = 8_000;
const CONNECT_MS = 12_000;
const EVERY_MS = 100;

export class DeviceCheck {
  readonly seat: LessonSeat;
  readonly capture = new Capture();
  /** What is being checked; null before, between and after. */
  running = $state<CheckName | null>(null);
  found = $state.raw<Partial<CheckResult>>({});
  done = $state(false);
  /** Whether the result reached the server; null until it was sent. */
  told = $state<boolean | null>(null);
  readonly #publication: Publication;
  readonly #reception: Reception;
  #stop = new AbortController();

  constructor(
    private readonly lesson: string,
    private readonly classroom: string | null,
  ) {
    this.seat = new LessonSeat(lesson, classroom === null ? "master" : "classroom", classroom);
    this.#publication = new Publication(this.seat, "check", "single");
    this.#reception = new Reception(this.seat, { audio: 1, video: 1, check: true });
  }

  start(): () => void {
    this.seat.start();
    return () => {
      this.#stop.abort();
      this.#quiet();
      this.capture.close();
      this.seat.stop();
    };
  }

  /** Runs all of it; about twenty seconds. */
  async run(): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.found = {};
    this.done = false;
    this.told = null;
    try {
      await this.#all(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return;
    } finally {
      if (!signal.aborted) this.#quiet();
    }
    this.running = null;
    this.done = true;
    const result = this.found;
    if (isWhole(result)) {
      this.told = await sendCheck(this.lesson, this.classroom, result).then(
        () => true,
        () => false,
      );
    }
  }

  async #all(signal: AbortSignal): Promise<void> {
    this.running = "camera";
    await this.capture.open();
    const { stream, trouble } = this.capture;
    const pictures = stream !== null && stream.getVideoTracks().length > 0;
    const voices = stream !== null && stream.getAudioTracks().length > 0;
    const seen = pictures ? await lookAt(stream) : { brightness: 0, change: 0 };
    this.#note("camera", cameraCheck({ trouble: pictures ? null : (trouble ?? "missing"), ...seen }), signal);

    this.running = "microphone";
    const heard = voices ? await this.#listen(signal) : { peak: 0, mean: 0 };
    this.#note("microphone", microphoneCheck({ trouble: voices ? null : (trouble ?? "missing"), ...heard }), signal);

    this.running = "echo";
    this.#note("echo", echoCheck(voices ? await this.#tones(stream, signal) : null), signal);

    this.running = "path";
    const path = await this.#round(stream, signal);
    this.#note("path", pathCheck(path), signal);
    this.#note("loss", lossCheck(path), signal);

    this.running = "clock";
    // The session has asked the server for its time since it opened.
    const offset_ms = this.seat.online ? this.seat.now_ms - Date.now() : null;
    this.#note("clock", clockCheck(offset_ms), signal);
  }

  #note(name: CheckName, check: Check, signal: AbortSignal): void {
    signal.throwIfAborted();
    this.found = { ...this.found, [name]: check };
  }

  async #listen(signal: AbortSignal): Promise<{ peak: number; mean: number }> {
    const levels: number[] = [];
    for (let passed_ms = 0; passed_ms < LISTEN_MS; passed_ms += EVERY_MS) {
      await pause(EVERY_MS);
      signal.throwIfAborted();
      levels.push(this.capture.level);
    }
    return { peak: Math.max(...levels), mean: levels.reduce((sum, level) => sum + level, 0) / levels.length };
  }

  async #tones(sent: MediaStream, signal: AbortSignal) {
    const deviceId = sent.getAudioTracks()[0]?.getSettings().deviceId;
    const raw: MediaTrackConstraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    let room: MediaStream | null = null;
    try {
      room = await navigator.mediaDevices.getUserMedia({ audio: deviceId === undefined ? raw : { ...raw, deviceId } });
      return await playTones(room, sent, signal);
    } catch {
      // A browser that opens a microphone only once, or has no sound at all: not heard.
      return null;
    } finally {
      stopTracks(room);
    }
  }

  async #round(stream: MediaStream | null, signal: AbortSignal) {
    if (stream === null) return pathOf(null, null);
    for (let passed_ms = 0; passed_ms < CONNECT_MS && !this.seat.online; passed_ms += EVERY_MS) await pause(EVERY_MS);
    this.#publication.send(stream);
    // Nothing comes back before something went out.
    for (let passed_ms = 0; passed_ms < CONNECT_MS && this.#publication.link.state !== "connected"; passed_ms += EVERY_MS) {
      await pause(EVERY_MS);
      signal.throwIfAborted();
    }
    this.#reception.start();
    for (let passed_ms = 0; passed_ms < ROUND_MS; passed_ms += EVERY_MS) {
      await pause(EVERY_MS);
      signal.throwIfAborted();
    }
    const [there, back] = await Promise.all([statsOf(this.#publication.connection), statsOf(this.#reception.connection)]);
    return pathOf(there, back);
  }

  #quiet(): void {
    this.#publication.stop();
    this.#reception.stop();
  }
}

const pause = (duration_ms: number) => new Promise<void>((resolve) => setTimeout(resolve, duration_ms));
const isWhole = (found: Partial<CheckResult>): found is CheckResult => CHECKS.every((name) => found[name] !== undefined);
