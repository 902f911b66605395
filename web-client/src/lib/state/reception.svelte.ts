/** What this page receives: a kept-alive WHEP session with its slots, their activity and the path's health. */
import { activityOf, type PathHealth, PathWatch, type SlotActivity, statsOf } from "$lib/media/stats";
import { supply } from "$lib/media/support";
import { type LinkState, MediaLink } from "$lib/protocol/media-link";
import { receive, type SlotTracks } from "$lib/protocol/receiver";
import { wallTimers } from "$lib/protocol/timers";
import type { LessonSeat } from "./lesson-seat.svelte";

const SAMPLE_EVERY_MS = 500;
/** A picture that stands still for longer has stalled; people notice at about three seconds. */
const STALL_MS = 2_000;
/** Small pictures come once a second at most. */
const THUMBNAIL_STALL_MS = 6_000;

export interface ReceptionSlots {
  /** How many m-lines of sound; with `talk` the last of them carries what the staff say to each other. */
  audio: number;
  video: number;
  talk?: boolean;
  /** Small pictures of these classrooms instead of the stage, one per video slot, in this order. */
  thumbnails?: readonly string[];
  /** What this very place sends as a device check, back again. */
  check?: boolean;
}

/** The address of a session that receives these slots. */
function addressOf(lesson: string, { talk, thumbnails, check }: ReceptionSlots): string {
  const address = `/whep/${encodeURIComponent(lesson)}`;
  if (check === true) return `${address}?source=check`;
  if (thumbnails !== undefined) return `${address}?thumbnails=${thumbnails.map(encodeURIComponent).join(",")}`;
  return talk === true ? `${address}?talk=1` : address;
}

export class Reception {
  link = $state.raw<LinkState>({ state: "idle" });
  tracks = $state.raw<SlotTracks | null>(null);
  /** Loudness of each audio slot, 0..1. */
  levels = $state.raw<number[]>([]);
  /** Whether each video slot's picture is moving. */
  moving = $state.raw<boolean[]>([]);
  health = $state.raw<PathHealth | null>(null);

  readonly #link: MediaLink<SlotTracks>;
  readonly #path = new PathWatch();
  #frames: { count: number; since_ms: number }[] = [];
  #stop: (() => void)[] = [];

  constructor(
    private readonly seat: LessonSeat,
    private readonly slots: ReceptionSlots,
  ) {
    this.#link = new MediaLink<SlotTracks>({
      open: async (signal) => {
        const { peer, tracks } = await receive({
          endpoint: {
            fetch: (url, init) => fetch(url, init),
            url: addressOf(seat.lesson, slots),
            token: () => seat.mediaToken,
          },
          createPeer: (configuration) => new RTCPeerConnection(configuration),
          audioSlots: slots.audio,
          videoSlots: slots.video,
          videoCodecs: RTCRtpReceiver.getCapabilities("video")?.codecs ?? null,
          audioCodecs: RTCRtpReceiver.getCapabilities("audio")?.codecs ?? null,
          signal,
        });
        return { peer, opened: tracks };
      },
      onState: (state) => {
        this.link = state;
      },
      onOpened: (tracks) => {
        this.#path.reset();
        this.#frames = [];
        this.tracks = tracks;
      },
      onUnauthorized: () => seat.refresh(),
      timers: wallTimers,
      random: Math.random,
    });
  }

  /** For the statistics of a device check. */
  get connection(): RTCPeerConnection | null {
    return this.#link.connection;
  }

  start(): void {
    if (this.#stop.length > 0) return;
    const handle = setInterval(() => void this.#sample(), SAMPLE_EVERY_MS);
    this.#stop = [
      () => clearInterval(handle),
      supply(this.slots.thumbnails === undefined ? "receive" : "thumbnails", () => this.#link.connection),
      this.seat.onReturn(() => this.#link.verify()),
    ];
    this.#link.start();
  }

  stop(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
    this.#link.stop(this.seat.live ? "tell" : "knows");
  }

  async #sample(): Promise<void> {
    const connection = this.#link.connection;
    const stats = await statsOf(connection);
    if (connection === null || stats === null) {
      this.levels = [];
      this.moving = this.moving.map(() => false);
      return;
    }
    const mids = connection.getTransceivers().map(({ mid }) => mid);
    const { audio } = this.slots;
    this.levels = activityOf(stats, mids.slice(0, audio)).map(({ level }) => level);
    this.moving = activityOf(stats, mids.slice(audio)).map((activity, index) => this.#isMoving(index, activity));
    this.health = this.#path.receiving(stats);
  }

  #isMoving(index: number, { frames }: SlotActivity): boolean {
    const now_ms = Date.now();
    const before = this.#frames[index];
    if (before === undefined || before.count !== frames) {
      this.#frames[index] = { count: frames, since_ms: now_ms };
      return frames > 0;
    }
    const patience_ms = this.slots.thumbnails === undefined ? STALL_MS : THUMBNAIL_STALL_MS;
    return frames > 0 && now_ms - before.since_ms < patience_ms;
  }
}
