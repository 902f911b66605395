/** What changed in a lesson. */
import { type Decoded, flag, list, nullable, tagged, text, whole } from "../decode";
import { attendanceView } from "./attendance";
import { deckView, pointerView, strokeView, surface, surfaceView } from "./board";
import { checkView } from "./check";
import { floorRequestView, queuePlace, queueView } from "./floor";
import { lessonState } from "./names";
import { pollResultView, pollView } from "./poll";
import { programmeView, slotView, studioState } from "./programme";
import { answerView, questionView } from "./question";
import { classroomView } from "./snapshot";
import { helpView, staffMessageView, talkerView } from "./staff";

export const event = tagged("event", {
  lesson_changed: { state: lessonState, at_ms: whole },
  recording_changed: { recording: flag },
  studio_changed: { studio: studioState },
  slots_changed: { slots: list(slotView) },
  programme_changed: { programme: programmeView },
  classroom_changed: { classroom: classroomView },
  attendance_changed: { attendance: attendanceView },
  floor_changed: { request: floorRequestView },
  queue_moved: { places: list(queuePlace) },
  queue_changed: { queue: queueView },
  floor_limit_changed: { floor_limit: whole },
  question_changed: { question: questionView },
  answer_given: { answer: answerView },
  staff_said: { said: staffMessageView },
  talk_changed: { talkers: list(talkerView) },
  help_changed: { help: helpView },
  deck_added: { deck: deckView },
  page_turned: { surface: surfaceView },
  stroke_drawn: { surface, stroke: strokeView },
  stroke_erased: { surface, stroke: whole },
  board_cleared: { surface },
  pointed: { pointer: nullable(pointerView) },
  poll_changed: { poll: pollView },
  poll_result_changed: { poll: text, result: pollResultView },
  check_changed: { check: checkView },
});
export type WireEvent = Decoded<typeof event>;
