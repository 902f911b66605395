/** What this page sends: a kept-alive WHIP session for a camera with its voice, a screen, or a voice alone. */
import { type Limit, LimitWatch } from "$lib/media/limits";
import { limitationOf, type PathHealth, PathWatch, statsOf, uplinkOf } from "$lib/media/stats";
import { supply, supplyLayers } from "$lib/media/support";
import { LayerSwitch } from "$lib/protocol/layers";
import { type LinkState, MediaLink } from "$lib/protocol/media-link";
import { type Layering, ONE_SIZE, publish, type Size } from "$lib/protocol/publisher";
import { wallTimers } from "$lib/protocol/timers";
import type { StudioSource } from "$lib/protocol/wire";
import type { LessonSeat } from "./lesson-seat.svelte";

const SAMPLE_EVERY_MS = 1_000;
/** By then a browser has found out what the line carries, or will not say. */
const WAKING_SAMPLES = 4;
/** A few frames: by then an encoder has heard of its new bits. */
const GROWING_MS = 400;

/** What a session sends: pictures of the studio, a microphone for the staff, or a device check that comes back. */
export type PublicationKind = StudioSource | "talk" | "check";

export class Publication {
  link = $state.raw<LinkState>({ state: "idle" });
  health = $state.raw<PathHealth | null>(null);
  /** What keeps the picture from going out as good as it could, once it has lasted. */
  limit = $state.raw<Limit | null>(null);

  readonly #link: MediaLink<null>;
  readonly #path = new PathWatch();
  readonly #limits = new LimitWatch();
  readonly #layers = new LayerSwitch();
  #stream: MediaStream | null = null;
  #spare = false;
  #sized: Size = "full";
  /** Samples of this session so far, while what its line carries is not known. */
  #waking: number | null = null;
  #stop: (() => void)[] = [];

  constructor(
    private readonly seat: LessonSeat,
    private readonly kind: PublicationKind,
    layering: Layering,
  ) {
    this.#link = new MediaLink<null>({
      open: async (signal) => {
        this.#layers.reset();
        this.#waking = 0;
        this.#sized = this.#wanted;
        const peer = await publish({
          endpoint: {
            fetch: (url, init) => fetch(url, init),
            url: `/whip/${encodeURIComponent(seat.lesson)}?source=${sourceOf(seat, kind)}`,
            token: () => seat.mediaToken,
          },
          createPeer: (configuration) => new RTCPeerConnection(configuration),
          stream: this.#stream ?? new MediaStream(),
          kind: kind === "screen" ? "screen" : "camera",
          layering,
          size: this.#sized,
          videoCodecs: RTCRtpSender.getCapabilities("video")?.codecs ?? null,
          audioCodecs: RTCRtpSender.getCapabilities("audio")?.codecs ?? null,
          pauses: seat.role === "classroom" || kind === "talk",
          signal,
        });
        return { peer, opened: null };
      },
      onState: (state) => {
        this.link = state;
      },
      onOpened: (_, { connection }) => {
        this.#path.reset();
        this.#limits.reset();
        this.#layers.attach(pictureSender(connection));
        void this.#size();
      },
      onUnauthorized: () => seat.refresh(),
      timers: wallTimers,
      random: Math.random,
    });
  }

  /** Whether it sends, or tries to. */
  get running(): boolean {
    return this.link.state !== "idle";
  }

  /** For the statistics of a device check. */
  get connection(): RTCPeerConnection | null {
    return this.#link.connection;
  }

  /** Starts sending `stream`, or swaps its tracks in when already sending. */
  send(stream: MediaStream): void {
    const before = this.#stream;
    this.#stream = stream;
    if (this.#stop.length > 0) {
      if (before !== stream) void this.#swap(stream);
      return;
    }
    const handle = setInterval(() => void this.#sample(), SAMPLE_EVERY_MS);
    this.#stop = [
      () => clearInterval(handle),
      supply(this.kind === "camera" ? "publish" : this.kind, () => this.#link.connection),
      supplyLayers(this.kind, () => this.#layers.layers),
      this.seat.onReturn(() => this.#link.verify()),
      this.seat.onPassing((frame) => {
        if (frame.type === "layers" && frame.source === this.kind) this.#layers.want(frame.wanted);
      }),
    ];
    this.#link.start();
  }

  stop(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
    this.#stream = null;
    this.health = null;
    this.limit = null;
    this.#link.stop(this.seat.live ? "tell" : "knows");
    this.#layers.reset();
  }

  /** Whether a picture of one size goes out small and slow, for thumbnails: five hundred classrooms send all the time. */
  spare(on: boolean): void {
    if (this.#spare === on) return;
    this.#spare = on;
    void this.#size();
  }

  get #wanted(): Size {
    if (!this.#spare) return "full";
    return this.#waking === null ? "spare" : "waking";
  }

  #size(): Promise<void> {
    return this.#layers.inTurn(async () => {
      const connection = this.#link.connection;
      const sender = connection === null ? null : pictureSender(connection);
      if (sender === null) return;
      const before = this.#sized;
      const next = this.#wanted;
      if (before === next) return;
      this.#sized = next;
      if (before === "spare" && next === "full") {
        await encode(sender, ONE_SIZE.growing);
        await new Promise((resolve) => setTimeout(resolve, GROWING_MS));
      }
      await encode(sender, ONE_SIZE[next]);
    });
  }

  /** Another camera or microphone goes out on the same session, without a gap. */
  #swap(stream: MediaStream): Promise<void> {
    return this.#layers.inTurn(async () => {
      for (const { sender, receiver } of this.#link.connection?.getTransceivers() ?? []) {
        const track = stream.getTracks().find(({ kind }) => kind === receiver.track.kind) ?? null;
        await sender.replaceTrack(track).catch(() => undefined);
      }
    });
  }

  async #sample(): Promise<void> {
    const stats = await statsOf(this.#link.connection);
    this.health = stats === null ? null : this.#path.sending(stats);
    this.limit = stats === null ? null : this.#limits.note(limitationOf(stats), wallTimers.now());
    if (stats !== null) this.#wake(uplinkOf(stats));
  }

  /** Once the line is known, the small picture may be cheap as well. */
  #wake(uplink: number | null): void {
    if (this.#waking === null || this.link.state !== "connected") return;
    this.#waking += 1;
    if (this.#waking < WAKING_SAMPLES && (uplink ?? 0) < ONE_SIZE.full.maxBitrate) return;
    this.#waking = null;
    if (this.#spare) void this.#size();
  }
}

/** As what it arrives: a classroom's camera is the classroom. */
function sourceOf({ role }: LessonSeat, kind: PublicationKind): string {
  return role === "classroom" && kind === "camera" ? "classroom" : kind;
}

/** A browser that refuses sends what it sent before. */
async function encode(sender: RTCRtpSender, wanted: RTCRtpEncodingParameters): Promise<void> {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings;
  if (encoding === undefined) return;
  Object.assign(encoding, wanted);
  await sender.setParameters(parameters).catch(() => undefined);
}

function pictureSender(connection: RTCPeerConnection): RTCRtpSender | null {
  return connection.getTransceivers().find(({ receiver }) => receiver.track.kind === "video")?.sender ?? null;
}
