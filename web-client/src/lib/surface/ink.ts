/** How a stroke looks: its outline by perfect-freehand, its paint on paper and on the board. Pure; the same everywhere. */
import { getStroke } from "perfect-freehand";
import type { InkColour, Point, StrokeView, Surface, Tool } from "$lib/protocol/wire";

/** The pressure of a pen that does not tell. */
export const NO_PRESSURE = 128;

export const INK_COLOURS: readonly InkColour[] = ["plain", "red", "yellow", "green", "blue"];

/** Readable on paper, and chalk on the board. */
const PAINT: Record<Surface, Record<InkColour, string>> = {
  deck: { plain: "#1c2421", red: "#d22c17", yellow: "#f2b705", green: "#0f7a52", blue: "#1d5fc4" },
  board: { plain: "#f4f3ec", red: "#ff8f7d", yellow: "#f6d365", green: "#7fdcb9", blue: "#8fc1ff" },
};

export function inkPaint(colour: InkColour, surface: Surface): string {
  return PAINT[surface][colour];
}

export interface Widths {
  fine: number;
  medium: number;
  broad: number;
}

/** Widths to choose from, in units of the page. */
export const WIDTHS: Record<Tool, Widths> = {
  pen: { fine: 28, medium: 48, broad: 90 },
  highlighter: { fine: 130, medium: 190, broad: 250 },
  line: { fine: 24, medium: 40, broad: 72 },
};

type Drawn = Pick<StrokeView, "tool" | "width" | "points" | "done">;

/** The filled outline of a stroke as SVG path data, in units of the page; empty without points. */
export function outlineOf({ tool, width, points, done }: Drawn): string {
  const all = points.list;
  const [first] = all;
  const last = all.at(-1);
  if (first === undefined || last === undefined) return "";
  if (tool === "line") return straight(first, last, width);
  const told = all.some(([, , pressure]) => pressure !== NO_PRESSURE);
  const outline = getStroke(
    all.map(([x, y, pressure]) => [x, y, pressure / 255]),
    {
      size: width,
      thinning: tool === "pen" ? 0.55 : 0,
      smoothing: 0.5,
      streamline: 0.35,
      simulatePressure: tool === "pen" && !told,
      last: done,
    },
  );
  return smooth(outline as [number, number][]);
}

/** A bar with round ends; a dot where both are in one place. */
function straight([from_x, from_y]: Point, [to_x, to_y]: Point, width: number): string {
  const half = width / 2;
  const length = Math.hypot(to_x - from_x, to_y - from_y);
  const [along_x, along_y] = length === 0 ? [1, 0] : [(to_x - from_x) / length, (to_y - from_y) / length];
  const [across_x, across_y] = [along_y * half, -along_x * half];
  const at = (x: number, y: number) => `${tenth(x)} ${tenth(y)}`;
  const round = `A${tenth(half)} ${tenth(half)} 0 0 1 `;
  return (
    `M${at(from_x + across_x, from_y + across_y)}L${at(to_x + across_x, to_y + across_y)}` +
    `${round}${at(to_x - across_x, to_y - across_y)}L${at(from_x - across_x, from_y - across_y)}` +
    `${round}${at(from_x + across_x, from_y + across_y)}Z`
  );
}

/** A closed curve through the middles between outline points. */
function smooth(outline: readonly [number, number][]): string {
  if (outline.length < 3) return "";
  const parts = outline.map(([x, y], index) => {
    const [next_x, next_y] = outline[(index + 1) % outline.length] ?? [x, y];
    return `${tenth(x)} ${tenth(y)} ${tenth((x + next_x) / 2)} ${tenth((y + next_y) / 2)}`;
  });
  const [x, y] = outline[0] ?? [0, 0];
  return `M${tenth(x)} ${tenth(y)}Q${parts.join(" ")}Z`;
}

const tenth = (value: number) => Math.round(value * 10) / 10;
