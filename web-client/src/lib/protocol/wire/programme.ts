/** What is on air, and what each receiving slot shows. */
import { type Decoded, flag, nullable, oneOf, record, tagged, text, whole } from "../decode";

export const scene = tagged("scene", {
  camera: {},
  slides: {},
  slides_and_camera: {},
  board: {},
  screen: {},
  classroom: { classroom: text, large: flag },
  two_classrooms: { a: text, b: text },
});
export type Scene = Decoded<typeof scene>;

export const studioCamera = oneOf("camera", "second");
export type StudioCamera = Decoded<typeof studioCamera>;

/** What the master chose, and what is on air because that is there. */
export const programmeView = record({
  chosen: scene,
  on_air: scene,
  camera: studioCamera,
  camera_on_air: studioCamera,
});
export type ProgrammeView = Decoded<typeof programmeView>;

/** Whether the master and the studio's media are there. */
export const studioState = record({
  master_present: flag,
  camera: flag,
  screen: flag,
  second: flag,
  /** Since when no camera of a live lesson arrives any more. */
  lost_since_ms: nullable(whole),
});
export type StudioState = Decoded<typeof studioState>;

export const slotKind = oneOf("audio", "video");
export type SlotKind = Decoded<typeof slotKind>;

export const sourceView = tagged("from", { camera: {}, screen: {}, second: {}, classroom: { classroom: text, name: text } });
export type SourceView = Decoded<typeof sourceView>;

/** The n-th m-line of that kind in a receiver's offer, from 0. */
export const slotView = record({ kind: slotKind, index: whole, source: nullable(sourceView) });
export type SlotView = Decoded<typeof slotView>;
