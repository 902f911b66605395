/** Slides, board and pen. */
import { type Decoded, DecodeError, type Decoder, flag, list, nullable, oneOf, record, text, whole } from "../decode";
import { points } from "./points";

/** What can be written on; each has its own current page. */
export const surface = oneOf("deck", "board");
export type Surface = Decoded<typeof surface>;

export const tool = oneOf("pen", "highlighter", "line");
export type Tool = Decoded<typeof tool>;

/** `plain` is the colour of writing: dark on paper, white on the board. */
export const inkColour = oneOf("plain", "red", "yellow", "green", "blue");
export type InkColour = Decoded<typeof inkColour>;

/** Which page a surface shows: from 1, and 0 with no deck open. */
const pageFields = { surface, deck: nullable(text), page: whole };

/** How a stroke looks; `width` at full pressure, in units of the page, 1 to 255. */
export const inkFields = { tool, colour: inkColour, width: whole };
export type Ink = { tool: Tool; colour: InkColour; width: number };

/** A stroke, or the newest piece of one. `done`: the pen has left the page. */
export const strokeView = record({ stroke: whole, ...inkFields, points, done: flag });
export type StrokeView = Decoded<typeof strokeView>;

export const surfaceView = record({ ...pageFields, strokes: list(strokeView) });
export type SurfaceView = Decoded<typeof surfaceView>;

export const deckView = record({ id: text, title: text, pages: whole });
export type DeckView = Decoded<typeof deckView>;

const pair = list(whole);
/** From left and top, in units of the page. */
export const spot: Decoder<[number, number]> = (value, path) => {
  const [x, y, ...more] = pair(value, path);
  if (x === undefined || y === undefined || more.length > 0) throw new DecodeError(`${path}: expected two integers`);
  return [x, y];
};

export const pointerView = record({ surface, at: spot });
export type PointerView = Decoded<typeof pointerView>;
