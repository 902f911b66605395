/** What pupils never hear or see: talk between master, assistants and duty, and calls for help. */
import { type Decoded, nullable, oneOf, record, text, whole } from "../decode";
import { role } from "./names";

export const staffMessageView = record({
  n: whole,
  at_ms: whole,
  role,
  from_classroom: nullable(text),
  name: text,
  /** Between this classroom's assistant and the desk only; null for all staff. */
  classroom: nullable(text),
  text,
});
export type StaffMessageView = Decoded<typeof staffMessageView>;

/** Somebody who talks to the staff now. */
export const talkerView = record({
  role,
  classroom: nullable(text),
  name: text,
  since_ms: whole,
  deadline_ms: whole,
});
export type TalkerView = Decoded<typeof talkerView>;

export const helpKind = oneOf("sound", "picture", "network", "other");
export type HelpKind = Decoded<typeof helpKind>;

export const helpView = record({
  id: text,
  classroom: text,
  kind: helpKind,
  text: nullable(text),
  state: oneOf("called", "taken", "settled"),
  called_ms: whole,
  changed_ms: whole,
  by: nullable(text),
});
export type HelpView = Decoded<typeof helpView>;
