/** This computer's camera and microphone while a page uses them: choice, preview stream, mute, level, trouble. */
import { type DeviceTrouble, listDevices, openDevices, stopTracks, troubleOf } from "$lib/media/devices";
import { watchLevel } from "$lib/media/levels";
import { remember, remembered } from "./preferences";

export class Capture {
  stream = $state.raw<MediaStream | null>(null);
  opening = $state(false);
  trouble = $state<DeviceTrouble | null>(null);
  cameras = $state.raw<MediaDeviceInfo[]>([]);
  microphones = $state.raw<MediaDeviceInfo[]>([]);
  muted = $state(false);
  level = $state(0);

  /** The voice pauses for a moment, without being muted: the teacher talks to somebody else. */
  #held = false;
  #unwatchLevel = () => {};
  #closed = false;

  get cameraId(): string {
    return this.#deviceOf("video");
  }

  get microphoneId(): string {
    return this.#deviceOf("audio");
  }

  get hasMicrophone(): boolean {
    return (this.stream?.getAudioTracks().length ?? 0) > 0;
  }

  /** Asks for the devices remembered from last time, or the system's choice. */
  async open(): Promise<void> {
    this.#closed = false;
    if (!window.isSecureContext || navigator.mediaDevices === undefined) {
      this.trouble = "insecure";
      return;
    }
    navigator.mediaDevices.addEventListener("devicechange", this.#refresh);
    await this.#reopen();
  }

  async choose(kind: "camera" | "microphone", id: string): Promise<void> {
    remember(kind, id);
    await this.#reopen();
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    this.#voice();
  }

  setHeld(held: boolean): void {
    this.#held = held;
    this.#voice();
  }

  #voice(): void {
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !this.muted && !this.#held;
  }

  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener("devicechange", this.#refresh);
    this.#use(null);
  }

  async #reopen(): Promise<void> {
    this.opening = true;
    try {
      const stream = await openDevices({ camera: remembered("camera"), microphone: remembered("microphone") });
      if (this.#closed) return stopTracks(stream);
      this.#use(stream);
      this.trouble = stream.getAudioTracks().length === 0 ? "missing" : null;
    } catch (error) {
      this.trouble = troubleOf(error);
    } finally {
      this.opening = false;
    }
    await this.#refresh();
  }

  #use(stream: MediaStream | null): void {
    this.#unwatchLevel();
    stopTracks(this.stream);
    this.stream = stream;
    this.level = 0;
    if (stream === null) return;
    this.#voice();
    this.#unwatchLevel = watchLevel(stream, (level) => {
      this.level = level;
    });
    // A device that is pulled out ends its track: open again with what is left.
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () => {
        if (this.stream === stream) void this.#reopen();
      });
    }
  }

  #deviceOf(kind: "audio" | "video"): string {
    const track = this.stream?.getTracks().find((candidate) => candidate.kind === kind);
    return track?.getSettings().deviceId ?? "";
  }

  readonly #refresh = async (): Promise<void> => {
    const { cameras, microphones } = await listDevices();
    this.cameras = cameras;
    this.microphones = microphones;
  };
}
