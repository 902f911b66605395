/**
 * The points of a stroke. A page is {@link PAGE_WIDE} units wide and its height follows from its shape. On the wire they
 * are one flat list: three numbers for the first point, differences to the point before for the others.
 */
import { DecodeError, type Decoder, LIST_MAX } from "../decode";

export const PAGE_WIDE = 10_000;

/** From the left and from the top in units of the page, and a pressure from 0 to 255 (128 where the pen does not tell). */
export type Point = readonly [x: number, y: number, pressure: number];

export class Points {
  constructor(readonly list: readonly Point[]) {}

  get length(): number {
    return this.list.length;
  }

  /** These and then those of the next piece. */
  plus(more: Points): Points {
    return new Points([...this.list, ...more.list]);
  }

  /** As the wire has them. */
  toJSON(): number[] {
    let before: Point = [0, 0, 0];
    return this.list.flatMap((point) => {
      const step = [point[0] - before[0], point[1] - before[1], point[2] - before[2]];
      before = point;
      return step;
    });
  }
}

const isCoordinate = (value: number) => value >= -32_768 && value <= 32_767;
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

export const points: Decoder<Points> = (value, path) => {
  // Not by the decoder of lists, which names the place of each number: a lesson's replay reads a million of them.
  if (!Array.isArray(value) || value.length > LIST_MAX) throw new DecodeError(`${path}: expected a list`);
  const flat: unknown[] = value;
  if (!flat.every(isWhole)) throw new DecodeError(`${path}: expected integers`);
  const read: Point[] = [];
  let [x, y, pressure] = [0, 0, 0];
  for (let at = 0; at < flat.length; at += 3) {
    x += flat[at] ?? 0;
    y += flat[at + 1] ?? 0;
    pressure += flat[at + 2] ?? 0;
    if (!isCoordinate(x) || !isCoordinate(y) || pressure < 0 || pressure > 255) {
      throw new DecodeError(`${path}: expected points within a page`);
    }
    read.push([x, y, pressure]);
  }
  if (flat.length % 3 !== 0) throw new DecodeError(`${path}: expected three numbers for each point`);
  return new Points(read);
};
