/**
 * Slides, board, ink and pointer of a recorded lesson at any moment, from its timeline. Each stroke is kept once, with
 * the time of each of its pieces and the time at which it went, so that a moment in the middle costs no more than the
 * strokes of its page. Pure in what it answers; strokes that are as they were are the same objects again.
 */
import { DecodeError, type Decoded, list, nullable, oneOf, record, text, whole } from "$lib/protocol/decode";
import {
  type Point,
  Points,
  pointerView,
  type PointerView,
  strokeView,
  type StrokeView,
  surface,
  type Surface,
  type SurfaceView,
} from "$lib/protocol/wire";
import type { Mark } from "./chapters";

/** What of a moment the recording holds. */
export interface Moment {
  /** The open deck's page; null while none is open. */
  deck: SurfaceView | null;
  board: SurfaceView;
  pointer: PointerView | null;
  /** What was on air; null in recordings that do not say. */
  scene: SceneName | null;
}

const sceneName = oneOf("camera", "slides", "slides_and_camera", "board", "screen", "classroom", "two_classrooms");
export type SceneName = Decoded<typeof sceneName>;

const turned = record({ surface, deck: nullable(text), page: whole, strokes: nullable(list(strokeView)) });
const erased = record({ surface, stroke: whole });
const cleared = record({ surface });
const pointed = record({ pointer: nullable(pointerView) });
const shown = record({ scene: record({ scene: sceneName }) });

interface Piece {
  at_ms: number;
  /** How many points the stroke has with it. */
  until: number;
  done: boolean;
}

/** One stroke from its first point to its end. */
interface Drawn {
  /** Its first piece. */
  first: StrokeView;
  /** All of them. */
  points: Point[];
  pieces: Piece[];
  gone_ms: number;
  /** As it was asked for last. */
  seen: { pieces: number; view: StrokeView };
}

interface Page {
  surface: Surface;
  deck: string | null;
  page: number;
  strokes: Drawn[];
  /** Those that are there now, by number. */
  open: Map<number, Drawn>;
}

/** What began at a time and holds until the next. */
type Since<T> = { at_ms: number; value: T };

export class SurfaceHistory {
  readonly #pages = new Map<string, Page>();
  readonly #shown: Record<Surface, Since<Page | null>[]> = { deck: [], board: [] };
  readonly #pointer: Since<PointerView | null>[] = [];
  readonly #scene: Since<SceneName>[] = [];
  readonly #board = this.#page("board", null, 1);
  /** From when on strokes are missing because the timeline grew too long, ms; null when none are. */
  readonly inkEnds_ms: number | null;

  /** `marks` in the order of their times; what is not understood is passed over. */
  constructor(marks: readonly Mark[]) {
    let ends: number | null = null;
    for (const mark of marks) {
      try {
        this.#take(mark);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
      if (mark.kind === "timeline_full" && mark["left_out"] === "ink") ends ??= mark.media_ms;
    }
    this.inkEnds_ms = ends;
  }

  at(at_ms: number): Moment {
    const deck = last(this.#shown.deck, at_ms);
    return {
      deck: deck === null ? null : viewOf(deck, at_ms),
      board: viewOf(last(this.#shown.board, at_ms) ?? this.#board, at_ms),
      pointer: last(this.#pointer, at_ms),
      scene: last(this.#scene, at_ms),
    };
  }

  #take(mark: Mark): void {
    const at_ms = mark.media_ms;
    switch (mark.kind) {
      case "page_turned":
        return this.#turn(at_ms, turned(mark, "mark"));
      case "stroke_drawn":
        return draw(this.#current(cleared(mark, "mark").surface), at_ms, strokeView(mark, "mark"));
      case "stroke_erased": {
        const { surface, stroke } = erased(mark, "mark");
        return remove(this.#current(surface), at_ms, ({ first }) => first.stroke === stroke);
      }
      case "board_cleared":
        return remove(this.#current(cleared(mark, "mark").surface), at_ms, () => true);
      case "pointed":
        this.#pointer.push({ at_ms, value: pointed(mark, "mark").pointer });
        return;
      case "scene_shown":
        this.#scene.push({ at_ms, value: shown(mark, "mark").scene.scene });
        return;
    }
  }

  #turn(at_ms: number, { surface, deck, page: number, strokes }: Decoded<typeof turned>): void {
    const isOpen = number >= 1 && (surface === "board" || deck !== null);
    const page = isOpen ? this.#page(surface, deck, number) : null;
    const isAnother = this.#current(surface) !== page;
    this.#shown[surface].push({ at_ms, value: page });
    // Nobody points at a page that is gone.
    if (isAnother && this.#pointer.at(-1)?.value?.surface === surface) this.#pointer.push({ at_ms, value: null });
    if (page === null || strokes === null) return;
    remove(page, at_ms, () => true);
    for (const stroke of strokes) draw(page, at_ms, stroke);
  }

  #current(of: Surface): Page | null {
    return this.#shown[of].at(-1)?.value ?? (of === "board" ? this.#board : null);
  }

  #page(of: Surface, deck: string | null, number: number): Page {
    const name = `${of}/${deck}/${number}`;
    const page = this.#pages.get(name) ?? { surface: of, deck, page: number, strokes: [], open: new Map() };
    this.#pages.set(name, page);
    return page;
  }
}

function draw(page: Page | null, at_ms: number, piece: StrokeView): void {
  if (page === null) return;
  const begun = page.open.get(piece.stroke);
  if (begun === undefined) {
    const pieces = [{ at_ms, until: piece.points.length, done: piece.done }];
    const points = [...piece.points.list];
    const drawn = { first: piece, points, pieces, gone_ms: Infinity, seen: { pieces: 1, view: piece } };
    page.strokes.push(drawn);
    page.open.set(piece.stroke, drawn);
    return;
  }
  begun.points.push(...piece.points.list);
  begun.pieces.push({ at_ms, until: begun.points.length, done: piece.done });
}

function remove(page: Page | null, at_ms: number, which: (drawn: Drawn) => boolean): void {
  if (page === null) return;
  for (const [number, drawn] of page.open) {
    if (!which(drawn)) continue;
    drawn.gone_ms = at_ms;
    page.open.delete(number);
  }
}

function viewOf({ surface, deck, page, strokes }: Page, at_ms: number): SurfaceView {
  return { surface, deck, page, strokes: strokes.flatMap((drawn) => strokeAt(drawn, at_ms) ?? []) };
}

function strokeAt(drawn: Drawn, at_ms: number): StrokeView | null {
  if (at_ms >= drawn.gone_ms) return null;
  const pieces = countUntil(drawn.pieces, at_ms);
  const newest = drawn.pieces[pieces - 1];
  if (newest === undefined) return null;
  if (drawn.seen.pieces !== pieces) {
    const points = new Points(drawn.points.slice(0, newest.until));
    drawn.seen = { pieces, view: { ...drawn.first, points, done: newest.done } };
  }
  return drawn.seen.view;
}

function last<T>(all: readonly Since<T>[], at_ms: number): T | null {
  return all[countUntil(all, at_ms) - 1]?.value ?? null;
}

/** How many of them, in order of time, have begun. */
function countUntil(all: readonly { at_ms: number }[], at_ms: number): number {
  let [from, to] = [0, all.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((all[middle]?.at_ms ?? Infinity) <= at_ms) from = middle + 1;
    else to = middle;
  }
  return from;
}
