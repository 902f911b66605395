/** Cameras, microphones and screens of this computer, and in plain categories why they can't be had. */

export type DeviceTrouble =
  /** The browser or the system was told no. */
  | "denied"
  /** There is none, or the chosen one was pulled out. */
  | "missing"
  /** Another program holds it. */
  | "busy"
  /** Browsers give cameras to https pages and loopback only. */
  | "insecure";

export function troubleOf(error: unknown): DeviceTrouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "missing";
}

export interface DeviceList {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
}

export async function listDevices(): Promise<DeviceList> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return {
    cameras: all.filter(({ kind }) => kind === "videoinput"),
    microphones: all.filter(({ kind }) => kind === "audioinput"),
  };
}

export interface Wanted {
  /** Device ids; null for the system's choice. */
  camera: string | null;
  microphone: string | null;
}

const VOICE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PICTURE: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };

/** `ideal`, not `exact`: a camera that was unplugged since last week must not keep a lesson from starting. */
const chosen = (id: string | null): MediaTrackConstraints => (id === null ? {} : { deviceId: { ideal: id } });

/** Camera and microphone; one alone when the other is not there. Throws a {@link DeviceTrouble}'s DOMException. */
export async function openDevices({ camera, microphone }: Wanted): Promise<MediaStream> {
  const video = { ...PICTURE, ...chosen(camera) };
  const audio = { ...VOICE, ...chosen(microphone) };
  const media = navigator.mediaDevices;
  try {
    return await media.getUserMedia({ video, audio });
  } catch (error) {
    if (troubleOf(error) !== "missing") throw error;
    return media.getUserMedia({ audio }).catch(() => media.getUserMedia({ video }));
  }
}

/** The screen, a window or a tab, picked in the browser's own dialog. */
export function openScreen(): Promise<MediaStream> {
  return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 15 } }, audio: false });
}

export function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
