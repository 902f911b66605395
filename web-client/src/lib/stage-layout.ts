/** How the stage lays itself out by what the slots show. Pure; the same for studio, classroom screen and observer. */
import { sourceAt } from "$lib/protocol/lesson-view";
import type { Snapshot } from "$lib/protocol/wire";

export const CAMERA_SLOT = 0;
export const SCREEN_SLOT = 1;
export const VIDEO_SLOTS = 4;
export const AUDIO_SLOTS = 7;

export type Layout = "waiting" | "camera" | "screen" | "floor";

export interface StageLayout {
  layout: Layout;
  /** Video slot of the big picture; null while waiting. */
  main: number | null;
  /** Video slots of the small pictures, from the top. */
  side: number[];
}

export const WAITING: StageLayout = { layout: "waiting", main: null, side: [] };

/** The layout for a seat; its own classroom's picture (never sent back to it) is left out. */
export function layoutOf(view: Snapshot, ownClassroom: string | null): StageLayout {
  const shows = (index: number) => {
    const source = sourceAt(view, "video", index);
    return source !== null && !(source.from === "classroom" && source.classroom === ownClassroom);
  };
  const studio = [CAMERA_SLOT, SCREEN_SLOT].filter(shows);
  const classrooms = [2, 3].filter(shows);
  const [speaker, ...others] = classrooms;
  if (speaker !== undefined) return { layout: "floor", main: speaker, side: [...others, ...studio] };
  if (shows(SCREEN_SLOT)) {
    return { layout: "screen", main: SCREEN_SLOT, side: studio.filter((index) => index !== SCREEN_SLOT) };
  }
  return shows(CAMERA_SLOT) ? { layout: "camera", main: CAMERA_SLOT, side: [] } : WAITING;
}
