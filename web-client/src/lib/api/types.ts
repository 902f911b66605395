/** What the HTTP API answers, as the server's contract says it. Times are UTC ms. */
import { type Decoded, flag, list, nullable, oneOf, record, text, whole } from "$lib/protocol/decode";

export const school = record({ id: text, name: text });
export type School = Decoded<typeof school>;

export const accountRole = oneOf("administrator", "master", "assistant", "observer", "pupil");
export type AccountRole = Decoded<typeof accountRole>;

export const account = record({ id: text, name: text, display_name: text, role: accountRole, school: nullable(school) });
export type Account = Decoded<typeof account>;

export const person = record({ id: text, display_name: text });
export type Person = Decoded<typeof person>;

/** A classroom screen that was paired: it may take the place of its classroom in any lesson, and nothing else. */
export const device = record({ id: text, name: text, classroom: record({ id: text, name: text, school }) });
export type Device = Decoded<typeof device>;

/** One of the two is null. */
export const identity = record({ account: nullable(account), device: nullable(device) });
export type Identity = Decoded<typeof identity>;

export const lessonCard = record({
  id: text,
  title: text,
  subject: text,
  state: oneOf("scheduled", "live", "ended"),
  starts_ms: whole,
  ends_ms: whole,
  started_ms: nullable(whole),
  ended_ms: nullable(whole),
  master: person,
  classrooms: list(record({ id: text, name: text, school: text, assistant: nullable(person) })),
  seats: list(oneOf("master", "assistant", "classroom", "duty", "observer")),
  my_classroom: nullable(text),
  recorded: flag,
  floor_limit: whole,
});
export type LessonCard = Decoded<typeof lessonCard>;

export const classroomCard = record({ id: text, name: text, school: text });
export type ClassroomCard = Decoded<typeof classroomCard>;

const recordingFields = {
  id: text,
  lesson: text,
  title: text,
  subject: text,
  master: person,
  started_ms: whole,
  duration_ms: whole,
  state: oneOf("recording", "ready", "damaged"),
  poster: nullable(text),
};
export const recordingCard = record(recordingFields);
export type RecordingCard = Decoded<typeof recordingCard>;

export const recording = record({
  ...recordingFields,
  tracks: list(record({ role: oneOf("camera", "screen"), playlist: text })),
  gaps: list(
    record({ track: text, at_ms: whole, duration_ms: whole, reason: oneOf("loss", "absent", "disk", "restart") }),
  ),
  timeline: nullable(text),
});
export type Recording = Decoded<typeof recording>;
export type Gap = Recording["gaps"][number];

export const home = record({
  now_ms: whole,
  demo: flag,
  lessons: list(lessonCard),
  recordings: list(recordingCard),
});
export type Home = Decoded<typeof home>;

export const library = record({ recordings: list(recordingCard), next: nullable(text) });
export type Library = Decoded<typeof library>;
