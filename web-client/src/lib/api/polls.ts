/** Polls on pupils' own devices: the lesson's code that leads them there. */
import { type Decoded, list, nullable, record, text } from "$lib/protocol/decode";
import { pollView } from "$lib/protocol/wire";
import { call, id } from "./client";

/** For master, duty, the assistants and the screens. */
export const getPollCode = async (lesson: string) =>
  (await call(`/api/lessons/${id(lesson)}/poll-code`, record({ code: text }))).code;

const pupilPoll = record({
  title: text,
  classrooms: list(record({ id: text, name: text, school: text })),
  /** The open poll that takes devices; null while there is none. */
  poll: nullable(pollView),
});
/** What a pupil's device is shown. */
export type PupilPoll = Decoded<typeof pupilPoll>;

/** Without an account. The answer sets the cookie that makes a device one seat's. */
export const getPupilPoll = (code: string) => call(`/api/polls/${id(code)}`, pupilPoll);
/** Refused with `seat_taken`, `other_seat`, `poll_closed`, and 422 about `seat` or `answer`. */
export const answerPupilPoll = (code: string, body: { classroom: string; seat: number; answer: number }) =>
  call(`/api/polls/${id(code)}`, null, { method: "POST", body });
