/** A second camera of the studio: the table from above, the experiment. Picture only; the voice is the first one's. */
import { type DeviceTrouble, stopTracks, troubleOf } from "$lib/media/devices";
import type { LessonSeat } from "./lesson-seat.svelte";
import { remember } from "./preferences";
import { Publication } from "./publication.svelte";

const PICTURE: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };

export class SecondCamera {
  stream = $state.raw<MediaStream | null>(null);
  trouble = $state<DeviceTrouble | null>(null);
  readonly publication: Publication;

  constructor(seat: LessonSeat) {
    this.publication = new Publication(seat, "second", "simulcast");
  }

  get track(): MediaStreamTrack | null {
    return this.stream?.getVideoTracks()[0] ?? null;
  }

  get cameraId(): string {
    return this.track?.getSettings().deviceId ?? "";
  }

  async open(camera: string): Promise<void> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...PICTURE, deviceId: { exact: camera } } });
      this.close();
      this.stream = stream;
      this.trouble = null;
      remember("second-camera", camera);
      stream.getVideoTracks()[0]?.addEventListener("ended", () => {
        if (this.stream === stream) this.close();
      });
    } catch (error) {
      this.trouble = troubleOf(error);
    }
  }

  close(): void {
    stopTracks(this.stream);
    this.stream = null;
    this.publication.stop();
  }

  /** Keeps the session as the lesson is; run inside an effect. */
  follow(onAir: boolean): void {
    if (onAir && this.stream !== null) this.publication.send(this.stream);
    else this.publication.stop();
  }
}
