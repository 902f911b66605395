/** What a client says. */
import { type Decoded, flag, list, nullable, number, tagged, text, whole } from "../decode";
import { seatMark } from "./attendance";
import { inkFields, spot, surface } from "./board";
import { role } from "./names";
import { points } from "./points";
import { pollBy, pollKind } from "./poll";
import { scene, studioCamera } from "./programme";
import { answerTo } from "./question";
import { helpKind } from "./staff";
import { standIn } from "./stand-in";

const request = text;
const question = text;
const poll = text;
const help = text;

export const clientMessage = tagged("type", {
  join: { role, classroom: nullable(text) },
  snapshot: {},
  ping: { n: whole },
  start_lesson: {},
  end_lesson: {},

  raise_hand: {},
  lower_hand: { request },
  accept_hand: { request },
  decline_hand: { request },
  grant_floor: { request },
  deny_floor: { request },
  release_floor: { request },
  revoke_floor: { request },
  extend_floor: { request, seconds: whole },
  mute_floor: { request, on: flag },
  set_floor_limit: { limit: whole },

  take_attendance: { marks: list(seatMark) },

  ask_question: { seat: nullable(whole), text: nullable(text), wants_to_speak: flag },
  answer_here: { question },
  merge_question: { question, into: text },
  escalate_question: { question },
  withdraw_question: { question },
  answer_question: { question, text, to: answerTo },
  put_off_question: { question },

  say_to_staff: { text, classroom: nullable(text) },
  hold_talk: { on: flag },
  call_help: { kind: helpKind, text: nullable(text) },
  take_help: { help },
  settle_help: { help },

  stand_in: { classroom: text, show: nullable(standIn) },

  open_deck: { deck: text },
  close_deck: {},
  turn_page: { surface, page: whole },
  draw_stroke: { surface, stroke: whole, ...inkFields, points, done: flag },
  erase_stroke: { surface, stroke: whole },
  clear_board: { surface },
  point: { surface, at: nullable(spot) },

  open_poll: { question: text, kind: pollKind, by: pollBy, correct: nullable(number), seconds: nullable(whole) },
  extend_poll: { poll, seconds: whole },
  answer_poll: { poll, counts: list(whole) },
  answer_poll_seat: { poll, seat: whole, answer: number },
  close_poll: { poll },
  show_poll_result: { poll, on: flag },

  set_programme: { scene, camera: studioCamera },
});
export type ClientMessage = Decoded<typeof clientMessage>;
