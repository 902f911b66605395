/** Which codecs we offer, and in which order: what the server can archive comes first. */

/** The part of `RTCRtpCodec` that decides the order. */
export interface OfferedCodec {
  mimeType: string;
  sdpFmtpLine?: string;
}

/** H.264 constrained baseline with packetization-mode 1, then other H.264, then the rest in the browser's order. */
export function archivableFirst<C extends OfferedCodec>(codecs: readonly C[]): C[] {
  return codecs
    .map((codec, index) => ({ codec, index, rank: rankOf(codec) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ codec }) => codec);
}

function rankOf({ mimeType, sdpFmtpLine = "" }: OfferedCodec): number {
  const name = mimeType.toLowerCase();
  if (name === "audio/opus") return 0;
  if (name !== "video/h264") return 3;
  if (!sdpFmtpLine.includes("packetization-mode=1")) return 2;
  // 42e0xx is constrained baseline (RFC 6184, section 8.1).
  return /profile-level-id=42e0/i.test(sdpFmtpLine) ? 0 : 1;
}
