/** WHIP publishing (RFC 9725): camera with its voice in three layers, or a screen where sharpness comes first. */
import { archivableFirst, redundantFirst, silentInSilence } from "./codecs";
import { type CreatePeer, MediaPeer } from "./media-peer";
import type { SdpEndpoint } from "./sdp-resource";

export type Layering = "simulcast" | "single";

export interface PublishOptions {
  endpoint: SdpEndpoint;
  createPeer: CreatePeer;
  stream: MediaStream;
  kind: "camera" | "screen";
  layering: Layering;
  /** How a picture in one size begins: an encoder that begins large on an unknown line shrinks it, and for long. */
  size: Size;
  /** The browser's codecs for sending video, or null where it cannot say. */
  videoCodecs: RTCRtpCodec[] | null;
  /** The same for sound. */
  audioCodecs: RTCRtpCodec[] | null;
  /**
   * Whether sound pauses in silence. Right for the microphone of a class that listens most of the time; a teacher's
   * room is recorded with its breath, and experiments may be quiet.
   */
  pauses: boolean;
  signal?: AbortSignal;
}

/** Low to high, as the server orders them. */
export const LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 160_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 600_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 2_500_000 },
];
/**
 * The layers a picture of this height is worth. Browsers send fewer of small pictures and leave out the *largest*, so
 * that a 360-line camera offered in three layers would reach the classrooms in 180 lines.
 */
export function layersFor(height: number | undefined): readonly RTCRtpEncodingParameters[] {
  if (height === undefined || height >= 540) return LAYERS;
  return height >= 270 ? LAYERS.slice(1) : LAYERS.slice(2);
}
/**
 * A picture in one size at its best, and as small and slow as a page of thumbnails needs it. A browser looks for what its
 * line carries in its first seconds, and only as far as the encodings may go; later it takes most of a minute. So a
 * session that begins small is `waking` until the line is known: small pictures, which may be as dear as full ones. And an encoder
 * that is to fill a large picture with a small one's bits shrinks it again, for seconds: between the two it is `growing`.
 */
export const ONE_SIZE = {
  full: { scaleResolutionDownBy: 1, maxBitrate: 2_500_000, maxFramerate: 30 },
  waking: { scaleResolutionDownBy: 4, maxBitrate: 2_500_000, maxFramerate: 4 },
  growing: { scaleResolutionDownBy: 4, maxBitrate: 2_500_000, maxFramerate: 30 },
  spare: { scaleResolutionDownBy: 4, maxBitrate: 120_000, maxFramerate: 4 },
} as const satisfies Record<string, RTCRtpEncodingParameters>;
export type Size = keyof typeof ONE_SIZE;
const SCREEN: RTCRtpEncodingParameters = { maxBitrate: 4_000_000, maxFramerate: 15 };
const VOICE: RTCRtpEncodingParameters = { maxBitrate: 48_000, networkPriority: "high" };

/** Publishes `stream`; comes back with one layer when the browser or the server does not take three. */
export async function publish(options: PublishOptions): Promise<MediaPeer> {
  if (options.kind === "camera" && options.layering === "simulcast") {
    const layered = await publishLayers(options).catch(unlessRefusedForLayers);
    if (layered !== null) return layered;
  }
  const connection = options.createPeer({ bundlePolicy: "max-bundle" });
  addTracks(connection, options, [options.kind === "screen" ? SCREEN : { ...ONE_SIZE[options.size] }]);
  return open(connection, options);
}

function open(connection: RTCPeerConnection, { endpoint, signal, pauses }: PublishOptions): Promise<MediaPeer> {
  return MediaPeer.open(connection, endpoint, signal, pauses ? silentInSilence : undefined);
}

async function publishLayers(options: PublishOptions): Promise<MediaPeer | null> {
  const connection = options.createPeer({ bundlePolicy: "max-bundle" });
  try {
    const height = options.stream.getVideoTracks()[0]?.getSettings().height;
    addTracks(connection, options, [...layersFor(height)]);
  } catch (error) {
    connection.close();
    throw error;
  }
  const peer = await open(connection, options);
  // Without simulcast in the answer a browser keeps only the first, smallest layer.
  if (/^a=simulcast:/m.test(peer.answer)) return peer;
  peer.close();
  return null;
}

/** Old browsers throw on three encodings, and some encoders' servers refuse rids: both may take one layer. */
function unlessRefusedForLayers(error: unknown): null {
  if (error instanceof DOMException || error instanceof RangeError) return null;
  throw error;
}

function addTracks(connection: RTCPeerConnection, options: PublishOptions, video: RTCRtpEncodingParameters[]): void {
  const { stream, kind } = options;
  for (const track of stream.getAudioTracks()) {
    const transceiver = connection.addTransceiver(track, {
      direction: "sendonly",
      streams: [stream],
      sendEncodings: [VOICE],
    });
    if (options.audioCodecs !== null) transceiver.setCodecPreferences(redundantFirst(options.audioCodecs));
  }
  for (const track of stream.getVideoTracks()) {
    track.contentHint = kind === "screen" ? "detail" : "motion";
    const transceiver = connection.addTransceiver(track, {
      direction: "sendonly",
      streams: [stream],
      sendEncodings: video,
    });
    if (options.videoCodecs !== null) transceiver.setCodecPreferences(archivableFirst(options.videoCodecs));
    if (kind === "screen") keepSharp(transceiver.sender);
  }
}

/** For text, drop frames before sharpness. Not every browser knows the preference; then its default stays. */
function keepSharp(sender: RTCRtpSender): void {
  const parameters: RTCRtpSendParameters & { degradationPreference?: string } = sender.getParameters();
  parameters.degradationPreference = "maintain-resolution";
  void sender.setParameters(parameters).catch(() => undefined);
}
