// Names on the map: beside their points, and legible.
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Label, placeLabels } from "../../../src/console/screens/where/labels.ts";

const label = (id: string, x: number, y: number): Label => ({ id, text: id, at: { x, y }, radius: 9 });

it("a name alone stands to the right, at the right edge to the left", () => {
  expect(placeLabels([label("toronto", 50, 50)], 400, 200)).toMatchObject([{ anchor: "start", x: 63 }]);
  expect(placeLabels([label("toronto", 380, 50)], 400, 200)).toMatchObject([{ anchor: "end", x: 367 }]);
});

it("of two close points each keeps its own name on its own side", () => {
  const placed = placeLabels([label("new-york", 105, 53), label("toronto", 100, 50)], 400, 200);
  expect(placed.map(({ id, anchor }) => [id, anchor])).toEqual([
    ["new-york", "start"],
    ["toronto", "end"],
  ]);
});

it("a name without room is left out", () => {
  const crowd = [0, 1, 2].flatMap((column) => [0, 1, 2].map((row) => label("x".repeat(30), column * 20, row * 20)));
  expect(placeLabels(crowd, 60, 60)).toEqual([]);
});

it("names never cover one another", () => {
  const point = fc.record({ x: fc.integer({ min: 0, max: 400 }), y: fc.integer({ min: 0, max: 200 }) });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 12 }), (points) => {
      const placed = placeLabels(
        points.map(({ x, y }, index) => label(`name ${index}`, x, y)),
        400,
        200,
      );
      const lines = placed.map(({ x, y, anchor, text }) => {
        const width = text.length * 6.6;
        return { left: anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2, width, y };
      });
      for (const [index, one] of lines.entries())
        for (const other of lines.slice(index + 1)) {
          const isBeside = one.left + one.width <= other.left + 0.01 || other.left + other.width <= one.left + 0.01;
          expect(isBeside || Math.abs(one.y - other.y) >= 14).toBe(true);
        }
    }),
  );
});
