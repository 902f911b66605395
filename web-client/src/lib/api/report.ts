/** The report of a lesson, and what is left to follow up. Decoded like the wire: `signaling/fixtures/report` are its. */
import { type Decoded, dictionary, flag, list, nullable, number, oneOf, record, tagged, text, whole } from "$lib/protocol/decode";
import { attendanceView, pollBy, pollKind, pollResultView } from "$lib/protocol/wire";
import { call, id } from "./client";

const totals = record({
  classrooms: whole,
  enrolled: whole,
  present: whole,
  absent: whole,
  late: whole,
  left_early: whole,
  asked: whole,
  merged: whole,
  escalated: whole,
  answered_here: whole,
  answered_on_floor: whole,
  answered_in_text: whole,
  withdrawn: whole,
  follow_ups: whole,
  floors: whole,
  talk_ms: whole,
  polls: whole,
  studio_interruptions: whole,
});

const classroomReport = record({
  name: text,
  school: text,
  assistant_name: nullable(text),
  attendance: attendanceView,
  present_ms: whole,
  interruptions: whole,
  floors: whole,
  talk_ms: whole,
  asked: whole,
  answered_here: whole,
  answered_by_master: whole,
  follow_ups: whole,
});
export type ClassroomReport = Decoded<typeof classroomReport>;

const outcome = oneOf("answered_here", "answered_on_floor", "answered_in_text", "withdrawn", "open");
export type Outcome = Decoded<typeof outcome>;

const questionReport = record({
  id: text,
  classroom: text,
  seat: nullable(whole),
  text: nullable(text),
  asked_ms: whole,
  escalated_ms: nullable(whole),
  settled_ms: nullable(whole),
  waited_here_ms: nullable(whole),
  waited_for_master_ms: nullable(whole),
  outcome,
  merged_into: nullable(text),
  count: whole,
  answer: nullable(text),
});
export type QuestionReport = Decoded<typeof questionReport>;

const followUp = record({ classroom: text, question: text, seat: nullable(whole), text: nullable(text), escalated: flag });
export type FollowUp = Decoded<typeof followUp>;

const pollReport = record({
  id: text,
  question: text,
  kind: pollKind,
  by: pollBy,
  correct: nullable(number),
  opened_ms: whole,
  closed_ms: nullable(whole),
  total: pollResultView,
  classrooms: list(pollResultView),
});
export type PollReport = Decoded<typeof pollReport>;

const span = { from_ms: whole, to_ms: nullable(whole) };
const interruption = tagged("what", { studio: span, server: span, classroom: { classroom: text, ...span } });
export type Interruption = Decoded<typeof interruption>;

const reportFields = {
  lesson: text,
  title: text,
  master_name: text,
  started_ms: nullable(whole),
  ended_ms: nullable(whole),
  totals,
  classrooms: list(classroomReport),
  questions: list(questionReport),
  follow_ups: list(followUp),
  polls: list(pollReport),
  interruptions: list(interruption),
};
export const lessonReport = record(reportFields);
export type LessonReport = Decoded<typeof lessonReport>;

/** Names by classroom and seat number, as far as the asking account may see them. */
const names = dictionary(dictionary(text));
export type SeatNames = Decoded<typeof names>;

const answer = record({ ...reportFields, names });

export const getReport = (lesson: string) => call(`/api/lessons/${id(lesson)}/report`, answer);

export type ReportTable = "attendance" | "questions" | "floors" | "polls" | "interruptions";
/** Where a table of the report is, for a spreadsheet. */
export const reportFile = (lesson: string, table: ReportTable, language: "zh" | "en") =>
  `/api/lessons/${id(lesson)}/report.csv?${new URLSearchParams({ table, language })}`;

const openQuestion = record({
  lesson: text,
  title: text,
  ended_ms: whole,
  classroom: text,
  classroom_name: text,
  question: text,
  seat: nullable(whole),
  /** The pupil's name; the class is the asking assistant's own. */
  name: nullable(text),
  text: nullable(text),
  escalated: flag,
});
export type OpenQuestion = Decoded<typeof openQuestion>;
export const getFollowUps = async () =>
  (await call("/api/follow-ups", record({ questions: list(openQuestion) }))).questions;
