/** Results of device checks. */
import { type Decoded, nullable, oneOf, record, text, whole } from "../decode";

export const verdict = oneOf("ok", "warn", "bad");
export type Verdict = Decoded<typeof verdict>;

/** `reason` is a stable word that the pages have text for, where it is not ok. */
const check = record({ verdict, reason: nullable(text) });
export type Check = Decoded<typeof check>;

export const checkResult = record({ camera: check, microphone: check, echo: check, loss: check, path: check, clock: check });
export type CheckResult = Decoded<typeof checkResult>;

/** The newest result of one place; `classroom` is null for the studio. */
export const checkView = record({ classroom: nullable(text), at_ms: whole, worst: verdict, result: checkResult });
export type CheckView = Decoded<typeof checkView>;
