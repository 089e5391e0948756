/** Where the names on the map stand: beside their points, and not one on another. Pure. */
import type { Point } from "./earth.ts";

export interface Label {
  readonly id: string;
  readonly text: string;
  readonly at: Point;
  /** Pixels to keep free around the point. */
  readonly radius: number;
}

export interface PlacedLabel extends Label {
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "middle" | "end";
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Of text of 12 pixels: wide enough for bold letters. */
const LETTER = 6.6;
const ABOVE = 10;
const BELOW = 4;
const GAP = 4;

/**
 * Earlier labels choose first, and none stands closer to another's point than to its own; one that finds no room is
 * left out, as the table holds it too.
 */
export function placeLabels(labels: readonly Label[], width: number, height: number): readonly PlacedLabel[] {
  const taken: Box[] = labels.map(({ at, radius }) => around(at, radius));
  return labels.flatMap((label, index) => {
    const own = taken[index];
    const found = waysOf(label).find((way) => {
      const box = boxOf(way);
      const isInside = box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height;
      if (!isInside || taken.some((other) => other !== own && isOver(box, other))) return false;
      return labels.every(({ at }) => at === label.at || away(box, at) > away(box, label.at));
    });
    if (found === undefined) return [];
    taken.push(boxOf(found));
    return [found];
  });
}

function waysOf(label: Label): readonly PlacedLabel[] {
  const { at, radius } = label;
  const side = radius + GAP;
  const far = side + ABOVE;
  return [
    { ...label, x: at.x + side, y: at.y + BELOW, anchor: "start" },
    { ...label, x: at.x - side, y: at.y + BELOW, anchor: "end" },
    { ...label, x: at.x, y: at.y - side, anchor: "middle" },
    { ...label, x: at.x, y: at.y + far, anchor: "middle" },
    { ...label, x: at.x + side, y: at.y + far, anchor: "start" },
    { ...label, x: at.x - side, y: at.y - side, anchor: "end" },
  ];
}

function boxOf({ text, x, y, anchor }: PlacedLabel): Box {
  const width = text.length * LETTER;
  const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
  return { left, right: left + width, top: y - ABOVE, bottom: y + BELOW };
}

function around({ x, y }: Point, radius: number): Box {
  return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
}

function isOver(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** From the middle of a box to a point. */
function away({ left, right, top, bottom }: Box, { x, y }: Point): number {
  return Math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y);
}
