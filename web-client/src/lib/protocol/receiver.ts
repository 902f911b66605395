/**
 * WHEP receiving into fixed slots: one offer with so many receive-only audio and video m-lines, never changed
 * afterwards. Slot n of a kind is the n-th m-line of that kind; what it shows comes over signaling.
 */
import { archivableFirst, redundantFirst } from "./codecs";
import { type CreatePeer, MediaPeer } from "./media-peer";
import type { SdpEndpoint } from "./sdp-resource";

export interface ReceiveOptions {
  endpoint: SdpEndpoint;
  createPeer: CreatePeer;
  audioSlots: number;
  videoSlots: number;
  /** The browser's codecs for receiving video, or null where it cannot say. */
  videoCodecs: RTCRtpCodec[] | null;
  /** The same for sound. */
  audioCodecs: RTCRtpCodec[] | null;
  signal?: AbortSignal;
}

/** The tracks of a receiving session by slot. */
export interface SlotTracks {
  audio: MediaStreamTrack[];
  video: MediaStreamTrack[];
}

export async function receive(options: ReceiveOptions): Promise<{ peer: MediaPeer; tracks: SlotTracks }> {
  const connection = options.createPeer({ bundlePolicy: "max-bundle" });
  const slots = (kind: "audio" | "video", count: number) =>
    Array.from({ length: count }, () => connection.addTransceiver(kind, { direction: "recvonly" }));
  const audio = slots("audio", options.audioSlots);
  const video = slots("video", options.videoSlots);
  const prefer = (transceivers: RTCRtpTransceiver[], codecs: RTCRtpCodec[]) => {
    for (const transceiver of transceivers) transceiver.setCodecPreferences(codecs);
  };
  if (options.audioCodecs !== null) prefer(audio, redundantFirst(options.audioCodecs));
  if (options.videoCodecs !== null) prefer(video, archivableFirst(options.videoCodecs));
  const trackOf = ({ receiver }: RTCRtpTransceiver) => receiver.track;
  const tracks = { audio: audio.map(trackOf), video: video.map(trackOf) };
  const peer = await MediaPeer.open(connection, options.endpoint, options.signal);
  return { peer, tracks };
}
