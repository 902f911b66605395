/** Slides, board and pen: which tool is in hand, and what it does on which surface. */
import { BOUNDS } from "$lib/protocol/bounds";
import { surfaceOf } from "$lib/protocol/lesson-view";
import type { DeckView, InkColour, Surface, SurfaceView, Tool } from "$lib/protocol/wire";
import { surfaceInHand } from "$lib/studio/stage";
import type { Drawing, StrokePiece } from "$lib/surface/drawing";
import { WIDTHS, type Widths } from "$lib/surface/ink";
import type { LessonSeat } from "../lesson-seat.svelte";

export type ToolInHand = Tool | "eraser" | "pointer";

export class BoardDesk {
  /** Null: the mouse does nothing to the page. */
  tool = $state<ToolInHand | null>(null);
  colour = $state<InkColour>("red");
  width = $state<keyof Widths>("medium");
  /** Strokes drawn here that the server has not said back yet. */
  pending = $state.raw<ReadonlySet<number>>(new Set());

  constructor(private readonly seat: LessonSeat) {}

  /** The surface that the arrow keys turn. */
  get surface(): Surface {
    return this.seat.view === null ? "board" : surfaceInHand(this.seat.view);
  }

  get page(): SurfaceView | null {
    return this.seat.view === null ? null : surfaceOf(this.seat.view, this.surface);
  }

  get decks(): DeckView[] {
    return this.seat.view?.decks ?? [];
  }

  /** The deck that is open. */
  get deck(): DeckView | null {
    const open = this.seat.view === null ? null : surfaceOf(this.seat.view, "deck");
    return this.decks.find(({ id }) => id === open?.deck) ?? null;
  }

  /** How many pages the surface in hand has. */
  get pages(): number {
    return this.surface === "board" ? BOUNDS.board_pages : (this.deck?.pages ?? 0);
  }

  get drawing(): Drawing | null {
    const { tool, colour, width } = this;
    if (tool === null) return null;
    if (tool === "eraser" || tool === "pointer") return { kind: tool };
    return { kind: "ink", tool, colour, width: WIDTHS[tool][width] };
  }

  /** Takes a tool, or puts it down. */
  take(tool: ToolInHand): void {
    this.tool = this.tool === tool ? null : tool;
  }

  turn(by: 1 | -1): void {
    const { page, pages, surface } = this;
    const to = (page?.page ?? 0) + by;
    if (page !== null && to >= 1 && to <= pages) this.seat.send({ type: "turn_page", surface, page: to });
  }

  goTo(page: number): void {
    this.seat.send({ type: "turn_page", surface: "deck", page });
  }

  open(deck: string): void {
    this.seat.send({ type: "open_deck", deck });
  }

  close(): void {
    if (this.deck !== null) this.seat.send({ type: "close_deck" });
  }

  draw(surface: Surface, { stroke, tool, colour, width, points, done }: StrokePiece): void {
    this.seat.send({ type: "draw_stroke", surface, stroke, tool, colour, width, points, done });
  }

  erase(surface: Surface, stroke: number): void {
    this.seat.send({ type: "erase_stroke", surface, stroke });
  }

  clear(): void {
    this.seat.send({ type: "clear_board", surface: this.surface });
  }

  point(surface: Surface, at: [number, number] | null): void {
    // Nobody points at a surface that is gone: the server has said so already.
    if (this.seat.view !== null && surfaceOf(this.seat.view, surface) !== null) {
      this.seat.send({ type: "point", surface, at });
    }
  }
}
