/**
 * How the stage lays itself out by the programme on air. Pure; the same for classroom screens and observers. What a
 * place can't show (its own classroom's picture is never sent back to it) gives way to what was on air before.
 */
import { surfaceOf } from "$lib/protocol/lesson-view";
import type { Scene, Snapshot, SourceView, Surface } from "$lib/protocol/wire";
import { CAMERA_SLOT } from "./stage-layout";

/** One picture of the stage. */
export type Part = { kind: "video"; slot: number } | { kind: "page"; surface: Surface };

export interface StagePlan {
  scene: Scene["scene"] | "waiting";
  /** One large picture, or two side by side; none while words take their place. */
  main: Part[];
  /** Small pictures, from the top. */
  side: Part[];
}

export const WAITING: StagePlan = { scene: "waiting", main: [], side: [] };
/** What a scene with a classroom gives way to. */
export type StudioScene = Exclude<Scene, { scene: "classroom" | "two_classrooms" }>;

const SIDE_MAX = 3;
export const video = (slot: number): Part => ({ kind: "video", slot });
const page = (surface: Surface): Part => ({ kind: "page", surface });
export const samePart = (a: Part, b: Part): boolean =>
  a.kind === "video" ? b.kind === "video" && a.slot === b.slot : b.kind === "page" && a.surface === b.surface;
const has = (parts: readonly Part[], part: Part) => parts.some((one) => samePart(one, part));

/** Pictures that stand once: large before small, none twice, no more than there is room for. */
export function arranged(plan: StagePlan): StagePlan {
  const side: Part[] = [];
  for (const part of plan.side) if (!has(plan.main, part) && !has(side, part)) side.push(part);
  return { ...plan, side: side.slice(0, SIDE_MAX) };
}

export function isStudioScene(scene: Scene): scene is StudioScene {
  return scene.scene !== "classroom" && scene.scene !== "two_classrooms";
}

/** The plan for a place; `own` is its classroom, `before` what the studio showed last, if this page saw it. */
export function planOf(view: Snapshot, own: string | null, before: StudioScene | null): StagePlan {
  const scene = view.programme.on_air;
  const studio = (chosen: StudioScene) => arranged(studioPlan(view, chosen));
  if (isStudioScene(scene)) return studio(scene);
  const under = studio(before ?? { scene: deckOf(view) === null ? "camera" : "slides_and_camera" });
  const camera = pictureOf(view, ({ from }) => from === "camera" || from === "second");
  const room = (id: string) =>
    id === own ? null : pictureOf(view, (source) => source.from === "classroom" && source.classroom === id);
  if (scene.scene === "two_classrooms") {
    const rooms = [room(scene.a), room(scene.b)].filter((one) => one !== null);
    if (rooms.length === 0) return under;
    return arranged({ scene: rooms.length === 2 ? "two_classrooms" : "classroom", main: rooms, side: those(camera) });
  }
  const talking = room(scene.classroom);
  if (talking === null) return under;
  if (scene.large) {
    const rest = [...under.main, ...under.side].filter(({ kind }) => kind === "page");
    return arranged({ scene: "classroom", main: [talking], side: [...those(camera), ...rest] });
  }
  if (under.main.length === 0) return arranged({ scene: "classroom", main: [talking], side: [] });
  return arranged({ ...under, scene: "classroom", side: [...under.side, talking] });
}

function studioPlan(view: Snapshot, scene: StudioScene): StagePlan {
  const camera = pictureOf(view, ({ from }) => from === "camera" || from === "second");
  const screen = pictureOf(view, ({ from }) => from === "screen");
  const deck = deckOf(view);
  const alone: StagePlan = camera === null ? WAITING : { scene: "camera", main: [camera], side: [] };
  const large = (part: Part | null, beside: Part | null): StagePlan =>
    part === null ? alone : { scene: scene.scene, main: [part], side: those(beside) };
  switch (scene.scene) {
    case "camera":
      return alone;
    case "slides":
      return large(deck, null);
    case "slides_and_camera":
      return large(deck, camera);
    case "board":
      return large(page("board"), camera);
    case "screen":
      return large(screen, camera);
  }
}

function deckOf(view: Snapshot): Part | null {
  return surfaceOf(view, "deck")?.deck == null ? null : page("deck");
}

function pictureOf(view: Snapshot, wanted: (source: SourceView) => boolean): Part | null {
  const slot = view.slots.find(({ kind, source }) => kind === "video" && source !== null && wanted(source));
  return slot === undefined ? null : video(slot.index);
}

const those = (part: Part | null): Part[] => (part === null ? [] : [part]);

/** The studio's camera keeps its place while it is gone: its last picture stays. */
export function withCamera(plan: StagePlan): StagePlan {
  const camera = video(CAMERA_SLOT);
  if (has(plan.main, camera)) return plan;
  if (plan.scene === "waiting") return { scene: "camera", main: [camera], side: [] };
  return arranged({ ...plan, side: [camera, ...plan.side] });
}

/** Words in place of the large picture: the teacher stays beside them, and so does what was large. */
export function withWords(plan: StagePlan): StagePlan {
  const people = plan.side.filter(({ kind }) => kind === "video").slice(0, 1);
  return { ...plan, main: [], side: arranged({ ...plan, main: [], side: [...people, ...plan.main] }).side.slice(0, 2) };
}
