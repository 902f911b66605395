/** Polls on pupils' own devices: the lesson's code that leads them there. */
import { record, text } from "$lib/protocol/decode";
import { call, id } from "./client";

/** For master, duty, the assistants and the screens. */
export const getPollCode = async (lesson: string) =>
  (await call(`/api/lessons/${id(lesson)}/poll-code`, record({ code: text }))).code;
