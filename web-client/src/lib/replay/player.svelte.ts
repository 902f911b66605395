/** Plays a recording: one leading element with the sound, and a second picture kept in step with it. */
import type { Recording } from "$lib/api/types";
import { remember, remembered } from "$lib/state/preferences";
import { HlsSource } from "./hls-source";
import { correctionFor, nextSpeed, timeAt, wallAt } from "./timeline";

const SYNC_EVERY_MS = 250;

export class Player {
  position_s = $state(0);
  duration_s = $state(0);
  playing = $state(false);
  /** Data is on its way. */
  waiting = $state(true);
  speed = $state(1);
  volume = $state(Number(remembered("volume") ?? "1"));
  muted = $state(false);
  soundOnly = $state(false);
  /** The second track has a picture at this moment. */
  followerHere = $state(false);
  failure = $state<"broken" | "unsupported" | null>(null);

  /** The leader's playlist: the camera has the sound; a lesson with a screen only is led by that. */
  readonly leaderRole: "camera" | "screen";
  readonly #leaderUrl: string;
  readonly #followerUrl: string | null;
  #leader: { element: HTMLVideoElement; source: HlsSource } | null = null;
  #follower: { element: HTMLVideoElement; source: HlsSource } | null = null;

  constructor(recording: Recording) {
    const find = (role: "camera" | "screen") => recording.tracks.find((track) => track.role === role) ?? null;
    const camera = find("camera");
    const screen = find("screen");
    this.leaderRole = camera === null ? "screen" : "camera";
    this.#leaderUrl = (camera ?? screen)?.playlist ?? "";
    this.#followerUrl = camera === null ? null : (screen?.playlist ?? null);
    this.duration_s = recording.duration_ms / 1000;
  }

  get hasFollower(): boolean {
    return this.#followerUrl !== null;
  }

  /** Takes the elements; returns how to let them go. */
  attach(leader: HTMLVideoElement, follower: HTMLVideoElement | null): () => void {
    const fail = (why: "broken" | "unsupported") => (this.failure = why);
    this.#leader = { element: leader, source: new HlsSource(leader, fail) };
    void this.#leader.source.open(this.#leaderUrl, 0);
    if (follower !== null && this.#followerUrl !== null) {
      // A broken second picture must not end the first.
      this.#follower = { element: follower, source: new HlsSource(follower, () => (this.followerHere = false)) };
      void this.#follower.source.open(this.#followerUrl, 0);
    }
    leader.volume = this.volume;
    const unlisten = this.#listen(leader);
    const handle = setInterval(() => this.#keepInStep(), SYNC_EVERY_MS);
    return () => {
      clearInterval(handle);
      unlisten();
      this.#leader?.source.close();
      this.#follower?.source.close();
      this.#leader = this.#follower = null;
    };
  }

  toggle(): void {
    const element = this.#leader?.element;
    if (element === undefined) return;
    if (element.paused) void element.play().catch(() => undefined);
    else element.pause();
  }

  seek(to_s: number): void {
    const element = this.#leader?.element;
    if (element === undefined) return;
    element.currentTime = Math.min(Math.max(0, to_s), Math.max(0, this.duration_s - 0.1));
    this.position_s = element.currentTime;
    this.#keepInStep();
  }

  skip(by_s: number): void {
    this.seek(this.position_s + by_s);
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    if (this.#leader !== null) this.#leader.element.playbackRate = speed;
  }

  stepSpeed(by: 1 | -1): void {
    this.setSpeed(nextSpeed(this.speed, by));
  }

  setVolume(volume: number): void {
    this.volume = Math.min(1, Math.max(0, volume));
    this.muted = false;
    remember("volume", String(this.volume));
    if (this.#leader !== null) Object.assign(this.#leader.element, { volume: this.volume, muted: false });
  }

  toggleMuted(): void {
    this.muted = !this.muted;
    if (this.#leader !== null) this.#leader.element.muted = this.muted;
  }

  /** Fetches only the sound's playlist, where the recording has one of its own; pictures stop loading. */
  async setSoundOnly(on: boolean): Promise<void> {
    const leader = this.#leader;
    if (leader === null || on === this.soundOnly) return;
    const { playing } = this;
    const url = on ? (leader.source.soundUrl ?? this.#leaderUrl) : this.#leaderUrl;
    this.soundOnly = on;
    await leader.source.open(url, leader.element.currentTime);
    leader.element.playbackRate = this.speed;
    if (playing) void leader.element.play().catch(() => undefined);
  }

  #listen(element: HTMLVideoElement): () => void {
    const own = new AbortController();
    const on = (type: string, run: () => void) => element.addEventListener(type, run, { signal: own.signal });
    on("timeupdate", () => (this.position_s = element.currentTime));
    on("play", () => (this.playing = true));
    on("pause", () => (this.playing = false));
    on("waiting", () => (this.waiting = true));
    on("playing", () => (this.waiting = false));
    on("canplay", () => (this.waiting = false));
    on("durationchange", () => {
      // A recording that still grows has no end yet: what can be sought is what there is.
      const { duration, seekable } = element;
      if (Number.isFinite(duration)) this.duration_s = duration;
      else if (seekable.length > 0) this.duration_s = seekable.end(seekable.length - 1);
    });
    return () => own.abort();
  }

  #keepInStep(): void {
    const leader = this.#leader;
    const follower = this.#follower;
    if (leader === null || follower === null) return;
    const { element } = follower;
    const target_s = this.soundOnly ? null : this.#followerTime(leader, follower);
    this.followerHere = target_s !== null;
    if (target_s === null) return element.pause();
    const correction = correctionFor(target_s - element.currentTime);
    if (correction.kind === "seek") element.currentTime = target_s;
    else element.playbackRate = this.speed * correction.factor;
    if (leader.element.paused || this.waiting) element.pause();
    else if (element.paused) void element.play().catch(() => undefined);
  }

  #followerTime(leader: { element: HTMLVideoElement; source: HlsSource }, follower: { source: HlsSource }): number | null {
    const wall_ms = wallAt(leader.source.fragments, leader.element.currentTime);
    if (wall_ms !== null) return timeAt(follower.source.fragments, wall_ms);
    return follower.source.fragments.length > 0 ? leader.element.currentTime : null;
  }
}
