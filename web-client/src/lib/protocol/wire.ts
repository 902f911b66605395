/**
 * The wire contract of a lesson, as `signaling/src/wire.rs` says it: the decoder of every frame, and its type. The
 * fixtures in `signaling/fixtures` are run through both sides' tests, so the two cannot drift apart unnoticed.
 */
import { type Decoded, flag, list, nullable, number, oneOf, record, tagged, text, whole } from "./decode";

export const role = oneOf("master", "assistant", "classroom", "observer");
export type Role = Decoded<typeof role>;

export const clientMessage = tagged("type", {
  join: { role, classroom: nullable(text) },
  snapshot: {},
  ping: { n: whole },
  start_lesson: {},
  end_lesson: {},
  raise_hand: {},
  lower_hand: { request: text },
  accept_hand: { request: text },
  decline_hand: { request: text },
  grant_floor: { request: text },
  deny_floor: { request: text },
  release_floor: { request: text },
  revoke_floor: { request: text },
  extend_floor: { request: text, seconds: whole },
});
export type ClientMessage = Decoded<typeof clientMessage>;

const stream = oneOf("stage", "staff");
export type Stream = Decoded<typeof stream>;

const lessonState = oneOf("scheduled", "live", "ended");
export type LessonState = Decoded<typeof lessonState>;

const seatView = record({ id: text, role, classroom: nullable(text), account: text, name: text });
export type SeatView = Decoded<typeof seatView>;

const studioState = record({ camera: flag, screen: flag });
export type StudioState = Decoded<typeof studioState>;

const classroomView = record({
  id: text,
  name: text,
  school: text,
  assistant_name: nullable(text),
  screen_present: flag,
  assistant_present: flag,
  publishing: flag,
});
export type ClassroomView = Decoded<typeof classroomView>;

const floorState = oneOf("pending", "accepted", "granted", "denied", "cancelled", "released", "revoked");
export type FloorState = Decoded<typeof floorState>;

const floorEnd = oneOf(
  "declined_by_assistant",
  "denied_by_master",
  "lowered_by_classroom",
  "released_by_classroom",
  "revoked_by_master",
  "timed_out",
  "classroom_lost",
  "lesson_ended",
);
export type FloorEnd = Decoded<typeof floorEnd>;

const floorRequestView = record({
  id: text,
  classroom: text,
  classroom_name: text,
  state: floorState,
  raised_ms: whole,
  changed_ms: whole,
  deadline_ms: nullable(whole),
  position: nullable(whole),
  ended: nullable(floorEnd),
});
export type FloorRequestView = Decoded<typeof floorRequestView>;

const slotKind = oneOf("audio", "video");
export type SlotKind = Decoded<typeof slotKind>;

const sourceView = tagged("from", { camera: {}, screen: {}, classroom: { classroom: text, name: text } });
export type SourceView = Decoded<typeof sourceView>;

const slotView = record({ kind: slotKind, index: whole, source: nullable(sourceView) });
export type SlotView = Decoded<typeof slotView>;

const snapshotFields = {
  lesson: text,
  title: text,
  master_name: text,
  seat: seatView,
  media_token: text,
  now_ms: whole,
  streams: record({ stage: whole, staff: nullable(whole) }),
  state: lessonState,
  started_ms: nullable(whole),
  recording: flag,
  studio: studioState,
  classrooms: list(classroomView),
  floor: list(floorRequestView),
  floor_limit: whole,
  slots: list(slotView),
};
const snapshot = record(snapshotFields);
/** The lesson as one seat sees it. */
export type Snapshot = Decoded<typeof snapshot>;

const event = tagged("event", {
  lesson_changed: { state: lessonState, at_ms: whole },
  recording_changed: { recording: flag },
  studio_changed: { studio: studioState },
  classroom_changed: { classroom: classroomView },
  floor_changed: { request: floorRequestView },
  slots_changed: { slots: list(slotView) },
});
export type WireEvent = Decoded<typeof event>;

const errorCode = oneOf(
  "bad_message",
  "unknown_type",
  "not_joined",
  "already_joined",
  "forbidden",
  "not_found",
  "wrong_state",
  "floor_full",
  "too_fast",
);
export type ErrorCode = Decoded<typeof errorCode>;

const byeReason = oneOf(
  "joined_elsewhere",
  "session_ended",
  "too_slow",
  "too_many_errors",
  "lesson_ended",
  "server_stopping",
);
export type ByeReason = Decoded<typeof byeReason>;

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

export const studioSource = oneOf("camera", "screen");
export type StudioSource = Decoded<typeof studioSource>;

export const serverMessage = tagged("type", {
  snapshot: snapshotFields,
  delta: { stream, n: whole, events: list(event) },
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

/** Reads one text frame. Throws {@link DecodeError} or `SyntaxError`. */
export function readServerMessage(frame: string): ServerMessage {
  return serverMessage(JSON.parse(frame), "frame");
}
