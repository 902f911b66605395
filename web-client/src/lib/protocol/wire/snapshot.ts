/** The lesson as one seat sees it. What is not for that seat is empty or null. */
import { type Decoded, flag, list, nullable, number, record, text, whole } from "../decode";
import { attendanceView, pupilSeatView } from "./attendance";
import { deckView, pointerView, surfaceView } from "./board";
import { checkView } from "./check";
import { floorRequestView, queueView } from "./floor";
import { lessonState, role } from "./names";
import { pollResultView, pollView } from "./poll";
import { programmeView, slotView, studioState } from "./programme";
import { answerView, questionView } from "./question";
import { helpView, staffMessageView, talkerView } from "./staff";
import { standInView } from "./stand-in";

const seatView = record({ id: text, role, classroom: nullable(text), account: text, name: text });
export type SeatView = Decoded<typeof seatView>;

export const classroomView = record({
  id: text,
  name: text,
  school: text,
  assistant_name: nullable(text),
  screen_present: flag,
  assistant_present: flag,
  /** Its camera or microphone is arriving; it is heard only with the floor. */
  publishing: flag,
  /** Since when neither its screen nor its media is there. */
  lost_since_ms: nullable(whole),
  /** What its screen shows in the place of the studio that is lost. */
  stand_in: nullable(standInView),
});
export type ClassroomView = Decoded<typeof classroomView>;

/** Number of the last delta of each stream; null for those this seat does not get. */
const streamPositions = record({ stage: whole, staff: nullable(whole), desk: nullable(whole), room: nullable(whole) });

export const snapshotFields = {
  lesson: text,
  title: text,
  master_name: text,
  seat: seatView,
  media_token: text,
  now_ms: whole,
  streams: streamPositions,
  state: lessonState,
  started_ms: nullable(whole),
  recording: flag,
  studio: studioState,
  /** All of them at the desk, this seat's own in the room. The same holds for most lists below. */
  classrooms: list(classroomView),
  attendance: list(attendanceView),
  seats: list(pupilSeatView),
  /** Hands and floors, open or just ended. */
  floor: list(floorRequestView),
  floor_limit: whole,
  queue: queueView,
  slots: list(slotView),
  programme: programmeView,
  questions: list(questionView),
  answers: list(answerView),
  decks: list(deckView),
  /** The open deck, if any, and the board. */
  surfaces: list(surfaceView),
  pointer: nullable(pointerView),
  poll: nullable(pollView),
  /** For the desk, before it is shown to all. */
  poll_correct: nullable(number),
  poll_results: list(pollResultView),
  staff_talk: list(staffMessageView),
  talkers: list(talkerView),
  help: list(helpView),
  checks: list(checkView),
  /** The clip an assistant may play while the studio is gone. */
  fallback: nullable(text),
};
const snapshot = record(snapshotFields);
export type Snapshot = Decoded<typeof snapshot>;
