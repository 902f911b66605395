/**
 * The studio's own view of the programme: which pictures and surfaces lie where. The camera is beside it all the time,
 * so slides have the stage for themselves, where the pen needs the room. Pure.
 */
import { sourceAt, surfaceOf } from "$lib/protocol/lesson-view";
import type { Scene, Snapshot, Surface } from "$lib/protocol/wire";
import { CAMERA_SLOT, SCREEN_SLOT, VIDEO_SLOTS } from "$lib/stage-layout";

/** What lies in one place of the stage. */
export type Pane = { kind: "video"; slot: number } | { kind: "surface"; surface: Surface };

export interface StudioStage {
  /** `solo`: one pane. `floor`: a classroom large, `beside`: a classroom small. `pair`: two classrooms. */
  layout: "waiting" | "solo" | "floor" | "beside" | "pair";
  /** The large pane; both of a pair. */
  main: Pane[];
  side: Pane[];
}

export const EMPTY_STAGE: StudioStage = { layout: "waiting", main: [], side: [] };

const video = (slot: number): Pane => ({ kind: "video", slot });
const surface = (which: Surface): Pane => ({ kind: "surface", surface: which });

/** The stage of a live lesson; `waiting` while there is nothing to show. */
export function studioStageOf(view: Snapshot): StudioStage {
  if (view.state !== "live") return EMPTY_STAGE;
  const arrives = (slot: number) => sourceAt(view, "video", slot) !== null;
  const solo = (pane: Pane): StudioStage => ({ layout: "solo", main: [pane], side: [] });
  const scene = view.programme.on_air;
  switch (scene.scene) {
    case "slides":
    case "slides_and_camera":
      return solo(surface("deck"));
    case "board":
      return solo(surface("board"));
    case "screen":
      return solo(video(SCREEN_SLOT));
    case "camera":
      return arrives(CAMERA_SLOT) ? solo(video(CAMERA_SLOT)) : EMPTY_STAGE;
    case "classroom": {
      const room = paneOf(view, scene.classroom);
      const [first, ...rest] = studioPanes(view);
      if (room === null) return first === undefined ? EMPTY_STAGE : solo(first);
      if (first === undefined) return solo(room);
      return scene.large
        ? { layout: "floor", main: [room], side: [first, ...rest] }
        : { layout: "beside", main: [first], side: [room] };
    }
    case "two_classrooms": {
      const rooms = [scene.a, scene.b].flatMap((id) => paneOf(view, id) ?? []);
      const [only] = rooms;
      if (only === undefined) return EMPTY_STAGE;
      return rooms.length < 2 ? solo(only) : { layout: "pair", main: rooms, side: studioPanes(view) };
    }
  }
}

/** What the studio itself has to show beside classrooms: its slides or screen first, then its camera. */
function studioPanes(view: Snapshot): Pane[] {
  const arrives = (slot: number) => sourceAt(view, "video", slot) !== null;
  const content = surfaceOf(view, "deck") !== null ? [surface("deck")] : arrives(SCREEN_SLOT) ? [video(SCREEN_SLOT)] : [];
  return arrives(CAMERA_SLOT) ? [...content, video(CAMERA_SLOT)] : content;
}

function paneOf(view: Snapshot, classroom: string): Pane | null {
  const slot = slotOf(view, classroom);
  return slot === null ? null : video(slot);
}

/** The slot a classroom's picture comes in, at full size; null while it does not. */
export function slotOf(view: Snapshot, classroom: string): number | null {
  for (let slot = 0; slot < VIDEO_SLOTS; slot += 1) {
    const source = sourceAt(view, "video", slot);
    if (source?.from === "classroom" && source.classroom === classroom) return slot;
  }
  return null;
}

/** The surface the pen writes on and the arrow keys turn: the one on the stage, else the open deck, else the board. */
export function surfaceInHand(view: Snapshot): Surface {
  const { scene } = view.programme.on_air;
  if (scene === "board") return "board";
  return surfaceOf(view, "deck") === null ? "board" : "deck";
}

/** The surface that has the stage's large place, where the pen can write. */
export function writableOf({ main }: StudioStage): Surface | null {
  const [pane] = main;
  return pane?.kind === "surface" ? pane.surface : null;
}

/** The classrooms of a scene. */
export function classroomsOf(scene: Scene): string[] {
  if (scene.scene === "classroom") return [scene.classroom];
  return scene.scene === "two_classrooms" ? [scene.a, scene.b] : [];
}

/** What goes on air when one more classroom gets the floor: alone it is large, two are side by side. */
export function sceneWith(chosen: Scene, classroom: string): Scene {
  const [other] = classroomsOf(chosen).filter((id) => id !== classroom);
  return other === undefined
    ? { scene: "classroom", classroom, large: true }
    : { scene: "two_classrooms", a: other, b: classroom };
}
