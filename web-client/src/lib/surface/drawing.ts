/**
 * The master's pen: from pointer positions to pieces of strokes that fit the wire. Pure: positions are in units of the
 * page, the time is told.
 */
import { type InkColour, PAGE_WIDE, type Point, Points, type StrokeView, type Tool } from "$lib/protocol/wire";
import { BOUNDS } from "$lib/protocol/bounds";

/** What the master's pointer does on a surface. */
export type Drawing =
  | { kind: "ink"; tool: Tool; colour: InkColour; width: number }
  | { kind: "eraser" }
  | { kind: "pointer" };

/** A stroke or its next piece. */
export interface StrokePiece {
  stroke: number;
  tool: Tool;
  colour: InkColour;
  width: number;
  points: Points;
  done: boolean;
}

/** The server takes 50 messages a second of everything; a pen needs no more than this. */
export const PIECE_EVERY_MS = 50;
/** The most points of one stroke: after that the pen goes on with a new one. */
const STROKE_POINTS_MAX = 2_000;
/** Points nearer than this, in units of the page, say nothing new: four pixels of a large screen, a page holds 10,000 points. */
const NEAR = 22;
/** How far off the page a stroke may go. */
const BEYOND = 500;

/** One stroke while it is drawn. */
export class PenStroke {
  readonly view: StrokeView;
  #sent = 0;
  #sent_ms: number;

  constructor(
    stroke: number,
    private readonly ink: Extract<Drawing, { kind: "ink" }>,
    private readonly high: number,
    now_ms: number,
  ) {
    this.view = { stroke, tool: ink.tool, colour: ink.colour, width: ink.width, points: new Points([]), done: false };
    this.#sent_ms = now_ms;
  }

  /** It has as many points as one stroke should: the pen goes on with another one. */
  get full(): boolean {
    return this.view.points.length >= STROKE_POINTS_MAX;
  }

  /** The pen is there now; returns whether that is worth drawing. */
  move(x: number, y: number, pressure: number): boolean {
    const { list } = this.view.points;
    const point: Point = [
      within(x, -BEYOND, PAGE_WIDE + BEYOND),
      within(y, -BEYOND, this.high + BEYOND),
      within(pressure, 0, 255),
    ];
    const [first] = list;
    if (this.ink.tool === "line" && first !== undefined) {
      this.view.points = new Points([first, point]);
      return true;
    }
    const last = list.at(-1);
    if (this.full || (last !== undefined && Math.hypot(point[0] - last[0], point[1] - last[1]) < NEAR)) return false;
    this.view.points = new Points([...list, point]);
    return true;
  }

  /** What is due to be sent at `now_ms`. A straight line is sent once it stands. */
  due(now_ms: number): StrokePiece[] {
    if (this.ink.tool === "line" || now_ms - this.#sent_ms < PIECE_EVERY_MS) return [];
    this.#sent_ms = now_ms;
    return this.#pieces(false);
  }

  /** The pen left the page: the rest. */
  end(): StrokePiece[] {
    this.view.done = true;
    return this.#pieces(true);
  }

  #pieces(done: boolean): StrokePiece[] {
    const rest = this.view.points.list.slice(this.#sent);
    this.#sent += rest.length;
    const pieces: StrokePiece[] = [];
    for (let at = 0; at < rest.length; at += BOUNDS.points_per_message) {
      pieces.push(this.#piece(rest.slice(at, at + BOUNDS.points_per_message)));
    }
    if (done && pieces.length === 0 && this.#sent > 0) pieces.push(this.#piece([]));
    return pieces.map((piece, index) => ({ ...piece, done: done && index === pieces.length - 1 }));
  }

  #piece(points: Point[]): StrokePiece {
    const { stroke, tool, colour, width } = this.view;
    return { stroke, tool, colour, width, points: new Points(points), done: false };
  }
}

const within = (value: number, least: number, most: number) => Math.round(Math.min(most, Math.max(least, value)));

/** A number that is free on a page; `used` are those that are drawn or on their way. */
export function freeNumber(used: Iterable<number>): number {
  let highest = 0;
  for (const number of used) highest = Math.max(highest, number);
  return highest + 1;
}
