/** The studio's keys. Ending the lesson has none. */
import type { Shortcuts } from "$lib/shortcuts";
import { SCENES } from "$lib/state/studio/programme-desk.svelte";
import type { Studio } from "$lib/state/studio.svelte";

/** What each key does; `help` shows them all. Talking to the staff is held, and not here. */
export function studioKeys(studio: Studio, help: () => void): Shortcuts {
  const { queue, board, programme, polls } = studio;
  const scenes = SCENES.map((scene, index) => [String(index + 1), () => void programme.choose(scene)] as const);
  const step = (by: 1 | -1) => () => {
    queue.step(by);
    const { selected } = queue;
    if (selected !== null) studio.thumbnails.find(selected.request.classroom);
  };
  return {
    ...Object.fromEntries(scenes),
    "6": () => showLast(studio),
    "7": () => showTwo(studio),
    s: () => programme.switchCamera(),
    c: () => studio.seat.retryNow(),
    arrowleft: () => board.turn(-1),
    arrowright: () => board.turn(1),
    // What clickers send.
    pageup: () => board.turn(-1),
    pagedown: () => board.turn(1),
    arrowup: step(-1),
    arrowdown: step(1),
    b: () => board.take("pen"),
    e: () => board.take("eraser"),
    m: () => studio.toggleMute(),
    f: () => queue.toggleFloor(),
    "shift+f": () => queue.grant(),
    // The clock that runs: a classroom's, else the poll's.
    g: () => (queue.speakers.length > 0 ? queue.extend() : polls.extend()),
    r: () => queue.answer(),
    l: () => queue.later(),
    p: () => polls.key(),
    "?": help,
  };
}

/** The classroom that got the floor last: large, then small, then large again. */
function showLast({ queue, programme }: Studio): void {
  const last = queue.speakers.at(-1);
  if (last === undefined) return;
  const { chosen } = programme;
  const large = chosen.scene === "classroom" && chosen.classroom === last.classroom && chosen.large;
  programme.showRoom(last.classroom, !large);
}

function showTwo({ queue, programme }: Studio): void {
  const [a, b] = queue.speakers.slice(-2);
  if (a !== undefined && b !== undefined) programme.showTwo(a.classroom, b.classroom);
}
