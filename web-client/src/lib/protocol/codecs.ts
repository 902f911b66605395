/** Which codecs we offer, in which order, and how: what the server can archive first, sound that survives loss first. */

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
  if (name !== "video/h264") return 3;
  if (!sdpFmtpLine.includes("packetization-mode=1")) return 2;
  // 42e0xx is constrained baseline (RFC 6184, section 8.1).
  return /profile-level-id=42e0/i.test(sdpFmtpLine) ? 0 : 1;
}

/** Sound with a copy of the packet before in each packet (RFC 2198), then Opus alone, then the rest. */
export function redundantFirst<C extends OfferedCodec>(codecs: readonly C[]): C[] {
  const first = ["audio/red", "audio/opus"];
  const named = (name: string) => codecs.filter(({ mimeType }) => mimeType.toLowerCase() === name);
  return [...first.flatMap(named), ...codecs.filter(({ mimeType }) => !first.includes(mimeType.toLowerCase()))];
}

/** The offer with Opus asked to be silent in silence (`usedtx=1`, RFC 7587); no browser has a switch for it. */
export function silentInSilence(offer: string): string {
  const opus = new Set([...offer.matchAll(/^a=rtpmap:(\d+) opus\//gim)].map(([, payloadType]) => payloadType));
  return offer.replace(/^a=fmtp:(\d+) ([^\r\n]*)/gm, (line, payloadType: string, parameters: string) =>
    opus.has(payloadType) && !/\busedtx=/.test(parameters) ? `${line};usedtx=1` : line,
  );
}
