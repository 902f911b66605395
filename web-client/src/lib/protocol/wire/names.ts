/** The short words that several messages share. */
import { type Decoded, oneOf } from "../decode";

/** What a seat is allowed to be; one connection holds one seat. */
export const role = oneOf("master", "assistant", "classroom", "duty", "observer");
export type Role = Decoded<typeof role>;

/** The audience of a delta. */
export const stream = oneOf("stage", "staff", "desk", "room");
export type Stream = Decoded<typeof stream>;

export const lessonState = oneOf("scheduled", "live", "ended");
export type LessonState = Decoded<typeof lessonState>;

/** A picture of the studio. */
export const studioSource = oneOf("camera", "screen", "second");
export type StudioSource = Decoded<typeof studioSource>;

export const errorCode = oneOf(
  "bad_message",
  "unknown_type",
  "not_joined",
  "already_joined",
  "forbidden",
  "not_found",
  "wrong_state",
  "floor_full",
  "talk_full",
  "board_full",
  "too_many",
  "too_fast",
);
export type ErrorCode = Decoded<typeof errorCode>;

/** Why the server closes a connection. */
export const byeReason = oneOf(
  "joined_elsewhere",
  "session_ended",
  "replaced",
  "too_slow",
  "too_many_errors",
  "lesson_ended",
  "server_stopping",
);
export type ByeReason = Decoded<typeof byeReason>;
