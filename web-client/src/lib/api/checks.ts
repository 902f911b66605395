/** Device checks and the board that shows them before a lesson. */
import { type Decoded, flag, list, nullable, record, text, whole } from "$lib/protocol/decode";
import { type CheckResult, checkView } from "$lib/protocol/wire";
import { call, id } from "./client";
import { lessonCard, person } from "./types";

/** `classroom` is null for the studio. */
export const sendCheck = (lesson: string, classroom: string | null, result: CheckResult) =>
  call(`/api/lessons/${id(lesson)}/checks`, null, { method: "POST", body: { classroom, result } });

const preflight = record({
  now_ms: whole,
  lessons: list(
    record({
      lesson: lessonCard,
      studio: record({ check: nullable(checkView), present: flag }),
      classrooms: list(
        record({
          classroom: record({ id: text, name: text, school: text }),
          assistant: nullable(person),
          check: nullable(checkView),
          screen_present: flag,
          assistant_present: flag,
        }),
      ),
    }),
  ),
});
/** Lessons that are live or begin within the hour, with every place's newest check. */
export type Preflight = Decoded<typeof preflight>;

export const getPreflight = () => call("/api/preflight", preflight);
