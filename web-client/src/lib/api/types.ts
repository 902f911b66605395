/** What the HTTP API answers, as the server's contract says it. Times are UTC ms. */
import { type Decoded, flag, list, nullable, oneOf, record, text, whole } from "$lib/protocol/decode";

const school = record({ id: text, name: text });

export const accountRole = oneOf("administrator", "master", "assistant", "pupil");
export type AccountRole = Decoded<typeof accountRole>;

export const account = record({ id: text, name: text, display_name: text, role: accountRole, school: nullable(school) });
export type Account = Decoded<typeof account>;

const person = record({ id: text, display_name: text });

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
  seats: list(oneOf("master", "assistant", "classroom", "observer")),
  my_classroom: nullable(text),
  recorded: flag,
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
