/** What the server says. */
import { DecodeError, type Decoded, list, nullable, number, oneOf, record, tagged, text, whole } from "../decode";
import { event } from "./event";
import { byeReason, errorCode, stream, studioSource } from "./names";
import { sourceView } from "./programme";
import { snapshotFields } from "./snapshot";

/** How the line to one classroom's screen fares; nulls where nothing is known. */
const lineView = record({
  classroom: text,
  estimate_kbit: nullable(whole),
  layer: nullable(whole),
  layers: whole,
  lost_percent: nullable(number),
  rtt_ms: nullable(whole),
  quality: nullable(oneOf("good", "fair", "poor")),
});
export type LineView = Decoded<typeof lineView>;

export const serverMessage = tagged("type", {
  snapshot: snapshotFields,
  delta: { stream, n: whole, events: list(event) },
  /** For this very seat, in no stream; the connection keeps the order. */
  private: { events: list(event) },
  error: { code: errorCode, message: text },
  bye: { reason: byeReason },
  pong: { n: whole, now_ms: whole },
  // What passes: each carries its whole list, is in no stream and may come at any time after a snapshot.
  lines: { lines: list(lineView) },
  speaking: { sources: list(sourceView) },
  layers: { source: studioSource, wanted: list(text) },
});
export type ServerMessage = Decoded<typeof serverMessage>;
/** Frames that belong to no stream. */
export type Passing = Extract<ServerMessage, { type: "lines" | "speaking" | "layers" }>;
export type Delta = Extract<ServerMessage, { type: "delta" }>;

/** No frame of the server is larger; a snapshot of the largest lesson stays well below. Letters, not bytes. */
export const FRAME_LETTERS_MAX = 8 * 1024 * 1024;

/** Reads one text frame. Throws {@link DecodeError} or `SyntaxError`. */
export function readServerMessage(frame: string): ServerMessage {
  if (frame.length > FRAME_LETTERS_MAX) throw new DecodeError("frame: larger than any message");
  return serverMessage(JSON.parse(frame), "frame");
}
